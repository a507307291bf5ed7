/** Questions to the table activity: what has happened to galleries. Written in the transaction of the fact, and never changed. */
import { type Selectable, sql } from 'kysely'
import { newId } from '../base/id.ts'
import type { Action, Actor } from '../domain/activity.ts'
import type { ActivityTable, Database, Tx } from '../ports/database/port.ts'

export type Activity = Selectable<ActivityTable>

export interface Note {
  at: Date
  actor: Actor
  action: Action
  galleryId: string
  /** the id of the client, link or archive that it happened to */
  subject?: string
  /** numbers and dates; no addresses, no secrets: what stands here stands for ever */
  facts?: Record<string, unknown>
}

/** Writes down what has just happened, in the transaction in which it happens. */
export async function note(tx: Tx, { at, subject, facts, ...what }: Note): Promise<void> {
  await tx
    .insertInto('activity')
    .values((eb) => ({
      id: newId(at),
      at,
      ...what,
      ownerId: eb.selectFrom('galleries').select('ownerId').where('id', '=', what.galleryId).$asScalar().$notNull(),
      subject: subject ?? null,
      facts: JSON.stringify(facts ?? {}),
    }))
    .execute()
}

/** Titles of those of these galleries that are this owner's and not deleted. */
export async function titlesOf(db: Database, ownerId: string, galleryIds: string[]): Promise<Map<string, { title: string; slug: string }>> {
  if (!galleryIds.length) return new Map()
  const rows = await db
    .selectFrom('galleries')
    .select(['id', 'title', 'slug'])
    .where('id', '=', sql<string>`any(${[...new Set(galleryIds)]}::uuid[])`)
    .where('ownerId', '=', ownerId)
    .where('state', '!=', 'deleted')
    .execute()
  return new Map(rows.map(({ id, ...named }) => [id, named]))
}

/** A page of what has happened, newest first: to one gallery, to those of one owner, or (with neither) to all. */
export async function pageActivity(
  db: Database,
  of: { galleryId?: string; ownerId?: string },
  page: { limit: number; before?: { createdAt: Date; id: string } },
): Promise<Activity[]> {
  const { before } = page
  return db
    .selectFrom('activity')
    .selectAll()
    .$if(of.galleryId !== undefined, (q) => q.where('galleryId', '=', of.galleryId!))
    .$if(of.ownerId !== undefined, (q) => q.where('ownerId', '=', of.ownerId!))
    .$if(before !== undefined, (q) => q.where(sql<boolean>`(at, id) < (${before!.createdAt}, ${before!.id})`))
    .orderBy('at', 'desc')
    .orderBy('id', 'desc')
    .limit(page.limit)
    .execute()
}
