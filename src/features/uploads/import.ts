/** Imports a folder of the server into a gallery: each file goes the way of an upload. */
import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { type FileHandle, open, realpath } from 'node:fs/promises'
import { resolve, sep } from 'node:path'
import type { Imported } from '../../../sdk/src/wire.ts'
import { AppError, isCode } from '../../base/errors.ts'
import { findSame, hasSize } from '../../data/assets.ts'
import type { Gallery } from '../../domain/gallery.ts'
import type { Deps } from '../../ports/deps.ts'
import { headBytes } from '../../ports/images/port.ts'
import { giveUp, receive, type UploadDeps } from './accept.ts'
import { begin } from './begin.ts'
import { positionAt, type Result } from './finish.ts'
import { recentHashes } from './hashes.ts'
import { type Found, walk } from './walk.ts'

export type ImportDeps = Pick<Deps, 'db' | 'storage' | 'queue' | 'images' | 'clock' | 'settings'>

/** How far an import is. */
export interface ImportProgress {
  /** files looked at */
  files: number
  /** their bytes */
  bytes: number
  /** the file that was just done, below the folder */
  path: string
}

export interface ImportOptions {
  onProgress?: (progress: ImportProgress) => void
  signal?: AbortSignal
}

// one file is read and hashed while the other is synced
const sideBySide = 2
const chunk = 1024 * 1024

/**
 * Imports every picture, video and track below `folder`, in the order of their names. What the gallery has already is told and
 * not stored again, what is no such file is told with the reason; so the same folder twice adds nothing. What concerns the
 * whole import (a full disk, a closed gallery, a lost database) ends it: what was imported until then stays.
 */
export async function importFolder(
  deps: ImportDeps,
  gallery: Pick<Gallery, 'id' | 'ownerId' | 'state' | 'expiresAt'>,
  folder: string,
  { onProgress, signal }: ImportOptions = {},
): Promise<Imported> {
  const found = walk(folder)
  const uploads: UploadDeps = { ...deps, hashes: recentHashes() }
  const first = positionAt(deps.clock.now())
  const told: { index: number; path: string; reason: string | null }[] = []
  const progress = { files: 0, bytes: 0, path: '' }
  let imported = 0
  let next = 0
  let failed = false

  async function work(): Promise<void> {
    while (!failed) {
      signal?.throwIfAborted()
      const { value, done } = await found.next()
      if (done) return
      const index = next++
      const outcome = await take(deps, uploads, gallery, value, first + index)
      if (outcome === 'stored') imported += 1
      else told.push({ index, path: value.path, reason: outcome === 'duplicate' ? null : outcome.reason })
      progress.files += 1
      progress.bytes += 'stats' in value ? value.stats.size : 0
      progress.path = value.path
      onProgress?.({ ...progress })
    }
  }
  const workers = Array.from({ length: sideBySide }, () =>
    work().catch((error: unknown) => {
      failed = true
      throw error
    }),
  )
  // both have ended before anything is answered: nobody writes behind the caller's back
  for (const ended of await Promise.allSettled(workers)) if (ended.status === 'rejected') throw asUnreadable(ended.reason, folder)
  told.sort((a, b) => a.index - b.index)
  return {
    imported,
    duplicates: told.filter(({ reason }) => reason === null).map(({ path }) => path),
    skipped: told.flatMap(({ path, reason }) => (reason === null ? [] : [{ path, reason }])),
  }
}

/** The folder somebody names, if it lies in the one that imports are allowed from. */
export async function folderBelow(allowed: string | null, path: string): Promise<string> {
  if (!allowed) throw new AppError('forbidden', { detail: 'Imports by the API are off: name a folder for them in the configuration.' })
  if (path.includes('\0')) throw new AppError('folder_unreadable')
  const root = await realpath(allowed).catch((cause: unknown) => {
    throw new AppError('folder_unreadable', { folder: allowed }, { cause })
  })
  // an unknown folder and one outside answer alike: nobody learns what lies elsewhere on the machine
  const folder = await realpath(resolve(root, path)).catch(() => null)
  if (!folder || !(folder === root || folder.startsWith(root + sep))) throw new AppError('folder_unreadable', { path })
  return folder
}

type Outcome = Result | { reason: string }

async function take(
  deps: ImportDeps,
  uploads: UploadDeps,
  gallery: Parameters<typeof begin>[1],
  found: Found,
  position: number,
): Promise<Outcome> {
  if ('reason' in found) return { reason: found.reason }
  // a pipe that took the file's place must not make us wait
  const file = await open(found.file, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW).catch(() => null)
  if (!file) return { reason: 'it cannot be read' }
  try {
    return await takeFile(deps, uploads, gallery, found, file, position)
  } catch (error) {
    const sentence = ofThisFile.find((code) => isCode(error, code)) && (error as AppError).message
    if (!sentence) throw error
    return { reason: sentence }
  } finally {
    await file.close()
  }
}

// refusals that say something about one file, not about the import
const ofThisFile = ['empty_file', 'media_type', 'picture_too_large', 'upload_too_large'] as const

async function takeFile(
  deps: ImportDeps,
  uploads: UploadDeps,
  gallery: Parameters<typeof begin>[1],
  { path }: Found,
  file: FileHandle,
  position: number,
): Promise<Outcome> {
  const stats = await file.stat()
  if (!stats.isFile()) return { reason: 'it is not a file' }
  const { size } = stats
  if (size === 0) throw new AppError('empty_file')
  const broken: { reason?: string } = {}
  const head = await wholeOf(read(file, 0, Math.min(size, headBytes), broken))
  if (broken.reason) return { reason: broken.reason }
  if (!(await deps.images.identify(head))) throw new AppError('media_type')
  if ((await hasSize(deps.db, gallery.id, size)) && (await isKnown(deps, gallery.id, file, size, broken))) return 'duplicate'

  const name = path.slice(path.lastIndexOf('/') + 1)
  const upload = await begin(deps, gallery, { name, size, modifiedAt: stats.mtime, sha256: null })
  // one byte more than the file had: a file that grows meanwhile is refused, not cut
  const { offset, result } = await receive(uploads, upload.id, 0, read(file, 0, size + 1, broken), { position })
  if (result) return result
  await giveUp(deps, upload.id)
  return { reason: broken.reason ?? (offset < size ? 'it changed while it was read' : 'it cannot be read') }
}

async function isKnown({ db }: Pick<Deps, 'db'>, galleryId: string, file: FileHandle, size: number, broken: { reason?: string }) {
  const sha256 = createHash('sha256')
  for await (const bytes of read(file, 0, size, broken)) sha256.update(bytes)
  return (await findSame(db, galleryId, sha256.digest(), size)) !== undefined
}

/** The bytes [from, to) of a file, or up to its end. Notes in `broken` why it stopped early: who stores them only sees the end. */
async function* read(file: FileHandle, from: number, to: number, broken: { reason?: string }): AsyncGenerator<Buffer, void, undefined> {
  // two buffers: one is being read while the other is hashed and written
  const buffers = [Buffer.allocUnsafeSlow(chunk), Buffer.allocUnsafeSlow(chunk)] as const
  const readAt = (k: number, at: number) =>
    file.read(buffers[k & 1]!, 0, Math.min(chunk, to - at), at).catch((error: NodeJS.ErrnoException) => {
      broken.reason = `it cannot be read (${error.code ?? 'unknown'})`
      return { bytesRead: 0 }
    })
  let coming = readAt(0, from)
  try {
    for (let k = 0, at = from; at < to; k++) {
      const { bytesRead } = await coming
      if (bytesRead === 0) return
      at += bytesRead
      if (at < to) coming = readAt(k + 1, at)
      yield buffers[k & 1]!.subarray(0, bytesRead)
    }
  } finally {
    // never close the file under a running read
    await coming
  }
}

async function wholeOf(chunks: AsyncIterable<Buffer>): Promise<Buffer> {
  const parts: Buffer[] = []
  for await (const part of chunks) parts.push(Buffer.from(part))
  return Buffer.concat(parts)
}

/** Errors of the folder itself, in our words. */
function asUnreadable(error: unknown, folder: string): unknown {
  const { code, path } = error as NodeJS.ErrnoException
  return path !== undefined && code !== undefined && !(error instanceof AppError)
    ? new AppError('folder_unreadable', { folder, reason: code }, { cause: error })
    : error
}
