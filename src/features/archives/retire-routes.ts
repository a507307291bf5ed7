/** Routes of retiring and restoring galleries, and of looking into archives. */
import { z } from 'zod'
import type { BulkArchiveResult, PackedFile, Page, Restored, Restoring } from '../../../sdk/src/wire.ts'
import { after, days } from '../../base/clock.ts'
import { AppError } from '../../base/errors.ts'
import { countInside } from '../../data/inside.ts'
import { byUser } from '../../domain/activity.ts'
import { type App, galleryParams, idParams } from '../../http/app.ts'
import type { Guard } from '../../http/guard.ts'
import type { Deps } from '../../ports/deps.ts'
import { listPacked, sendPacked } from './entries.ts'
import { archivesOf } from './own.ts'
import { checkInPlace, restore } from './restore.ts'
import { retire, retireMany } from './retire.ts'
import { viewArchive } from './status.ts'

export function retireRoutes(app: App, deps: Deps, guard: Guard): void {
  const ownArchive = archivesOf(deps, guard)

  app.post('/api/galleries/:id/retire', { schema: { params: galleryParams } }, async (request, reply) => {
    const userId = await guard.acting(request, 'galleries:write')
    const { id } = await guard.gallery(request, request.params.id, 'galleries:write')
    const archive = await retire(deps, id, { userId, source: 'manual' })
    return reply.code(202).send({ archive: await viewArchive(deps.db, archive) })
  })

  const many = z.strictObject({ ids: z.array(z.string().min(1).max(100)).min(1).max(1000) })
  app.post('/api/galleries/bulk-archive', { schema: { body: many } }, async (request, reply): Promise<{ results: BulkArchiveResult[] }> => {
    const userId = await guard.acting(request, 'galleries:write')
    const results: BulkArchiveResult[] = []
    for (const id of new Set(request.body.ids)) {
      // one that is none of theirs answers like one that does not exist, and stops no other
      const gallery = await guard.gallery(request, id, 'galleries:write').catch(notFound)
      if (gallery) results.push({ ...(await retireMany(deps, [gallery.id], { userId, source: 'bulk' }))[0]!, id })
      else results.push({ id, status: 'failed', archive_id: null, error: { code: 'not_found', detail: new AppError('not_found').message } })
    }
    reply.code(202)
    return { results }
  })

  const wish = z.strictObject({
    /** null: without an end; left out: in 30 days */
    expires_at: z.iso.datetime({ offset: true }).nullable().optional(),
    dry_run: z.boolean().default(false),
  })
  app.post('/api/galleries/:id/restore', { schema: { params: galleryParams, body: wish } }, async (request, reply): Promise<Restored> => {
    const { id, ownerId } = await guard.gallery(request, request.params.id, 'galleries:write')
    const { expires_at, dry_run } = request.body
    const now = deps.clock.now()
    const expiresAt = expires_at === undefined ? after(now, days(30)) : expires_at === null ? null : new Date(expires_at)
    if (expiresAt && expiresAt <= now) throw new AppError('bad_request', { expires_at: 'lies in the past' })
    const archive = dry_run ? await checkInPlace(deps, id) : await restore(deps, id, { expiresAt, by: byUser(ownerId) })
    reply.code(dry_run ? 200 : 202)
    const ends = expiresAt?.toISOString() ?? null
    return { photos: archive.imageCount, bytes: archive.fileSizeBytes, archive_id: archive.id, expires_at: ends, dry_run }
  })

  app.get('/api/galleries/:id/restore', { schema: { params: galleryParams } }, async (request): Promise<Restoring> => {
    const gallery = await guard.gallery(request, request.params.id, 'galleries:read')
    const inside = await countInside(deps.db, gallery.id)
    return { restoring: gallery.hydrating, files_left: inside.files, bytes_left: inside.bytes }
  })

  const page = z.object({ cursor: z.string().max(20).optional(), limit: z.coerce.number().int().min(1).max(1000).default(200) })
  app.get('/api/archives/:id/entries', { schema: { params: idParams, querystring: page } }, async (request): Promise<Page<PackedFile>> => {
    const archive = await ownArchive(request, request.params.id)
    return listPacked(deps, archive, request.query)
  })

  const position = z.object({ id: idParams.shape.id, position: z.coerce.number().int().min(0).max(1_000_000) })
  app.get('/api/archives/:id/entries/:position', { schema: { params: position } }, async (request, reply) => {
    const archive = await ownArchive(request, request.params.id)
    await sendPacked(deps, reply, archive, request.params.position)
    return reply
  })
}

function notFound(error: unknown): undefined {
  if (error instanceof AppError && error.code === 'not_found') return undefined
  throw error
}
