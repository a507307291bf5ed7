/** Routes of what guests say: their favourites. While the gallery is open they may change; then they are frozen. */
import { z } from 'zod'
import type { Favorites } from '../../../sdk/src/wire.ts'
import { AppError } from '../../base/errors.ts'
import { newId } from '../../base/id.ts'
import { addFavorite, listFavorites, removeFavorite } from '../../data/feedback.ts'
import { lockGallery } from '../../data/galleries.ts'
import { findItem } from '../../data/items.ts'
import { stateAt } from '../../domain/gallery.ts'
import { type App, idOrSlug, slugParams, uuidText } from '../../http/app.ts'
import type { Guard } from '../../http/guard.ts'
import { knowRequester, readRequester } from '../../http/visitor.ts'
import type { Tx } from '../../ports/database/port.ts'
import type { Deps } from '../../ports/deps.ts'

export function feedbackRoutes(app: App, deps: Deps, guard: Guard): void {
  const params = z.object({ slug: idOrSlug, item: uuidText })
  // a person who marks photos one by one stays below it
  const config = { rateLimit: { max: 600, timeWindow: 60_000 } }

  app.get('/api/g/:slug/favorites', { schema: { params: slugParams } }, async (request): Promise<Favorites> => {
    const gallery = await guard.guest(request, request.params.slug)
    const requester = await readRequester(deps, guard, request, gallery)
    return { items: requester ? await listFavorites(deps.db, gallery.id, requester) : [] }
  })

  app.put('/api/g/:slug/items/:item/favorite', { schema: { params }, config }, async (request, reply) => {
    const gallery = await guard.guest(request, request.params.slug)
    const itemId = request.params.item
    if (!(await findItem(deps.db, gallery.id, itemId))) throw new AppError('not_found')
    const guestIdentifier = await knowRequester(deps, guard, request, reply, gallery)
    const createdAt = deps.clock.now()
    await whileOpen(deps, gallery.id, (tx) =>
      addFavorite(tx, { id: newId(createdAt), galleryId: gallery.id, itemId, guestIdentifier, createdAt }),
    )
    return reply.code(204).send()
  })

  app.delete('/api/g/:slug/items/:item/favorite', { schema: { params }, config }, async (request, reply) => {
    const gallery = await guard.guest(request, request.params.slug)
    const requester = await readRequester(deps, guard, request, gallery)
    if (requester) await whileOpen(deps, gallery.id, (tx) => removeFavorite(tx, request.params.item, requester))
    return reply.code(204).send()
  })
}

/** Asked again in the transaction: what is sealed into an archive must not change behind it. */
async function whileOpen(deps: Pick<Deps, 'db' | 'clock'>, galleryId: string, change: (tx: Tx) => Promise<void>): Promise<void> {
  await deps.db.transaction().execute(async (tx) => {
    const gallery = await lockGallery(tx, galleryId)
    if (stateAt(gallery, deps.clock.now()) !== 'active') throw new AppError('gallery_closed')
    await change(tx)
  })
}
