/** Makes one object of the bucket a photo of its gallery: looked at, hashed, and noted so that it is not read again. */
import { AppError, isCode } from '../../base/errors.ts'
import { newId } from '../../base/id.ts'
import { findSame } from '../../data/assets.ts'
import { lockGallery } from '../../data/galleries.ts'
import { lockAtPath, noteObject } from '../../data/sources.ts'
import { type Gallery, stateAt, takesUploads } from '../../domain/gallery.ts'
import { readAll, readWhole } from '../../ports/bytes.ts'
import type { Deps } from '../../ports/deps.ts'
import { headBytes, type Identified, maxPixels } from '../../ports/images/port.ts'
import type { ForeignObject } from '../../ports/storage/port.ts'
import { giveUp, receive } from './accept.ts'
import { addAsset, type Digest } from './add.ts'
import { begin } from './begin.ts'
import { recentHashes } from './hashes.ts'

export type SyncDeps = Pick<Deps, 'db' | 'storage' | 'queue' | 'images' | 'clock' | 'settings'>

/** later: it changed while it was read; the next look sees what it is then. */
export type Outcome = 'added' | 'replaced' | 'duplicate' | 'known' | 'later' | { reason: string }

interface Work {
  gallery: Gallery
  object: ForeignObject
  position: number
  copy: boolean
  signal: AbortSignal | undefined
}

export async function takeObject(deps: SyncDeps, work: Work): Promise<Outcome> {
  try {
    const type = await identify(deps, work.object)
    if ('reason' in type) return await skip(deps, work, type.reason)
    return work.copy ? await copyOf(deps, work) : await readInPlace(deps, work, type)
  } catch (error) {
    if (isCode(error, 'source_changed')) return 'later'
    if (isCode(error, 'upload_too_large')) return skip(deps, work, error.message)
    throw error
  }
}

async function identify({ storage, images }: SyncDeps, { key, size }: ForeignObject): Promise<Identified | { reason: string }> {
  if (size === 0) return { reason: new AppError('empty_file').message }
  const length = Math.min(size, headBytes)
  const head = await readWhole(await storage.open(key, 0, length), length)
  const type = await images.identify(head)
  if (!type) return { reason: new AppError('media_type').message }
  const seen = images.dimensions(head)
  return seen && seen.width * seen.height > maxPixels ? { reason: new AppError('picture_too_large').message } : type
}

async function skip({ db }: SyncDeps, { gallery, object }: Work, reason: string): Promise<Outcome> {
  await noteObject(db, { galleryId: gallery.id, key: object.key, outcome: 'skipped', reason })
  return { reason }
}

async function readInPlace(
  deps: SyncDeps,
  { gallery: { id: galleryId }, object, position, signal }: Work,
  type: Identified,
): Promise<Outcome> {
  const { db, storage, clock } = deps
  const { key, path, size, modifiedAt } = object
  const found = await storage.digest(key, Float64Array.of(size), signal ? { signal } : {})
  const digest: Digest = { crc32: found.crc32[0]!, sha256: Buffer.from(found.sha256, 'hex') }
  return db.transaction().execute(async (tx) => {
    const gallery = await lockGallery(tx, galleryId)
    if (!takesUploads(stateAt(gallery, clock.now()))) throw new AppError('gallery_not_open', { gallery: galleryId })
    const before = await lockAtPath(tx, galleryId, path)
    // somebody else was faster
    if (before?.storageKey === key) return 'known'
    if (await findSame(tx, galleryId, digest.sha256, size)) {
      await noteObject(tx, { galleryId, key, outcome: 'duplicate', reason: null })
      return 'duplicate'
    }
    const id = newId(clock.now())
    await addAsset(deps, tx, gallery, { id, name: nameOf(path), size, modifiedAt, digest, type, key, position }, before)
    return before ? 'replaced' : 'added'
  })
}

/** The way of an upload: from then on the bytes are ours, and what becomes of the object is nothing to us. */
async function copyOf(deps: SyncDeps, { gallery, object, position }: Work): Promise<Outcome> {
  const { key, path, size, modifiedAt } = object
  const body = readAll(await deps.storage.open(key, 0, size))
  const upload = await begin(deps, gallery, { name: nameOf(path), size, modifiedAt, sha256: null })
  const { result } = await receive({ ...deps, hashes: recentHashes(1) }, upload.id, 0, body, { position })
  if (!result) {
    await giveUp(deps, upload.id)
    return 'later'
  }
  await noteObject(deps.db, { galleryId: gallery.id, key, outcome: result === 'stored' ? 'copied' : 'duplicate', reason: null })
  return result === 'stored' ? 'added' : 'duplicate'
}

const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1)
