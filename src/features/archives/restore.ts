/**
 * Brings an archived gallery back. Its originals lie inside the final archive, where every page, download and build reads them:
 * so it is open again as soon as that archive is known to be there, whatever its size. Keys of their own come back afterwards
 * (hydrate.ts), and the archive stays.
 */
import { AppError } from '../../base/errors.ts'
import { note } from '../../data/activity.ts'
import { findArchive } from '../../data/archives.ts'
import { setAllUndrawn } from '../../data/assets.ts'
import { emit } from '../../data/events.ts'
import { changeGallery, findGallery, lockGallery } from '../../data/galleries.ts'
import type { Actor } from '../../domain/activity.ts'
import type { Archive } from '../../domain/archive.ts'
import { archivePath } from '../../domain/event.ts'
import type { Gallery } from '../../domain/gallery.ts'
import { readWhole } from '../../ports/bytes.ts'
import type { Deps } from '../../ports/deps.ts'
import { goOn } from './reopen.ts'
import { loadSealed } from './sealed.ts'
import { writeToOwner } from './tell.ts'

type Needs = Pick<Deps, 'db' | 'storage' | 'queue' | 'clock' | 'log' | 'settings'>

/**
 * `expiresAt`: when the gallery ends again; null: never. `by`: who did it, for the list of what has happened. Throws
 * `not_archived`, also for the second of two at once, and `archive_damaged` when the archive is not there or its directory is not the one that was sealed; then nothing has changed.
 */
export async function restore(
  deps: Needs,
  galleryId: string,
  { expiresAt, by = 'system' }: { expiresAt: Date | null; by?: Actor },
): Promise<Archive> {
  const archive = await checkInPlace(deps, galleryId)
  await deps.db.transaction().execute(async (tx) => {
    const gallery = await lockGallery(tx, galleryId)
    if (gallery.state !== 'archived' || gallery.finalArchiveId !== archive.id) throw new AppError('not_archived')
    await changeGallery(tx, galleryId, { state: 'active', expiresAt, archivedAt: null, hydrating: true })
    // their small pictures went with the page; the reconciler has them drawn while the originals come out of the archive
    await setAllUndrawn(tx, galleryId)
    await deps.queue.send(tx, { name: 'gallery.hydrate', payload: { galleryId } })
    await goOn(deps, tx, galleryId)
    const facts = { ends: expiresAt?.toISOString() ?? null }
    await note(tx, { at: deps.clock.now(), actor: by, action: 'restored', galleryId, subject: archive.id, facts })
    const once = `${archive.id} ${gallery.archivedAt!.toISOString()}`
    const told = { type: 'event.restored' as const, archivePath: archivePath(deps.settings.bucket, archive.storageKey!) }
    await emit(deps, tx, { ...told, galleryId, dedupeKey: `event.restored ${once}` })
    const dedupeKey = `gallery_restored ${once}`
    await writeToOwner(deps, tx, gallery, { kind: 'gallery_restored', archiveId: archive.id, dedupeKey })
  })
  deps.log.info({ gallery: galleryId, archive: archive.id }, '[Archive] Gallery restored')
  return archive
}

/** What a restore would bring back, and that it can; nothing is changed. Throws as `restore` does. */
export async function checkInPlace(deps: Pick<Deps, 'db' | 'storage'>, galleryId: string): Promise<Archive> {
  const gallery: Gallery | undefined = await findGallery(deps.db, galleryId)
  if (gallery?.state !== 'archived') throw new AppError('not_archived')
  const archive = await findArchive(deps.db, gallery.finalArchiveId!)
  if (archive?.status !== 'ready') throw new AppError('archive_damaged')
  if ((await deps.storage.size(archive.storageKey!)) !== archive.fileSizeBytes) throw new AppError('archive_damaged')
  const { layout } = await loadSealed(deps.db, archive)
  const tail = layout.tail()
  const source = await deps.storage.open(archive.storageKey!, layout.total - tail.length, layout.total)
  if (!(await readWhole(source, tail.length)).equals(tail)) throw new AppError('archive_damaged')
  return archive
}
