/** Routes of a gallery for its guests: the page's content, and the password that opens it. */
import { z } from 'zod'
import type { GuestGallery } from '../../../sdk/src/wire.ts'
import { type App, slugParams, strictRate } from '../../http/app.ts'
import type { Guard } from '../../http/guard.ts'
import { itemCursor } from '../../http/item.ts'
import { unlock } from '../../http/unlock.ts'
import type { Deps } from '../../ports/deps.ts'
import { viewGuest } from './head.ts'

// 20,000 are about 5 MB, compressed 0.5; our own page asks for fewer at a time
const most = 20_000

export function guestRoutes(app: App, deps: Deps, guard: Guard): void {
  const paging = z.object({ limit: z.coerce.number().int().min(1).max(most).default(most), cursor: itemCursor.optional() })
  app.get('/api/g/:slug', { schema: { params: slugParams, querystring: paging } }, async (request): Promise<GuestGallery> => {
    const gallery = await guard.guest(request, request.params.slug)
    const { limit, cursor: after } = request.query
    return viewGuest(deps, guard, request, gallery, { limit, after })
  })

  const body = z.strictObject({ password: z.string().max(200) })
  app.post('/api/g/:slug/unlock', { schema: { params: slugParams, body }, config: strictRate }, async (request, reply) => {
    const gallery = await guard.published(request, request.params.slug)
    const came = await guard.pass(request, gallery)
    await unlock(deps, request, reply, gallery, request.body.password, came?.link.id ?? undefined)
    return reply.code(204).send()
  })
}
