/**
 * The day a gallery ends: it is noted as expired, and everybody who should know is told, gallery by gallery, each in a transaction
 * of its own. For guests it has ended at its date, whether noted or not (`stateAt`).
 */
import { eachAlone } from '../../base/alone.ts'
import { expireGallery } from '../../data/expire.ts'
import { listEnded, lockGalleryOfAnyState } from '../../data/galleries.ts'
import { stateAt } from '../../domain/gallery.ts'
import type { Deps } from '../../ports/deps.ts'

type Needs = Pick<Deps, 'db' | 'queue' | 'clock' | 'calendar' | 'log' | 'settings'>

const page = 200

/** Answers how many galleries were noted as expired: nobody's page closes for good because of a clock that jumped. */
export async function expireGalleries(deps: Needs): Promise<number> {
  const now = await deps.calendar.now()
  return eachAlone({
    list: (passed) => listEnded(deps.db, now, passed, page),
    one: (id) =>
      deps.db.transaction().execute(async (tx) => {
        const gallery = await lockGalleryOfAnyState(tx, id)
        // put off or deleted since it was listed
        if (gallery.state !== 'active' || stateAt(gallery, now) !== 'expired') return false
        await expireGallery(deps, tx, gallery, now)
        return true
      }),
    failed: (gallery, error) =>
      deps.log.error({ gallery, error: String(error) }, 'a gallery could not be noted as expired; the others go on'),
  })
}
