/** Deletes an archived gallery for good: the pointers at once, the bytes a day later. Its slug stays taken. */
import { after, days } from '../../base/clock.ts'
import { AppError } from '../../base/errors.ts'
import { note } from '../../data/activity.ts'
import { markGone } from '../../data/archives.ts'
import { deleteAllOf } from '../../data/assets.ts'
import { forgetFeedback } from '../../data/feedback.ts'
import { forgetGuests } from '../../data/feedbackGuests.ts'
import { changeGallery, lockGallery } from '../../data/galleries.ts'
import { discard } from '../../data/garbage.ts'
import { takeAllPurges } from '../../data/inside.ts'
import { forgetSalvage } from '../../data/salvages.ts'
import type { Actor } from '../../domain/activity.ts'
import type { Deps } from '../../ports/deps.ts'

/** Its archives of every purpose go too: nothing of it is kept. Throws `not_archived`. */
export async function deleteArchived(deps: Pick<Deps, 'db' | 'clock' | 'log'>, galleryId: string, by: Actor): Promise<void> {
  await deps.db.transaction().execute(async (tx) => {
    const now = deps.clock.now()
    const gallery = await lockGallery(tx, galleryId)
    if (gallery.state !== 'archived') throw new AppError('not_archived')
    const keys = [...(await deleteAllOf(tx, galleryId)), ...(await markGone(tx, galleryId)), ...(await takeAllPurges(tx, galleryId))]
    await forgetFeedback(tx, galleryId)
    await forgetGuests(tx, galleryId)
    await forgetSalvage(tx, galleryId)
    await discard(tx, keys, 'deleted for good', after(now, days(1)))
    await changeGallery(tx, galleryId, { state: 'deleted', deletedAt: now })
    await note(tx, { at: now, actor: by, action: 'deleted_for_good', galleryId, subject: gallery.finalArchiveId! })
    deps.log.info({ gallery: galleryId, objects: keys.length }, '[Archive] Archive deleted')
  })
}
