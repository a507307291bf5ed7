/** An address takes no letters: it is noted, no further letter goes there, and the photographer is told. */
import { newId } from '../../base/id.ts'
import { findGalleryOfAnyState } from '../../data/galleries.ts'
import type { Letter } from '../../data/letters.ts'
import { writeToOwner } from '../../data/outbox.ts'
import { type Suppression, suppress } from '../../data/suppressions.ts'
import { findUser } from '../../data/users.ts'
import type { Tx } from '../../ports/database/port.ts'
import type { Deps } from '../../ports/deps.ts'

type Needs = Pick<Deps, 'queue' | 'clock'>
type Reason = Exclude<Suppression['reason'], 'unsubscribe'>

/** The letter came back: its address is suppressed for this owner. */
export async function noteBounce(deps: Needs, tx: Tx, letter: Letter, reason: Reason, detail: string | null): Promise<void> {
  const { ownerId } = letter
  const now = deps.clock.now()
  const address = letter.recipient.toLowerCase()
  await suppress(tx, { id: newId(now), ownerId, address, reason, galleryId: null, detail, since: now })
  await tellOwner(deps, tx, letter, { reason, detail })
}

/** Once for each address and gallery. Nobody is told by letter that their own mailbox takes none. */
export async function tellOwner(
  deps: Needs,
  tx: Tx,
  letter: Pick<Letter, 'galleryId' | 'recipient'>,
  why: { reason: Reason; detail: string | null },
): Promise<void> {
  // what is about no gallery goes to the photographer alone
  const gallery = letter.galleryId && (await findGalleryOfAnyState(tx, letter.galleryId))
  if (!gallery) return
  const address = letter.recipient.toLowerCase()
  const owner = await findUser(tx, gallery.ownerId)
  if (owner?.email.toLowerCase() === address) return
  await writeToOwner(deps, tx, gallery, {
    kind: 'mail_bounced',
    archiveId: null,
    dedupeKey: `mail_bounced ${letter.galleryId} ${address}`,
    facts: { address, reason: why.reason, detail: why.detail ?? undefined },
    notice: { reason: why.reason },
  })
}
