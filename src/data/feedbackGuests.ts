/** Questions to the table feedback_guests: who guests say they are. */
import type { Database, FeedbackGuestsTable, Tx } from '../ports/database/port.ts'

/** Notes who somebody is; the name and address they gave before are forgotten. */
export async function setGuest(tx: Tx, guest: FeedbackGuestsTable): Promise<void> {
  const { name, email } = guest
  await tx
    .insertInto('feedbackGuests')
    .values(guest)
    .onConflict((c) => c.columns(['galleryId', 'guestIdentifier']).doUpdateSet({ name, email }))
    .execute()
}

export async function findGuest(
  db: Database | Tx,
  galleryId: string,
  guestIdentifier: string,
): Promise<Pick<FeedbackGuestsTable, 'name' | 'email'> | undefined> {
  return db
    .selectFrom('feedbackGuests')
    .select(['name', 'email'])
    .where('galleryId', '=', galleryId)
    .where('guestIdentifier', '=', guestIdentifier)
    .executeTakeFirst()
}

/** Are there so many guests with a name already? Reads no more than so many. */
export async function hasGuests(tx: Tx, galleryId: string, count: number): Promise<boolean> {
  const found = await tx
    .selectFrom('feedbackGuests')
    .select('guestIdentifier')
    .where('galleryId', '=', galleryId)
    .offset(count - 1)
    .limit(1)
    .executeTakeFirst()
  return found !== undefined
}

/** What one guest said stays, by nobody in particular. */
export async function forgetGuest(tx: Tx, galleryId: string, guestIdentifier: string): Promise<void> {
  await tx.deleteFrom('feedbackGuests').where('galleryId', '=', galleryId).where('guestIdentifier', '=', guestIdentifier).execute()
}

export async function forgetGuests(tx: Tx, galleryId: string): Promise<void> {
  await tx.deleteFrom('feedbackGuests').where('galleryId', '=', galleryId).execute()
}
