/** The file at the other end of a link: what it is, and its bytes by ranges. */
import { type Connection, send } from '../call.ts'
import { errorOf, KeepsakeError, ownError } from '../problem.ts'
import type { DownloadResponse } from '../wire.ts'
import { nameOf } from './name.ts'
import type { Span } from './spans.ts'

/** The bytes of a link at one time. The same tag never stands for other bytes. */
export interface Remote {
  url: string
  key?: string
  size: number
  /** strong ETag, with its quotes */
  etag: string
  name: string
}

/** The link gives other bytes than it did: what was fetched is of no use. */
export class Changed extends Error {
  constructor() {
    super('the archive behind the link has changed')
  }
}

// a line that says nothing for so long is broken
const silentMs = 60_000

/** The address of the file itself: of a gallery (its page, or `/api/galleries/…/download`) the service is asked for it. */
export async function fileAddress(link: string, to: Pick<Connection, 'key'>, signal?: AbortSignal): Promise<string> {
  const { origin, pathname } = new URL(link)
  const gallery = /^\/g\/([^/]+)\/?$/.exec(pathname)?.[1] ?? /\/(?:galleries|gallery|albums)\/([^/]+)\/download$/.exec(pathname)?.[1]
  if (gallery === undefined) return link
  const answer = await send({ ...to, url: origin }, 'GET', `/api/galleries/${gallery}/download`, { signal })
  if (!answer.ok) throw await errorOf(answer)
  const found = (await answer.json().catch((cause: unknown) => {
    throw ownError('unclear', { status: answer.status, cause })
  })) as DownloadResponse
  if (found.download_url) return new URL(found.download_url, link).href
  throw new KeepsakeError({ type: 'about:blank', title: found.message ?? '', status: 409, code: 'archive_failed' })
}

/** Asks what the link gives, by its first byte: signed addresses of a storage answer GET alone. */
export async function lookAt(url: string, to: Pick<Connection, 'key'>, signal?: AbortSignal): Promise<Remote> {
  const over = new AbortController()
  const both = signal ? AbortSignal.any([signal, over.signal]) : over.signal
  const { origin } = new URL(url)
  const answer = await send({ ...to, url: origin }, 'GET', url.slice(origin.length), {
    headers: plain({ range: 'bytes=0-0' }),
    signal: both,
  })
  try {
    if (!answer.ok) throw await errorOf(answer)
    const size = Number(/^bytes 0-0\/(\d+)$/.exec(answer.headers.get('content-range') ?? '')?.[1] ?? Number.NaN)
    const etag = answer.headers.get('etag') ?? ''
    if (answer.status !== 206 || !Number.isSafeInteger(size) || !etag.startsWith('"')) throw ownError('not_resumable')
    // its one byte: the line stays open for what follows
    await answer.arrayBuffer().catch((cause: unknown) => {
      signal?.throwIfAborted()
      throw ownError('unreachable', { cause })
    })
    return { url, key: to.key, size, etag, name: nameOf(answer.headers.get('content-disposition')) }
  } finally {
    over.abort()
  }
}

/**
 * Hands over the bytes of one range as they come. Throws Changed when the link gives another file now, `unreachable` when the line
 * breaks: what was handed over until then is right.
 */
export async function fetchRange(
  remote: Remote,
  [from, to]: Span,
  take: (at: number, bytes: Uint8Array) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const over = new AbortController()
  const { origin } = new URL(remote.url)
  const headers = plain({ range: `bytes=${from}-${to - 1}`, 'if-range': remote.etag })
  const asking = { headers, signal: AbortSignal.any([signal, over.signal]) }
  let timer: NodeJS.Timeout | undefined
  try {
    const answer = await send({ url: origin, key: remote.key }, 'GET', remote.url.slice(origin.length), asking)
    // 416: shorter than it was; 200: If-Range says that it is another one
    if (answer.status === 416 || answer.status === 200 || (answer.ok && answer.headers.get('etag') !== remote.etag)) throw new Changed()
    if (!answer.ok) throw await errorOf(answer)
    if (answer.headers.get('content-range') !== `bytes ${from}-${to - 1}/${remote.size}` || !answer.body) throw ownError('not_resumable')
    const reader = answer.body.getReader()
    let at = from
    for (;;) {
      timer = setTimeout(() => over.abort(), silentMs)
      const { done, value } = await reader.read().catch((cause: unknown) => {
        signal.throwIfAborted()
        throw ownError('unreachable', { detail: 'The connection was cut.', cause })
      })
      clearTimeout(timer)
      // read to its end: who hangs up after the last byte does not look like one who has received it
      if (done) break
      const wanted = value.subarray(0, to - at)
      if (wanted.length > 0) await take(at, wanted)
      at += wanted.length
    }
    if (at < to) throw ownError('unreachable', { detail: 'The connection was cut.' })
  } finally {
    clearTimeout(timer)
    over.abort()
  }
}

/** Bytes as they are, not packed on the way. */
const plain = (headers: Record<string, string>) => ({ ...headers, 'accept-encoding': 'identity' })
