/** Letters that somebody sends by hand: an archive to one address, or a letter of the outbox once more. */
import { after, hours } from '../../base/clock.ts'
import { AppError } from '../../base/errors.ts'
import { newId } from '../../base/id.ts'
import { findArchive, keepUntil } from '../../data/archives.ts'
import { findClientByEmail } from '../../data/clients.ts'
import { findGallery, lockGallery } from '../../data/galleries.ts'
import { countByHand, findLetter, type Letter, wakeLetter } from '../../data/letters.ts'
import { findLink, insertLink } from '../../data/links.ts'
import { writeLetters } from '../../data/outbox.ts'
import { findSuppression } from '../../data/suppressions.ts'
import { isClosed, stateAt } from '../../domain/gallery.ts'
import { linkLife } from '../../domain/link.ts'
import { parseMailbox } from '../../domain/mailbox.ts'
import type { Tx } from '../../ports/database/port.ts'
import type { Deps } from '../../ports/deps.ts'
import { postLetters } from './post.ts'

type Needs = Pick<Deps, 'db' | 'queue' | 'clock'>

// Enough for a family at the telephone, too little to send spam with.
const mostInAnHour = { all: 100, same: 5 }

/**
 * resendArchiveEmail of 000: a ready archive to one mailbox, with a new link, also when it got that letter before; it need not
 * be a client's. Answers the letter's id. Throws `email_invalid`, `archive_not_ready`, `gallery_closed`, `mail_suppressed`,
 * `too_many_requests`.
 */
export async function resendArchive(deps: Needs, archiveId: string, email: string): Promise<string> {
  const recipient = parseMailbox(email)
  return deps.db.transaction().execute(async (tx) => {
    const archive = await findArchive(tx, archiveId)
    if (archive?.status !== 'ready') throw new AppError('archive_not_ready', { archive: archiveId })
    const gallery = await lockGallery(tx, archive.galleryId)
    if (isClosed(stateAt(gallery, deps.clock.now()))) throw new AppError('gallery_closed')
    await refuseTooMany(deps, tx, gallery.id, recipient)
    await refuseSuppressed(tx, { ownerId: gallery.ownerId, galleryId: gallery.id, recipient, kind: 'archive_ready' })
    const client = await findClientByEmail(tx, gallery.id, recipient.toLowerCase())
    const dedupeKey = `by hand ${newId(deps.clock.now())}`
    const draft = { kind: 'archive_ready' as const, recipient, clientId: client?.id ?? null, dedupeKey, dueAt: null }
    const [id] = await postLetters(deps, tx, { gallery, archive }, [draft])
    if (!id) throw new AppError('archive_not_ready', { archive: archiveId })
    return id
  })
}

/** The same letter once more, with a new link if it has one. Answers the new letter's id. Throws as above, and `letter_waits`. */
export async function resendLetter(deps: Needs, letterId: string): Promise<string> {
  return deps.db.transaction().execute(async (tx) => {
    const letter = await findLetter(tx, letterId)
    if (!letter) throw new AppError('not_found')
    if (letter.status === 'queued') throw new AppError('letter_waits', { letter: letterId })
    // of an account it goes to that account alone: nobody can be pestered with it
    if (letter.galleryId) await refuseOfGallery(deps, tx, letter.galleryId, letter)
    await refuseSuppressed(tx, letter)
    const now = deps.clock.now()
    const { ownerId, galleryId, archiveId, exportId, kind, recipient, locale, facts } = letter
    const about = galleryId ? { galleryId } : { galleryId, ownerId }
    const linkId = await linkAgain(deps, tx, letter)
    const dedupeKey = `by hand ${newId(now)}`
    const [id] = await writeLetters(deps, tx, now, [{ ...about, archiveId, exportId, linkId, kind, recipient, locale, facts, dedupeKey }])
    return id!
  })
}

/** A letter that failed is tried again as it is, with a new link when its own would be dead. Throws `not_found`, `mail_suppressed`. */
export async function retryLetter(deps: Pick<Deps, 'db' | 'queue' | 'clock'>, letterId: string): Promise<void> {
  await deps.db.transaction().execute(async (tx) => {
    const letter = await findLetter(tx, letterId)
    if (letter?.status !== 'failed') throw new AppError('not_found')
    await refuseSuppressed(tx, letter)
    const link = letter.linkId ? await findLink(tx, letter.linkId) : undefined
    if (link?.revokedAt) throw new AppError('link_revoked')
    const linkId = link && link.expiresAt <= deps.clock.now() ? await linkAgain(deps, tx, letter) : letter.linkId
    if (await wakeLetter(tx, letterId, linkId)) await deps.queue.send(tx, { name: 'delivery.send', payload: { letterId } })
  })
}

/** Letters of a gallery that is gone are not sent again, nor links to one that has closed, nor more than so many. */
async function refuseOfGallery(deps: Pick<Deps, 'clock'>, tx: Tx, galleryId: string, letter: Letter): Promise<void> {
  if (!(await findGallery(tx, galleryId))) throw new AppError('not_found')
  const gallery = await lockGallery(tx, galleryId)
  if (letter.linkId && isClosed(stateAt(gallery, deps.clock.now()))) throw new AppError('gallery_closed')
  await refuseTooMany(deps, tx, gallery.id, letter.recipient)
}

/** A link like the letter's, that begins to live now. */
async function linkAgain(deps: Pick<Deps, 'clock'>, tx: Tx, letter: Letter): Promise<string | null> {
  const link = letter.linkId ? await findLink(tx, letter.linkId) : undefined
  if (!link) return null
  const now = deps.clock.now()
  const expiresAt = after(now, linkLife[link.kind])
  if (link.archiveId) {
    const archive = await findArchive(tx, link.archiveId)
    if (archive?.status !== 'ready' || !(await keepUntil(tx, archive.id, expiresAt)))
      throw new AppError('archive_not_ready', { archive: link.archiveId })
  }
  const { kind, galleryId, archiveId, assetId, clientId, permission } = link
  const again = { id: newId(now), kind, galleryId, archiveId, assetId, clientId, permission, issuedAt: now, expiresAt }
  await insertLink(tx, again)
  return again.id
}

/** The gallery's row is locked, so that requests side by side are counted one after the other. */
async function refuseTooMany(deps: Pick<Deps, 'clock'>, tx: Tx, galleryId: string, recipient: string): Promise<void> {
  const sent = await countByHand(tx, galleryId, recipient, after(deps.clock.now(), -hours(1)))
  if (sent.all >= mostInAnHour.all || sent.same >= mostInAnHour.same) throw new AppError('too_many_requests', { retryAfter: 3600 })
}

/** Who sends by hand is told at once, not by a letter that is held back later. */
async function refuseSuppressed(tx: Tx, letter: Pick<Letter, 'ownerId' | 'galleryId' | 'recipient' | 'kind'>): Promise<void> {
  const found = await findSuppression(tx, letter)
  if (found) throw new AppError('mail_suppressed', { detail: found.reason })
}
