/**
 * Puts rescued tracks into a gallery: an item and files of its own there, so that everything which holds for a gallery (its archive,
 * its retiring, its end) holds for them, and the library keeps its own. The store copies the bytes, and each copy is read back.
 */
import type { TracksIntoGallery } from '../../../sdk/src/wire.ts'
import { after, hours } from '../../base/clock.ts'
import { AppError } from '../../base/errors.ts'
import { newId, newToken } from '../../base/id.ts'
import { findAsset, findSame, insertAsset } from '../../data/assets.ts'
import { bumpContent, lockGallery } from '../../data/galleries.ts'
import { discard, forgetGarbage } from '../../data/garbage.ts'
import { insertItem } from '../../data/items.ts'
import { findTrack, type TrackRow } from '../../data/tracks.ts'
import type { Asset } from '../../domain/asset.ts'
import { debounce } from '../../domain/content.ts'
import { stateAt, takesUploads } from '../../domain/gallery.ts'
import type { Tx } from '../../ports/database/port.ts'
import type { Deps } from '../../ports/deps.ts'

type Needs = Pick<Deps, 'db' | 'storage' | 'queue' | 'images' | 'clock'>

/** Throws `not_found` and `track_unsaved` before anything is copied, `gallery_not_open`, `source_changed` for a copy that is lost or damaged. */
export async function putIntoGallery(deps: Needs, ownerId: string, galleryId: string, ids: string[]): Promise<TracksIntoGallery> {
  const tracks: TrackRow[] = []
  for (const id of new Set(ids)) {
    const track = await findTrack(deps.db, ownerId, id)
    if (!track) throw new AppError('not_found', { track: id })
    if (!track.archivedAt) throw new AppError('track_unsaved', { track: id })
    tracks.push(track)
  }
  const answer: TracksIntoGallery = { added: [], duplicates: [] }
  for (const [i, track] of tracks.entries()) {
    const list = (await copyTrack(deps, galleryId, track, i)) ? answer.added : answer.duplicates
    list.push(track.itemId)
  }
  return answer
}

/** False when the gallery has these very sounds. */
async function copyTrack(deps: Needs, galleryId: string, track: TrackRow, i: number): Promise<boolean> {
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
  if (await findSame(deps.db, galleryId, audio.sha256, audio.size)) return false
  const copies: Asset[] = []
  for (const original of originals) copies.push(await copyAsset(deps, galleryId, original))
  return deps.db.transaction().execute((tx) => settle(deps, tx, galleryId, { track, copies, i }))
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
  track: TrackRow
  copies: Asset[]
  /** its place among those that come together */
  i: number
}

async function settle(deps: Needs, tx: Tx, galleryId: string, { track, copies, i }: Copied): Promise<boolean> {
  const now = deps.clock.now()
  const gallery = await lockGallery(tx, galleryId)
  if (!takesUploads(stateAt(gallery, now))) throw new AppError('gallery_not_open', { gallery: galleryId })
  const audio = copies.find(({ role }) => role === 'audio')!
  if (await findSame(tx, galleryId, audio.sha256, audio.size)) return false
  const { title, artist, provider } = track
  const itemId = newId(now)
  const position = now.getTime() * 1000 + i
  await insertItem(tx, { id: itemId, galleryId, kind: 'track', title, artist, provider, position, createdAt: now })
  for (const { track: _, ...copy } of copies) {
    const drawn = copy.role === 'cover' && deps.images.renderable(copy.mime)
    await insertAsset(tx, { ...copy, itemId, renderState: drawn ? 'waiting' : 'none', createdAt: now })
    await forgetGarbage(tx, copy.storageKey)
    if (drawn) await deps.queue.send(tx, { name: 'asset.render', payload: { assetId: copy.id } })
  }
  await bumpContent(tx, galleryId)
  if (gallery.state === 'active') await deps.queue.send(tx, { name: 'gallery.rebuild', payload: { galleryId } }, { delayMs: debounce })
  return true
}
