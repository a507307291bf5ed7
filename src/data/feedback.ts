/** Questions to the table feedback: what was said, by whom, and what its photographer does with it. What guests do stands in marks.ts. */
import { type SelectQueryBuilder, sql } from 'kysely'
import { mainRoles } from '../domain/asset.ts'
import type { Feedback, FeedbackKind } from '../domain/feedback.ts'
import type { Database, Tx } from '../ports/database/port.ts'

export interface FeedbackFilter {
  kind?: FeedbackKind
  itemId?: string
  guest?: string
  hidden?: boolean
}

/** A row and who said it, as the photographer sees both. */
export interface Said extends Omit<Feedback, 'createdAt'> {
  id: string
  /** as it was uploaded */
  fileName: string
  /** came by a link of their own, or is the photographer: name and address are not what somebody typed */
  known: boolean
  createdAt: Date
  updatedAt: Date | null
}

/**
 * What the final archive holds, in the order it was said: all rows about items that are still there, hidden ones marked as such.
 * None while feedback is switched off (LAY-02).
 */
export async function listFeedback(db: Database | Tx, galleryId: string): Promise<Feedback[]> {
  const rows = await inOrder(said(db, galleryId, {}).where('galleries.feedbackEnabled', '=', true)).execute()
  return rows.map(asFeedback)
}

/** The same for the photographer's own lists, whether feedback is on or off. */
export async function listSaid(db: Database | Tx, galleryId: string, filter: FeedbackFilter): Promise<Said[]> {
  return inOrder(said(db, galleryId, filter)).execute()
}

export const asFeedback = ({ itemId, kind, rating, comment, guest, guestName, guestEmail, hidden, createdAt }: Said): Feedback => ({
  itemId,
  kind,
  rating,
  comment,
  guest,
  guestName,
  guestEmail,
  hidden,
  createdAt: createdAt.toISOString(),
})

interface Row {
  createdAt: Date
  id: string
}

/** A page of it, newest first; `before` is the last row of the page before. */
export async function pageFeedback(
  db: Database,
  galleryId: string,
  filter: FeedbackFilter,
  { limit, before }: { limit: number; before?: Row },
): Promise<Said[]> {
  return said(db, galleryId, filter)
    .$if(before !== undefined, (q) => q.where(sql<boolean>`(feedback.created_at, feedback.id) < (${before!.createdAt}, ${before!.id})`))
    .orderBy('feedback.createdAt', 'desc')
    .orderBy('feedback.id', 'desc')
    .limit(limit)
    .execute()
}

/** A page of the comments on one item that this guest may read: what is not hidden, and their own; oldest first. */
export async function pageComments(
  db: Database,
  { galleryId, itemId, guest }: { galleryId: string; itemId: string; guest: string | null },
  { limit, after }: { limit: number; after?: Row },
): Promise<Said[]> {
  return inOrder(said(db, galleryId, { kind: 'comment', itemId }))
    .where((eb) => eb.or([eb('hiddenAt', 'is', null), eb('feedback.guestIdentifier', '=', guest)]))
    .$if(after !== undefined, (q) => q.where(sql<boolean>`(feedback.created_at, feedback.id) > (${after!.createdAt}, ${after!.id})`))
    .limit(limit)
    .execute()
}

// biome-ignore lint/suspicious/noExplicitAny: the tables that are joined do not matter here
const inOrder = <T>(query: SelectQueryBuilder<any, any, T>) => query.orderBy('feedback.createdAt').orderBy('feedback.id')

/** Every row about a living item, with the name and address of who said it: each is joined by the key its identifier holds. */
function said(db: Database | Tx, galleryId: string, { kind, itemId, guest, hidden }: FeedbackFilter) {
  const idOf = (kind: string) =>
    sql<string>`case when feedback.guest_identifier like ${sql.lit(`${kind} %`)} then substr(feedback.guest_identifier, ${sql.lit(kind.length + 2)})::uuid end`
  return db
    .selectFrom('feedback')
    .innerJoin('galleries', 'galleries.id', 'feedback.galleryId')
    .innerJoin('assets', (j) =>
      j.onRef('assets.itemId', '=', 'feedback.itemId').on('assets.state', '<>', sql.lit('deleted')).on('assets.role', 'in', mainRoles),
    )
    .leftJoin('feedbackGuests as g', (j) =>
      j.onRef('g.galleryId', '=', 'feedback.galleryId').onRef('g.guestIdentifier', '=', 'feedback.guestIdentifier'),
    )
    .leftJoin('galleryClients as c', (j) => j.on('c.id', '=', idOf('client')).onRef('c.galleryId', '=', 'feedback.galleryId'))
    .leftJoin('users as u', (j) => j.on('u.id', '=', idOf('user')).onRef('u.id', '=', 'galleries.ownerId'))
    .select([
      'feedback.id',
      'feedback.itemId',
      'feedback.kind',
      'feedback.rating',
      'feedback.comment',
      'feedback.guestIdentifier as guest',
      sql<string | null>`coalesce(c.name, u.name, g.name)`.as('guestName'),
      sql<string | null>`coalesce(c.email, g.email)`.as('guestEmail'),
      sql<boolean>`c.id is not null or u.id is not null`.as('known'),
      sql<boolean>`feedback.hidden_at is not null`.as('hidden'),
      'assets.originalName as fileName',
      'feedback.createdAt',
      'feedback.updatedAt',
    ])
    .where('feedback.galleryId', '=', galleryId)
    .$if(kind !== undefined, (q) => q.where('feedback.kind', '=', sql.lit(kind!)))
    .$if(itemId !== undefined, (q) => q.where('feedback.itemId', '=', itemId!))
    .$if(guest !== undefined, (q) => q.where('feedback.guestIdentifier', '=', guest!))
    .$if(hidden !== undefined, (q) => q.where('feedback.hiddenAt', hidden ? 'is not' : 'is', null))
}

/** The items this guest has marked, of those that are still there. */
export async function listFavorites(db: Database | Tx, galleryId: string, guestIdentifier: string): Promise<string[]> {
  const rows = await db
    .selectFrom('feedback')
    .innerJoin('assets', (j) => j.onRef('assets.itemId', '=', 'feedback.itemId').on('assets.role', 'in', mainRoles))
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

/** Takes a row out of what guests see, or shows it again; false when there is none. */
export async function setHidden(tx: Tx, galleryId: string, id: string, hiddenAt: Date | null): Promise<boolean> {
  const done = await tx.updateTable('feedback').set({ hiddenAt }).where('id', '=', id).where('galleryId', '=', galleryId).executeTakeFirst()
  return done.numUpdatedRows > 0n
}

/** One row with who said it. */
export async function findSaid(db: Database | Tx, galleryId: string, id: string): Promise<Said | undefined> {
  return said(db, galleryId, {}).where('feedback.id', '=', id).executeTakeFirst()
}

/** False when there is no such row. */
export async function deleteFeedback(tx: Tx, galleryId: string, id: string): Promise<boolean> {
  const done = await tx.deleteFrom('feedback').where('id', '=', id).where('galleryId', '=', galleryId).executeTakeFirst()
  return done.numDeletedRows > 0n
}

/** Everything one guest said. */
export async function deleteFeedbackOf(tx: Tx, galleryId: string, guest: string): Promise<void> {
  await tx.deleteFrom('feedback').where('galleryId', '=', galleryId).where('guestIdentifier', '=', guest).execute()
}

/** All of a gallery whose files are gone. */
export async function forgetFeedback(tx: Tx, galleryId: string): Promise<void> {
  await tx.deleteFrom('feedback').where('galleryId', '=', galleryId).execute()
}
