/** The database's clock, and the note by which a jump of it is seen. */
import { sql } from 'kysely'
import type { Clock } from '../base/clock.ts'
import { AppError } from '../base/errors.ts'
import { judge, type Moment } from '../domain/moment.ts'
import type { Database, Tx } from '../ports/database/port.ts'
import type { Calendar } from '../ports/deps.ts'
import { findSetting, keepSetting } from './settings.ts'

const key = 'clock'

/** The moment it is for the database. */
export async function databaseNow(db: Database | Tx): Promise<Date> {
  const { rows } = await sql<{ now: Date }>`select clock_timestamp() as now`.execute(db)
  return rows[0]!.now
}

/** The calendar of this installation; `readNow` is another clock than the database's, for tests. */
export function databaseCalendar(db: Database, clock: Clock, readNow = databaseNow): Calendar {
  return {
    async now() {
      const { doubt, moment } = await db.transaction().execute(async (tx) => {
        // one look at a time: a note that is older than the next one would look like a jump back
        await sql`select pg_advisory_xact_lock(hashtext('keepsake clock'))`.execute(tx)
        const seen = (await findSetting(tx, key)) as Moment | undefined
        const judged = judge(seen, clock.now(), await readNow(tx))
        await note(tx, judged.moment)
        return judged
      })
      if (doubt) throw new AppError('clock_unsure', { reason: doubt, database: moment.at, steady: moment.steady, needed: moment.needed })
      return new Date(moment.at)
    },
  }
}

/** The operator has looked at the clock and says that it is right. */
export async function trustClock(db: Database): Promise<void> {
  await note(db, { at: (await databaseNow(db)).toISOString(), steady: 0, needed: 0 })
}

const note = (db: Database | Tx, moment: Moment): Promise<void> => keepSetting(db, key, moment)
