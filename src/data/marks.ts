/** Questions to the table feedback as guests ask them: their marks and comments, counts, limits. All of it is read in feedback.ts. */
import { sql } from 'kysely'
import type { FeedbackKind } from '../domain/feedback.ts'
import type { Database, Tx } from '../ports/database/port.ts'

export type MarkKind = Exclude<FeedbackKind, 'comment'>

/** Likes, rates or marks an item. A guest has one of each: another rating takes its place, the same again changes nothing. */
export async function setMark(
  tx: Tx,
  mark: { id: string; galleryId: string; itemId: string; guestIdentifier: string; kind: MarkKind; rating: number | null; createdAt: Date },
): Promise<void> {
  await tx
    .insertInto('feedback')
    .values({ ...mark, comment: null, updatedAt: null, hiddenAt: null })
    .onConflict((c) =>
      c
        .columns(['itemId', 'guestIdentifier', 'kind'])
        .where('kind', '<>', sql.lit('comment'))
        .doUpdateSet({ rating: mark.rating, updatedAt: mark.createdAt })
        .where(sql<boolean>`feedback.rating is distinct from excluded.rating`),
    )
    .execute()
}

export async function removeMark(
  tx: Tx,
  mark: { galleryId: string; itemId: string; guestIdentifier: string; kind: MarkKind },
): Promise<void> {
  await tx
    .deleteFrom('feedback')
    .where('galleryId', '=', mark.galleryId)
    .where('itemId', '=', mark.itemId)
    .where('guestIdentifier', '=', mark.guestIdentifier)
    .where('kind', '=', mark.kind)
    .execute()
}

/** What is said about one item, and what one guest said of it. */
export interface ItemCount {
  itemId: string
  likes: number
  ratings: number
  averageRating: number | null
  comments: number
  liked: boolean
  favorite: boolean
  rating: number | null
}

/** Counts of every item about which something is said: hidden rows count for nobody but the guest who said them. */
export async function countItems(db: Database | Tx, galleryId: string, guestIdentifier: string | null): Promise<ItemCount[]> {
  const { rows } = await sql<ItemCount>`
    select f.item_id as "itemId",
      count(*) filter (where f.kind = 'like' and hidden_at is null)::int as likes,
      count(*) filter (where f.kind = 'rating' and hidden_at is null)::int as ratings,
      round(avg(rating) filter (where hidden_at is null), 2)::float8 as "averageRating",
      count(*) filter (where f.kind = 'comment' and hidden_at is null)::int as comments,
      coalesce(bool_or(f.kind = 'like' and guest_identifier = ${guestIdentifier}), false) as liked,
      coalesce(bool_or(f.kind = 'favorite' and guest_identifier = ${guestIdentifier}), false) as favorite,
      max(rating) filter (where guest_identifier = ${guestIdentifier}) as rating
    from feedback f join assets a on a.item_id = f.item_id and a.state <> 'deleted'
      join items i on i.id = f.item_id and not i.hidden
    where f.gallery_id = ${galleryId} and (hidden_at is null or guest_identifier = ${guestIdentifier}) group by f.item_id`.execute(db)
  return rows
}

export interface NewComment {
  id: string
  galleryId: string
  itemId: string
  guestIdentifier: string
  comment: string
  createdAt: Date
}

export async function addComment(tx: Tx, comment: NewComment): Promise<void> {
  await tx
    .insertInto('feedback')
    .values({ ...comment, kind: 'comment', rating: null, updatedAt: null, hiddenAt: null })
    .execute()
}

/** Takes back a comment of this guest; false when there is none. */
export async function removeComment(
  tx: Tx,
  comment: { galleryId: string; itemId: string; guestIdentifier: string; id: string },
): Promise<boolean> {
  const done = await tx
    .deleteFrom('feedback')
    .where('id', '=', comment.id)
    .where('galleryId', '=', comment.galleryId)
    .where('itemId', '=', comment.itemId)
    .where('guestIdentifier', '=', comment.guestIdentifier)
    .where('kind', '=', 'comment')
    .executeTakeFirst()
  return done.numDeletedRows > 0n
}

/** How many comments a guest has left on this item, and in the whole gallery. */
export async function countComments(
  tx: Tx,
  { galleryId, itemId, guestIdentifier }: Pick<NewComment, 'galleryId' | 'itemId' | 'guestIdentifier'>,
): Promise<{ item: number; gallery: number }> {
  return tx
    .selectFrom('feedback')
    .select((eb) => [eb.fn.countAll<number>().filterWhere('itemId', '=', itemId).as('item'), eb.fn.countAll<number>().as('gallery')])
    .where('galleryId', '=', galleryId)
    .where('guestIdentifier', '=', guestIdentifier)
    .where('kind', '=', 'comment')
    .executeTakeFirstOrThrow()
}

/** Has the gallery so many rows already, of all kinds or of comments alone? Reads no more than so many. */
export async function hasRows(tx: Tx, galleryId: string, count: number, kind?: 'comment'): Promise<boolean> {
  const found = await tx
    .selectFrom('feedback')
    .select('id')
    .where('galleryId', '=', galleryId)
    .$if(kind !== undefined, (q) => q.where('kind', '=', sql.lit('comment')))
    .offset(count - 1)
    .limit(1)
    .executeTakeFirst()
  return found !== undefined
}
