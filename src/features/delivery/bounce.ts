/** An address takes no letters: it is noted, no further letter goes there, and the photographer is told. */
import { newId } from '../../base/id.ts'
import { findGalleryOfAnyState } from '../../data/galleries.ts'
import { insertLetter, isWritten, type Letter } from '../../data/letters.ts'
import { tell } from '../../data/notifications.ts'
import { type Suppression, suppress } from '../../data/suppressions.ts'
import { findUser } from '../../data/users.ts'
import type { Tx } from '../../ports/database/port.ts'
import type { Deps } from '../../ports/deps.ts'

type Needs = Pick<Deps, 'queue' | 'clock'>
type Reason = Exclude<Suppression['reason'], 'unsubscribe'>

/** The letter came back: its address is suppressed for this owner. */
export async function noteBounce(deps: Needs, tx: Tx, letter: Letter, reason: Reason, detail: string | null): Promise<void> {
  const gallery = await findGalleryOfAnyState(tx, letter.galleryId)
  if (!gallery) return
  const now = deps.clock.now()
  const address = letter.recipient.toLowerCase()
  await suppress(tx, { id: newId(now), ownerId: gallery.ownerId, address, reason, galleryId: null, detail, since: now })
  await tellOwner(deps, tx, letter, { reason, detail })
}

/** Once for each address and gallery. Nobody is told by letter that their own mailbox takes none. */
export async function tellOwner(
  deps: Needs,
  tx: Tx,
  letter: Pick<Letter, 'galleryId' | 'recipient'>,
  why: { reason: Reason; detail: string | null },
): Promise<void> {
  const gallery = await findGalleryOfAnyState(tx, letter.galleryId)
  const owner = gallery && (await findUser(tx, gallery.ownerId))
  const address = letter.recipient.toLowerCase()
  const dedupeKey = `mail_bounced ${letter.galleryId} ${address}`
  if (!owner || owner.email.toLowerCase() === address || (await isWritten(tx, dedupeKey))) return
  const now = deps.clock.now()
  await tell(tx, gallery, 'mail_bounced', now, { reason: why.reason })
  const id = newId(now)
  await insertLetter(tx, {
    id,
    dedupeKey,
    kind: 'mail_bounced',
    galleryId: gallery.id,
    archiveId: null,
    linkId: null,
    recipient: owner.email,
    locale: gallery.locale,
    createdAt: now,
    facts: JSON.stringify({ address, reason: why.reason, detail: why.detail ?? undefined }),
  })
  await deps.queue.send(tx, { name: 'delivery.send', payload: { letterId: id } })
}
