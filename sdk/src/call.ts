/** Asks the API: one request, its JSON answer, or a KeepsakeError. */
import { errorOf, ownError } from './problem.ts'
import { fill, type Route } from './routes.ts'

/** Which Keepsake, and who asks. */
export interface Connection {
  /** its address, such as `https://photos.example.com`; empty in a page of Keepsake itself */
  url: string
  /** API key (`ks_…`); without it a browser's own sign-in counts */
  key?: string
  /** what sends requests instead of the global `fetch` */
  fetch?: typeof fetch
}

export interface Asking {
  names?: Record<string, string>
  /** sent as JSON */
  body?: unknown
  headers?: Record<string, string>
  /** sent as it is */
  bytes?: Blob | Uint8Array<ArrayBuffer>
  signal?: AbortSignal
  /** how long the answer may take to begin, ms */
  within?: number
}

/** Sends one request to an address of this Keepsake; throws `unreachable` when nobody answers, and what the signal says when aborted. */
export async function send(to: Connection, method: string, path: string, asking: Asking = {}): Promise<Response> {
  const { body, bytes, headers, signal, within = 60_000 } = asking
  const slow = new AbortController()
  const timer = setTimeout(() => slow.abort(), within)
  try {
    return await (to.fetch ?? fetch)(`${to.url.replace(/\/+$/, '')}${path}`, {
      method,
      headers: {
        ...(to.key === undefined ? {} : { authorization: `Bearer ${to.key}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      body: bytes ?? (body === undefined ? undefined : JSON.stringify(body)),
      signal: signal ? AbortSignal.any([signal, slow.signal]) : slow.signal,
    })
  } catch (cause) {
    signal?.throwIfAborted()
    throw ownError('unreachable', { cause })
  } finally {
    clearTimeout(timer)
  }
}

/** Asks a route; answers what its JSON says. Throws a KeepsakeError for every refusal. */
export async function ask<T>(to: Connection, route: Route, asking: Asking = {}): Promise<T> {
  const { method, path } = fill(route, asking.names)
  const answer = await send(to, method, path, asking)
  if (!answer.ok) throw await errorOf(answer)
  const text = await answer.text().catch((cause: unknown) => {
    asking.signal?.throwIfAborted()
    throw ownError('unreachable', { cause })
  })
  try {
    return (text ? JSON.parse(text) : undefined) as T
  } catch (cause) {
    throw ownError('unclear', { status: answer.status, cause })
  }
}
