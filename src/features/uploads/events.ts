/** What the store tells of changes in the bucket: the galleries that read there are looked at, a moment later and once. */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import { AppError } from '../../base/errors.ts'
import { sourcesOf } from '../../data/sources.ts'
import { type BucketEvents, readBucketEvents } from '../../domain/bucket-event.ts'
import { debounce } from '../../domain/content.ts'
import { albumOf } from '../../domain/foreign.ts'
import type { App } from '../../http/app.ts'
import type { Deps } from '../../ports/deps.ts'

type Needs = Pick<Deps, 'db' | 'queue' | 'settings' | 'log'>

/**
 * Resolves when the looks are queued in the database: only then may a message be taken out of its queue. However many events
 * come within ten seconds, each gallery is looked at once. Answers how many galleries; null for what is no event of a store.
 */
export async function takeBucketEvents(deps: Needs, text: string): Promise<{ records: number; galleries: number } | null> {
  const events = read(text, deps.settings.bucket)
  if (!events) return null
  if (events.confirm !== null) deps.log.warn({ address: events.confirm }, 'SNS wants to be confirmed: open this address once')
  const galleries = await deps.db.transaction().execute(async (tx) => {
    const ids = await sourcesOf(tx, events.paths)
    const jobs = ids.map((galleryId) => ({ job: { name: 'gallery.sync' as const, payload: { galleryId } }, delayMs: debounce }))
    await deps.queue.sendAll(tx, jobs)
    return ids.length
  })
  if (events.paths.length && !galleries) {
    const albums = [...new Set(events.paths.flatMap((path) => albumOf(path) ?? []))].slice(0, 10)
    deps.log.info({ paths: events.paths.length, albums }, 'objects changed that no gallery reads')
  }
  return { records: events.records, galleries }
}

/** A message of a queue. What cannot be read will not be read the next time either: it is let go, and the hourly look finds the rest. */
export async function takeMessage(deps: Needs, text: string): Promise<void> {
  if (!(await takeBucketEvents(deps, text)))
    deps.log.warn({ begins: text.slice(0, 100) }, 'a message in the queue of events is none of a store')
}

function read(text: string, bucket: string | null): BucketEvents | null {
  try {
    return bucket === null ? null : readBucketEvents(JSON.parse(text), bucket)
  } catch {
    return null
  }
}

/** POST /api/ingest/s3-events. A scope of its own: SNS sends its JSON as text/plain. */
export function eventRoutes(app: App, deps: Deps): void {
  app.removeAllContentTypeParsers()
  for (const type of ['application/json', 'text/plain'])
    app.addContentTypeParser(type, { parseAs: 'string', bodyLimit: 1024 * 1024 }, (_request, body, done) => done(null, body))

  const querystring = z.strictObject({ secret: z.string().max(1000).optional() })
  app.post('/api/ingest/s3-events', { schema: { querystring } }, async (request) => {
    check(request, request.query.secret, deps.settings.eventsSecret)
    const taken = await takeBucketEvents(deps, String(request.body ?? ''))
    if (!taken) throw new AppError('bad_request', { detail: 'This is no event of a store.' })
    return taken
  })
}

/** As `Authorization: Bearer` or, for senders that can only be given an address, in the query. Compares digests: equal lengths. */
function check(request: FastifyRequest, inQuery: string | undefined, secret: string | null): void {
  if (!secret) throw new AppError('not_found')
  const given = inQuery ?? /^(?:Bearer )?(.+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? ''
  const digest = (text: string) => createHash('sha256').update(text).digest()
  if (!timingSafeEqual(digest(given), digest(secret))) throw new AppError('events_refused')
}
