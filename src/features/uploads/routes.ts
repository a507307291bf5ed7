/** Routes of this feature: uploads (tus-routes.ts), media (media.ts), and here items and imports. */
import { z } from 'zod'
import type { GallerySource, Imported, Item, Page, Sampled, SourceAnswer } from '../../../sdk/src/wire.ts'
import { pageItems } from '../../data/items.ts'
import { galleryParams, idOrSlug, type RoutePlugin, uuidText } from '../../http/app.ts'
import { itemCursor, viewItem, writeItemCursor } from '../../http/item.ts'
import { folderBelow } from './allowed.ts'
import { eventRoutes } from './events.ts'
import { importFolder } from './import.ts'
import { mediaRoutes } from './media.ts'
import { removeItem } from './remove.ts'
import { addSample } from './sample.ts'
import { registerSource, viewSource } from './sources.ts'
import { tusRoutes } from './tus-routes.ts'

export const uploadRoutes: RoutePlugin = (app, deps, guard) => {
  tusRoutes(app, deps, guard)
  itemRoutes(app, deps, guard)
  mediaRoutes(app, deps, guard)
  app.register(async (scope) => eventRoutes(scope, deps))
}

const itemRoutes: RoutePlugin = (app, deps, guard) => {
  const paging = z.strictObject({ limit: z.coerce.number().int().min(1).max(1000).default(100), cursor: itemCursor.optional() })
  app.get('/api/galleries/:id/items', { schema: { params: galleryParams, querystring: paging } }, async (request): Promise<Page<Item>> => {
    const gallery = await guard.gallery(request, request.params.id, 'galleries:read')
    const { limit, cursor } = request.query
    const rows = await pageItems(deps.db, gallery.id, { limit: limit + 1, after: cursor })
    const shown = rows.slice(0, limit)
    return { rows: shown.map((row) => viewItem(row, deps.clock.now())), next: rows.length > limit ? writeItemCursor(shown.at(-1)!) : null }
  })

  const one = z.object({ id: idOrSlug, item: uuidText })
  app.delete('/api/galleries/:id/items/:item', { schema: { params: one } }, async (request, reply) => {
    const gallery = await guard.gallery(request, request.params.id, 'galleries:write')
    await removeItem(deps, gallery.id, request.params.item)
    return reply.status(204).send()
  })

  const folder = z.strictObject({ path: z.string().min(1).max(4096) })
  const prefix = z.strictObject({ prefix: z.string().min(1).max(500), copy: z.boolean().default(false) })
  const importing = { schema: { params: galleryParams, body: z.union([folder, prefix]) } }
  app.post('/api/galleries/:id/import', importing, async (request, reply): Promise<Imported | GallerySource> => {
    await guard.admin(request)
    const gallery = await guard.gallery(request, request.params.id, 'galleries:write')
    if ('path' in request.body) return importFolder(deps, gallery, await folderBelow(deps.settings.importDir, request.body.path))
    await registerSource(deps, gallery.id, request.body)
    reply.code(202)
    return (await viewSource(deps, gallery.id))!
  })

  app.post('/api/galleries/:id/sample', { schema: { params: galleryParams } }, async (request): Promise<Sampled> => {
    const gallery = await guard.gallery(request, request.params.id, 'galleries:write')
    return { added: await addSample(deps, gallery) }
  })

  app.get('/api/galleries/:id/source', { schema: { params: galleryParams } }, async (request): Promise<SourceAnswer> => {
    const { id } = await guard.gallery(request, request.params.id, 'galleries:read')
    return { source: await viewSource(deps, id) }
  })
}
