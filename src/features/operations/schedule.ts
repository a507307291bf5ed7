/** Once a day for the whole cluster: the maintenance of 03:00 UTC, or as soon after it as somebody works. */
import { after, days } from '../../base/clock.ts'
import { isCode } from '../../base/errors.ts'
import { findSetting, keepSetting } from '../../data/settings.ts'
import { nightBefore } from '../../domain/night.ts'
import type { Database } from '../../ports/database/port.ts'
import type { Deps } from '../../ports/deps.ts'

/** What the last run said, as it is stored. */
export interface LastRun<T = unknown> {
  started_at: string
  finished_at: string
  result: T
}

const key = 'maintenance'
const cleanedKey = 'cleaned'

export async function startMaintenance(deps: Pick<Deps, 'db' | 'queue' | 'clock' | 'calendar'>): Promise<void> {
  if ((await isDue(deps)) || (await mayClean(deps))) await deps.queue.send(deps.db, { name: 'maintenance', payload: {} })
}

/** Has nobody begun it since the last 03:00 UTC? */
export async function isDue(deps: Pick<Deps, 'db' | 'clock'>): Promise<boolean> {
  const last = await findLastRun(deps.db)
  return isOfDayBefore(last && new Date(last.started_at), deps.clock.now())
}

/** Has nobody cleaned up since then, and is it certain how late it is? */
export async function mayClean({ db, calendar }: Pick<Deps, 'db' | 'calendar'>): Promise<boolean> {
  const cleaned = await findSetting(db, cleanedKey)
  try {
    return isOfDayBefore(typeof cleaned === 'string' ? new Date(cleaned) : undefined, await calendar.now())
  } catch (error) {
    if (isCode(error, 'clock_unsure')) return false
    throw error
  }
}

export const keepCleaned = async ({ db, calendar }: Pick<Deps, 'db' | 'calendar'>): Promise<void> =>
  keepSetting(db, cleanedKey, (await calendar.now()).toISOString())

/** One that began tomorrow was begun by a clock that had jumped ahead: it must not be the last for as long as that. */
const isOfDayBefore = (began: Date | undefined, now: Date): boolean => !began || began < nightBefore(now) || began > after(now, days(1))

export async function findLastRun(db: Database): Promise<LastRun | undefined> {
  return (await findSetting(db, key)) as LastRun | undefined
}

export const keepLastRun = (db: Database, run: LastRun): Promise<void> => keepSetting(db, key, run)
