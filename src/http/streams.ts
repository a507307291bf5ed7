/** Answers with server-sent events until what is followed has come to its end. */
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { AppError } from '../base/errors.ts'
import type { Deps } from '../ports/deps.ts'
import type { App } from './app.ts'
import { newHub, type Told, type Topic } from './hub.ts'

/** Streams of one asker (an account, or the guests behind one address) and of all together. */
const most = { each: 20, all: 2000 }
const heartbeatMs = 15_000
// a reader that takes nothing is not waited for
const unreadAtMost = 64 * 1024

export interface Streams {
  /**
   * Answers with the stream of a topic. `asker`: whose streams are counted together. `mayHear` is asked again at every look.
   * Throws `not_found` when the topic is gone, and `too_many_requests`.
   */
  open<T>(
    request: FastifyRequest,
    reply: FastifyReply,
    topic: Topic<T>,
    who: { asker: string; mayHear?: (of: T) => boolean },
  ): Promise<FastifyReply>
}

export function eventStreams(app: App, deps: Pick<Deps, 'log'>): Streams {
  const hub = newHub(deps)
  const open = new Map<string, number>()
  let all = 0
  app.addHook('preClose', (done) => {
    hub.close()
    done()
  })
  return {
    async open(request, reply, topic, { asker, mayHear = () => true }) {
      if ((open.get(asker) ?? 0) >= most.each || all >= most.all) throw new AppError('too_many_requests', { retryAfter: 10 })
      const first = (await topic.look())?.told
      if (!first) throw new AppError('not_found')
      // EventSource asks again when a stream ends, and stops at 204: the end has been told already
      if (first.last && request.headers['last-event-id'] === first.id) return reply.code(204).send()
      open.set(asker, (open.get(asker) ?? 0) + 1)
      all++
      reply.headers({ 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' })
      const { raw } = reply.hijack()
      raw.writeHead(200, reply.getHeaders() as OutgoingHttpHeaders)
      raw.write('retry: 2000\n\n')
      stream(raw, topic.event, first, (follower) => hub.follow(topic, { mayHear, ...follower }))
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

/** Tells `first` and what follows, with a sign of life in between, until the end or until the reader is gone. */
function stream(
  out: ServerResponse,
  event: string,
  first: Told,
  follow: (follower: { tell(told: Told): void; end(): void }) => () => void,
): void {
  const tell = ({ id, text }: Told) => {
    if (out.writableLength > unreadAtMost) out.destroy()
    else out.write(`id: ${id}\nevent: ${event}\ndata: ${text}\n\n`)
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
