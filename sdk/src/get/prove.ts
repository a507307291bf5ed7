/** Proves a fetched ZIP by itself (structure, CRC-32, SHA-256 of every file) and says which of its bytes are in doubt. */
import type { FileHandle } from 'node:fs/promises'
import { isCode } from '../../../src/base/errors.ts'
import { checkStream } from '../../../src/zip/check.ts'
import type { DirectoryEntry, ZipDirectory } from '../../../src/zip/directory.ts'
import { ownLimits } from '../../../src/zip/limits.ts'
import { inspectDirectory, openEntry } from '../../../src/zip/read.ts'
import type { ZipSource } from '../../../src/zip/source.ts'
import { join, type Span } from './spans.ts'

export interface Proof {
  sound: boolean
  /** what the entries were held against: a list of SHA-256, or their CRC-32 when the ZIP has none */
  proof: 'sha256' | 'crc32'
  /** files proven */
  entries: number
  /** names of what is damaged */
  bad: string[]
  /** which bytes to fetch again */
  doubtful: Span[]
  /** photos that the archive itself says it could not hold */
  missing: string[]
  /** where the directory begins: it tells two archives of one size apart; -1 when it cannot be read */
  directoryAt: number
}

// the fixed part of a local record, and room for extra fields
const headerRoom = 30 + 128

/** Reads all of the file. `widen` counts how often a directory that cannot be read was fetched already. */
export async function prove(
  handle: FileHandle,
  size: number,
  { widen = 0, onRead }: { widen?: number; onRead?: (bytes: number) => void } = {},
): Promise<Proof> {
  const source = sourceOf(handle, size, onRead)
  let directory: ZipDirectory
  try {
    directory = await inspectDirectory(source, { ...ownLimits, gapless: false })
  } catch (error) {
    if (!isCode(error, 'zip_invalid')) throw error
    // the end of the file holds the directory; how long it is nobody can say now
    const tail: Span = [Math.max(0, size - 1024 * 1024 * 8 ** widen), size]
    return { sound: false, proof: 'crc32', entries: 0, bad: ['(directory)'], doubtful: [tail], missing: [], directoryAt: -1 }
  }
  const faulty = new Set(directory.faults.map(({ entry }) => entry))
  const found = await checkStream(source, directory)
  const bad = [...new Set([...found.bad.map(({ entry }) => entry ?? '(directory)'), ...found.missing])]
  const sound = bad.length === 0
  return {
    sound,
    proof: found.proof,
    entries: found.good.length,
    bad,
    doubtful: sound ? [] : join(doubtful(directory, faulty, new Set(bad), size)),
    missing: sound ? await missingOf(source, directory) : [],
    directoryAt: directory.offset,
  }
}

/** Bytes of damaged content; and where records disagree, both of them, as either may be the damaged one. */
function doubtful(directory: ZipDirectory, faulty: ReadonlySet<string | null>, bad: ReadonlySet<string>, size: number): Span[] {
  const spans: Span[] = []
  const inRange = (from: number, to: number): Span => [Math.min(from, size), Math.min(to, size)]
  for (const entry of directory.entries) {
    if (faulty.has(entry.name)) spans.push(inRange(entry.offset, entry.offset + headerRoom + entry.nameBytes.length))
    else if (bad.has(entry.name)) spans.push(inRange(entry.dataOffset, entry.dataOffset + entry.compressedSize))
  }
  const known = new Set(directory.entries.map(({ name }) => name))
  const recordsDisagree = faulty.size > 0 || [...bad].some((name) => !known.has(name))
  if (recordsDisagree) spans.push([directory.offset, size])
  return spans
}

/** The names under `missing` in the archive's own manifest. */
async function missingOf(source: ZipSource, { entries }: ZipDirectory): Promise<string[]> {
  const manifest = entries.find((entry) => /^[^/]+\/manifest\.json$/.test(entry.name) && entry.size < 256 * 1024 * 1024)
  if (!manifest) return []
  try {
    const { format, missing } = JSON.parse(await textOf(source, manifest)) as { format?: string; missing?: { path: string }[] }
    return format === 'keepsake-manifest' ? (missing ?? []).map(({ path }) => path) : []
  } catch {
    // somebody else's manifest.json
    return []
  }
}

async function textOf(source: ZipSource, entry: DirectoryEntry): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const chunk of openEntry(source, entry)) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}

function sourceOf(handle: FileHandle, size: number, onRead?: (bytes: number) => void): ZipSource {
  return {
    size,
    async read(from, to) {
      const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafe(to - from), 0, to - from, from)
      onRead?.(bytesRead)
      return buffer.subarray(0, bytesRead)
    },
  }
}
