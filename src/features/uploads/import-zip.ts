/** Imports a ZIP into a gallery: each file goes the way of an upload, and what guests said comes back with an archive of ours. */
import { createHash } from 'node:crypto'
import type { ImportedZip } from '../../../sdk/src/wire.ts'
import { AppError, isCode } from '../../base/errors.ts'
import { findSame } from '../../data/assets.ts'
import { lockGallery } from '../../data/galleries.ts'
import { changeItems } from '../../data/items.ts'
import { takeBackSaid } from '../../data/said.ts'
import { type Gallery, stateAt, takesUploads } from '../../domain/gallery.ts'
import { remarksOf } from '../../domain/manifest-read.ts'
import type { DirectoryEntry } from '../../zip/directory.ts'
import { openEntry } from '../../zip/read.ts'
import type { Reason } from '../../zip/refuse.ts'
import { reasons } from '../../zip/refuse.ts'
import type { ZipSource } from '../../zip/source.ts'
import { giveUp, receive, type UploadDeps } from './accept.ts'
import { positionAt } from './add.ts'
import { begin } from './begin.ts'
import { recentHashes } from './hashes.ts'
import type { ImportDeps, ImportOptions } from './import.ts'
import { findTwin } from './twin.ts'
import type { Packed, ZipContents } from './zip-contents.ts'

/**
 * Takes every file of `contents` in its order. What the gallery has already is told and not stored again, and a file that is
 * damaged, is not what the lists of the ZIP say, or is no picture, is named with the reason; so the same ZIP twice, or once more
 * after it broke off, adds nothing twice. `gallery_not_open` for a gallery that takes no photos.
 */
export async function importZip(
  deps: ImportDeps,
  gallery: Pick<Gallery, 'id' | 'ownerId' | 'state' | 'expiresAt'>,
  source: ZipSource,
  contents: ZipContents,
  { onProgress, signal }: ImportOptions = {},
): Promise<ImportedZip> {
  if (!takesUploads(stateAt(gallery, deps.clock.now()))) throw new AppError('gallery_not_open', { gallery: gallery.id })
  const uploads: UploadDeps = { ...deps, hashes: recentHashes() }
  const first = positionAt(deps.clock.now())
  const result: ImportedZip = { imported: 0, duplicates: [], skipped: [], feedback: 0 }
  const imported = new Set<string>()
  const progress = { files: 0, bytes: 0, path: '' }
  for (const path of contents.absent) result.skipped.push({ path, reason: 'it is in the manifest and not in the ZIP' })
  for (const [i, packed] of contents.packed.entries()) {
    signal?.throwIfAborted()
    const path = packed.entry.name
    const outcome = await take(deps, uploads, { gallery, source, packed, position: first + i })
    if (outcome === 'stored') {
      result.imported++
      if (packed.told) imported.add(packed.told.asset)
    } else if (outcome === 'duplicate') result.duplicates.push(path)
    else result.skipped.push({ path, reason: outcome.reason })
    progress.files += 1
    progress.bytes += packed.entry.size
    onProgress?.({ ...progress, path })
  }
  const { taken, refused } = await takeWords(deps, gallery.id, contents, imported)
  result.feedback = taken
  if (refused) result.skipped.push({ path: 'manifest.json', reason: `${refused} remarks of guests cannot be read` })
  return result
}

interface Work {
  gallery: Parameters<typeof begin>[1]
  source: ZipSource
  packed: Packed
  position: number
}

// refusals that say something about one file, not about the import
const ofThisFile = ['empty_file', 'media_type', 'picture_too_large', 'upload_too_large', 'checksum_mismatch'] as const

async function take(deps: ImportDeps, uploads: UploadDeps, work: Work): Promise<'stored' | 'duplicate' | { reason: string }> {
  const { gallery, source, packed, position } = work
  const { entry, name, modifiedAt } = packed
  try {
    if (packed.told && packed.told.size !== entry.size) return { reason: 'it is not as long as the manifest says' }
    // an upload must know what its bytes are before the last one comes: a damaged entry ends like a whole one
    const sha256 = packed.sha256 ?? (await sumOf(source, entry))
    if (await findTwin(deps, gallery.id, sha256, entry.size)) return 'duplicate'
    const upload = await begin(deps, gallery, { name, size: entry.size, modifiedAt, sha256 })
    const broken: { reason?: string } = {}
    const { result } = await receive(uploads, upload.id, 0, noting(openEntry(source, entry), broken), { position })
    if (result) return result
    await giveUp(deps, upload.id)
    return { reason: broken.reason ?? 'it cannot be read' }
  } catch (error) {
    if (isCode(error, 'zip_invalid')) return { reason: reasons[error.facts.reason as Reason] }
    if (isCode(error, 'checksum_mismatch')) return { reason: 'it is damaged: its SHA-256 is not the one in the ZIP’s own list' }
    const sentence = ofThisFile.find((code) => isCode(error, code)) && (error as AppError).message
    if (!sentence) throw error
    return { reason: sentence }
  }
}

async function sumOf(source: ZipSource, entry: DirectoryEntry): Promise<Buffer> {
  const sum = createHash('sha256')
  for await (const part of openEntry(source, entry)) sum.update(part)
  return sum.digest()
}

/** Who stores the bytes only sees that they end. */
async function* noting(body: AsyncIterable<Uint8Array>, broken: { reason?: string }): AsyncGenerator<Uint8Array> {
  try {
    yield* body
  } catch (error) {
    if (isCode(error, 'zip_invalid')) broken.reason = reasons[error.facts.reason as Reason]
    throw error
  }
}

/** How the photos stood and what was said of them: found by their bytes, for they may stand under other ids here. */
async function takeWords(
  deps: Pick<ImportDeps, 'db'>,
  galleryId: string,
  { manifest }: ZipContents,
  imported: Set<string>,
): Promise<{ taken: number; refused: number }> {
  let refused = 0
  const taken = await deps.db.transaction().execute(async (tx) => {
    await lockGallery(tx, galleryId)
    const said: Parameters<typeof takeBackSaid>[2] = []
    for (const photo of manifest?.photos ?? []) {
      const { chapter, hidden } = photo
      if (!photo.feedback.length && !chapter && !hidden) continue
      const read = remarksOf(photo)
      refused += read.refused
      const asset = await findSame(tx, galleryId, photo.sha256, photo.size)
      if (!asset) continue
      // one that was not there before: what its photographer has changed since is theirs
      if ((chapter || hidden) && imported.has(photo.asset)) await changeItems(tx, galleryId, [asset.itemId], { chapter, hidden })
      said.push(...read.remarks.map((remark) => ({ itemId: asset.itemId, remark })))
    }
    return takeBackSaid(tx, galleryId, said)
  })
  return { taken, refused }
}
