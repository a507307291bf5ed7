/** Questions to the table uploads: how far each one is, and who is writing it (a lease that ends by itself). */
import { type Selectable, sql } from 'kysely'
import { after, minutes } from '../base/clock.ts'
import type { Database, Tx, UploadsTable } from '../ports/database/port.ts'

export type Upload = Selectable<UploadsTable>

/** Uploads are begun one after the other until the transaction ends, so that two cannot take the same free space. */
export async function lockSpace(tx: Tx): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtext('keepsake uploads'))`.execute(tx)
}

/** Bytes that unfinished uploads, touched since `since`, have announced and not sent yet. */
export async function announcedBytes(db: Database | Tx, since: Date): Promise<number> {
  const row = await db
    .selectFrom('uploads')
    .select(sql<number>`coalesce(sum(size - received), 0)::bigint`.as('bytes'))
    .where('finishedAt', 'is', null)
    .where('touchedAt', '>', since)
    .executeTakeFirstOrThrow()
  return row.bytes
}

export async function insertUpload(db: Database | Tx, upload: Upload): Promise<void> {
  await db.insertInto('uploads').values(upload).execute()
}

export async function findUpload(db: Database | Tx, id: string): Promise<Upload | undefined> {
  return db.selectFrom('uploads').selectAll().where('id', '=', id).executeTakeFirst()
}

/** `tookOver`: the one before has not let go, so it may be alive; the generation is a new one. */
export type Claimed = Upload & { tookOver: boolean }

/** Takes the lease under `token` until `until`. Undefined while somebody else has it, or there is no such upload. */
export async function claimUpload(db: Database, id: string, token: string, now: Date, until: Date): Promise<Claimed | undefined> {
  return (
    db
      .updateTable('uploads')
      // locked: who held it is asked of the very row that changes
      .from((eb) => eb.selectFrom('uploads').select(['id', 'lockToken']).where('id', '=', id).forUpdate().as('old'))
      .set({
        lockToken: token,
        lockedUntil: until,
        generation: sql<number>`uploads.generation + case when old.lock_token is null then 0 else 1 end`,
      })
      .whereRef('uploads.id', '=', 'old.id')
      // one that ends so much later than ours was taken by a clock that had jumped ahead
      .where((eb) =>
        eb.or([
          eb('uploads.lockedUntil', 'is', null),
          eb('uploads.lockedUntil', '<=', now),
          eb('uploads.lockedUntil', '>', after(until, minutes(5))),
        ]),
      )
      .returningAll('uploads')
      .returning(sql<boolean>`old.lock_token is not null`.as('tookOver'))
      .executeTakeFirst()
  )
}

/** Lengthens the lease. False when somebody else has taken it. */
export async function renewUpload(db: Database, id: string, token: string, until: Date): Promise<boolean> {
  const done = await db
    .updateTable('uploads')
    .set({ lockedUntil: until })
    .where('id', '=', id)
    .where('lockToken', '=', token)
    .executeTakeFirst()
  return done.numUpdatedRows > 0n
}

/** Notes that the bytes from `from` to `to` are durable. False when the lease is lost. */
export async function saveOffset(
  db: Database,
  id: string,
  token: string,
  { from, to, now, until }: { from: number; to: number; now: Date; until: Date },
): Promise<boolean> {
  const done = await db
    .updateTable('uploads')
    .set({ received: to, touchedAt: now, lockedUntil: until })
    .where('id', '=', id)
    .where('received', '=', from)
    .where('lockToken', '=', token)
    .where('finishedAt', 'is', null)
    .executeTakeFirst()
  return done.numUpdatedRows > 0n
}

export async function releaseUpload(db: Database, id: string, token: string): Promise<void> {
  await db.updateTable('uploads').set({ lockToken: null, lockedUntil: null }).where('id', '=', id).where('lockToken', '=', token).execute()
}

/** Ends the upload. False when the lease is lost or somebody has ended it. */
export async function endUpload(tx: Tx, id: string, token: string, now: Date): Promise<boolean> {
  const done = await tx
    .updateTable('uploads')
    .set({ finishedAt: now, touchedAt: now })
    .where('id', '=', id)
    .where('lockToken', '=', token)
    .where('finishedAt', 'is', null)
    .executeTakeFirst()
  return done.numUpdatedRows > 0n
}

/** Forgets the upload, if the lease is ours still; null: if nobody has ever had it. */
export async function deleteUpload(db: Database | Tx, id: string, token: string | null): Promise<boolean> {
  const done = await db.deleteFrom('uploads').where('id', '=', id).where('lockToken', 'is not distinct from', token).executeTakeFirst()
  return done.numDeletedRows > 0n
}

/** Has the upload become an asset? A finished one that has not was a file the gallery had already. */
export async function becameAsset(db: Database | Tx, assetId: string): Promise<boolean> {
  return (await db.selectFrom('assets').select('id').where('id', '=', assetId).executeTakeFirst()) !== undefined
}

/** Uploads that nobody has touched since `before`, finished or not. */
export async function listUntouched(db: Database, before: Date, limit: number): Promise<string[]> {
  const rows = await db.selectFrom('uploads').select('id').where('touchedAt', '<', before).orderBy('touchedAt').limit(limit).execute()
  return rows.map((r) => r.id)
}
