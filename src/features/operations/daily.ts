/** The clean-up, as cron asks for it, and the run of every night: the maintenance and the clean-up. */
import type { CleanupResult, MaintenanceResult } from '../../../sdk/src/wire.ts'
import type { Deps } from '../../ports/deps.ts'
import { collect } from './collect.ts'
import { maintain } from './maintain.ts'
import { noteOrphans } from './orphans.ts'
import { retryArchiving, wakeRescue } from './reconcile.ts'
import { clearDeleted, endArchives, forget, sweepTemporary } from './retention.ts'
import { isDue, keepCleaned, keepLastRun, mayClean } from './schedule.ts'

type Needs = Pick<Deps, 'db' | 'storage' | 'queue' | 'clock' | 'calendar' | 'log'>
/** Steps of other features that clean up as well; each answers how much. */
export interface MoreToClean {
  sweepUploads: () => Promise<number>
}

/**
 * Everything that ends because its time is over. A part that fails stops no other, and is named. While the store is away not one
 * row changes (P23): `storage_unreachable`, `storage_foreign`.
 */
export async function cleanUp(deps: Needs, more: MoreToClean): Promise<CleanupResult> {
  const result: CleanupResult = {
    archives_ended: 0,
    galleries_cleared: 0,
    objects_deleted: 0,
    rows_forgotten: 0,
    orphans_noted: 0,
    temporary_removed: 0,
    uploads_dropped: 0,
    errors: [],
  }
  await deps.storage.ready()
  const part = async (name: keyof Omit<CleanupResult, 'errors'>, work: () => Promise<number>) => {
    try {
      result[name] = await work()
    } catch (error) {
      const code = (error as { code?: string }).code ?? 'internal'
      result.errors.push({ part: name, code })
      deps.log.error({ part: name, error: String(error) }, 'a part of the clean-up failed; the others go on')
    }
  }
  await part('archives_ended', () => endArchives(deps))
  await part('galleries_cleared', () => clearDeleted(deps))
  await part('uploads_dropped', async () => {
    await deps.calendar.now()
    return more.sweepUploads()
  })
  await part('temporary_removed', () => sweepTemporary(deps))
  await part('rows_forgotten', () => forget(deps))
  await part('orphans_noted', async () => (await noteOrphans(deps)).noted)
  await part('objects_deleted', () => collect(deps))
  return result
}

/**
 * Job maintenance. Sent twice for one day it runs once. What ends for good waits until the clock is believed, an hour after a machine
 * was switched on: else it would never come to one that is off at night.
 */
export async function daily(deps: Needs, more: MoreToClean): Promise<void> {
  if (await isDue(deps)) {
    // a night without its store is not this day's run: the queue asks again until it is back
    await deps.storage.ready()
    await maintainAndKeep(deps)
    await wakeRescue(deps)
    await deps.queue.send(deps.db, { name: 'scrub', payload: {} })
  }
  if (!(await mayClean(deps))) return
  await retryArchiving(deps)
  const cleaned = await cleanUp(deps, more)
  await keepCleaned(deps)
  deps.log.info({ ...cleaned }, '[Maintenance] Clean-up complete')
}

/** The maintenance, and its result where doctor and the API find it. */
export async function maintainAndKeep(deps: Needs): Promise<MaintenanceResult> {
  const started = deps.clock.now()
  const result = await maintain(deps)
  await keepLastRun(deps.db, { started_at: started.toISOString(), finished_at: deps.clock.now().toISOString(), result })
  return result
}
