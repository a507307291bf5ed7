/**
 * Puts rescued tracks into a gallery: an item and files of its own there, so that everything which holds for a gallery (its archive,
 * its retiring, its end) holds for them, and the library keeps its own. The store copies the bytes, and each copy is read back.
 *
 * However many there are: a row says which, a job copies one after the other and notes each in the transaction that makes it an item.
 * So a worker that dies is followed by another one at the next track, and one that both were at is there once.
 */
import type { TracksPlacement } from '../../../sdk/src/wire.ts'
import { after, hours } from '../../base/clock.ts'
import { AppError, fullDatabase, isOutage, lostDatabase } from '../../base/errors.ts'
import { newId, newToken } from '../../base/id.ts'
import { findAsset, findSame, insertAsset } from '../../data/assets.ts'
import { bumpContent, findGallery, lockGallery } from '../../data/galleries.ts'
import { discard, forgetGarbage } from '../../data/garbage.ts'
import { insertItem } from '../../data/items.ts'
import {
  endPlacement,
  findPlacement,
  insertPlacement,
  notePlaced,
  type PlacementTrack,
  type PlacementWithTracks,
} from '../../data/placements.ts'
import { findTrack, findTracks, type TrackRow } from '../../data/tracks.ts'
import type { Asset } from '../../domain/asset.ts'
import { debounce } from '../../domain/content.ts'
import { type Gallery, stateAt, takesUploads } from '../../domain/gallery.ts'
import type { Tx } from '../../ports/database/port.ts'
import type { Deps } from '../../ports/deps.ts'

type Needs = Pick<Deps, 'db' | 'storage' | 'queue' | 'images' | 'clock' | 'log'>

/** Asks for it. Throws `not_found` and `track_unsaved` (facts: `track`), `gallery_not_open`. */
export async function askIntoGallery(
  deps: Pick<Deps, 'db' | 'queue' | 'clock'>,
  gallery: Gallery,
  ids: string[],
): Promise<PlacementWithTracks> {
  const now = deps.clock.now()
  const { ownerId, id: galleryId } = gallery
  const wanted = [...new Set(ids)]
  const found = await findTracks(deps.db, ownerId, wanted)
  for (const id of wanted) {
    const track = found.get(id)
    if (!track) throw new AppError('not_found', { track: id })
    if (!track.archivedAt) throw new AppError('track_unsaved', { track: id })
  }
  if (!takesUploads(stateAt(gallery, now))) throw new AppError('gallery_not_open', { gallery: galleryId })
  const id = newId(now)
  await deps.db.transaction().execute(async (tx) => {
    await insertPlacement(tx, { id, galleryId, ownerId, createdAt: now }, wanted)
    await deps.queue.send(tx, { name: 'tracks.place', payload: { placementId: id } })
  })
  return (await findPlacement(deps.db, id))!
}

/** Job tracks.place. A track that cannot be copied stops no other; an outage and a drain end the attempt, and the next one goes on. */
export async function place(deps: Needs, placementId: string, signal: AbortSignal): Promise<void> {
  const placement = await findPlacement(deps.db, placementId)
  if (!placement || placement.endedAt) return
  for (const track of placement.tracks.filter(({ outcome }) => outcome === null)) {
    signal.throwIfAborted()
    try {
      await placeOne(deps, placement, track)
    } catch (error) {
      if (isOutage(error) || lostDatabase(error) || fullDatabase(error)) throw error
      const now = deps.clock.now()
      // a mistake of ours with one track must not stop the others
      const errorCode = error instanceof AppError ? error.code : 'internal'
      if (errorCode === 'gallery_not_open') return endPlacement(deps.db, placementId, now, errorCode)
      deps.log.warn({ track: track.itemId, placement: placementId, error: String(error) }, '[Rescue] a track was not put into a gallery')
      await deps.db.transaction().execute((tx) => notePlaced(tx, track, { outcome: 'failed', errorCode, now }))
    }
  }
  await endPlacement(deps.db, placementId, deps.clock.now(), null)
}

/** As its owner sees it. */
export function viewPlacement({ id, galleryId, createdAt, endedAt, errorCode, tracks }: PlacementWithTracks): TracksPlacement {
  const of = (outcome: PlacementTrack['outcome']) => tracks.filter((one) => one.outcome === outcome)
  return {
    id,
    gallery_id: galleryId,
    state: !endedAt ? 'working' : errorCode ? 'failed' : 'done',
    total: tracks.length,
    done: tracks.length - of(null).length,
    added: of('added').map(({ itemId }) => itemId),
    duplicates: of('duplicate').map(({ itemId }) => itemId),
    failed: of('failed').map(({ itemId, errorCode: code }) => ({ id: itemId, error_code: code! })),
    error_code: errorCode,
    created_at: createdAt.toISOString(),
    ended_at: endedAt?.toISOString() ?? null,
  }
}

async function placeOne(deps: Needs, { ownerId, galleryId }: PlacementWithTracks, one: PlacementTrack): Promise<void> {
  const track = await findTrack(deps.db, ownerId, one.itemId)
  if (!track) throw new AppError('not_found', { track: one.itemId })
  const originals: Asset[] = []
  for (const { assetId, state, role } of track.media) {
    // the same bytes in two roles are one file
    if (state !== 'stored' || originals.some(({ id }) => id === assetId)) continue
    const asset = await findAsset(deps.db, assetId!)
    // shared with another track it lies in the library in the role that it has there
    if (asset?.state === 'stored') originals.push({ ...asset, role })
  }
  const audio = originals.find(({ role }) => role === 'audio')
  if (!audio) throw new AppError('original_missing', { track: track.itemId })
  // nothing is copied for a gallery that is closed, or has these very sounds
  const gallery = await findGallery(deps.db, galleryId)
  if (!gallery || !takesUploads(stateAt(gallery, deps.clock.now()))) throw new AppError('gallery_not_open', { gallery: galleryId })
  const known = (await findSame(deps.db, galleryId, audio.sha256, audio.size)) !== undefined
  const copies: Asset[] = []
  if (!known) for (const original of originals) copies.push(await copyAsset(deps, galleryId, original))
  await deps.db.transaction().execute((tx) => settle(deps, tx, one, { galleryId, track, copies }))
}

async function copyAsset({ db, storage, clock }: Needs, galleryId: string, from: Asset): Promise<Asset> {
  const now = clock.now()
  const id = newId(now)
  const storageKey = `galleries/${galleryId}/assets/${id}-${newToken(9)}`
  // garbage until the transaction says otherwise: whatever happens in between, nothing is left that nobody knows
  await db.transaction().execute((tx) => discard(tx, [storageKey], 'unfinished copy of a track', after(now, hours(24))))
  const { storageOffset, size, crc32 } = from
  const piece = { kind: 'copy' as const, key: from.storageKey, from: storageOffset, to: storageOffset + size, crc32 }
  await storage.assemble(storageKey, [piece])
  const { sha256 } = await storage.digest(storageKey, Float64Array.of(size))
  if (sha256 !== from.sha256.toString('hex')) throw new AppError('source_changed', { key: from.storageKey, reason: 'sha256' })
  return { ...from, id, galleryId, storageKey, storageOffset: 0 }
}

interface Copied {
  galleryId: string
  track: TrackRow
  /** none: the gallery has its sounds */
  copies: Asset[]
}

async function settle(deps: Needs, tx: Tx, one: PlacementTrack, { galleryId, track, copies }: Copied): Promise<void> {
  const now = deps.clock.now()
  const gallery = await lockGallery(tx, galleryId)
  if (!takesUploads(stateAt(gallery, now))) throw new AppError('gallery_not_open', { gallery: galleryId })
  const audio = copies.find(({ role }) => role === 'audio')
  const known = !audio || (await findSame(tx, galleryId, audio.sha256, audio.size)) !== undefined
  // whoever came second has nothing to say, and leaves garbage that has a row
  if (!(await notePlaced(tx, one, { outcome: known ? 'duplicate' : 'added', now })) || known) return
  const { title, artist, provider } = track
  const itemId = newId(now)
  const position = now.getTime() * 1000 + (one.position % 1000)
  await insertItem(tx, { id: itemId, galleryId, kind: 'track', title, artist, provider, position, createdAt: now })
  for (const { track: _, ...copy } of copies) {
    const drawn = copy.role === 'cover' && deps.images.renderable(copy.mime)
    await insertAsset(tx, { ...copy, itemId, renderState: drawn ? 'waiting' : 'none', createdAt: now })
    await forgetGarbage(tx, copy.storageKey)
    if (drawn) await deps.queue.send(tx, { name: 'asset.render', payload: { assetId: copy.id } })
  }
  await bumpContent(tx, galleryId)
  if (gallery.state === 'active') await deps.queue.send(tx, { name: 'gallery.rebuild', payload: { galleryId } }, { delayMs: debounce })
}
