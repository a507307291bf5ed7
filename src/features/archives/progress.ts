/** GET …/progress: how far the archive of a gallery is, as server-sent events until it is ready or has failed. */
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { AppError } from '../../base/errors.ts'
import type { Gallery } from '../../domain/gallery.ts'
import { addressGroup } from '../../http/address.ts'
import { type App, galleryParams } from '../../http/app.ts'
import type { Guard } from '../../http/guard.ts'
import type { Deps } from '../../ports/deps.ts'
import { type Follower, progressHub, type Told } from './progress-hub.ts'

/** Streams of one asker (an account, or the guests behind one address) and of all together. */
const most = { each: 20, all: 2000 }
const heartbeatMs = 15_000
// a reader that takes nothing is not waited for
const unreadAtMost = 64 * 1024

export interface Streams {
  /**
   * Answers with the stream of a gallery. `asker`: whose streams are counted together. `sees`: an owner, and who holds a link of
   * a letter, hear of a gallery that is closed to its guests.
   */
  open(
    request: FastifyRequest,
    reply: FastifyReply,
    gallery: Gallery,
    { asker, sees }: { asker: string; sees: 'always' | 'while open' },
  ): Promise<FastifyReply>
}

export function progressStreams(app: App, deps: Pick<Deps, 'db' | 'clock' | 'log'>): Streams {
  const hub = progressHub(deps)
  const open = new Map<string, number>()
  let all = 0
  app.addHook('preClose', (done) => {
    hub.close()
    done()
  })
  return {
    async open(request, reply, gallery, { asker, sees }) {
      if ((open.get(asker) ?? 0) >= most.each || all >= most.all) throw new AppError('too_many_requests', { retryAfter: 10 })
      const first = await hub.look(gallery)
      // EventSource asks again when a stream ends, and stops at 204: the end has been told already
      if (first.last && request.headers['last-event-id'] === first.id) return reply.code(204).send()
      open.set(asker, (open.get(asker) ?? 0) + 1)
      all++
      reply.headers({ 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' })
      const { raw } = reply.hijack()
      raw.writeHead(200, reply.getHeaders() as OutgoingHttpHeaders)
      raw.write('retry: 2000\n\n')
      stream(raw, first, (follower) => hub.follow(gallery, sees === 'always', follower))
      raw.once('close', () => {
        all--
        const left = open.get(asker)! - 1
        if (left) open.set(asker, left)
        else open.delete(asker)
      })
      return reply
    },
  }
}

export function progressRoute(
  app: App,
  guard: Guard,
  streams: Streams,
  mayDownload: (request: FastifyRequest, idOrSlug: string) => Promise<Gallery>,
): void {
  app.get('/api/galleries/:id/progress', { schema: { params: galleryParams }, exposeHeadRoute: false }, async (request, reply) => {
    const gallery = await mayDownload(request, request.params.id)
    const who = await guard.asker(request)
    const asker = who.kind === 'guest' ? addressGroup(request.ip) : who.userId
    return streams.open(request, reply, gallery, { asker, sees: (await guard.owns(request, gallery)) ? 'always' : 'while open' })
  })
}

/** Tells `first` and what follows, with a sign of life in between, until the end or until the reader is gone. */
function stream(out: ServerResponse, first: Told, follow: (follower: Follower) => () => void): void {
  const tell = ({ id, text }: Told) => {
    if (out.writableLength > unreadAtMost) out.destroy()
    else out.write(`id: ${id}\nevent: progress\ndata: ${text}\n\n`)
  }
  tell(first)
  if (first.last) return void out.end()
  const heart = setInterval(() => out.write(': \n\n'), heartbeatMs)
  const leave = follow({ tell, end: () => void out.end() })
  out.once('close', () => {
    clearInterval(heart)
    leave()
  })
}
