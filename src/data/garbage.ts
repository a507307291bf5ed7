/** Questions to the table garbage: keys whose bytes go after a while, unless something living needs them. */
import { sql } from 'kysely'
import type { Database, Tx } from '../ports/database/port.ts'

/** Notes, in the transaction that takes the pointer away, that the bytes may go after `notBefore`. */
export async function discard(tx: Tx, keys: string[], reason: string, notBefore: Date): Promise<void> {
  if (!keys.length) return
  await tx
    .insertInto('garbage')
    .values(keys.map((key) => ({ key, reason, notBefore })))
    .onConflict((c) => c.column('key').doNothing())
    .execute()
}

/** Keys that are due, at most `limit`. */
export async function dueGarbage(db: Database, now: Date, limit: number): Promise<string[]> {
  const rows = await db.selectFrom('garbage').select('key').where('notBefore', '<=', now).orderBy('notBefore').limit(limit).execute()
  return rows.map((r) => r.key)
}

/** Does any living row point at this key? */
export async function isNeeded(db: Database | Tx, key: string): Promise<boolean> {
  const found = await sql<{ n: number }>`
    select 1 as n from assets where storage_key = ${key} and state <> 'deleted'
    union all select 1 from archives where storage_key = ${key} and status not in ('failed', 'deleted', 'cancelled', 'expired')
    union all select 1 from derivatives where storage_key = ${key}
    limit 1`.execute(db)
  return found.rows.length > 0
}

export async function forgetGarbage(db: Database | Tx, key: string): Promise<void> {
  await db.deleteFrom('garbage').where('key', '=', key).execute()
}
