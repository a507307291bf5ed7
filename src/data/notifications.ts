/** Questions to the table notifications: what the studio tells a photographer, beside the letters that may not arrive. */
import { type Selectable, sql } from 'kysely'
import { newId } from '../base/id.ts'
import type { NoticeKind } from '../domain/notification.ts'
import type { Database, NotificationsTable, Tx } from '../ports/database/port.ts'

export type NotificationRow = Selectable<NotificationsTable> & { galleryTitle: string; gallerySlug: string }

/** Tells a gallery's photographer, in the transaction of the fact. */
export async function tell(
  tx: Tx,
  gallery: { id: string; ownerId: string },
  kind: NoticeKind,
  now: Date,
  facts: Record<string, unknown> = {},
): Promise<void> {
  const row = { id: newId(now), userId: gallery.ownerId, kind, galleryId: gallery.id, facts: JSON.stringify(facts), createdAt: now }
  await tx.insertInto('notifications').values(row).execute()
}

/** A page of what one user was told, newest first. */
export async function pageNotifications(
  db: Database,
  userId: string,
  page: { limit: number; before?: { createdAt: Date; id: string } },
): Promise<NotificationRow[]> {
  const { before } = page
  return db
    .selectFrom('notifications')
    .innerJoin('galleries', 'galleries.id', 'notifications.galleryId')
    .selectAll('notifications')
    .select(['galleries.title as galleryTitle', 'galleries.slug as gallerySlug'])
    .where('notifications.userId', '=', userId)
    .$if(before !== undefined, (q) =>
      q.where(sql<boolean>`(notifications.created_at, notifications.id) < (${before!.createdAt}, ${before!.id})`),
    )
    .orderBy('notifications.createdAt', 'desc')
    .orderBy('notifications.id', 'desc')
    .limit(page.limit)
    .execute()
}

/** Was this told of the gallery since then? */
export async function wasTold(tx: Tx, galleryId: string, kind: NoticeKind, since: Date): Promise<boolean> {
  const row = await tx
    .selectFrom('notifications')
    .select('id')
    .where('galleryId', '=', galleryId)
    .where('kind', '=', kind)
    .where('createdAt', '>', since)
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
}

/** How many of them the user has not read. */
export async function countUnread(db: Database, userId: string): Promise<number> {
  const { n } = await db
    .selectFrom('notifications')
    .select((eb) => eb.fn.countAll<number>().as('n'))
    .where('userId', '=', userId)
    .where('readAt', 'is', null)
    .executeTakeFirstOrThrow()
  return n
}

/** Notes that the user has read this one; false when it is nobody's, or somebody else's. */
export async function markRead(db: Database, userId: string, id: string, now: Date): Promise<boolean> {
  const done = await db
    .updateTable('notifications')
    .set({ readAt: sql<Date>`coalesce(read_at, ${now})` })
    .where('id', '=', id)
    .where('userId', '=', userId)
    .executeTakeFirst()
  return done.numUpdatedRows > 0n
}

/** Forgets what was told before `before`. Answers how many rows. */
export async function sweepNotifications(db: Database, before: Date): Promise<number> {
  const done = await db.deleteFrom('notifications').where('createdAt', '<', before).executeTakeFirst()
  return Number(done.numDeletedRows)
}
