/** Makes a complete upload an asset: its type by its bytes, the object under its key, then one transaction with all rows. */
import { after, hours } from '../../base/clock.ts'
import { AppError, type ErrorCode, isCode } from '../../base/errors.ts'
import { findSame } from '../../data/assets.ts'
import { lockGallery } from '../../data/galleries.ts'
import { discard } from '../../data/garbage.ts'
import { lockItemAssets } from '../../data/items.ts'
import { deleteUpload, endUpload, type Upload } from '../../data/uploads.ts'
import { assetKey, mainRoles } from '../../domain/asset.ts'
import { type Gallery, stateAt, takesUploads } from '../../domain/gallery.ts'
import { readWhole } from '../../ports/bytes.ts'
import type { Tx } from '../../ports/database/port.ts'
import type { Deps } from '../../ports/deps.ts'
import { headBytes, maxPixels } from '../../ports/images/port.ts'
import type { Source } from '../../ports/storage/port.ts'
import { addAsset, type Digest, positionAt } from './add.ts'
import { findTwin } from './twin.ts'

/** stored: there is a new asset. duplicate: the gallery has these very bytes, so nothing was added. */
export type Result = 'stored' | 'duplicate'

export interface FinishOptions {
  /** where the item stands in its gallery; by default, when its upload began */
  position?: number
}

/** The lease as its holder sees it. */
export interface Lease {
  token: string
  /** Renews it when it is time. False: a process that slept has lost it, and must not write over the one that took it. */
  held: () => Promise<boolean>
}

type FinishDeps = Pick<Deps, 'db' | 'storage' | 'queue' | 'images' | 'clock'>

/**
 * Every step can be done again: killed anywhere, the upload is complete and unfinished, or finished. A file that cannot be
 * kept is dropped with its upload.
 */
export async function finish(
  deps: FinishDeps,
  upload: Upload,
  { token, held }: Lease,
  digest: Digest,
  options: FinishOptions,
): Promise<Result> {
  const { db, storage, images, clock } = deps
  const headSize = Math.min(upload.size, headBytes)
  const head = await readWhole(await openHeld(deps, upload, 0, headSize), headSize)
  const type = await images.identify(head)
  if (!type) return refuse(deps, upload, token, 'media_type')
  const seen = images.dimensions(head)
  if (seen && seen.width * seen.height > maxPixels) return refuse(deps, upload, token, 'picture_too_large')
  if (upload.sha256 && !upload.sha256.equals(digest.sha256)) return refuse(deps, upload, token, 'checksum_mismatch')

  const key = assetKey(upload.galleryId, upload.assetId, type.ext)
  // the transaction asks again; here it spares the bytes a way that would end in the garbage
  const known = await findTwin(deps, upload.galleryId, digest.sha256, upload.size)
  if (!known) await storage.finishUpload(upload, key, held)
  const outcome = await db.transaction().execute(async (tx) => {
    const gallery = await openGallery(tx, upload.galleryId, clock.now())
    if (!gallery) {
      // with the row in one transaction: nobody can make an asset of a key that is garbage
      if (!known && (await deleteUpload(tx, upload.id, token)))
        await discard(tx, [key], 'upload into a closed gallery', after(clock.now(), hours(24)))
      return 'closed'
    }
    if (!(await endUpload(tx, upload.id, token, clock.now()))) throw new AppError('upload_busy', { id: upload.id })
    if (await findSame(tx, gallery.id, digest.sha256, upload.size)) {
      await discard(tx, [key], 'duplicate upload', after(clock.now(), hours(24)))
      return 'duplicate'
    }
    // between the two questions the twin was deleted: its bytes are not under our key yet
    if (known) throw new AppError('upload_busy', { id: upload.id })
    const { assetId: id, name, size, modifiedAt, chapter } = upload
    const position = options.position ?? positionAt(upload.createdAt)
    const taken = upload.replaces ? await lockItemAssets(tx, gallery.id, upload.replaces) : []
    const before = taken.find(({ role }) => mainRoles.includes(role))
    const replaced = before && { id: before.assetId, itemId: upload.replaces!, ...before }
    await addAsset(deps, tx, gallery, { id, name, size, modifiedAt, digest, type, key, position, chapter }, replaced)
    return 'stored'
  })
  if (outcome === 'closed') return refuse(deps, upload, token, 'gallery_not_open')
  if (outcome === 'duplicate') await storage.dropUpload(upload)
  return outcome
}

/**
 * Opens the bytes of an upload: where it grows, or under its key when a kill came after it got there. An upload without its
 * bytes (dropped by a step that was killed before it took the row, or lost by the disk) goes, so that it can be sent anew.
 */
export async function openHeld(deps: Pick<Deps, 'db' | 'storage' | 'clock'>, upload: Upload, from: number, to: number): Promise<Source> {
  const { storage } = deps
  try {
    return await storage.openUpload(upload, from, to)
  } catch (error) {
    if (!isCode(error, 'upload_unknown') && !isCode(error, 'source_changed')) throw error
    const key = await keyOf(storage, upload)
    if (key) return storage.open(key, from, to)
    const gone = await forget(deps, upload, upload.lockToken, 'upload without its bytes')
    // still there: they are with somebody who took it over
    throw new AppError(gone ? 'upload_unknown' : 'upload_busy', { id: upload.id }, { cause: error })
  }
}

/**
 * Forgets an upload with its bytes, wherever they lie, if the lease is ours still. Bytes first, then the row: a kill in between
 * leaves a row without bytes, which says that it is to go.
 */
export async function forget(
  { db, storage, clock }: Pick<Deps, 'db' | 'storage' | 'clock'>,
  upload: Upload,
  token: string | null,
  reason: string,
): Promise<boolean> {
  await storage.dropUpload(upload)
  return db.transaction().execute(async (tx) => {
    if (!(await deleteUpload(tx, upload.id, token))) return false
    // its end was killed before the transaction: the bytes lie under a key that no row names
    const key = upload.finishedAt ? null : await keyOf(storage, upload)
    if (key) await discard(tx, [key], reason, after(clock.now(), hours(24)))
    return true
  })
}

/** The key under which the upload's bytes lie already, if they do. */
export async function keyOf(storage: Deps['storage'], upload: Pick<Upload, 'galleryId' | 'assetId'>): Promise<string | null> {
  for await (const { key } of storage.list(assetKey(upload.galleryId, upload.assetId, ''))) return key
  return null
}

/** The gallery, locked; null when it takes no uploads any more. */
async function openGallery(tx: Tx, id: string, now: Date): Promise<Gallery | null> {
  try {
    const gallery = await lockGallery(tx, id)
    return takesUploads(stateAt(gallery, now)) ? gallery : null
  } catch (error) {
    if (isCode(error, 'not_found')) return null
    throw error
  }
}

async function refuse(deps: FinishDeps, upload: Upload, token: string, code: ErrorCode): Promise<never> {
  await forget(deps, upload, token, 'refused upload')
  throw new AppError(code, { name: upload.name, size: upload.size })
}
