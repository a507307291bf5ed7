/** Routes of feedback for the photographer: read it all, hide or remove what should not stand there, take it away as a file. */
import { Readable } from 'node:stream'
import { z } from 'zod'
import type { FeedbackRow, FeedbackSummary, Page } from '../../../sdk/src/wire.ts'
import { asFeedback, type FeedbackFilter, listSaid, pageFeedback, type Said } from '../../data/feedback.ts'
import { feedbackKinds, summarize } from '../../domain/feedback.ts'
import { type App, galleryParams, idOrSlug, uuidText } from '../../http/app.ts'
import { cursorText, readCursor, writeCursor } from '../../http/cursor.ts'
import type { Guard } from '../../http/guard.ts'
import { disposition } from '../../http/send.ts'
import type { Deps } from '../../ports/deps.ts'
import { exportFormats, feedbackFile, namesOf } from './export.ts'
import { hide, remove, removeGuest } from './moderate.ts'

const kind = z.enum(feedbackKinds)
const guest = z
  .string()
  .max(100)
  .regex(/^[a-z]+ [\w-]+$/, 'is not the id of a guest')
const page = z.object({
  kind: kind.optional(),
  item: uuidText.optional(),
  guest: guest.optional(),
  hidden: z.enum(['true', 'false']).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: cursorText.optional(),
})
const file = z.object({ format: z.enum(exportFormats).default('csv'), kind: kind.optional(), guest: guest.optional() })
const params = z.object({ id: idOrSlug, fid: uuidText })
const change = z.strictObject({ hidden: z.boolean() })

export function ownerRoutes(app: App, deps: Deps, guard: Guard): void {
  const all = '/api/galleries/:id/feedback'

  app.get(all, { schema: { params: galleryParams, querystring: page } }, async (request): Promise<Page<FeedbackRow>> => {
    const { id } = await guard.gallery(request, request.params.id, 'galleries:read')
    const { limit, cursor, hidden, item, ...rest } = request.query
    const filter: FeedbackFilter = { ...rest, itemId: item, hidden: hidden && hidden === 'true' }
    const rows = await pageFeedback(deps.db, id, filter, { limit, before: cursor ? readCursor(cursor) : undefined })
    return { rows: rows.map(viewRow), next: rows.length === limit ? writeCursor(rows.at(-1)!) : null }
  })

  app.get(`${all}/summary`, { schema: { params: galleryParams } }, async (request): Promise<{ rows: FeedbackSummary[] }> => {
    const { id } = await guard.gallery(request, request.params.id, 'galleries:read')
    const rows = await listSaid(deps.db, id, {})
    return { rows: summarize(rows.map(asFeedback), namesOf(rows)) }
  })

  app.get(`${all}/export`, { schema: { params: galleryParams, querystring: file } }, async (request, reply) => {
    const gallery = await guard.gallery(request, request.params.id, 'galleries:read')
    const { format, ...filter } = request.query
    const made = await feedbackFile(deps, gallery, format, filter)
    return reply
      .header('content-type', made.mime)
      .header('content-length', made.size)
      .header('content-disposition', disposition(made.fileName))
      .header('cache-control', 'private, no-store')
      .send(Readable.from(made.body))
  })

  app.patch(`${all}/:fid`, { schema: { params, body: change } }, async (request) => {
    const { id } = await guard.gallery(request, request.params.id, 'galleries:write')
    return viewRow(await hide(deps, id, request.params.fid, request.body.hidden))
  })

  app.delete(`${all}/:fid`, { schema: { params } }, async (request, reply) => {
    const { id } = await guard.gallery(request, request.params.id, 'galleries:write')
    await remove(deps, id, request.params.fid)
    return reply.code(204).send()
  })

  // everything one guest said, and who they are
  app.delete(all, { schema: { params: galleryParams, querystring: z.object({ guest }) } }, async (request, reply) => {
    const { id } = await guard.gallery(request, request.params.id, 'galleries:write')
    await removeGuest(deps, id, request.query.guest)
    return reply.code(204).send()
  })
}

const viewRow = (row: Said): FeedbackRow => ({
  id: row.id,
  item: row.itemId,
  file_name: row.fileName,
  kind: row.kind,
  rating: row.rating,
  comment: row.comment,
  guest: { id: row.guest, name: row.guestName, email: row.guestEmail, known: row.known },
  hidden: row.hidden,
  created_at: row.createdAt.toISOString(),
  updated_at: row.updatedAt?.toISOString() ?? null,
})
