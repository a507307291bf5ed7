/** A line with faults: passes requests on to a service, and flips bits, cuts, slows, refuses, and counts what it let through. */
import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'

export interface Line {
  url: string
  /** every range that was asked for, and the bytes that went back for it */
  ranges: { from: number; to: number; bytes: number }[]
  /** flips a bit of the byte at this place of the file, so many times */
  flip: { at: number; times: number }[]
  /** cuts the connection after so many bytes of an answer, this often */
  cut: { after: number; times: number }
  /** answers so many requests with this status instead of passing them on */
  refuse: { status: number; times: number; retryAfter?: string }
  /** bytes a second of each answer; 0 as fast as can be */
  rate: number
  /** what is asked for in place of the path of the link: the archive changes */
  path: string | null
}

/** A line to `target` for the length of the test. */
export async function faultyLine(t: TestContext, target: string): Promise<Line> {
  const line: Line = {
    url: '',
    ranges: [],
    flip: [],
    cut: { after: 0, times: 0 },
    refuse: { status: 503, times: 0 },
    rate: 0,
    path: null,
  }
  const server = createServer((asked, reply) => {
    if (line.refuse.times > 0) {
      line.refuse.times--
      return void reply.writeHead(line.refuse.status, line.refuse.retryAfter ? { 'retry-after': line.refuse.retryAfter } : {}).end()
    }
    const { host: _, ...headers } = asked.headers
    const passed = request(new URL(line.path ?? asked.url!, target), { method: asked.method, headers }, (answer) => {
      // whichever end breaks, the other one sees it break as well
      passOn(line, answer, reply).catch(() => reply.destroy())
    })
    passed.on('error', () => reply.destroy())
    reply.on('close', () => passed.destroy())
    asked.pipe(passed)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  line.url = `http://127.0.0.1:${(server.address() as { port: number }).port}`
  return line
}

async function passOn(line: Line, answer: IncomingMessage, reply: ServerResponse): Promise<void> {
  reply.writeHead(answer.statusCode!, answer.headers)
  const [, from, to] = /^bytes (\d+)-(\d+)\//.exec(answer.headers['content-range'] ?? '') ?? []
  const range = { from: Number(from ?? 0), to: Number(to ?? Number.NaN) + 1, bytes: 0 }
  line.ranges.push(range)
  const cut = line.cut.times > 0 ? line.cut.after : Number.POSITIVE_INFINITY
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    for (const flip of line.flip) {
      const place = flip.at - range.from - range.bytes
      if (flip.times <= 0 || place < 0 || place >= chunk.length) continue
      chunk[place]! ^= 0x10
      flip.times--
    }
    range.bytes += chunk.length
    if (range.bytes > cut && line.cut.times > 0) {
      line.cut.times--
      reply.destroy()
    }
    if (reply.destroyed) return
    if (!reply.write(chunk)) await drained(reply)
    if (line.rate) await sleep((chunk.length / line.rate) * 1000)
  }
  reply.end()
}

/** Resolves when more can be written, or nobody reads any more. */
async function drained(reply: ServerResponse): Promise<void> {
  const over = new AbortController()
  const one = (event: string) => once(reply, event, { signal: over.signal }).catch(() => undefined)
  await Promise.race([one('drain'), one('close')])
  over.abort()
}
