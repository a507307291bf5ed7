/** The Archives page: archived galleries with totals, search and order, and what can be done with each. */
import { z } from 'zod'
import type { ArchivedGallery, ArchivedPage } from '../../../sdk/src/wire.ts'
import { AppError } from '../../base/errors.ts'
import { type ArchivedSort, countArchived, listArchived } from '../../data/archived.ts'
import { mayRunInstallation } from '../../domain/access.ts'
import { byUser } from '../../domain/activity.ts'
import { archivePath } from '../../domain/event.ts'
import { type App, idParams } from '../../http/app.ts'
import { checkMark, markCursor, writeMark } from '../../http/cursor.ts'
import type { Guard } from '../../http/guard.ts'
import type { Deps } from '../../ports/deps.ts'
import { deleteArchived } from './delete-archived.ts'
import { archivesOf } from './own.ts'

const sorts = ['archived_at', 'title', 'size', 'event_date'] as const satisfies ArchivedSort[]
const page = z.object({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: markCursor.optional(),
  q: z.string().trim().max(100).optional(),
  type: z.string().trim().max(100).optional(),
  sort: z.enum(sorts).default('archived_at'),
  order: z.enum(['asc', 'desc']).default('desc'),
})

export function archivedRoutes(app: App, deps: Deps, guard: Guard): void {
  app.get('/api/admin/archives', { schema: { querystring: page } }, async (request): Promise<ArchivedPage> => {
    const who = await guard.user(request, 'galleries:read')
    const { limit, cursor: after, q, type, sort, order } = request.query
    checkMark(after, sort === 'title' ? 'text' : sort === 'size' ? 'number' : 'moment')
    const ownerId = who.kind === 'user' && mayRunInstallation(who) ? null : who.userId
    const wanted = { ownerId, search: q || undefined, kind: type || undefined }
    const [rows, totals] = await Promise.all([
      listArchived(deps.db, wanted, { sort, descending: order === 'desc', limit, after }),
      countArchived(deps.db, wanted),
    ])
    const last = rows.at(-1)
    return {
      rows: rows.map((row) => view(deps, row)),
      next: last && rows.length === limit ? writeMark(last.mark, last.galleryId) : null,
      totals,
    }
  })

  const confirmed = z.strictObject({ confirm: z.string().max(200) })
  app.delete('/api/admin/archives/:id', { schema: { params: idParams, body: confirmed } }, async (request, reply) => {
    const userId = await guard.acting(request, 'galleries:write')
    const archive = await archivesOf(deps, guard)(request, request.params.id)
    const gallery = await guard.gallery(request, archive.galleryId, 'galleries:write')
    if (gallery.finalArchiveId !== archive.id) throw new AppError('not_archived')
    if (request.body.confirm !== gallery.slug) throw new AppError('not_confirmed', { slug: gallery.slug })
    await deleteArchived(deps, gallery.id, byUser(userId))
    return reply.code(204).send()
  })
}

function view(deps: Pick<Deps, 'settings'>, row: Awaited<ReturnType<typeof listArchived>>[number]): ArchivedGallery {
  return {
    id: row.archiveId,
    gallery_id: row.galleryId,
    slug: row.slug,
    title: row.title,
    event_type: row.eventType,
    event_date: row.eventDate,
    archived_at: row.archivedAt.toISOString(),
    photos: row.photos,
    bytes: row.bytes,
    checksum: row.checksum,
    archive_path: archivePath(deps.settings.bucket, row.storageKey),
    verified_at: row.provenAt.toISOString(),
  }
}
