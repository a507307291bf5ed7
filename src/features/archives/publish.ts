/** Publishes a gallery: it opens to guests, and its archive is asked for, in one transaction. */
import { AppError } from '../../base/errors.ts'
import { note } from '../../data/activity.ts'
import { emit } from '../../data/events.ts'
import { changeGallery, lockGallery } from '../../data/galleries.ts'
import { byUser } from '../../domain/activity.ts'
import type { Archive } from '../../domain/archive.ts'
import { type Gallery, isClosed, stateAt } from '../../domain/gallery.ts'
import type { Tx } from '../../ports/database/port.ts'
import type { Deps } from '../../ports/deps.ts'
import { repairExports } from './export-ask.ts'
import { requestArchive } from './request.ts'

/** Publishing twice changes nothing: the same archive is answered. Throws `gallery_empty`, `gallery_closed`. */
export async function publish(
  deps: Pick<Deps, 'db' | 'queue' | 'clock' | 'settings'>,
  galleryId: string,
  by: { userId: string | null; source: string },
): Promise<{ gallery: Gallery; archive: Archive }> {
  return deps.db.transaction().execute(async (tx) => {
    const now = deps.clock.now()
    const gallery = await lockGallery(tx, galleryId)
    const opened = { state: 'active' as const, publishedAt: gallery.publishedAt ?? now }
    // a draft whose date has passed would open closed, and its letters would invite nobody
    if (isClosed(gallery.state) || isClosed(stateAt({ ...gallery, ...opened }, now))) throw new AppError('gallery_closed')
    await changeGallery(tx, gallery.id, opened)
    // pressed again it tells nothing new
    if (gallery.state === 'draft') {
      await note(tx, { at: now, actor: byUser(by.userId), action: 'published', galleryId: gallery.id })
      await emit(deps, tx, { galleryId, type: 'event.published', dedupeKey: `event.published ${gallery.id}` })
    }
    const archive = await requestArchive(deps, tx, gallery, { source: by.source, requestedBy: by.userId, force: false, announce: true })
    await deps.queue.send(tx, { name: 'delivery.invite', payload: { galleryId: gallery.id } })
    // built before it was published, or clients have come since
    if (archive.status === 'ready') await deps.queue.send(tx, { name: 'delivery.announce', payload: { archiveId: archive.id } })
    return { gallery: { ...gallery, ...opened }, archive }
  })
}

/** Job gallery.rebuild: the content of a published gallery changed a while ago; or `source` says what else asks. */
export async function rebuild(
  deps: Pick<Deps, 'db' | 'queue' | 'clock' | 'settings'>,
  galleryId: string,
  source = 'content',
): Promise<void> {
  await deps.db.transaction().execute(async (tx) => {
    const gallery = await lockGallery(tx, galleryId)
    if (stateAt(gallery, deps.clock.now()) !== 'active') return
    await requestIfAny(deps, tx, gallery, source)
    await repairExports(deps, tx, gallery)
  })
}

async function requestIfAny(deps: Pick<Deps, 'queue' | 'clock'>, tx: Tx, gallery: Gallery, source: string): Promise<void> {
  try {
    // a registration publishes: its clients are told, as by the button
    const announce = source === 'registration'
    await requestArchive(deps, tx, gallery, { source, requestedBy: null, force: false, announce })
    if (announce) await deps.queue.send(tx, { name: 'delivery.invite', payload: { galleryId: gallery.id } })
  } catch (error) {
    // the last photo was taken out: nothing to archive, and no failure
    if (!(error instanceof AppError && error.code === 'gallery_empty')) throw error
  }
}
