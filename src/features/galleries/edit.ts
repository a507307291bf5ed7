/** Makes, changes and deletes galleries. */
import { after, days } from '../../base/clock.ts'
import { AppError, isCode } from '../../base/errors.ts'
import { newId } from '../../base/id.ts'
import { note } from '../../data/activity.ts'
import { limitFinal } from '../../data/archives.ts'
import { emit } from '../../data/events.ts'
import { changeGallery, findGallery, type GalleryChange, insertGallery, lockGallery, takenSlugs } from '../../data/galleries.ts'
import { findItem } from '../../data/items.ts'
import { takeBackKinds } from '../../data/letters.ts'
import type { Actor } from '../../domain/activity.ts'
import { extended } from '../../domain/expiry.ts'
import { checkSlug, freshGallery, type Gallery, slugFrom, stateAt } from '../../domain/gallery.ts'
import { endKinds } from '../../domain/letter.ts'
import type { Tx } from '../../ports/database/port.ts'
import type { Deps } from '../../ports/deps.ts'
import { needWatermark, settleGuests } from './guests.ts'
import { tellNews } from './news.ts'

export interface NewGallery {
  title: string
  /** made from the title when left out; then a taken one gets a number */
  slug?: string
  /** of a gallery that comes back from its archive; else a new one */
  id?: string
  change?: GalleryChange
}

/** Throws `slug_invalid`, and `slug_taken` when a slug was asked for that another gallery has. */
export async function createGallery(deps: Pick<Deps, 'db' | 'clock'>, ownerId: string, wish: NewGallery): Promise<Gallery> {
  for (let round = 0; ; round++) {
    try {
      return await addGallery(deps, ownerId, wish)
    } catch (error) {
      // of two that are made at once with one title the second takes the next number
      if (wish.slug || round === 20 || !isCode(error, 'slug_taken')) throw error
    }
  }
}

async function addGallery(deps: Pick<Deps, 'db' | 'clock'>, ownerId: string, wish: NewGallery): Promise<Gallery> {
  const now = deps.clock.now()
  const gallery: Gallery = {
    ...freshGallery({
      id: wish.id ?? newId(now),
      ownerId,
      slug: wish.slug ? checkSlug(wish.slug) : await freeSlug(deps, slugFrom(wish.title)),
      title: wish.title,
      now,
    }),
    ...wish.change,
  }
  await deps.db.transaction().execute(async (tx) => {
    await needWatermark(tx, ownerId, gallery.watermark)
    await insertGallery(tx, gallery)
  })
  return gallery
}

async function freeSlug(deps: Pick<Deps, 'db'>, wanted: string): Promise<string> {
  const numbered = [wanted, ...Array.from({ length: 200 }, (_, i) => `${wanted}-${i + 2}`)]
  const taken = await takenSlugs(deps.db, numbered)
  const free = numbered.find((slug) => !taken.has(slug))
  if (!free) throw new AppError('slug_taken', { slug: wanted })
  return free
}

/** A new expiry date opens an expired gallery again. `by` is who did it, for the list of what has happened. */
export async function editGallery(
  deps: Pick<Deps, 'db' | 'clock' | 'queue'>,
  id: string,
  change: GalleryChange,
  by: Actor = 'system',
): Promise<void> {
  if (change.slug !== undefined) checkSlug(change.slug)
  await deps.db.transaction().execute(async (tx) => {
    const found = await findGallery(tx, id)
    if (found) await needWatermark(tx, found.ownerId, change.watermark)
    const gallery = await lockGallery(tx, id)
    if (change.coverItemId && !(await findItem(tx, id, change.coverItemId))) throw new AppError('not_found')
    if (change.slug !== undefined && change.slug !== gallery.slug && (await takenSlugs(tx, [change.slug])).size)
      throw new AppError('slug_taken', { slug: change.slug })
    const now = deps.clock.now()
    const reopened = gallery.state === 'expired' && change.expiresAt !== undefined && (!change.expiresAt || change.expiresAt > now)
    const changed = reopened ? { ...change, state: 'active' as const } : change
    await changeGallery(tx, id, changed)
    await noteChange(tx, gallery, change, by, now)
    await settleGuests(deps, tx, gallery, { ...gallery, ...changed })
    const renamed = (change.slug ?? gallery.slug) !== gallery.slug || (change.naming ?? gallery.naming) !== gallery.naming
    // the names inside the ZIP are other ones now, or became so while the gallery was closed
    const edited = { ...gallery, ...changed }
    const opens = stateAt(gallery, now) === 'expired'
    if (stateAt(edited, now) === 'active' && (renamed || opens))
      await deps.queue.send(tx, { name: 'gallery.rebuild', payload: { galleryId: id } })
    // who came while it was closed, or may download only now
    if (opens || (edited.downloadEnabled && !gallery.downloadEnabled)) await tellNews(deps, tx, edited)
  })
}

async function noteChange(tx: Tx, gallery: Gallery, change: GalleryChange, actor: Actor, at: Date): Promise<void> {
  const { id, expiresAt, passwordHash } = gallery
  if (change.expiresAt !== undefined && change.expiresAt?.getTime() !== expiresAt?.getTime()) {
    await takeBackKinds(tx, id, endKinds)
    const facts = { from: expiresAt?.toISOString() ?? null, to: change.expiresAt?.toISOString() ?? null }
    await note(tx, { at, actor, action: 'date_moved', galleryId: id, facts })
  }
  if (change.passwordHash !== undefined && change.passwordHash !== passwordHash)
    await note(tx, { at, actor, action: 'password_changed', galleryId: id, facts: { set: change.passwordHash !== null } })
}

/**
 * Puts the end of a gallery off by 30 days, from today or from its end if that is still to come, and opens it again; for whoever
 * holds the letter about the end at `end`. Answers the new end, or undefined when that end was moved or put off before: two clicks
 * are one. Throws `gallery_not_open` for one that is archived, or being archived, since then.
 */
export async function extendGallery(
  deps: Pick<Deps, 'db' | 'clock' | 'queue'>,
  id: string,
  end: Date,
  by: Actor,
): Promise<Date | undefined> {
  return deps.db.transaction().execute(async (tx) => {
    const gallery = await lockGallery(tx, id)
    if (gallery.state !== 'active' && gallery.state !== 'expired') throw new AppError('gallery_not_open', { gallery: id })
    if (gallery.expiresAt?.getTime() !== end.getTime()) return undefined
    const now = deps.clock.now()
    const to = extended(end, now)
    await changeGallery(tx, id, { expiresAt: to, state: 'active' })
    await takeBackKinds(tx, id, endKinds)
    await note(tx, { at: now, actor: by, action: 'extended', galleryId: id, facts: { from: end.toISOString(), to: to.toISOString() } })
    // what was changed while it was closed, and who came
    await deps.queue.send(tx, { name: 'gallery.rebuild', payload: { galleryId: id } })
    await tellNews(deps, tx, { ...gallery, expiresAt: to, state: 'active' })
    return to
  })
}

/** Leaves a tombstone: the page closes and the slug stays taken; files and archives stay until their time. */
export async function deleteGallery(
  deps: Pick<Deps, 'db' | 'queue' | 'clock' | 'settings'>,
  id: string,
  by: Actor = 'system',
): Promise<void> {
  await deps.db.transaction().execute(async (tx) => {
    const at = deps.clock.now()
    await lockGallery(tx, id)
    await changeGallery(tx, id, { state: 'deleted', deletedAt: at })
    await limitFinal(tx, id, after(at, days(deps.settings.retentionDays)))
    await note(tx, { at, actor: by, action: 'deleted', galleryId: id })
    await emit(deps, tx, { galleryId: id, type: 'event.deleted', dedupeKey: `event.deleted ${id}` })
  })
}
