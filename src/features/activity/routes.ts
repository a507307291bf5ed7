/** Routes of what has happened: to galleries, and what the studio tells its user of it. */
import { z } from 'zod'
import type { Activity as ActivityView, Notifications, Page } from '../../../sdk/src/wire.ts'
import { AppError } from '../../base/errors.ts'
import { type Activity, pageActivity, titlesOf } from '../../data/activity.ts'
import { countUnread, markRead, type NotificationRow, pageNotifications } from '../../data/notifications.ts'
import { findUser } from '../../data/users.ts'
import { type App, galleryParams, idParams } from '../../http/app.ts'
import { cursorText, readCursor, writeCursor } from '../../http/cursor.ts'
import type { Guard } from '../../http/guard.ts'
import type { Deps } from '../../ports/deps.ts'

const page = z.object({ limit: z.coerce.number().int().min(1).max(200).default(50), cursor: cursorText.optional() })
const places = ({ limit, cursor }: z.infer<typeof page>) => ({ limit, before: cursor ? readCursor(cursor) : undefined })

export function activityRoutes(app: App, deps: Deps, guard: Guard): void {
  // names of galleries only to their owner: what is written down for ever holds none
  const answer = async (rows: Activity[], limit: number, userId: string): Promise<Page<ActivityView>> => {
    const last = rows.length === limit ? rows.at(-1) : undefined
    const titles = await titlesOf(
      deps.db,
      userId,
      rows.map(({ galleryId }) => galleryId),
    )
    const view = rows.map((row) => viewActivity(row, titles.get(row.galleryId)))
    return { rows: view, next: last ? writeCursor({ createdAt: last.at, id: last.id }) : null }
  }

  app.get('/api/galleries/:id/activity', { schema: { params: galleryParams, querystring: page } }, async (request) => {
    const { id, ownerId } = await guard.gallery(request, request.params.id, 'galleries:read')
    return answer(await pageActivity(deps.db, { galleryId: id }, places(request.query)), request.query.limit, ownerId)
  })

  // of everybody for an admin, in a browser: what has happened holds no pictures and no addresses
  app.get('/api/activity', { schema: { querystring: page } }, async (request): Promise<Page<ActivityView>> => {
    const asker = await guard.user(request, 'galleries:read')
    const all = asker.kind === 'user' && (await findUser(deps.db, asker.userId))?.role === 'admin'
    const rows = await pageActivity(deps.db, all ? {} : { ownerId: asker.userId }, places(request.query))
    return answer(rows, request.query.limit, asker.userId)
  })

  app.get('/api/notifications', { schema: { querystring: page } }, async (request): Promise<Notifications> => {
    const userId = await guard.acting(request, 'galleries:read')
    const rows = await pageNotifications(deps.db, userId, places(request.query))
    const next = rows.length === request.query.limit ? writeCursor(rows.at(-1)!) : null
    return { unread: await countUnread(deps.db, userId), rows: rows.map(viewNotification), next }
  })

  app.post('/api/notifications/:id/read', { schema: { params: idParams } }, async (request, reply) => {
    const userId = await guard.acting(request, 'galleries:write')
    if (!(await markRead(deps.db, userId, request.params.id, deps.clock.now()))) throw new AppError('not_found')
    return reply.code(204).send()
  })
}

const viewActivity = (row: Activity, gallery?: { title: string; slug: string }): ActivityView => ({
  id: row.id,
  at: row.at.toISOString(),
  actor: row.actor,
  action: row.action,
  gallery_id: row.galleryId,
  gallery_title: gallery?.title ?? null,
  gallery_slug: gallery?.slug ?? null,
  subject: row.subject,
  facts: row.facts,
})

const viewNotification = (row: NotificationRow) => ({
  id: row.id,
  kind: row.kind,
  gallery_id: row.galleryId,
  gallery_slug: row.gallerySlug,
  gallery_title: row.galleryTitle,
  facts: row.facts,
  created_at: row.createdAt.toISOString(),
  read_at: row.readAt?.toISOString() ?? null,
})
