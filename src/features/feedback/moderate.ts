/** The photographer hides what guests said, shows it again, or removes it, until the gallery becomes its archive. */
import { AppError } from '../../base/errors.ts'
import { deleteFeedback, deleteFeedbackOf, findSaid, type Said, setHidden } from '../../data/feedback.ts'
import { forgetGuest } from '../../data/feedbackGuests.ts'
import { lockGallery } from '../../data/galleries.ts'
import { stateAt, takesModeration } from '../../domain/gallery.ts'
import type { Tx } from '../../ports/database/port.ts'
import type { Deps } from '../../ports/deps.ts'

type Needs = Pick<Deps, 'db' | 'clock'>

/** Throws not_found. What is hidden already stays hidden since then. */
export async function hide(deps: Needs, galleryId: string, id: string, hidden: boolean): Promise<Said> {
  return unsealed(deps, galleryId, async (tx) => {
    const row = await findSaid(tx, galleryId, id)
    if (!row) throw new AppError('not_found')
    if (row.hidden !== hidden) await setHidden(tx, galleryId, id, hidden ? deps.clock.now() : null)
    return { ...row, hidden }
  })
}

/** Throws not_found. */
export async function remove(deps: Needs, galleryId: string, id: string): Promise<void> {
  await unsealed(deps, galleryId, async (tx) => {
    if (!(await deleteFeedback(tx, galleryId, id))) throw new AppError('not_found')
  })
}

/** Everything one guest said, and who they said they are. */
export async function removeGuest(deps: Needs, galleryId: string, guest: string): Promise<void> {
  await unsealed(deps, galleryId, async (tx) => {
    await deleteFeedbackOf(tx, galleryId, guest)
    await forgetGuest(tx, galleryId, guest)
  })
}

async function unsealed<T>({ db, clock }: Needs, galleryId: string, change: (tx: Tx) => Promise<T>): Promise<T> {
  return db.transaction().execute(async (tx) => {
    const gallery = await lockGallery(tx, galleryId)
    if (!takesModeration(stateAt(gallery, clock.now()))) throw new AppError('gallery_not_open')
    return change(tx)
  })
}
