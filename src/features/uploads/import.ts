/** Imports a folder of the server into a gallery: each file goes the way of an upload. */
import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import type { Imported } from '../../../sdk/src/wire.ts'
import { AppError, isCode } from '../../base/errors.ts'
import { hasSize } from '../../data/assets.ts'
import type { Gallery } from '../../domain/gallery.ts'
import type { Deps } from '../../ports/deps.ts'
import { headBytes } from '../../ports/images/port.ts'
import { giveUp, receive, type UploadDeps } from './accept.ts'
import { positionAt } from './add.ts'
import { begin } from './begin.ts'
import type { Result } from './finish.ts'
import { recentHashes } from './hashes.ts'
import { type Buffers, headOf, newBuffers, type Reading, read } from './reading.ts'
import { turns } from './turns.ts'
import { findTwin } from './twin.ts'
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

// one file is read and hashed while others wait for the disk and the database
const sideBySide = 4

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
  const inTurn = turns()
  let imported = 0
  let next = 0
  let failed = false

  async function work(): Promise<void> {
    const buffers = newBuffers()
    while (!failed) {
      signal?.throwIfAborted()
      const { value, done } = await found.next()
      if (done) return
      const index = next++
      const work: Work = { gallery, found: value, position: first + index, buffers }
      // of two files with the same bytes the first one stays, however fast the second is
      const outcome = 'stats' in value ? await inTurn(value.stats.size, () => take(deps, uploads, work)) : { reason: value.reason }
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

type Outcome = Result | { reason: string }

/** One thing found, and what it takes to import it. */
interface Work {
  gallery: Parameters<typeof begin>[1]
  found: Found
  position: number
  buffers: Buffers
}

async function take(deps: ImportDeps, uploads: UploadDeps, work: Work): Promise<Outcome> {
  const { found } = work
  if ('reason' in found) return { reason: found.reason }
  // a pipe that took the file's place must not make us wait
  const file = await open(found.file, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW).catch(() => null)
  if (!file) return { reason: 'it cannot be read' }
  try {
    return await takeFile(deps, uploads, work, file)
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

async function takeFile(deps: ImportDeps, uploads: UploadDeps, work: Work, file: FileHandle): Promise<Outcome> {
  const { gallery, found, position, buffers } = work
  const stats = await file.stat()
  if (!stats.isFile()) return { reason: 'it is not a file' }
  const { size } = stats
  if (size === 0) throw new AppError('empty_file')
  const reading: Reading = { file, buffers }
  const head = await headOf(reading, Math.min(size, headBytes))
  if (reading.broken) return { reason: reading.broken }
  if (!(await deps.images.identify(head))) throw new AppError('media_type')
  if ((await hasSize(deps.db, gallery.id, size)) && (await isKnown(deps, gallery.id, reading, size))) return 'duplicate'

  const name = found.path.slice(found.path.lastIndexOf('/') + 1)
  const upload = await begin(deps, gallery, { name, size, modifiedAt: stats.mtime, sha256: null })
  // one byte more than the file had: a file that grows meanwhile is refused, not cut
  const { offset, result } = await receive(uploads, upload.id, 0, read(reading, size + 1), { position }).catch(async (error: unknown) => {
    if (isCode(error, 'upload_too_large')) await giveUp(deps, upload.id)
    throw error
  })
  if (result) return result
  await giveUp(deps, upload.id)
  return { reason: reading.broken ?? (offset < size ? 'it changed while it was read' : 'it cannot be read') }
}

async function isKnown(deps: Pick<Deps, 'db' | 'storage'>, galleryId: string, reading: Reading, size: number): Promise<boolean> {
  const sha256 = createHash('sha256')
  for await (const bytes of read(reading, size)) sha256.update(bytes)
  return (await findTwin(deps, galleryId, sha256.digest(), size)) !== undefined
}

/** Errors of the folder itself, in our words. */
function asUnreadable(error: unknown, folder: string): unknown {
  const { code, path } = error as NodeJS.ErrnoException
  return path !== undefined && code !== undefined && !(error instanceof AppError)
    ? new AppError('folder_unreadable', { folder, reason: code }, { cause: error })
    : error
}
