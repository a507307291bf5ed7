/** Routes of links for the owner: what can still be used and by whom, links to the gallery's page, and withdrawing them. */
import { z } from 'zod'
import type { Link as LinkView, NewLink, Page } from '../../../sdk/src/wire.ts'
import { AppError } from '../../base/errors.ts'
import { type LinkRow, listLinks } from '../../data/links.ts'
import { permissions } from '../../domain/access.ts'
import { byUser } from '../../domain/activity.ts'
import { type App, galleryParams, idOrSlug, uuidText } from '../../http/app.ts'
import type { Guard } from '../../http/guard.ts'
import type { Deps } from '../../ports/deps.ts'
import { moment } from './moment.ts'
import { type PageLink, pageAddress, personalLink, shareGallery, withdrawLink, withdrawShares } from './share.ts'

export function linkRoutes(app: App, deps: Deps, guard: Guard): void {
  const made = (link: PageLink): NewLink => ({ id: link.id, url: pageAddress(deps, link), expires_at: link.expiresAt.toISOString() })

  app.get('/api/galleries/:id/links', { schema: { params: galleryParams } }, async (request): Promise<Page<LinkView>> => {
    const { id } = await guard.gallery(request, request.params.id, 'galleries:read')
    return { rows: (await listLinks(deps.db, id)).map((row) => viewLink(row, deps.clock.now())), next: null }
  })

  const linkParams = z.object({ id: idOrSlug, link: uuidText })
  app.delete('/api/galleries/:id/links/:link', { schema: { params: linkParams } }, async (request, reply) => {
    const { id, ownerId } = await guard.gallery(request, request.params.id, 'galleries:write')
    if (!(await withdrawLink(deps, id, request.params.link, byUser(ownerId)))) throw new AppError('not_found')
    return reply.code(204).send()
  })

  const clientParams = z.object({ id: idOrSlug, client: uuidText })
  app.post('/api/galleries/:id/clients/:client/link', { schema: { params: clientParams } }, async (request): Promise<NewLink> => {
    const { id } = await guard.gallery(request, request.params.id, 'galleries:write')
    return made(await personalLink(deps, id, request.params.client))
  })

  const share = z.strictObject({
    permission: z.enum(permissions).default('download'),
    max_uses: z.number().int().min(1).max(1_000_000).nullish(),
    expires_at: moment.nullish(),
  })
  app.post('/api/galleries/:id/share', { schema: { params: galleryParams, body: share } }, async (request, reply) => {
    const { id, ownerId } = await guard.gallery(request, request.params.id, 'galleries:write')
    const { permission, max_uses, expires_at } = request.body
    const wish = { permission, maxUses: max_uses ?? null, expiresAt: expires_at ? new Date(expires_at) : null }
    if (wish.expiresAt && wish.expiresAt <= deps.clock.now())
      throw new AppError('bad_request', { errors: [{ path: 'body/expires_at', message: 'lies in the past' }] })
    return reply.code(201).send(made(await shareGallery(deps, id, wish, byUser(ownerId))))
  })

  app.delete('/api/galleries/:id/share', { schema: { params: galleryParams } }, async (request, reply) => {
    const { id, ownerId } = await guard.gallery(request, request.params.id, 'galleries:write')
    await withdrawShares(deps, id, byUser(ownerId))
    return reply.code(204).send()
  })
}

const viewLink = (row: LinkRow, now: Date): LinkView => ({
  id: row.id,
  kind: row.kind,
  state: row.revokedAt ? 'revoked' : row.expiresAt <= now ? 'expired' : 'live',
  client_id: row.clientId,
  email: row.email,
  name: row.name,
  permission: row.permission,
  archive_id: row.archiveId,
  version: row.version,
  asset_id: row.assetId,
  file_name: row.fileName,
  issued_at: row.issuedAt.toISOString(),
  expires_at: row.expiresAt.toISOString(),
  revoked_at: row.revokedAt?.toISOString() ?? null,
  first_used_at: row.firstUsedAt?.toISOString() ?? null,
  last_used_at: row.lastUsedAt?.toISOString() ?? null,
  max_uses: row.maxUses,
  used_count: row.usedCount,
})
