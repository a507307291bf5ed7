/**
 * What ends because its time is over: archives by their purpose, temporary files, originals of deleted galleries.
 * Always the pointer first, then the bytes, through garbage.
 */
import { after, days, hours } from '../../base/clock.ts'
import { listOfGalleries, listOutlived, markDeleted } from '../../data/archives.ts'
import { deleteAllOf } from '../../data/assets.ts'
import { sweepDownloads } from '../../data/downloads.ts'
import { forgetExports } from '../../data/exports.ts'
import { forgetFeedback } from '../../data/feedback.ts'
import { forgetGuests } from '../../data/feedbackGuests.ts'
import { listUncleared, lockGalleryOfAnyState } from '../../data/galleries.ts'
import { discard } from '../../data/garbage.ts'
import { takeAllPurges } from '../../data/inside.ts'
import { listLinked, sweepLinks } from '../../data/links.ts'
import { sweepNotifications } from '../../data/notifications.ts'
import { sweepPassedOver } from '../../data/passedOver.ts'
import { sweepPlacements } from '../../data/placements.ts'
import { sweepThrottles } from '../../data/throttles.ts'
import { sweepDeliveries } from '../../data/webhooks.ts'
import type { Deps } from '../../ports/deps.ts'

const most = 500
/** Between deleting a gallery and its originals: time to notice that it was the wrong one. */
const mourning = days(30)

/** Ends ready archives whose time is over. Answers how many. */
export async function endArchives(deps: Pick<Deps, 'db' | 'calendar'>): Promise<number> {
  const now = await deps.calendar.now()
  let ended = 0
  for (const archive of await listOutlived(deps.db, now, most))
    await deps.db.transaction().execute(async (tx) => {
      if (!(await markDeleted(tx, archive.id, now))) return
      // those of an export hardly outlive it: a running download may end
      await discard(tx, [archive.storageKey!], 'retention over', after(now, archive.purpose === 'selection' ? hours(1) : days(1)))
      ended++
    })
  return ended
}

/**
 * Rows that have had their time: what was downloaded of galleries that were deleted a month ago, exports that ended a week ago,
 * messages to webhooks of a month ago, what the studio told 90 days ago, links that ended a year ago, wrong passwords of the day
 * before yesterday. Answers how many rows.
 */
export async function forget(deps: Pick<Deps, 'db' | 'calendar'>): Promise<number> {
  const now = await deps.calendar.now()
  let gone = await sweepDownloads(deps.db, after(now, -mourning))
  const endedBefore = after(now, -days(7))
  for (let more = true; more; ) {
    const some = await deps.db.transaction().execute((tx) => forgetExports(tx, endedBefore, most))
    gone += some.gone
    more = some.more
  }
  gone += await sweepDeliveries(deps.db, after(now, -days(30)))
  gone += await sweepPlacements(deps.db, after(now, -days(30)))
  gone += await sweepPassedOver(deps.db, after(now, -days(30)))
  gone += await sweepNotifications(deps.db, after(now, -days(90)))
  return gone + (await sweepLinks(deps.db, now)) + (await sweepThrottles(deps.db, now))
}

/** What a killed writer left behind; a living one touches its file more often than once a day. Answers how many files. */
export async function sweepTemporary(deps: Pick<Deps, 'storage' | 'calendar'>): Promise<number> {
  return deps.storage.sweep(after(await deps.calendar.now(), -days(1)))
}

/**
 * Originals, small pictures and feedback of galleries that were deleted 30 days ago. Its retained archives have bytes of their own and
 * stay; while one of them is at work, or somebody holds a link to one whose file is not whole, the originals stay too: the live
 * download needs them. Answers how many galleries were cleared.
 */
export async function clearDeleted(deps: Pick<Deps, 'db' | 'storage' | 'calendar' | 'log'>): Promise<number> {
  const now = await deps.calendar.now()
  let cleared = 0
  for (let last: string | null = null; ; ) {
    const ids: string[] = await listUncleared(deps.db, after(now, -mourning), last, most)
    for (const id of ids) {
      try {
        if (await clearOne(deps, id, now)) cleared++
      } catch (error) {
        deps.log.error({ gallery: id, error: String(error) }, 'a deleted gallery could not be cleared; the others go on')
        await deps.storage.ready()
      }
    }
    last = ids.at(-1) ?? null
    if (!last) return cleared
  }
}

async function clearOne(deps: Pick<Deps, 'db' | 'storage'>, galleryId: string, now: Date): Promise<boolean> {
  const archives = await listOfGalleries(deps.db, [galleryId])
  const whole = new Set<string>()
  for (const { id, status, storageKey, fileSizeBytes } of archives) {
    if (status !== 'ready') return false
    if ((await deps.storage.size(storageKey!)) !== fileSizeBytes) return false
    whole.add(id)
  }
  return deps.db.transaction().execute(async (tx) => {
    const gallery = await lockGalleryOfAnyState(tx, galleryId)
    if (gallery.state !== 'deleted' || !gallery.deletedAt || gallery.deletedAt > after(now, -mourning)) return false
    // asked again under the lock: one that was asked for meanwhile has not been looked at
    if ((await listOfGalleries(tx, [galleryId])).some(({ id, status }) => status !== 'ready' || !whole.has(id))) return false
    if ((await listLinked(tx, galleryId, now)).some((id) => !whole.has(id))) return false
    await forgetFeedback(tx, galleryId)
    await forgetGuests(tx, galleryId)
    // an archived one may have originals that wait beside its archive
    const keys = [...(await deleteAllOf(tx, galleryId)), ...(await takeAllPurges(tx, galleryId))]
    await discard(tx, keys, 'gallery deleted', after(now, days(1)))
    return true
  })
}
