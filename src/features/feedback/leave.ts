/**
 * Guests like, rate, mark and comment, and take it back. Everything happens under the gallery's lock and only while it is open:
 * what is sealed into an archive must not change behind it.
 */
import { AppError } from '../../base/errors.ts'
import { newId } from '../../base/id.ts'
import { forgetGuest, hasGuests, setGuest } from '../../data/feedbackGuests.ts'
import { lockGallery } from '../../data/galleries.ts'
import { findItem } from '../../data/items.ts'
import { addComment, countComments, hasRows, type MarkKind, removeComment, removeMark, setMark } from '../../data/marks.ts'
import { feedbackLimits as limits } from '../../domain/feedback.ts'
import { type Gallery, stateAt, takesFeedback } from '../../domain/gallery.ts'
import type { Tx } from '../../ports/database/port.ts'
import type { Deps } from '../../ports/deps.ts'
import { type Name, whoIs } from './who.ts'

type Needs = Pick<Deps, 'db' | 'clock'>

/** About what, and whose: `guest` is a requester, as the table calls them guest_identifier. */
export interface Place {
  galleryId: string
  itemId: string
  guest: string
}

/** `rating` is null for what is none. Throws not_found, feedback_full. */
export async function leaveMark(deps: Needs, { galleryId, itemId, guest }: Place, kind: MarkKind, rating: number | null): Promise<void> {
  const createdAt = deps.clock.now()
  await whileOpen(deps, galleryId, async (tx) => {
    await checkItem(tx, galleryId, itemId)
    await checkRoom(tx, galleryId)
    await setMark(tx, { id: newId(createdAt), galleryId, itemId, guestIdentifier: guest, kind, rating, createdAt })
  })
}

export async function takeMark(deps: Needs, { galleryId, itemId, guest }: Place, kind: MarkKind): Promise<void> {
  await whileOpen(deps, galleryId, (tx) => removeMark(tx, { galleryId, itemId, guestIdentifier: guest, kind }))
}

/** Answers its id. `name` says who the guest is, if they did not say so before. Throws not_found, guest_unnamed, guest_known, feedback_full. */
export async function leaveComment(deps: Needs, place: Place, comment: string, name: Name | null): Promise<string> {
  const createdAt = deps.clock.now()
  const { galleryId, itemId, guest } = place
  const facts = { id: newId(createdAt), galleryId, itemId, guestIdentifier: guest }
  await whileOpen(deps, galleryId, async (tx, gallery) => {
    await checkItem(tx, galleryId, itemId)
    const count = await countComments(tx, facts)
    if (count.item >= limits.commentsOfGuestOnItem || count.gallery >= limits.commentsOfGuest) throw new AppError('feedback_full')
    await checkRoom(tx, galleryId)
    if (await hasRows(tx, galleryId, limits.comments, 'comment')) throw new AppError('feedback_full')
    if (name) await nameGuest(deps, tx, gallery, guest, name)
    else if (!(await whoIs(tx, gallery, guest))) throw new AppError('guest_unnamed')
    await addComment(tx, { ...facts, comment, createdAt })
  })
  return facts.id
}

/** Throws not_found for a comment that is not this guest's. */
export async function takeComment(deps: Needs, { galleryId, itemId, guest }: Place, id: string): Promise<void> {
  const gone = await whileOpen(deps, galleryId, (tx) => removeComment(tx, { galleryId, itemId, guestIdentifier: guest, id }))
  if (!gone) throw new AppError('not_found')
}

/** Notes who a guest is, or forgets it. Throws guest_known. */
export async function sayWho(deps: Needs, galleryId: string, guest: string, name: Name | null): Promise<void> {
  await whileOpen(deps, galleryId, (tx, gallery) => (name ? nameGuest(deps, tx, gallery, guest, name) : forgetGuest(tx, galleryId, guest)))
}

export async function nameGuest({ clock }: Needs, tx: Tx, gallery: Gallery, guest: string, name: Name): Promise<void> {
  const who = await whoIs(tx, gallery, guest)
  if (who?.known) throw new AppError('guest_known')
  if (!who && (await hasGuests(tx, gallery.id, limits.guests))) throw new AppError('feedback_full')
  await setGuest(tx, { galleryId: gallery.id, guestIdentifier: guest, ...name, createdAt: clock.now() })
}

async function checkItem(tx: Tx, galleryId: string, itemId: string): Promise<void> {
  if (!(await findItem(tx, galleryId, itemId))) throw new AppError('not_found')
}

async function checkRoom(tx: Tx, galleryId: string): Promise<void> {
  if (await hasRows(tx, galleryId, limits.rows)) throw new AppError('feedback_full')
}

export async function whileOpen<T>({ db, clock }: Needs, galleryId: string, change: (tx: Tx, gallery: Gallery) => Promise<T>): Promise<T> {
  return db.transaction().execute(async (tx) => {
    const gallery = await lockGallery(tx, galleryId)
    if (!takesFeedback(stateAt(gallery, clock.now()))) throw new AppError('gallery_closed')
    if (!gallery.feedbackEnabled) throw new AppError('feedback_off')
    return change(tx, gallery)
  })
}
