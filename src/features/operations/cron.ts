/**
 * POST /api/cron/…: what the service does by itself, for those who prefer their own cron. GET is a look that changes nothing
 * a cron that called GET never ran a job).
 */
import { z } from 'zod'
import type { CleanupResult, Expirations, Maintenance, MaintenanceResult, ProcessedArchives, Reconciled } from '../../../sdk/src/wire.ts'
import { type App, strictRate } from '../../http/app.ts'
import { checkCron } from '../../http/cron.ts'
import type { Guard } from '../../http/guard.ts'
import type { Deps } from '../../ports/deps.ts'
import { compareStore } from './compare.ts'
import { cleanUp, type MoreToClean, maintainAndKeep } from './daily.ts'
import { expireGalleries } from './expire.ts'
import { wakeArchives } from './reconcile.ts'
import { findLastRun } from './schedule.ts'

// as 000's cron did: a call ends soon, and the next one goes on
const mostArchives = 5

export function cronRoutes(app: App, deps: Deps, guard: Guard, more: MoreToClean): void {
  const jobs = {
    'process-archives': async (): Promise<ProcessedArchives> => ({
      queued: await wakeArchives(deps, mostArchives),
      waiting: await waiting(),
    }),
    expirations: async (): Promise<Expirations> => ({ expired: await expireGalleries(deps) }),
    maintenance: (): Promise<MaintenanceResult> => maintainAndKeep(deps),
    cleanup: (): Promise<CleanupResult> => cleanUp(deps, more),
  }
  const waiting = async () => {
    const depth = await deps.queue.depth()
    return (depth['archive.build'] ?? 0) + (depth['archive.verify'] ?? 0)
  }

  for (const [name, run] of Object.entries(jobs)) {
    const url = `/api/cron/${name}`
    app.post(url, { config: strictRate }, async (request) => {
      checkCron(request, deps.settings.cronSecret)
      return run()
    })
    app.get(url, { config: strictRate }, async (request) => {
      checkCron(request, deps.settings.cronSecret)
      return { status: 'ok', job: name, run_with: 'POST', waiting: await waiting() }
    })
  }

  const wish = z.strictObject({ repair: z.boolean().default(false) })
  app.post('/api/admin/reconcile', { schema: { body: wish } }, async (request): Promise<Reconciled> => {
    await guard.admin(request)
    return compareStore(deps, { repair: request.body.repair })
  })

  app.get('/api/admin/maintenance', async (request): Promise<Maintenance> => {
    await guard.admin(request)
    return { last: ((await findLastRun(deps.db)) as Maintenance['last']) ?? null }
  })
}
