/** A provider for tests: a real server of media that can break off, fall silent, refuse, and send junk. */
import http, { type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What goes wrong with one answer. */
export type Fault =
  /** the connection is cut after so many bytes of the body */
  | { kind: 'cut'; after: number }
  /** nothing more comes after so many bytes */
  | { kind: 'stall'; after: number }
  /** one byte at a time */
  | { kind: 'drip'; everyMs: number }
  | { kind: 'status'; status: number; headers?: Record<string, string>; body?: string | Buffer }
  /** so many bytes, without a length, and a clean end */
  | { kind: 'short'; bytes: number }

export interface Media {
  bytes: Buffer
  type?: string
  /** with its quotes; none if not given */
  etag?: string
  lastModified?: string
  /** false: Range is not heeded */
  ranges?: boolean
  /** one for each of the next answers; then all is well */
  faults?: Fault[]
}

export interface Provider {
  /** without a slash at the end */
  url: string
  /** by path; changed at will */
  media: Map<string, Media>
  /** what was asked, in order */
  asked: { path: string; headers: http.IncomingHttpHeaders; at: number }[]
  /** answers in place of media, by path; for an API */
  answers: Map<string, (request: IncomingMessage, answer: ServerResponse) => void>
  close(): Promise<void>
}

export async function openProvider(): Promise<Provider> {
  const media: Provider['media'] = new Map()
  const asked: Provider['asked'] = []
  const answers: Provider['answers'] = new Map()
  const server = http.createServer((request, answer) => {
    const { pathname } = new URL(request.url!, 'http://provider.test')
    asked.push({ path: pathname, headers: request.headers, at: performance.now() })
    answer.on('error', () => {})
    const special = answers.get(pathname)
    const file = media.get(pathname)
    if (special) special(request, answer)
    else if (file) serve(file, request, answer)
    else answer.writeHead(404, { 'content-type': 'text/html' }).end('<h1>Not found</h1>')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    media,
    asked,
    answers,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function serve(file: Media, request: IncomingMessage, answer: ServerResponse): void {
  const { bytes, type = 'application/octet-stream', etag, lastModified, ranges = true } = file
  const fault = file.faults?.shift()
  if (fault?.kind === 'status') {
    answer.writeHead(fault.status, fault.headers).end(fault.body)
    return
  }
  const validator = request.headers['if-range']
  const range = /^bytes=(\d+)-$/.exec(request.headers.range ?? '')
  const on = ranges && range && (validator === undefined || validator === etag || validator === lastModified)
  const from = on ? Number(range[1]) : 0
  if (from >= bytes.length && bytes.length) {
    answer.writeHead(416, { 'content-range': `bytes */${bytes.length}` }).end()
    return
  }
  const body = bytes.subarray(from)
  answer.writeHead(on ? 206 : 200, {
    'content-type': type,
    ...(fault?.kind === 'short' ? {} : { 'content-length': body.length }),
    ...(on ? { 'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` } : {}),
    ...(ranges ? { 'accept-ranges': 'bytes' } : {}),
    ...(etag === undefined ? {} : { etag }),
    ...(lastModified === undefined ? {} : { 'last-modified': lastModified }),
  })
  if (!fault) answer.end(body)
  else if (fault.kind === 'short') answer.end(body.subarray(0, fault.bytes))
  else if (fault.kind === 'drip') drip(body, fault.everyMs, answer)
  // a moment later: what was written has left
  else answer.write(body.subarray(0, fault.after), () => fault.kind === 'cut' && setTimeout(() => answer.destroy(), 20))
}

function drip(body: Buffer, everyMs: number, answer: ServerResponse): void {
  let at = 0
  const timer = setInterval(() => {
    answer.write(body.subarray(at, at + 1))
    at += 1
  }, everyMs)
  answer.on('close', () => clearInterval(timer))
}
