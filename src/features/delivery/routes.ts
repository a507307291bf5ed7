/** Routes of the outbox: what was written to whom. */
import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import type {
  ClientData,
  Deliveries,
  LetterText,
  Letter as LetterView,
  Page,
  Suppression as SuppressionView,
} from '../../../sdk/src/wire.ts'
import { minutes } from '../../base/clock.ts'
import { AppError } from '../../base/errors.ts'
import { findArchive } from '../../data/archives.ts'
import { findOwnLetter, type LetterRow, pageLetters } from '../../data/letters.ts'
import { liftSuppression, listSuppressions, type SuppressionRow } from '../../data/suppressions.ts'
import { letterError } from '../../domain/letter-error.ts'
import { type App, galleryParams, idOrSlug, idParams, uuidText } from '../../http/app.ts'
import { cursorText, readCursor, writeCursor } from '../../http/cursor.ts'
import type { Guard } from '../../http/guard.ts'
import type { Deps } from '../../ports/deps.ts'
import { resendArchive, resendLetter } from './again.ts'
import { exportClient, listDeliveries } from './deliveries.ts'
import { ingestRoutes } from './ingest-routes.ts'
import { unsubscribeRoutes } from './unsubscribe.ts'
import { writeOut } from './write.ts'

const page = z.object({ limit: z.coerce.number().int().min(1).max(200).default(50), cursor: cursorText.optional() })

const oneAddress = z.strictObject({ email: z.string().max(300) })
const byHand = { rateLimit: { max: 60, timeWindow: minutes(1) } }

export function deliveryRoutes(app: App, deps: Deps, guard: Guard): void {
  // both take bodies that are no JSON of ours
  app.register(async (scope) => ingestRoutes(scope, deps))
  app.register(async (scope) => unsubscribeRoutes(scope, deps))

  const own = async (userId: string, id: string): Promise<LetterRow> => {
    const row = await findOwnLetter(deps.db, userId, id)
    if (!row) throw new AppError('not_found')
    return row
  }

  app.post(
    '/api/archives/:id/resend',
    { schema: { params: idParams, body: oneAddress }, config: byHand },
    async (request): Promise<LetterView> => {
      // who may not know says nothing of what is there
      const userId = await guard.acting(request, 'galleries:write')
      const archive = await findArchive(deps.db, request.params.id)
      if (!archive) throw new AppError('not_found')
      await guard.gallery(request, archive.galleryId, 'galleries:write')
      return viewLetter(await own(userId, await resendArchive(deps, archive.id, request.body.email)))
    },
  )

  app.post('/api/letters/:id/resend', { schema: { params: idParams }, config: byHand }, async (request): Promise<LetterView> => {
    const userId = await guard.acting(request, 'galleries:write')
    const letter = await own(userId, request.params.id)
    return viewLetter(await own(userId, await resendLetter(deps, letter.id)))
  })

  app.get('/api/suppressions', async (request): Promise<Page<SuppressionView>> => {
    const userId = await guard.acting(request, 'galleries:read')
    return { rows: (await listSuppressions(deps.db, userId)).map(viewSuppression), next: null }
  })

  app.delete('/api/suppressions/:id', { schema: { params: idParams } }, async (request, reply) => {
    const userId = await guard.acting(request, 'galleries:write')
    if (!(await liftSuppression(deps.db, userId, request.params.id))) throw new AppError('not_found')
    return reply.code(204).send()
  })

  app.get('/api/letters', { schema: { querystring: page } }, async (request): Promise<Page<LetterView>> => {
    const userId = await guard.acting(request, 'galleries:read')
    const { limit, cursor } = request.query
    const rows = await pageLetters(deps.db, userId, { limit, before: cursor ? readCursor(cursor) : undefined })
    return { rows: rows.map(viewLetter), next: rows.length === limit ? writeCursor(rows.at(-1)!) : null }
  })

  // a letter holds a link that opens the gallery: only its owner reads it, and only in the browser
  const open = async (request: FastifyRequest, id: string) => {
    const { userId } = await guard.person(request)
    const row = await own(userId, id)
    return { row, words: await writeOut(deps, row) }
  }

  app.get('/api/letters/:id', { schema: { params: idParams } }, async (request): Promise<LetterText> => {
    const { row, words } = await open(request, request.params.id)
    return { ...viewLetter(row), subject: words.subject, text: words.text }
  })

  // as the client sees it, in a frame of the outbox: its styles stand inline, so it has a policy of its own and no rights
  const framed = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; sandbox"
  app.get('/api/letters/:id/html', { schema: { params: idParams } }, async (request, reply) => {
    const { words } = await open(request, request.params.id)
    reply.headers({ 'content-security-policy': framed, 'x-frame-options': 'SAMEORIGIN', 'cache-control': 'no-store' })
    return reply.type('text/html; charset=utf-8').send(words.html)
  })

  app.get('/api/galleries/:id/deliveries', { schema: { params: galleryParams } }, async (request): Promise<Deliveries> => {
    const { id } = await guard.gallery(request, request.params.id, 'galleries:read')
    return listDeliveries(deps.db, id)
  })

  const clientParams = z.object({ id: idOrSlug, client: uuidText })
  app.get('/api/galleries/:id/clients/:client/data', { schema: { params: clientParams } }, async (request): Promise<ClientData> => {
    const { id } = await guard.gallery(request, request.params.id, 'galleries:read')
    return exportClient(deps.db, id, request.params.client)
  })
}

const viewLetter = (row: LetterRow): LetterView => ({
  id: row.id,
  kind: row.kind,
  gallery_id: row.galleryId,
  gallery_title: row.galleryTitle,
  recipient: row.recipient,
  status: row.status,
  attempts: row.attempts,
  error_code: letterError(row.error).code,
  error: letterError(row.error).text,
  created_at: row.createdAt.toISOString(),
  due_at: row.dueAt?.toISOString() ?? null,
  sent_at: row.sentAt?.toISOString() ?? null,
})

const viewSuppression = (row: SuppressionRow): SuppressionView => ({
  id: row.id,
  address: row.address,
  reason: row.reason,
  gallery_id: row.galleryId,
  gallery_title: row.galleryTitle,
  detail: row.detail,
  since: row.since.toISOString(),
})
