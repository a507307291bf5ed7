/** Questions to the table garbage: keys whose bytes go after a while, unless something living needs them. */
import { sql } from 'kysely'
import { isForeign } from '../domain/foreign.ts'
import type { Database, Tx } from '../ports/database/port.ts'

/** Notes, in the transaction that takes the pointer away, that the bytes may go after `notBefore`. */
export async function discard(tx: Tx, keys: string[], reason: string, notBefore: Date): Promise<void> {
  // somebody else's objects are not ours to delete; the table refuses them as well
  const ours = keys.filter((key) => !isForeign(key))
  if (!ours.length) return
  // one parameter whatever the count: a gallery may have 20,000 photos
  await sql`
    insert into garbage (key, reason, not_before) select unnest(${ours}::text[]), ${reason}, ${notBefore}
    on conflict (key) do update set reason = excluded.reason, not_before = greatest(garbage.not_before, excluded.not_before)`.execute(tx)
}

/** Keys that are due, and why they are garbage; at most `limit`. */
export async function dueGarbage(db: Database, now: Date, limit: number): Promise<{ key: string; reason: string }[]> {
  const due = db.selectFrom('garbage').select(['key', 'reason']).where('notBefore', '<=', now)
  return due.orderBy('notBefore').limit(limit).execute()
}

/** Does any living row point at this key? */
export async function isNeeded(db: Database | Tx, key: string): Promise<boolean> {
  const found = await sql<{ n: number }>`
    select 1 as n from assets where storage_key = ${key} and state <> 'deleted'
    union all select 1 from archives where storage_key = ${key} and status not in ('failed', 'deleted', 'cancelled', 'expired')
    union all select 1 from derivatives where storage_key = ${key}
    union all select 1 from purges where key = ${key}
    limit 1`.execute(db)
  return found.rows.length > 0
}

/** Which of these keys stand in no row, not even in one that has ended, belong to no open upload, and are not garbage yet. */
export async function unknownKeys(db: Database, keys: string[]): Promise<string[]> {
  const found = await sql<{ key: string }>`
    select t.key from unnest(${keys}::text[]) as t (key)
    where not exists (select 1 from assets where storage_key = t.key)
      and not exists (select 1 from archives where storage_key = t.key)
      and not exists (select 1 from derivatives where storage_key = t.key)
      and not exists (select 1 from garbage where garbage.key = t.key)
      and not exists (select 1 from purges where purges.key = t.key)
      -- an upload whose end was cut off between its bytes and its rows: whoever goes on with it, or sweeps it, sees to them
      and not exists (select 1 from uploads
        where asset_id = substring(t.key from '/assets/([0-9a-f-]{36})[.]')::uuid and finished_at is null)`.execute(db)
  return found.rows.map((row) => row.key)
}

/** Puts a key off that was due at `asOf`. */
export async function postponeDue(db: Database | Tx, key: string, asOf: Date, until: Date): Promise<void> {
  await db.updateTable('garbage').set({ notBefore: until }).where('key', '=', key).where('notBefore', '<=', asOf).execute()
}

/** Forgets a key that was due at `asOf`; one that was noted anew since then stays. */
export async function forgetDue(db: Database, key: string, asOf: Date): Promise<void> {
  await db.deleteFrom('garbage').where('key', '=', key).where('notBefore', '<=', asOf).execute()
}

export async function forgetGarbage(db: Database | Tx, key: string): Promise<void> {
  await db.deleteFrom('garbage').where('key', '=', key).execute()
}
