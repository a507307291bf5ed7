/** Routes of galleries for their owners: list, make, change, delete, clients. */
import { z } from 'zod'
import type { Client as ClientView, GalleriesPage, Gallery as GalleryView, Page } from '../../../sdk/src/wire.ts'
import { AppError } from '../../base/errors.ts'
import { type ClientChange, listClients } from '../../data/clients.ts'
import { countGallery, countStates, findGallery, type GalleryChange, listGalleries } from '../../data/galleries.ts'
import { findUser } from '../../data/users.ts'
import { permissions } from '../../domain/access.ts'
import { byUser } from '../../domain/activity.ts'
import { type Gallery, markings } from '../../domain/gallery.ts'
import { parseMailbox } from '../../domain/mailbox.ts'
import { type App, galleryParams, idOrSlug, uuidText } from '../../http/app.ts'
import { checkMark, markCursor, writeMark } from '../../http/cursor.ts'
import type { Guard } from '../../http/guard.ts'
import { hashPassword } from '../../http/password.ts'
import type { Deps } from '../../ports/deps.ts'
import { markItems, orderItems } from './arrange.ts'
import { addClient, dropClient, editClient } from './clients.ts'
import { createGallery, deleteGallery, editGallery } from './edit.ts'
import { moment } from './moment.ts'
import { overviewRoute } from './overview.ts'
import { registerAlbum } from './register.ts'
import { viewClient, viewGallery } from './view.ts'

// PostgreSQL keeps neither NUL in a text nor a year 0
const withoutNul = (text: string) => !text.includes('\0')
const line = (max: number) => z.string().trim().min(1).max(max).refine(withoutNul, 'holds a NUL')
const date = z.iso.date().refine((text) => text > '0001', 'is before the year 1')
const input = {
  title: line(200),
  slug: z.string().max(100).optional(),
  event_type: line(100).nullish(),
  event_date: date.nullish(),
  customer_name: line(200).nullish(),
  customer_email: line(254).nullish(),
  locale: z.enum(['en', 'de', 'ru']).optional(),
  naming: z.enum(['original', 'numbered', 'id']).optional(),
  download_enabled: z.boolean().optional(),
  download_size: z.enum(['original', 'screen']).optional(),
  watermark: z.enum(markings).optional(),
  feedback_enabled: z.boolean().optional(),
  notify_new_versions: z.boolean().optional(),
  password: z.string().min(1).max(200).nullish(),
  public: z.boolean().optional(),
  expires_at: moment.nullish(),
  cover_item: uuidText.nullish(),
  cover_x: z.number().min(0).max(1).optional(),
  cover_y: z.number().min(0).max(1).optional(),
}
const create = z.strictObject(input)
const change = z.strictObject({ ...input, title: input.title.optional() })
const page = z.object({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: markCursor.optional(),
  q: z.string().trim().max(100).refine(withoutNul, 'holds a NUL').optional(),
  sort: z.enum(['created_at', 'title', 'event_date', 'expires_at']).default('created_at'),
  order: z.enum(['asc', 'desc']).default('desc'),
  state: z.enum(['draft', 'active', 'ended', 'archiving', 'archived']).optional(),
})
const newAlbum = z.strictObject({ album_id: z.string().max(100), name: line(200) })
const clientInput = {
  name: line(200).nullish(),
  notify_on_archive: z.boolean().optional(),
  permission: z.enum(permissions).optional(),
  access_expires_at: moment.nullish(),
}
const newClient = z.strictObject({ email: z.string().max(300), ...clientInput })
const clientChange = z.strictObject(clientInput)

export function galleryRoutes(app: App, deps: Deps, guard: Guard): void {
  const view = async (gallery: Gallery): Promise<GalleryView> =>
    viewGallery(deps, { ...gallery, ...(await countGallery(deps.db, gallery.id)) })

  overviewRoute(app, deps, guard)

  app.get('/api/galleries', { schema: { querystring: page } }, async (request): Promise<GalleriesPage> => {
    const userId = await guard.acting(request, 'galleries:read')
    const { limit, cursor, q, sort, order, state } = request.query
    checkMark(cursor, sort === 'title' ? 'text' : 'moment')
    const now = deps.clock.now()
    const wanted = { ownerId: userId, search: q || undefined }
    const [rows, totals] = await Promise.all([
      listGalleries(deps.db, { ...wanted, state }, { limit, now, sort, descending: order === 'desc', after: cursor }),
      countStates(deps.db, wanted, now),
    ])
    const last = rows.length === limit ? rows.at(-1) : undefined
    return {
      rows: rows.map((row) => viewGallery(deps, row)),
      next: last ? writeMark(last.mark, last.id) : null,
      totals,
    }
  })

  app.post('/api/galleries', { schema: { body: create } }, async (request, reply) => {
    const userId = await guard.acting(request, 'galleries:write')
    const { title, slug, ...rest } = request.body
    const gallery = await createGallery(deps, userId, { title, slug, change: await readChange(rest) })
    return reply.code(201).send(await view(gallery))
  })

  // of 001, whose callers are admins; ours may be a program with an admin's key
  app.post('/admin/albums', { schema: { body: newAlbum } }, async (request, reply) => {
    const userId = await guard.acting(request, 'galleries:write')
    if ((await findUser(deps.db, userId))?.role !== 'admin') throw new AppError('forbidden')
    const { album_id, name } = request.body
    return reply.code(201).send(await registerAlbum(deps, userId, { slug: album_id, name }))
  })

  app.get('/api/galleries/:id', { schema: { params: galleryParams } }, async (request) => {
    return view(await guard.gallery(request, request.params.id, 'galleries:read'))
  })

  app.patch('/api/galleries/:id', { schema: { params: galleryParams, body: change } }, async (request) => {
    const { id, ownerId } = await guard.gallery(request, request.params.id, 'galleries:write')
    await editGallery(deps, id, await readChange(request.body), byUser(ownerId))
    return view((await findGallery(deps.db, id))!)
  })

  const ids = z.array(uuidText).min(1).max(20_000)
  const marks = z
    .strictObject({ items: ids, chapter: line(200).nullish(), hidden: z.boolean().optional() })
    .refine((body) => body.chapter !== undefined || body.hidden !== undefined, 'changes nothing')
  // twenty thousand ids
  const large = { bodyLimit: 1024 * 1024 }
  app.patch('/api/galleries/:id/items', { schema: { params: galleryParams, body: marks }, ...large }, async (request) => {
    const { id } = await guard.gallery(request, request.params.id, 'galleries:write')
    const { items, ...change } = request.body
    return { changed: await markItems(deps, id, items, named(change)) }
  })

  const order = z.union([z.strictObject({ by: z.enum(['captured', 'name']) }), z.strictObject({ items: ids, before: uuidText.nullable() })])
  app.post('/api/galleries/:id/items/order', { schema: { params: galleryParams, body: order }, ...large }, async (request, reply) => {
    const { id } = await guard.gallery(request, request.params.id, 'galleries:write')
    await orderItems(deps, id, request.body)
    return reply.code(204).send()
  })

  app.delete('/api/galleries/:id', { schema: { params: galleryParams } }, async (request, reply) => {
    const { id, ownerId } = await guard.gallery(request, request.params.id, 'galleries:write')
    await deleteGallery(deps, id, byUser(ownerId))
    return reply.code(204).send()
  })

  app.get('/api/galleries/:id/clients', { schema: { params: galleryParams } }, async (request): Promise<Page<ClientView>> => {
    const { id } = await guard.gallery(request, request.params.id, 'galleries:read')
    return { rows: (await listClients(deps.db, id)).map(viewClient), next: null }
  })

  app.post('/api/galleries/:id/clients', { schema: { params: galleryParams, body: newClient } }, async (request, reply) => {
    const { id, ownerId } = await guard.gallery(request, request.params.id, 'galleries:write')
    const { email, ...rest } = request.body
    const { name, ...change } = readClientChange(rest)
    return reply.code(201).send(viewClient(await addClient(deps, id, email, name ?? null, change, byUser(ownerId))))
  })

  const clientParams = z.object({ id: idOrSlug, client: uuidText })
  app.patch('/api/galleries/:id/clients/:client', { schema: { params: clientParams, body: clientChange } }, async (request) => {
    const { id } = await guard.gallery(request, request.params.id, 'galleries:write')
    return viewClient(await editClient(deps, id, request.params.client, readClientChange(request.body)))
  })

  app.delete('/api/galleries/:id/clients/:client', { schema: { params: clientParams } }, async (request, reply) => {
    const { id, ownerId } = await guard.gallery(request, request.params.id, 'galleries:write')
    await dropClient(deps, id, request.params.client, byUser(ownerId))
    return reply.code(204).send()
  })
}

/** Only what was named is changed. */
async function readChange(body: Partial<z.infer<typeof change>>): Promise<GalleryChange> {
  const all: GalleryChange = {
    title: body.title,
    slug: body.slug,
    eventType: body.event_type,
    eventDate: body.event_date,
    customerName: body.customer_name,
    customerEmail: body.customer_email ? parseMailbox(body.customer_email) : body.customer_email,
    locale: body.locale,
    naming: body.naming,
    downloadEnabled: body.download_enabled,
    downloadSize: body.download_size,
    watermark: body.watermark,
    feedbackEnabled: body.feedback_enabled,
    notifyNewVersions: body.notify_new_versions,
    isPublic: body.public,
    passwordHash: body.password ? await hashPassword(body.password) : body.password,
    coverItemId: body.cover_item,
    coverX: body.cover_x,
    coverY: body.cover_y,
    expiresAt: body.expires_at ? new Date(body.expires_at) : (body.expires_at as null | undefined),
  }
  return named(all)
}

function readClientChange(body: z.infer<typeof clientChange>): ClientChange {
  const end = body.access_expires_at
  return named({
    name: body.name,
    notifyOnArchive: body.notify_on_archive,
    permission: body.permission,
    accessExpiresAt: end ? new Date(end) : (end as null | undefined),
  })
}

const named = <T extends object>(all: T): T => Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as T
