/** What a change of what guests may take and see brings about, in its own transaction. */
import { after, days } from '../../base/clock.ts'
import { AppError } from '../../base/errors.ts'
import { deleteMarkedOf } from '../../data/derivatives.ts'
import { endGuestExports } from '../../data/exports.ts'
import { changeGallery } from '../../data/galleries.ts'
import { discard } from '../../data/garbage.ts'
import { revokeTakings } from '../../data/links.ts'
import { holdWatermark } from '../../data/watermarks.ts'
import type { Gallery, Marking } from '../../domain/gallery.ts'
import type { Tx } from '../../ports/database/port.ts'
import type { Deps } from '../../ports/deps.ts'

type Needs = Pick<Deps, 'clock' | 'queue'>

/**
 * Before the gallery is locked, if its watermark is to be shown: holds the owner's, so that it does not go or change meanwhile. Throws
 * watermark_missing.
 */
export async function needWatermark(tx: Tx, ownerId: string, marking: Marking | undefined): Promise<void> {
  if (marking && marking !== 'off' && !(await holdWatermark(tx, ownerId))) throw new AppError('watermark_missing')
}

/** `now` is the gallery as it is from here on. */
export async function settleGuests(deps: Needs, tx: Tx, before: Gallery, now: Gallery): Promise<void> {
  if (narrows(before, now)) {
    // what was handed out before goes no further than what is handed out from now on; letters bring a backup, and stay
    await revokeTakings(tx, now.id, deps.clock.now())
    await endGuestExports(tx, now.id, deps.clock.now())
  }
  if (now.watermark === before.watermark) return
  if (before.watermark === 'off') {
    await changeGallery(tx, now.id, { marking: true })
    await deps.queue.send(tx, { name: 'gallery.mark', payload: { galleryId: now.id } })
  } else if (now.watermark === 'off') {
    await changeGallery(tx, now.id, { marking: false })
    await discard(tx, await deleteMarkedOf(tx, now.id), 'watermark switched off', after(deps.clock.now(), days(1)))
  }
}

type Rule = Pick<Gallery, 'downloadEnabled' | 'downloadSize' | 'watermark'>
const narrows = (before: Rule, now: Rule): boolean =>
  (before.downloadEnabled && !now.downloadEnabled) ||
  (before.downloadSize === 'original' && now.downloadSize === 'screen') ||
  (before.watermark !== 'downloads' && now.watermark === 'downloads')
