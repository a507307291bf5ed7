/**
 * Brings an archived gallery back. Its originals lie inside the final archive, where every page, download and build reads them:
 * so it is open again as soon as that archive is known to be there, whatever its size. Keys of their own come back afterwards
 * (hydrate.ts), and the archive stays. Another ready version may take the final one's place; and from a damaged one what is whole
 * is salvaged on request.
 */
import { AppError } from '../../base/errors.ts'
import { note } from '../../data/activity.ts'
import { lockReady } from '../../data/archives.ts'
import { listLost, listStored } from '../../data/assets.ts'
import { emit } from '../../data/events.ts'
import { changeGallery, findGallery, lockGallery } from '../../data/galleries.ts'
import { moveTo, type Place } from '../../data/inside.ts'
import { writeToOwner } from '../../data/outbox.ts'
import type { Actor } from '../../domain/activity.ts'
import type { Archive } from '../../domain/archive.ts'
import type { Asset } from '../../domain/asset.ts'
import { archivePath } from '../../domain/event.ts'
import { endOfRestored } from '../../domain/expiry.ts'
import { readWhole } from '../../ports/bytes.ts'
import type { Tx } from '../../ports/database/port.ts'
import type { Deps } from '../../ports/deps.ts'
import { goOn } from './reopen.ts'
import { loadSealed } from './sealed.ts'
import { findWhole, listWhole, nameLost, placesIn } from './whole.ts'

type Needs = Pick<Deps, 'db' | 'storage' | 'queue' | 'clock' | 'log' | 'settings'>

/** From what a gallery comes back. */
export interface From {
  /** a ready version of it; left out: its final archive */
  archiveId?: string | undefined
  /** read every photo first, and come back without those that are whole nowhere; else a damaged archive is refused */
  salvage?: boolean | undefined
}

export interface RestoreWish extends From {
  /** when the gallery ends again; null: never; left out: as `endOfRestored` says */
  expiresAt?: Date | null | undefined
  /** who did it, for the list of what has happened */
  by?: Actor
}

/** For whoever follows it. */
export interface Following {
  /** hears of bytes of originals as they are read, and may end it by throwing */
  onRead?: (bytes: number) => void
  /** says more in the transaction in which the gallery comes back */
  within?: (tx: Tx, comeback: Comeback) => Promise<void>
}

/** What comes back. */
export interface Comeback {
  archive: Archive
  /** the final archive that the gallery had when it was looked at */
  finalId: string
  photos: number
  /** where those lie that are not where their rows say */
  places: Place[]
  /** originals that are whole nowhere, or were missing before */
  lost: Asset[]
}

/**
 * Throws `not_archived`, also for the second of two at once; `archive_not_ready` for a version that is none of its ready ones; and
 * `archive_damaged` when the archive is not there or its directory is not the one that was sealed, or nothing of it could be
 * salvaged. Then nothing has changed.
 */
export async function restore(
  deps: Needs,
  galleryId: string,
  { expiresAt: asked, by = 'system', ...from }: RestoreWish,
  { within, onRead }: Following = {},
): Promise<Comeback & { expiresAt: Date | null }> {
  const comeback = await checkRestore(deps, galleryId, from, onRead)
  const { archive, places, lost } = comeback
  const until = await deps.db.transaction().execute(async (tx) => {
    const gallery = await lockGallery(tx, galleryId)
    const expiresAt = asked === undefined ? endOfRestored(gallery, deps.clock.now()) : asked
    // restored and archived anew since: what was lost may be whole again
    if (gallery.state !== 'archived' || gallery.finalArchiveId !== comeback.finalId) throw new AppError('not_archived')
    if (!(await lockReady(tx, [archive.id]))) throw new AppError('archive_not_ready', { archive: archive.id })
    // an original whose grace ended since it was read
    if (!(await moveTo(tx, galleryId, places))) throw new AppError('attempt_stale', { archive: archive.id })
    await within?.(tx, comeback)
    const once = `${archive.id} ${gallery.archivedAt!.toISOString()}`
    await nameLost(deps, tx, gallery, lost, once)
    const archiveError = lost.length ? 'archive_damaged' : null
    await changeGallery(tx, galleryId, { state: 'active', expiresAt, archivedAt: null, hydrating: true, archiveError })
    await deps.queue.send(tx, { name: 'gallery.hydrate', payload: { galleryId } })
    await goOn(deps, tx, galleryId)
    const facts = { ends: expiresAt?.toISOString() ?? null, ...(lost.length ? { missing: lost.length } : {}) }
    await note(tx, { at: deps.clock.now(), actor: by, action: 'restored', galleryId, subject: archive.id, facts })
    const told = { type: 'event.restored' as const, archivePath: archivePath(deps.settings.bucket, archive.storageKey!) }
    await emit(deps, tx, { ...told, galleryId, dedupeKey: `event.restored ${once}` })
    const dedupeKey = `gallery_restored ${once}`
    await writeToOwner(deps, tx, gallery, { kind: 'gallery_restored', archiveId: archive.id, dedupeKey })
    return expiresAt
  })
  deps.log.info({ gallery: galleryId, archive: archive.id, lost: lost.length }, '[Archive] Gallery restored')
  return { ...comeback, expiresAt: until }
}

/** What a restore would bring back, and that it can; nothing is changed. Throws as `restore` does. */
export async function checkRestore(
  deps: Pick<Deps, 'db' | 'storage'>,
  galleryId: string,
  from: From = {},
  onRead?: Following['onRead'],
): Promise<Comeback> {
  const gallery = await findGallery(deps.db, galleryId)
  if (gallery?.state !== 'archived') throw new AppError('not_archived')
  const versions = await listWhole(deps, galleryId)
  const archive = versions.find(({ id }) => id === (from.archiveId ?? gallery.finalArchiveId))
  if (!archive) throw new AppError(from.archiveId ? 'archive_not_ready' : 'archive_damaged')
  const finalId = gallery.finalArchiveId!
  if (from.salvage) {
    const assets = await listStored(deps.db, galleryId)
    const others = versions.filter(({ id }) => id !== archive.id)
    const found = await findWhole(deps, galleryId, assets, [archive, ...others], { onRead })
    if (!found.places.length) throw new AppError('archive_damaged')
    return { archive, finalId, photos: found.places.length, ...found }
  }
  await checkInPlace(deps, archive)
  const lost = await listLost(deps.db, galleryId)
  // as it was sealed: nothing has come since, and of twenty thousand rows none need be read
  if (archive.id === finalId) return { archive, finalId, photos: archive.imageCount - lost.length, places: [], lost }
  const assets = await listStored(deps.db, galleryId)
  const held = new Map((await placesIn(deps, archive)).map((place) => [place.id, place]))
  // photos that came after this version are in the final one alone
  if (assets.some(({ id }) => !held.has(id))) await checkInPlace(deps, versions[0]!)
  const places = assets.flatMap(({ id }) => held.get(id) ?? [])
  const still = lost.filter(({ id }) => !held.has(id))
  return { archive, finalId, photos: assets.length - still.length, places, lost: still }
}

/** The file is as long as it was, and its whole directory the sealed one. */
async function checkInPlace(deps: Pick<Deps, 'db' | 'storage'>, archive: Archive): Promise<void> {
  if ((await deps.storage.size(archive.storageKey!)) !== archive.fileSizeBytes) throw new AppError('archive_damaged')
  const { layout } = await loadSealed(deps.db, archive)
  const tail = layout.tail()
  const source = await deps.storage.open(archive.storageKey!, layout.total - tail.length, layout.total)
  if (!(await readWhole(source, tail.length)).equals(tail)) throw new AppError('archive_damaged')
}
