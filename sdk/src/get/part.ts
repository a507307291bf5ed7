/** A half fetched file: bytes come in anywhere, in any order, and after a kill only those count that were synced. */
import { type FileHandle, open, stat, statfs } from 'node:fs/promises'
import path from 'node:path'
import { ownError } from '../problem.ts'
import { type Journal, readJournal, writeJournal } from './journal.ts'
import type { Remote } from './remote.ts'
import { bytesOf, gaps, join, type Span } from './spans.ts'

export interface Part {
  readonly handle: FileHandle
  /** what an earlier try had fetched */
  readonly resumed: number
  /** bytes that are here, synced or not */
  have(): number
  missing(): Span[]
  /** Keeps bytes at their place. */
  write(at: number, bytes: Uint8Array): Promise<void>
  /** Syncs what was written and notes it. */
  checkpoint(): Promise<void>
  close(): Promise<void>
}

// Fewer, larger writes: a body arrives in slices of 16 to 64 KiB.
const gather = 1024 * 1024

/** Opens the part of a file, or begins it. Throws `disk_full` when the rest cannot fit. */
export async function openPart(file: string, remote: Remote, link: string): Promise<Part> {
  const found = await readJournal(file)
  const there = await stat(file).then(
    ({ size }) => size === remote.size,
    () => false,
  )
  const known = there && found?.etag === remote.etag && found.size === remote.size ? found : null
  const journal: Journal = { format: 'keepsake-get 1', etag: remote.etag, size: remote.size, link, done: known?.done ?? [] }
  const resumed = bytesOf(journal.done)
  await checkSpace(path.dirname(file), remote.size - resumed)
  // the journal first: it claims nothing of what an older file of this name holds
  if (!known) await writeJournal(file, journal).catch(asFull)
  const handle = await open(file, known ? 'r+' : 'w+')
  await handle.truncate(remote.size)

  let fresh: Span[] = []
  let have = resumed
  let saving: Promise<void> = Promise.resolve()
  // one range grows at its end: its slices are gathered until they are worth a write
  const waiting = new Map<number, { at: number; slices: Uint8Array[]; bytes: number }>()

  async function flush(end: number): Promise<void> {
    const { at, slices, bytes } = waiting.get(end)!
    waiting.delete(end)
    await writeAll(handle, at, slices)
    fresh.push([at, at + bytes])
  }

  async function save(): Promise<void> {
    let failure: unknown
    for (const end of [...waiting.keys()])
      await flush(end).catch((error: unknown) => {
        failure = error
      })
    const written = fresh
    fresh = []
    try {
      // what did get to the disk counts, also when the rest did not
      if (written.length > 0) {
        await handle.datasync()
        const done = join([...journal.done, ...written])
        await writeJournal(file, { ...journal, done })
        journal.done = done
      }
    } catch (error) {
      fresh.push(...written)
      failure ??= error
    }
    if (failure) asFull(failure)
  }

  return {
    handle,
    resumed,
    have: () => have,
    missing: () => gaps([...journal.done, ...fresh], remote.size),
    async write(at, bytes) {
      const run = waiting.get(at) ?? { at, slices: [], bytes: 0 }
      waiting.delete(at)
      run.slices.push(bytes)
      run.bytes += bytes.length
      const end = run.at + run.bytes
      waiting.set(end, run)
      have += bytes.length
      if (run.bytes >= gather) await flush(end).catch(asFull)
    },
    checkpoint() {
      saving = saving.then(save, save)
      return saving
    },
    close: () => handle.close(),
  }
}

/** All slices one after the other; the system may take fewer bytes than it was given. */
async function writeAll(handle: FileHandle, at: number, slices: Uint8Array[]): Promise<void> {
  let rest = slices
  for (let place = at; rest.length > 0; ) {
    const { bytesWritten } = await handle.writev(rest, place)
    place += bytesWritten
    rest = skip(rest, bytesWritten)
  }
}

function skip(slices: Uint8Array[], bytes: number): Uint8Array[] {
  let left = bytes
  return slices.flatMap((slice) => {
    const gone = Math.min(left, slice.length)
    left -= gone
    return gone === slice.length ? [] : [slice.subarray(gone)]
  })
}

async function checkSpace(folder: string, needed: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder)
  if (bavail * bsize >= needed) return
  throw ownError('disk_full', { detail: `Needed: ${needed} bytes more in ${folder}; free: ${bavail * bsize}.` })
}

/** A full disk in our words; every other error as it is. */
function asFull(error: unknown): never {
  const { code } = error as NodeJS.ErrnoException
  throw code === 'ENOSPC' || code === 'EDQUOT' ? ownError('disk_full', { cause: error }) : error
}
