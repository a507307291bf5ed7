/** Routes of tracks and of their rescue, each for its owner alone. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type {
  AddedTracks,
  Page,
  RescueRun,
  RescueStatistics,
  RescueWork,
  Track,
  TrackDetails,
  TracksPlacement,
  TracksPlacements,
  WatchedPlacements,
} from '../../../sdk/src/wire.ts'
import { AppError } from '../../base/errors.ts'
import { findPlacement, listPlacements, type PlacementWithTracks } from '../../data/placements.ts'
import { changeRescue } from '../../data/rescues.ts'
import { findTrack, listRounds, lockTrack, pageTracks } from '../../data/tracks.ts'
import type { Gallery } from '../../domain/gallery.ts'
import { mediaRoles, rescueStates } from '../../domain/rescue.ts'
import { type App, galleryParams, idParams, strictRate, takeRawBodies, uuidText } from '../../http/app.ts'
import { checkCron } from '../../http/cron.ts'
import { readSortCursor, sortCursorText, writeSortCursor } from '../../http/cursor.ts'
import type { Guard } from '../../http/guard.ts'
import { eventStreams } from '../../http/streams.ts'
import type { Deps } from '../../ports/deps.ts'
import { addTracks } from './add.ts'
import { bringMedia } from './bring.ts'
import { trackInput } from './input.ts'
import { askIntoGallery, viewPlacement } from './into.ts'
import { placementsTopic, retryPlacement, watched } from './placements.ts'
import { providerRoutes } from './provider-routes.ts'
import { removeTrack } from './remove.ts'
import { run } from './run.ts'
import { rescueStatistics } from './statistics.ts'
import { viewDetails, viewTrack } from './view.ts'
import { workOf, workTopic } from './work.ts'

const many = z.union([z.strictObject({ tracks: z.array(trackInput).min(1).max(1000) }), trackInput])
const states = rescueStates.filter((state) => state !== 'deleted')
const query = z.object({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  sort: z.enum(['created', 'expires', 'title']).default('created'),
  state: z
    .string()
    .transform((text) => text.split(','))
    .pipe(z.array(z.enum(states)).min(1))
    .optional(),
  search: z.string().trim().min(1).max(200).optional(),
  cursor: sortCursorText.optional(),
})

export function trackRoutes(app: App, deps: Deps, guard: Guard): void {
  app.register(async (scope) => providerRoutes(scope, deps))

  app.post('/api/tracks', { schema: { body: many } }, async (request, reply) => {
    const userId = await guard.acting(request, 'galleries:write')
    const { body } = request
    const tracks = 'tracks' in body ? body.tracks : [body]
    return reply.code(201).send({ tracks: await addTracks(deps, userId, tracks) } satisfies AddedTracks)
  })

  app.get('/api/tracks', { schema: { querystring: query } }, async (request): Promise<Page<Track>> => {
    const userId = await guard.acting(request, 'galleries:read')
    const { limit, sort, state, search, cursor } = request.query
    const after = cursor ? readSortCursor(cursor) : undefined
    // a cursor of another order names a place that this one does not have
    if (after && after.sort !== sort) throw new AppError('bad_request', { detail: 'The cursor belongs to another order.' })
    const rows = await pageTracks(deps.db, userId, { limit, sort, states: state, search, after })
    const last = rows.at(-1)
    const now = deps.clock.now()
    const next = last && rows.length === limit ? writeSortCursor({ sort, value: last.value, id: last.itemId }) : null
    return { rows: rows.map((row) => viewTrack(row, now)), next }
  })

  app.get('/api/tracks/:id', { schema: { params: idParams } }, async (request): Promise<TrackDetails> => {
    const track = await findTrack(deps.db, await guard.acting(request, 'galleries:read'), request.params.id)
    if (!track) throw new AppError('not_found')
    return viewDetails(track, await listRounds(deps.db, track.itemId), deps.clock.now())
  })

  const change = z.strictObject({ public: z.boolean().optional() })
  app.patch('/api/tracks/:id', { schema: { params: idParams, body: change } }, async (request): Promise<Track> => {
    const userId = await guard.acting(request, 'galleries:write')
    const { id } = request.params
    await deps.db.transaction().execute(async (tx) => {
      if (!(await lockTrack(tx, userId, id))) throw new AppError('not_found')
      if (request.body.public !== undefined) await changeRescue(tx, id, { isPublic: request.body.public })
    })
    return viewTrack((await findTrack(deps.db, userId, id))!, deps.clock.now())
  })

  app.delete('/api/tracks/:id', { schema: { params: idParams } }, async (request, reply) => {
    await removeTrack(deps, await guard.acting(request, 'galleries:write'), request.params.id)
    return reply.code(204).send()
  })

  const chosen = z.strictObject({ tracks: z.array(uuidText).min(1).max(10_000) })
  app.post('/api/galleries/:id/tracks', { schema: { params: galleryParams, body: chosen } }, async (request, reply) => {
    const gallery = await guard.gallery(request, request.params.id, 'galleries:write')
    const asked = await askIntoGallery(deps, gallery, request.body.tracks)
    return reply.code(202).send(viewPlacement(asked) satisfies TracksPlacement)
  })
  app.get('/api/galleries/:id/placements', { schema: { params: galleryParams } }, async (request) => {
    const gallery = await guard.gallery(request, request.params.id, 'galleries:read')
    const placements = (await listPlacements(deps.db, gallery.id, 20)).map(viewPlacement)
    return { placements } satisfies TracksPlacements
  })
  async function placementOf(gallery: Gallery, id: string): Promise<PlacementWithTracks> {
    const placement = await findPlacement(deps.db, id)
    if (placement?.galleryId !== gallery.id) throw new AppError('not_found')
    return placement
  }
  const placement = { schema: { params: galleryParams.extend({ placement: uuidText }) } }
  app.get('/api/galleries/:id/placements/:placement', placement, async (request): Promise<TracksPlacement> => {
    const gallery = await guard.gallery(request, request.params.id, 'galleries:read')
    return viewPlacement(await placementOf(gallery, request.params.placement))
  })
  app.post('/api/galleries/:id/placements/:placement/retry', placement, async (request, reply) => {
    const gallery = await guard.gallery(request, request.params.id, 'galleries:write')
    const { id } = await placementOf(gallery, request.params.placement)
    return reply.code(202).send(viewPlacement(await retryPlacement(deps, gallery, id)) satisfies TracksPlacement)
  })

  app.get('/api/rescue/statistics', async (request): Promise<RescueStatistics> => {
    return rescueStatistics(deps, await guard.acting(request, 'galleries:read'))
  })

  const streams = eventStreams(app, deps)
  app.get('/api/rescue/work', async (request): Promise<RescueWork> => {
    return workOf(deps, await guard.acting(request, 'galleries:read'))
  })
  app.get('/api/rescue/work/progress', { exposeHeadRoute: false }, async (request, reply) => {
    const ownerId = await guard.acting(request, 'galleries:read')
    return streams.open(request, reply, workTopic(deps, ownerId), { asker: ownerId })
  })
  app.get('/api/rescue/placements', async (request): Promise<WatchedPlacements> => {
    return watched(deps, await guard.acting(request, 'galleries:read'))
  })
  app.get('/api/rescue/placements/progress', { exposeHeadRoute: false }, async (request, reply) => {
    const ownerId = await guard.acting(request, 'galleries:read')
    return streams.open(request, reply, placementsTopic(deps, ownerId), { asker: ownerId })
  })

  const wish = z.strictObject({ trackId: uuidText.optional(), limit: z.number().int().min(1).max(1000).default(50) })
  // 002 asks without a body as well
  const usual = { limit: 50 }
  // when nobody waits for the answer any more, the job goes on with what is left
  const within = ({ raw }: FastifyReply): AbortSignal => {
    const gone = new AbortController()
    raw.once('close', () => raw.writableEnded || gone.abort(new AppError('unavailable')))
    return gone.signal
  }
  app.post('/api/rescue/run', { config: strictRate, schema: { body: wish.nullish() } }, async (request, reply): Promise<RescueRun> => {
    const ownerId = await guard.acting(request, 'rescue:run')
    return run(deps, { ...(request.body ?? usual), ownerId }, within(reply))
  })

  // the address and words of 002; whoever holds the secret of cron is the service, and runs everybody's
  app.post('/functions/v1/archive-tracks', { config: strictRate, schema: { body: wish.nullish() } }, async (request, reply) => {
    const ownerId = await whose(request)
    try {
      return (await run(deps, { ...(request.body ?? usual), ownerId }, within(reply))) satisfies RescueRun
    } catch (error) {
      if (!(error instanceof AppError) || error.status < 500) throw error
      return reply.code(500).send({ success: false, error: error.message })
    }
  })
  async function whose(request: FastifyRequest): Promise<string | null> {
    const asker = await guard.asker(request)
    if (asker.kind === 'key') return guard.acting(request, 'rescue:run')
    checkCron(request, deps.settings.cronSecret)
    return null
  }
}

/** A file by hand: PUT with its bytes. A scope of its own: the body is a stream. */
export function trackFileRoutes(app: App, deps: Deps, guard: Guard): void {
  takeRawBodies(app, 'application/octet-stream')
  const params = z.object({ id: uuidText, role: z.enum(mediaRoles) })
  app.put('/api/tracks/:id/media/:role', { schema: { params } }, async (request): Promise<TrackDetails> => {
    const userId = await guard.acting(request, 'galleries:write')
    const { id, role } = request.params
    if (!(await findTrack(deps.db, userId, id))) throw new AppError('not_found')
    const body = request.body as AsyncIterable<Uint8Array> | undefined
    if (!body) throw new AppError('unsupported_type')
    await bringMedia(deps, userId, id, role, body)
    return viewDetails((await findTrack(deps.db, userId, id))!, await listRounds(deps.db, id), deps.clock.now())
  })
}
