/** Routes of webhooks, each for its owner alone: docs/webhooks.md. */
import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { NewWebhook, Page, WebhookDelivery, Webhook as WebhookView } from '../../../sdk/src/wire.ts'
import { minutes } from '../../base/clock.ts'
import { AppError } from '../../base/errors.ts'
import { type Delivery, deleteWebhook, findOwnWebhook, listWebhooks, pageDeliveries, type Webhook } from '../../data/webhooks.ts'
import type { Scope } from '../../domain/access.ts'
import { eventTypes } from '../../domain/webhook.ts'
import { type App, idParams, uuidText } from '../../http/app.ts'
import { cursorText, readCursor, writeCursor } from '../../http/cursor.ts'
import type { Guard } from '../../http/guard.ts'
import type { Deps } from '../../ports/deps.ts'
import { createWebhook, editWebhook, replay, rotateSecret, testWebhook } from './edit.ts'

const input = {
  url: z.string().trim().min(1).max(2000),
  types: z.array(z.enum(eventTypes)).min(1).max(50),
}
// each makes us look up a name or ask somebody
const outside = { rateLimit: { max: 60, timeWindow: minutes(1) } }
// every type of today where none is named
const create = z.strictObject({ url: input.url, types: input.types.default([...eventTypes]) })
const change = z.strictObject({ url: input.url.optional(), types: input.types.optional(), active: z.boolean().optional() })
const page = z.object({ limit: z.coerce.number().int().min(1).max(200).default(50), cursor: cursorText.optional() })

export function webhookRoutes(app: App, deps: Deps, guard: Guard): void {
  // secrets are shown here
  app.addHook('onRequest', async (_request, reply) => void reply.header('cache-control', 'no-store'))

  const own = async (request: FastifyRequest, id: string, scope: Scope): Promise<Webhook> => {
    const webhook = await findOwnWebhook(deps.db, await guard.acting(request, scope), id)
    if (!webhook) throw new AppError('not_found')
    return webhook
  }

  app.get('/api/webhooks', async (request): Promise<Page<WebhookView>> => {
    const userId = await guard.acting(request, 'galleries:read')
    return { rows: (await listWebhooks(deps.db, userId)).map(viewWebhook), next: null }
  })

  app.post('/api/webhooks', { config: outside, schema: { body: create } }, async (request, reply) => {
    const userId = await guard.acting(request, 'galleries:write')
    const { webhook, secret } = await createWebhook(deps, userId, request.body)
    return reply.code(201).send({ ...viewWebhook(webhook), secret } satisfies NewWebhook)
  })

  app.get('/api/webhooks/:id', { schema: { params: idParams } }, async (request): Promise<WebhookView> => {
    return viewWebhook(await own(request, request.params.id, 'galleries:read'))
  })

  app.patch('/api/webhooks/:id', { config: outside, schema: { params: idParams, body: change } }, async (request): Promise<WebhookView> => {
    const { id, ownerId } = await own(request, request.params.id, 'galleries:write')
    return viewWebhook(await editWebhook(deps, ownerId, id, request.body))
  })

  app.delete('/api/webhooks/:id', { schema: { params: idParams } }, async (request, reply) => {
    const userId = await guard.acting(request, 'galleries:write')
    if (!(await deleteWebhook(deps.db, userId, request.params.id))) throw new AppError('not_found')
    return reply.code(204).send()
  })

  app.post('/api/webhooks/:id/rotate', { schema: { params: idParams } }, async (request): Promise<NewWebhook> => {
    const { id, ownerId } = await own(request, request.params.id, 'galleries:write')
    const { webhook, secret } = await rotateSecret(deps, ownerId, id)
    return { ...viewWebhook(webhook), secret }
  })

  app.post('/api/webhooks/:id/test', { config: outside, schema: { params: idParams } }, async (request): Promise<WebhookDelivery> => {
    return viewDelivery(await testWebhook(deps, await own(request, request.params.id, 'galleries:write')))
  })

  app.get(
    '/api/webhooks/:id/deliveries',
    { schema: { params: idParams, querystring: page } },
    async (request): Promise<Page<WebhookDelivery>> => {
      const { id } = await own(request, request.params.id, 'galleries:read')
      const { limit, cursor } = request.query
      const rows = await pageDeliveries(deps.db, id, { limit, before: cursor ? readCursor(cursor) : undefined })
      return { rows: rows.map(viewDelivery), next: rows.length === limit ? writeCursor(rows.at(-1)!) : null }
    },
  )

  const deliveryParams = z.object({ id: uuidText, did: uuidText })
  app.post('/api/webhooks/:id/deliveries/:did/replay', { schema: { params: deliveryParams } }, async (request, reply) => {
    const { id, ownerId } = await own(request, request.params.id, 'galleries:write')
    const delivery = await replay(deps, ownerId, id, request.params.did)
    return reply.code(202).send(viewDelivery(delivery) satisfies WebhookDelivery)
  })
}

const viewWebhook = (row: Webhook): WebhookView => ({
  id: row.id,
  url: row.url,
  types: row.types as WebhookView['types'],
  state: row.state,
  disabled_reason: row.disabledReason,
  failing_since: row.failingSince?.toISOString() ?? null,
  old_secret_until: row.oldSecretUntil?.toISOString() ?? null,
  created_at: row.createdAt.toISOString(),
})

const viewDelivery = (row: Delivery): WebhookDelivery => ({
  id: row.id,
  type: row.type as WebhookDelivery['type'],
  gallery_id: row.galleryId,
  status: row.status,
  attempts: row.attempts,
  next_at: row.status === 'queued' ? row.nextAt.toISOString() : null,
  answer_status: row.answerStatus,
  answer_body: row.answerBody,
  error: row.error,
  payload: JSON.parse(row.body),
  created_at: row.createdAt.toISOString(),
  tried_at: row.triedAt?.toISOString() ?? null,
  sent_at: row.sentAt?.toISOString() ?? null,
})
