/** Questions to the table feedback: what guests say about items. So far: which ones they have marked as favourites. */
import type { Feedback } from '../domain/feedback.ts'
import type { Database, Tx } from '../ports/database/port.ts'

/** Marks an item; again it changes nothing. */
export async function addFavorite(
  tx: Tx,
  mark: { id: string; galleryId: string; itemId: string; guestIdentifier: string; createdAt: Date },
): Promise<void> {
  await tx
    .insertInto('feedback')
    .values({ ...mark, kind: 'favorite', rating: null, comment: null, guestName: null, guestEmail: null })
    .onConflict((c) => c.columns(['itemId', 'guestIdentifier']).where('kind', '=', 'favorite').doNothing())
    .execute()
}

export async function removeFavorite(tx: Tx, itemId: string, guestIdentifier: string): Promise<void> {
  await tx
    .deleteFrom('feedback')
    .where('itemId', '=', itemId)
    .where('guestIdentifier', '=', guestIdentifier)
    .where('kind', '=', 'favorite')
    .execute()
}

/** The items this guest has marked, of those that are still there. */
export async function listFavorites(db: Database | Tx, galleryId: string, guestIdentifier: string): Promise<string[]> {
  const rows = await db
    .selectFrom('feedback')
    .innerJoin('assets', 'assets.itemId', 'feedback.itemId')
    .select('feedback.itemId')
    .where('feedback.galleryId', '=', galleryId)
    .where('guestIdentifier', '=', guestIdentifier)
    .where('kind', '=', 'favorite')
    .where('assets.state', '!=', 'deleted')
    .orderBy('feedback.createdAt')
    .orderBy('feedback.id')
    .execute()
  return rows.map((r) => r.itemId)
}

/** All that was said about items of this gallery that are still there, in the order of its saying. */
export async function listFeedback(db: Database | Tx, galleryId: string): Promise<Feedback[]> {
  const rows = await db
    .selectFrom('feedback')
    .innerJoin('assets', 'assets.itemId', 'feedback.itemId')
    .select(['feedback.itemId', 'kind', 'rating', 'comment', 'guestName', 'guestEmail', 'feedback.createdAt'])
    .where('feedback.galleryId', '=', galleryId)
    .where('assets.state', '!=', 'deleted')
    .orderBy('feedback.createdAt')
    .orderBy('feedback.id')
    .execute()
  return rows.map(({ createdAt, ...row }) => ({ ...row, createdAt: createdAt.toISOString() }))
}
