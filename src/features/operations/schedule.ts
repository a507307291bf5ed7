/** Once a day for the whole cluster: the maintenance of 03:00 UTC, or as soon after it as somebody works. */
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

export async function startMaintenance(deps: Pick<Deps, 'db' | 'queue' | 'clock'>): Promise<void> {
  if (await isDue(deps)) await deps.queue.send(deps.db, { name: 'maintenance', payload: {} })
}

/** Has nobody begun it since the last 03:00 UTC? */
export async function isDue(deps: Pick<Deps, 'db' | 'clock'>): Promise<boolean> {
  const last = await findLastRun(deps.db)
  return !last || new Date(last.started_at) < nightBefore(deps.clock.now())
}

export async function findLastRun(db: Database): Promise<LastRun | undefined> {
  return (await findSetting(db, key)) as LastRun | undefined
}

export const keepLastRun = (db: Database, run: LastRun): Promise<void> => keepSetting(db, key, run)
