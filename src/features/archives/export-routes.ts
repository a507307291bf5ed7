/** Routes of exports: chosen photos as files of one's own. An export is known to who asked for it and to the gallery's owner. */
import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { ExportAnswer, ExportDownload, Export as ExportView, Page } from '../../../sdk/src/wire.ts'
import { AppError } from '../../base/errors.ts'
import { findClientByEmail } from '../../data/clients.ts'
import { type Export, findExport, listExports } from '../../data/exports.ts'
import { listFavorites } from '../../data/feedback.ts'
import { forgetAttempts, takeAttempt } from '../../data/throttles.ts'
import { findUser } from '../../data/users.ts'
import type { Gallery, Size } from '../../domain/gallery.ts'
import { addressGroup } from '../../http/address.ts'
import { type App, galleryParams, idOrSlug, uuidText } from '../../http/app.ts'
import type { Guard } from '../../http/guard.ts'
import { knowRequester, readRequester } from '../../http/visitor.ts'
import type { Deps } from '../../ports/deps.ts'
import { askExport, type ExportWish } from './export-ask.ts'
import { cancelExport } from './export-cancel.ts'
import { downloadExport, viewExport } from './export-view.ts'

const input = z.strictObject({
  photoIds: z.array(uuidText).max(25_000).optional(),
  all: z.literal(true).optional(),
  favorites: z.literal(true).optional(),
  size: z.enum(['original', 'screen']).default('original'),
  format: z.enum(['zip', 'tar']).default('zip'),
  parts: z.literal(true).optional(),
  notify: z.string().max(300).optional(),
})
const params = z.object({ id: idOrSlug, eid: uuidText })
// every export may be a build: who asks for more than so many in a minute is no person
const asking = { rateLimit: { max: 30, timeWindow: 60_000 } }
/** Twice a second is enough for any progress bar. */
const polling = { rateLimit: { max: 1, timeWindow: 500, keyGenerator: pollerOf } }

export function exportRoutes(app: App, deps: Deps, guard: Guard): void {
  // the second is the address of 003
  for (const url of ['/api/galleries/:id/exports', '/api/albums/:id/exports']) routesAt(url, app, deps, guard)
}

function routesAt(url: string, app: App, deps: Deps, guard: Guard): void {
  app.post(url, { schema: { params: galleryParams, body: input }, config: asking }, async (request, reply) => {
    const gallery = await downloadable(guard, request, request.params.id, request.body.size)
    await mayChange(guard, request, gallery)
    const { photoIds, all, favorites, size, format, parts } = request.body
    // the words of 003 (D-07), which its callers compare
    if ([photoIds, all, favorites].filter((choice) => choice !== undefined).length !== 1)
      throw new AppError('export_nothing_chosen', { detail: 'Either photoIds or all=true must be specified' })
    const notify = request.body.notify ? await checkNotify(deps, request, gallery, request.body.notify) : null
    const requester = await knowRequester(deps, guard, request, reply, gallery)
    const owner = await guard.owns(request, gallery)
    const items = all ? 'all' : (photoIds ?? (await listFavorites(deps.db, gallery.id, requester)))
    const userId = requester.startsWith('user ') ? requester.slice(5) : null
    const wish: ExportWish = { items, size, format, parts: parts ?? false, notify }
    const made = await askExport(deps, gallery.id, { requester, userId, limited: !owner }, wish)
    return reply.code(202).send(answerOf(await viewExport(deps, made)))
  })

  app.get(url, { schema: { params: galleryParams } }, async (request): Promise<Page<ExportView>> => {
    const gallery = await guard.gallery(request, request.params.id, 'galleries:read')
    const rows = []
    for (const one of await listExports(deps.db, gallery.id, 100)) rows.push(await viewExport(deps, one))
    return { rows, next: null }
  })

  for (const state of [`${url}/:eid`, `${url}/:eid/status`])
    app.get(state, { schema: { params }, config: polling }, async (request): Promise<ExportView> => {
      return viewExport(deps, await own(deps, guard, request, request.params as z.infer<typeof params>))
    })

  app.get(`${url}/:eid/download`, { schema: { params } }, async (request): Promise<ExportDownload> => {
    return downloadExport(deps, await own(deps, guard, request, request.params))
  })

  app.delete(`${url}/:eid`, { schema: { params } }, async (request, reply) => {
    await mayChange(guard, request, await downloadable(guard, request, request.params.id))
    const one = await cancelExport(deps, await own(deps, guard, request, request.params))
    return reply.code(202).send(answerOf(await viewExport(deps, one)))
  })
}

const answerOf = (view: ExportView): ExportAnswer => ({ export: view, percent: view.percent })

async function downloadable(guard: Guard, request: FastifyRequest, idOrSlug: string, size: Size = 'screen'): Promise<Gallery> {
  const gallery = await guard.visit(request, idOrSlug)
  await guard.download(request, gallery, size)
  return gallery
}

/** Guests and people may; a key of the gallery's owner needs the scope for it. */
async function mayChange(guard: Guard, request: FastifyRequest, gallery: Gallery): Promise<void> {
  if (await guard.owns(request, gallery)) await guard.acting(request, 'galleries:write')
}

/** The export, for who asked for it and for the owner; for everybody else there is none. */
async function own(deps: Deps, guard: Guard, request: FastifyRequest, { id, eid }: z.infer<typeof params>): Promise<Export> {
  const gallery = await downloadable(guard, request, id)
  const one = await findExport(deps.db, gallery.id, eid)
  const mine = one && one.requester === (await readRequester(deps, guard, request, gallery))
  if (!one || !(mine || (await guard.owns(request, gallery)))) throw new AppError('not_found')
  return one
}

/** An address that the gallery knows: nobody can have us write to strangers, nor try out who is a client. */
async function checkNotify(deps: Deps, request: FastifyRequest, gallery: Gallery, address: string): Promise<string> {
  const now = deps.clock.now()
  const key = `notify ${gallery.id} ${addressGroup(request.ip)}`
  const retryAfter = await takeAttempt(deps.db, key, now)
  if (retryAfter > 0) throw new AppError('too_many_requests', { retryAfter })
  const wanted = address.trim().toLowerCase()
  const owner = await findUser(deps.db, gallery.ownerId)
  const found = owner?.email.toLowerCase() === wanted ? owner.email : (await findClientByEmail(deps.db, gallery.id, wanted))?.email
  if (!found) throw new AppError('notify_unknown')
  await forgetAttempts(deps.db, key)
  return found
}

function pollerOf(request: FastifyRequest): string {
  const { authorization = '', cookie = '' } = request.headers
  return `${addressGroup(request.ip)} ${request.url} ${authorization} ${cookie}`
}
