/** Routes of a gallery for its guests: the page's content, and the password that opens it. */
import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { GuestGallery } from '../../../sdk/src/wire.ts'
import { AppError } from '../../base/errors.ts'
import { pageItems } from '../../data/items.ts'
import type { Gallery } from '../../domain/gallery.ts'
import { maskAddress } from '../../domain/link.ts'
import { type App, slugParams, strictRate } from '../../http/app.ts'
import type { Guard } from '../../http/guard.ts'
import { viewItem } from '../../http/item.ts'
import { unlock } from '../../http/unlock.ts'
import type { Deps } from '../../ports/deps.ts'
import { viewHead } from './head.ts'

// the wall draws rows as they come into view, so it wants all of them: 20,000 are about 5 MB, compressed 0.5
const most = 20_000

export function guestRoutes(app: App, deps: Deps, guard: Guard): void {
  const mayDownload = async (request: FastifyRequest, gallery: Gallery): Promise<boolean> => {
    try {
      await guard.download(request, gallery)
      return true
    } catch (error) {
      if (error instanceof AppError && error.status === 403) return false
      throw error
    }
  }

  app.get('/api/g/:slug', { schema: { params: slugParams } }, async (request): Promise<GuestGallery> => {
    const gallery = await guard.guest(request, request.params.slug)
    const client = (await guard.pass(request, gallery))?.link.client
    const items = await pageItems(deps.db, gallery.id, { limit: most, shown: true })
    return {
      ...(await viewHead(deps, gallery)),
      download_enabled: gallery.downloadEnabled,
      feedback_enabled: gallery.feedbackEnabled,
      may_download: await mayDownload(request, gallery),
      visitor: client ? { name: client.name, email: maskAddress(client.email) } : null,
      items: items.map((item) => viewItem(item, deps.clock.now())),
    }
  })

  const body = z.strictObject({ password: z.string().max(200) })
  app.post('/api/g/:slug/unlock', { schema: { params: slugParams, body }, config: strictRate }, async (request, reply) => {
    const gallery = await guard.published(request, request.params.slug)
    const came = await guard.pass(request, gallery)
    await unlock(deps, request, reply, gallery, request.body.password, came?.link.id ?? undefined)
    return reply.code(204).send()
  })
}
