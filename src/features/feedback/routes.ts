/** Routes of what guests say: likes, ratings, favourites, comments. While the gallery is open they may change; then they are frozen. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Comment, Favorites, FeedbackMe, GuestFeedback, Page } from '../../../sdk/src/wire.ts'
import { AppError } from '../../base/errors.ts'
import { findSaid, pageComments, type Said } from '../../data/feedback.ts'
import { countItems, type MarkKind } from '../../data/marks.ts'
import { feedbackLimits } from '../../domain/feedback.ts'
import type { Gallery } from '../../domain/gallery.ts'
import { maskAddress } from '../../domain/link.ts'
import { parseMailbox } from '../../domain/mailbox.ts'
import { type App, idOrSlug, slugParams, uuidText } from '../../http/app.ts'
import { cursorText, readCursor, writeCursor } from '../../http/cursor.ts'
import type { Guard } from '../../http/guard.ts'
import { knowRequester, readRequester } from '../../http/visitor.ts'
import type { Deps } from '../../ports/deps.ts'
import { leaveComment, leaveMark, type Place, sayWho, takeComment, takeMark } from './leave.ts'
import { ownerRoutes } from './owner-routes.ts'
import { sendList, viewList } from './send-list.ts'
import { type Name, type Who, whoIs } from './who.ts'

const params = z.object({ slug: idOrSlug, item: uuidText })
type Params = z.infer<typeof params>
const commentParams = params.extend({ comment: uuidText })
// an address in it would be shown to other guests; marks that turn the reading direction around would hide one
const name = z
  .string()
  .trim()
  .normalize('NFC')
  .min(1)
  .max(100)
  .regex(/^[^@\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]*$/u, 'is not a name; an e-mail address goes into email')
const who = { name: name.nullish(), email: z.string().max(300).nullish() }
const me = z.strictObject(who)
const text = z
  .string()
  .transform((given) => given.replace(/\r\n?/g, '\n').trim())
  .pipe(z.string().min(1).max(feedbackLimits.comment))
  .refine((given) => !/[\u0000-\u0008\u000b-\u001f\u007f]/.test(given), 'holds control characters')
const newComment = z.strictObject({ text, ...who })
const rated = z.strictObject({ rating: z.number().int().min(1).max(5) })
const page = z.object({ limit: z.coerce.number().int().min(1).max(200).default(50), cursor: cursorText.optional() })

// a person who marks photos one by one stays below the first, one who writes below the second
const config = { rateLimit: { max: 600, timeWindow: 60_000 } }
const writing = { rateLimit: { max: 30, timeWindow: 60_000 } }

export function feedbackRoutes(app: App, deps: Deps, guard: Guard): void {
  ownerRoutes(app, deps, guard)

  /** A gallery this guest may look at, whose photographer wants to hear from them. */
  const heard = async (request: FastifyRequest, slug: string): Promise<Gallery> => {
    const gallery = await guard.guest(request, slug)
    if (!gallery.feedbackEnabled) throw new AppError('feedback_off')
    return gallery
  }

  app.get('/api/g/:slug/favorites', { schema: { params: slugParams } }, async (request): Promise<Favorites> => {
    const gallery = await guard.guest(request, request.params.slug)
    const requester = await readRequester(deps, guard, request, gallery)
    return viewList(deps.db, gallery.id, requester)
  })

  app.get('/api/g/:slug/feedback', { schema: { params: slugParams } }, async (request): Promise<GuestFeedback> => {
    const gallery = await heard(request, request.params.slug)
    const requester = (await readRequester(deps, guard, request, gallery)) ?? null
    const found = requester ? await whoIs(deps.db, gallery, requester) : undefined
    const items = await countItems(deps.db, gallery.id, requester)
    return {
      me: found ? viewMe(found) : null,
      items: items.map(({ itemId, averageRating, ...counts }) => ({ item: itemId, ...counts, average_rating: averageRating })),
    }
  })

  app.post(
    '/api/g/:slug/favorites/send',
    { schema: { params: slugParams, body: me }, config: writing },
    async (request, reply): Promise<Favorites> => {
      const gallery = await heard(request, request.params.slug)
      const named = readName(request.body)
      const guest = await knowRequester(deps, guard, request, reply, gallery)
      await sendList(deps, gallery, guest, named)
      return viewList(deps.db, gallery.id, guest)
    },
  )

  app.put('/api/g/:slug/me', { schema: { params: slugParams, body: me }, config: writing }, async (request, reply): Promise<FeedbackMe> => {
    const gallery = await heard(request, request.params.slug)
    const named = readName(request.body)
    if (!named) throw new AppError('guest_unnamed')
    await sayWho(deps, gallery.id, await knowRequester(deps, guard, request, reply, gallery), named)
    return viewMe({ ...named, known: false })
  })

  app.delete('/api/g/:slug/me', { schema: { params: slugParams }, config: writing }, async (request, reply) => {
    const gallery = await heard(request, request.params.slug)
    const requester = await readRequester(deps, guard, request, gallery)
    if (requester) await sayWho(deps, gallery.id, requester, null)
    return reply.code(204).send()
  })

  const mark = async (request: FastifyRequest, reply: FastifyReply, { slug, item }: Params, kind: MarkKind, rating: number | null) => {
    const gallery = await heard(request, slug)
    const guest = await knowRequester(deps, guard, request, reply, gallery)
    await leaveMark(deps, { galleryId: gallery.id, itemId: item, guest }, kind, rating)
    return reply.code(204).send()
  }
  app.put('/api/g/:slug/items/:item/rating', { schema: { params, body: rated }, config }, (request, reply) =>
    mark(request, reply, request.params, 'rating', request.body.rating),
  )
  for (const kind of ['like', 'favorite'] as const)
    app.put(`/api/g/:slug/items/:item/${kind}`, { schema: { params }, config }, (request, reply) =>
      mark(request, reply, request.params, kind, null),
    )
  for (const kind of ['like', 'favorite', 'rating'] as const)
    app.delete(`/api/g/:slug/items/:item/${kind}`, { schema: { params }, config }, async (request, reply) => {
      const gallery = await heard(request, request.params.slug)
      const guest = await readRequester(deps, guard, request, gallery)
      if (guest) await takeMark(deps, { galleryId: gallery.id, itemId: request.params.item, guest }, kind)
      return reply.code(204).send()
    })

  const comments = '/api/g/:slug/items/:item/comments'
  app.get(comments, { schema: { params, querystring: page } }, async (request): Promise<Page<Comment>> => {
    const gallery = await heard(request, request.params.slug)
    const guest = (await readRequester(deps, guard, request, gallery)) ?? null
    const { limit, cursor } = request.query
    const place = { galleryId: gallery.id, itemId: request.params.item, guest }
    const rows = await pageComments(deps.db, place, { limit, after: cursor ? readCursor(cursor) : undefined })
    return { rows: rows.map((row) => viewComment(row, guest)), next: rows.length === limit ? writeCursor(rows.at(-1)!) : null }
  })

  app.post(comments, { schema: { params, body: newComment }, config: writing }, async (request, reply) => {
    const gallery = await heard(request, request.params.slug)
    const named = readName(request.body)
    const guest = await knowRequester(deps, guard, request, reply, gallery)
    const place: Place = { galleryId: gallery.id, itemId: request.params.item, guest }
    const id = await leaveComment(deps, place, request.body.text, named)
    const made = await findSaid(deps.db, gallery.id, id)
    if (!made) throw new AppError('not_found')
    return reply.code(201).send(viewComment(made, guest))
  })

  app.delete(`${comments}/:comment`, { schema: { params: commentParams }, config }, async (request, reply) => {
    const gallery = await heard(request, request.params.slug)
    const guest = await readRequester(deps, guard, request, gallery)
    if (!guest) throw new AppError('not_found')
    const { item, comment } = request.params
    await takeComment(deps, { galleryId: gallery.id, itemId: item, guest }, comment)
    return reply.code(204).send()
  })
}

/** Null when they said neither. Throws email_invalid. */
function readName({ name, email }: z.infer<typeof me>): Name | null {
  return name || email ? { name: name ?? null, email: email ? parseMailbox(email) : null } : null
}

const viewMe = ({ name, email, known }: Who): FeedbackMe => ({ name, email: email && maskAddress(email), known })

const viewComment = (row: Said, guest: string | null): Comment => ({
  id: row.id,
  text: row.comment!,
  // a client is called what the photographer wrote, and that may be an address
  author: row.guestName?.includes('@') ? null : row.guestName,
  own: row.guest === guest,
  hidden: row.hidden,
  created_at: row.createdAt.toISOString(),
})
