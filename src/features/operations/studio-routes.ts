/** Routes of the studio about the work behind it: what has failed, what is stored; and for admins health, settings and their tests. */
import { z } from 'zod'
import type { CheckResult, FailedJob, HealthReport, Installation, MailTested, Page, RetriedJobs, Usage } from '../../../sdk/src/wire.ts'
import { newId } from '../../base/id.ts'
import { failureKinds, pageFailures } from '../../data/failures.ts'
import { queueFigures, usageFigures } from '../../data/figures.ts'
import { findUser } from '../../data/users.ts'
import { renderTest } from '../../domain/letters/invitation.ts'
import { parseMailbox } from '../../domain/mailbox.ts'
import { type App, strictRate, uuidText } from '../../http/app.ts'
import { cursorText, readCursor, writeCursor } from '../../http/cursor.ts'
import type { Guard } from '../../http/guard.ts'
import type { Deps } from '../../ports/deps.ts'
import { examine, examineStorage, type Finding } from './doctor.ts'
import { type Retries, retryJobs, viewFailure } from './jobs.ts'
import { readiness } from './ready.ts'
import { findLastRun } from './schedule.ts'
import { seldom } from './seldom.ts'

const kind = z.enum(failureKinds)
const page = z.object({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: cursorText.optional(),
  kind: kind.optional(),
})
const retry = z.union([
  z.strictObject({
    jobs: z
      .array(z.strictObject({ kind, id: uuidText }))
      .min(1)
      .max(200),
  }),
  z.strictObject({ all: z.literal(true), kind: kind.optional() }),
])
const address = z.strictObject({ to: z.string().trim().min(1).max(254), locale: z.enum(['en', 'de', 'ru']).default('en') })

export function studioRoutes(app: App, deps: Deps, guard: Guard, retries: Retries): void {
  const { db, settings, storage, mail } = deps

  app.get('/api/jobs', { schema: { querystring: page } }, async (request): Promise<Page<FailedJob>> => {
    const userId = await guard.acting(request, 'galleries:read')
    const { limit, cursor, kind } = request.query
    const rows = await pageFailures(db, userId, { limit, kind, before: cursor ? readCursor(cursor) : undefined })
    return { rows: rows.map(viewFailure), next: rows.length === limit ? writeCursor(rows.at(-1)!) : null }
  })

  app.post('/api/jobs/retry', { schema: { body: retry } }, async (request): Promise<RetriedJobs> => {
    return retryJobs(deps, retries, await guard.acting(request, 'galleries:write'), request.body)
  })

  // of all owners at once and seldom: it reads every row of large tables
  const count = seldom(() => usageFigures(db))
  app.get('/api/usage', async (request): Promise<Usage> => {
    const who = await guard.user(request, 'galleries:read')
    const own = (await count()).get(who.userId)
    const admin = who.kind === 'user' && who.role === 'admin'
    return {
      originals: own?.originals ?? 0,
      archives: own?.archives ?? 0,
      deliveries: own?.deliveries ?? 0,
      previews: own?.previews ?? 0,
      free: admin
        ? await storage.room().then(
            (room) => room?.free ?? null,
            () => null,
          )
        : null,
    }
  })

  app.get('/api/admin/health', async (request): Promise<HealthReport> => {
    await guard.admin(request)
    const [ready, findings, queue] = await Promise.all([readiness(deps), examine(deps), queueFigures(db).catch(() => [])])
    const jobs = queue.map(({ name, waiting, active, ageSeconds }) => ({ name, waiting, active, age_seconds: Math.round(ageSeconds) }))
    return {
      ready,
      findings: findings.map(viewFinding),
      jobs,
      maintenance: ((await findLastRun(db)) as HealthReport['maintenance']) ?? null,
    }
  })

  app.get('/api/admin/installation', async (request): Promise<Installation> => {
    await guard.admin(request)
    return {
      public_url: settings.publicUrl,
      storage: settings.bucket === null ? { kind: 'disk', bucket: null } : { kind: 'bucket', bucket: settings.bucket },
      mail: { sends: mail.check !== undefined, from: settings.emailFrom },
      oidc: settings.oidc && { issuer: settings.oidc.issuer, name: settings.oidc.name },
      import_folder: settings.importDir !== null,
      max_upload_bytes: settings.maxUploadBytes,
      retention_days: settings.retentionDays,
      superseded_days: settings.supersededDays,
      purge_grace_days: settings.purgeGraceDays,
    }
  })

  // each writes to the store, or sends a letter: pressed by hand
  app.post('/api/admin/storage-test', { config: strictRate }, async (request): Promise<CheckResult> => {
    await guard.admin(request)
    return viewFinding(await examineStorage(deps))
  })

  app.post('/api/admin/mail-test', { config: strictRate, schema: { body: address } }, async (request): Promise<MailTested> => {
    const { userId } = await guard.admin(request)
    const to = parseMailbox(request.body.to)
    const messageId = `${newId(deps.clock.now())}@${new URL(settings.publicUrl).hostname}`
    const letter = renderTest(settings.publicUrl, request.body.locale)
    const fromName = (await findUser(db, userId))!.name
    const { kept, response } = await mail.deliver({ to, fromName, ...letter, messageId })
    return { sent: !kept, response }
  })
}

const viewFinding = ({ check, ok, found, remedy }: Finding): CheckResult => ({ check, ok, found, remedy })
