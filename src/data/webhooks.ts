/** Questions to the tables webhooks and webhook_deliveries: who is told what, and how that went. */
import { type Selectable, sql } from 'kysely'
import { AppError } from '../base/errors.ts'
import type { DisabledReason, EventType } from '../domain/webhook.ts'
import type { Database, Tx, WebhookDeliveriesTable, WebhooksTable } from '../ports/database/port.ts'

export type Webhook = Selectable<WebhooksTable>
export type Delivery = Selectable<WebhookDeliveriesTable>
export type NewDelivery = Pick<Delivery, 'id' | 'webhookId' | 'galleryId' | 'type' | 'dedupeKey' | 'body' | 'nextAt' | 'createdAt'>

/** Adds a webhook unless its owner has `most` already: `webhooks_full`. */
export async function insertWebhook(tx: Tx, webhook: Webhook, most: number): Promise<void> {
  // of two at once the second counts the first
  await tx.selectFrom('users').select('id').where('id', '=', webhook.ownerId).forNoKeyUpdate().execute()
  const { n } = await tx
    .selectFrom('webhooks')
    .select((eb) => eb.fn.countAll<number>().as('n'))
    .where('ownerId', '=', webhook.ownerId)
    .executeTakeFirstOrThrow()
  if (n >= most) throw new AppError('webhooks_full')
  await tx.insertInto('webhooks').values(webhook).execute()
}

export async function findWebhook(db: Database | Tx, id: string): Promise<Webhook | undefined> {
  return db.selectFrom('webhooks').selectAll().where('id', '=', id).executeTakeFirst()
}

/** A webhook of this owner. */
export async function findOwnWebhook(db: Database | Tx, ownerId: string, id: string): Promise<Webhook | undefined> {
  return db.selectFrom('webhooks').selectAll().where('id', '=', id).where('ownerId', '=', ownerId).executeTakeFirst()
}

/** The same, locked until the transaction ends: tries of it and its owner's changes take turns. */
export async function lockWebhook(tx: Tx, id: string): Promise<Webhook | undefined> {
  return tx.selectFrom('webhooks').selectAll().where('id', '=', id).forNoKeyUpdate().executeTakeFirst()
}

/** All of an owner, newest first. */
export async function listWebhooks(db: Database, ownerId: string): Promise<Webhook[]> {
  return db.selectFrom('webhooks').selectAll().where('ownerId', '=', ownerId).orderBy('createdAt', 'desc').orderBy('id', 'desc').execute()
}

export async function changeWebhook(db: Database | Tx, id: string, change: Partial<Webhook>): Promise<void> {
  if (Object.keys(change).length) await db.updateTable('webhooks').set(change).where('id', '=', id).execute()
}

/** The same secret, sealed anew; one that was rotated meanwhile stays. */
export async function resealWebhook(db: Database, { id, secret }: Webhook, sealed: Buffer): Promise<void> {
  await db.updateTable('webhooks').set({ secret: sealed }).where('id', '=', id).where('secret', '=', secret).execute()
}

/** The webhook and all its deliveries; false when this owner has no such one. */
export async function deleteWebhook(db: Database, ownerId: string, id: string): Promise<boolean> {
  const done = await db.deleteFrom('webhooks').where('id', '=', id).where('ownerId', '=', ownerId).executeTakeFirst()
  return done.numDeletedRows > 0n
}

/** Nothing more goes there: what waits has failed. */
export async function disableWebhook(tx: Tx, id: string, reason: DisabledReason): Promise<void> {
  await tx.updateTable('webhooks').set({ state: 'disabled', disabledReason: reason, notBefore: null }).where('id', '=', id).execute()
  await tx
    .updateTable('webhookDeliveries')
    .set({ status: 'failed', error: 'the webhook was switched off' })
    .where('webhookId', '=', id)
    .where('status', '=', 'queued')
    .execute()
}

/** Which active webhooks of this gallery's owner want to hear of this; they stay until the transaction ends. */
export async function listListeners(tx: Tx, galleryId: string, type: EventType): Promise<string[]> {
  const rows = await tx
    .selectFrom('webhooks')
    .select('id')
    .where('ownerId', '=', (eb) => eb.selectFrom('galleries').select('ownerId').where('id', '=', galleryId))
    .where('state', '=', 'active')
    .where(sql<boolean>`${type} = any(types)`)
    .orderBy('id')
    .forKeyShare()
    .execute()
  return rows.map((row) => row.id)
}

/** Adds a delivery that waits; the same fact for the same webhook only once. */
export async function insertDelivery(tx: Tx, delivery: NewDelivery): Promise<void> {
  await tx
    .insertInto('webhookDeliveries')
    .values({ ...delivery, status: 'queued' })
    .onConflict((c) => c.columns(['webhookId', 'dedupeKey']).doNothing())
    .execute()
}

/** Adds a delivery that has been tried already. */
export async function insertTried(db: Database, delivery: NewDelivery, outcome: Outcome): Promise<Delivery> {
  const tried = { attempts: 1, triedAt: delivery.createdAt }
  return db
    .insertInto('webhookDeliveries')
    .values({ ...delivery, ...tried, ...outcome })
    .returningAll()
    .executeTakeFirstOrThrow()
}

/** The next one to be tried: the oldest of all that wait, or of those whose time has come. */
export async function findNext(db: Database, webhookId: string, due: Date | null): Promise<Delivery | undefined> {
  return db
    .selectFrom('webhookDeliveries')
    .selectAll()
    .where('webhookId', '=', webhookId)
    .where('status', '=', 'queued')
    .$if(due !== null, (q) => q.where('nextAt', '<=', due!))
    .orderBy('seq')
    .limit(1)
    .executeTakeFirst()
}

/** When the next of a webhook's waiting deliveries is due. */
export async function findDue(db: Database, webhookId: string): Promise<Date | undefined> {
  const row = await db
    .selectFrom('webhookDeliveries')
    .select('nextAt')
    .where('webhookId', '=', webhookId)
    .where('status', '=', 'queued')
    .orderBy('nextAt')
    .limit(1)
    .executeTakeFirst()
  return row?.nextAt
}

/** What came of a try. `nextAt` of one that waits on. */
export type Outcome = Pick<Delivery, 'status' | 'answerStatus' | 'answerBody' | 'error'> & { nextAt?: Date; sentAt: Date | null }

/** Notes a try of a delivery that waits and has been tried as often as we know; false: somebody else has noted one meanwhile. */
export async function noteDelivery(tx: Tx, { id, attempts }: Delivery, outcome: Outcome, now: Date): Promise<boolean> {
  const done = await tx
    .updateTable('webhookDeliveries')
    .set({ ...outcome, attempts: attempts + 1, triedAt: now })
    .where('id', '=', id)
    .where('status', '=', 'queued')
    .where('attempts', '=', attempts)
    .executeTakeFirst()
  return done.numUpdatedRows > 0n
}

/** The delivery waits again, from now on, with all its tries before it; undefined when the webhook has no such one. */
export async function replayDelivery(tx: Tx, webhookId: string, id: string, now: Date): Promise<Delivery | undefined> {
  return tx
    .updateTable('webhookDeliveries')
    .set({ status: 'queued', attempts: 0, nextAt: now })
    .where('id', '=', id)
    .where('webhookId', '=', webhookId)
    .returningAll()
    .executeTakeFirst()
}

/** A page of a webhook's deliveries, newest first. */
export async function pageDeliveries(
  db: Database,
  webhookId: string,
  page: { limit: number; before?: { createdAt: Date; id: string } },
): Promise<Delivery[]> {
  const before = page.before
  return db
    .selectFrom('webhookDeliveries')
    .selectAll()
    .where('webhookId', '=', webhookId)
    .$if(before !== undefined, (q) => q.where(sql<boolean>`(created_at, id) < (${before!.createdAt}, ${before!.id})`))
    .orderBy('createdAt', 'desc')
    .orderBy('id', 'desc')
    .limit(page.limit)
    .execute()
}

/** Active webhooks that have something due: their job may be lost, or was not due when it was last asked for. */
export async function listDueWebhooks(db: Database, now: Date, limit: number): Promise<string[]> {
  const rows = await db
    .selectFrom('webhooks')
    .select('id')
    .where('state', '=', 'active')
    .where((eb) => eb.or([eb('notBefore', 'is', null), eb('notBefore', '<=', now)]))
    .where((eb) =>
      eb.exists(
        eb
          .selectFrom('webhookDeliveries')
          .select('id')
          .whereRef('webhookId', '=', 'webhooks.id')
          .where('status', '=', 'queued')
          .where('nextAt', '<=', now),
      ),
    )
    .limit(limit)
    .execute()
  return rows.map((row) => row.id)
}

/** Forgets deliveries that ended and were made before `before`. Answers how many. */
export async function sweepDeliveries(db: Database, before: Date): Promise<number> {
  const done = await db.deleteFrom('webhookDeliveries').where('createdAt', '<', before).where('status', '!=', 'queued').executeTakeFirst()
  return Number(done.numDeletedRows)
}
