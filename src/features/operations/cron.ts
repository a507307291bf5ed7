/**
 * POST /api/cron/…: what the service does by itself, for those who prefer their own cron. GET is a look that changes nothing
 * a cron that called GET never ran a job).
 */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import type { CleanupResult, Expirations, Maintenance, MaintenanceResult, ProcessedArchives } from '../../../sdk/src/wire.ts'
import { AppError } from '../../base/errors.ts'
import { type App, strictRate } from '../../http/app.ts'
import type { Guard } from '../../http/guard.ts'
import type { Deps } from '../../ports/deps.ts'
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
      check(request, deps.settings.cronSecret)
      return run()
    })
    app.get(url, { config: strictRate }, async (request) => {
      check(request, deps.settings.cronSecret)
      return { status: 'ok', job: name, run_with: 'POST', waiting: await waiting() }
    })
  }

  app.get('/api/admin/maintenance', async (request): Promise<Maintenance> => {
    await guard.admin(request)
    return { last: ((await findLastRun(deps.db)) as Maintenance['last']) ?? null }
  })
}

/** Compares digests: equal lengths, in a time that tells nothing. */
function check(request: FastifyRequest, secret: string | null): void {
  if (!secret) throw new AppError('cron_off')
  const given = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? ''
  const digest = (text: string) => createHash('sha256').update(text).digest()
  if (!timingSafeEqual(digest(given), digest(secret))) throw new AppError('cron_refused')
}
