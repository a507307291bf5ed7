/** Questions to the table throttles: how often a password was tried in vain, and what was used up, over restarts and processes. */
import { sql } from 'kysely'
import { after, days, minutes, seconds } from '../base/clock.ts'
import type { Database } from '../ports/database/port.ts'

// Wrong passwords of yesterday say nothing about today.
const memory = days(1)

/**
 * Takes one attempt under `key`; 0: go on, else the seconds to wait. An attempt counts as failed until
 * `forgetAttempts`, so guesses sent side by side cannot slip through together. The `free`th failure blocks for a
 * minute, every later one twice as long, up to an hour.
 */
export async function takeAttempt(db: Database, key: string, now: Date, free = 5): Promise<number> {
  const stale = after(now, -memory)
  const failures = sql<number>`case when throttles.touched_at < ${stale} then 1 else throttles.failures + 1 end`
  const taken = await db
    .insertInto('throttles')
    .values({ key, failures: 1, blockedUntil: null, touchedAt: now })
    .onConflict((conflict) =>
      conflict
        .column('key')
        .doUpdateSet({
          failures,
          touchedAt: now,
          blockedUntil: sql`case when ${failures} < ${free} then null
            else ${now}::timestamptz + make_interval(secs => least(3600, 60 * 2 ^ least(${failures} - ${free}, 10))) end`,
        })
        .where((where) => where.or([where('throttles.blockedUntil', 'is', null), where('throttles.blockedUntil', '<=', now)])),
    )
    .returning('failures')
    .executeTakeFirst()
  if (taken) return 0
  const row = await db.selectFrom('throttles').select('blockedUntil').where('key', '=', key).executeTakeFirst()
  // freed in between by an attempt that was right: the next one is free
  return row?.blockedUntil ? Math.max(1, Math.ceil((row.blockedUntil.getTime() - now.getTime()) / seconds(1))) : 1
}

/** The attempt was right: its failures are forgotten. */
export async function forgetAttempts(db: Database, key: string): Promise<void> {
  await db.deleteFrom('throttles').where('key', '=', key).execute()
}

/** Uses up `key` for so many milliseconds; false: it is. Of two at once one wins. */
export async function takeOnce(db: Database, key: string, now: Date, ms: number): Promise<boolean> {
  const taken = await db
    .insertInto('throttles')
    .values({ key, failures: 0, blockedUntil: null, touchedAt: now })
    .onConflict((conflict) => conflict.column('key').doUpdateSet({ touchedAt: now }).where('throttles.touchedAt', '<', after(now, -ms)))
    .returning('key')
    .executeTakeFirst()
  return taken !== undefined
}

/** Removes what no longer counts. Answers how many. */
export async function sweepThrottles(db: Database, now: Date): Promise<number> {
  const before = after(now, -(memory + minutes(61)))
  const { numDeletedRows } = await db.deleteFrom('throttles').where('touchedAt', '<', before).executeTakeFirst()
  return Number(numDeletedRows)
}
