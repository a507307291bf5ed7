/** Follows an archive until it is ready: by server-sent events where they are offered, else by asking. */
import { ask, type Connection, send } from './call.ts'
import { patience, sleep } from './patience.ts'
import { KeepsakeError, passes } from './problem.ts'
import { fill, routes } from './routes.ts'
import type { ArchiveStatus } from './wire.ts'

export interface WatchOptions {
  /** ends the watching; the iteration throws its reason */
  signal?: AbortSignal
  /** how long nobody may answer before it throws, ms (5 minutes) */
  patienceMs?: number
}

const fastest = 1000
const slowest = 10_000
// the service says something at least so often, if only that it is there
const silentMs = 60_000

/**
 * Yields the status of a gallery's archive at once and at every change, and ends after `ready` or `failed`. A service that restarts
 * meanwhile is waited for. Throws KeepsakeError when it refuses or stays away, and the signal's reason when aborted.
 */
export async function* watchArchive(
  to: Connection,
  galleryId: string,
  { signal, patienceMs = 300_000 }: WatchOptions = {},
): AsyncGenerator<ArchiveStatus, void, undefined> {
  const waiting = patience(patienceMs, signal)
  let shown = ''
  let offered = true
  let pause = fastest
  for (;;) {
    try {
      const status = await ask<ArchiveStatus>(to, routes.archiveStatus, { names: { id: galleryId }, signal })
      waiting.progress()
      pause = JSON.stringify(status) === shown ? Math.min(slowest, pause * 1.5) : fastest
      if (isNews(status)) yield status
      if (isEnd(status)) return
      if (offered) {
        const heard = await events(to, galleryId, signal)
        offered = heard !== null
        for await (const event of heard ?? []) {
          // an event in words we do not know still says that something happened
          const status = isStatus(event) ? event : await ask<ArchiveStatus>(to, routes.archiveStatus, { names: { id: galleryId }, signal })
          if (isNews(status)) yield status
          if (isEnd(status)) return
        }
      }
      await sleep(pause, signal)
    } catch (error) {
      signal?.throwIfAborted()
      if (!(error instanceof KeepsakeError && passes(error))) throw error
      await waiting.wait(error, error.retryAfter)
    }
  }

  function isNews(status: ArchiveStatus): boolean {
    const text = JSON.stringify(status)
    if (text === shown) return false
    shown = text
    return true
  }
}

/** A ready archive may be there while a newer version of the same content is being built: that one is waited for. */
const isEnd = ({ status, archive }: ArchiveStatus) =>
  status === 'failed' || (status === 'ready' && !['queued', 'processing', 'verifying'].includes(archive?.status ?? ''))
const isStatus = (event: unknown): event is ArchiveStatus =>
  typeof event === 'object' && event !== null && 'status' in event && 'archive' in event

/** The events of a gallery as they come, or null where there are none. The stream ends when the line breaks: then one asks again. */
async function events(to: Connection, galleryId: string, signal?: AbortSignal): Promise<AsyncGenerator<unknown, void> | null> {
  const over = new AbortController()
  const both = signal ? AbortSignal.any([signal, over.signal]) : over.signal
  const { method, path } = fill(routes.progress, { id: galleryId })
  const answer = await send(to, method, path, { headers: { accept: 'text/event-stream' }, signal: both })
  if (answer.ok && answer.body && /^text\/event-stream\b/.test(answer.headers.get('content-type') ?? ''))
    return read(answer.body, over, signal)
  over.abort()
  return null
}

async function* read(body: ReadableStream<Uint8Array>, over: AbortController, signal?: AbortSignal): AsyncGenerator<unknown, void> {
  const reader = body.getReader()
  const decoder = new TextDecoder()
  let text = ''
  let timer: ReturnType<typeof setTimeout> | undefined
  try {
    for (;;) {
      clearTimeout(timer)
      timer = setTimeout(() => over.abort(), silentMs)
      const { done, value } = await reader.read()
      if (done) return
      text += decoder.decode(value, { stream: true })
      // an event ends with an empty line (WHATWG HTML, 9.2.6)
      const blocks = text.split(/\r\n\r\n|\n\n|\r\r/)
      text = blocks.pop()!
      for (const block of blocks) {
        const data = dataOf(block)
        if (data !== undefined) yield data
      }
    }
  } catch (error) {
    signal?.throwIfAborted()
    // the line broke: whoever reads asks once more and listens again; an error of the reader itself is not ours
    if (error instanceof KeepsakeError) throw error
  } finally {
    clearTimeout(timer)
    over.abort()
  }
}

function dataOf(block: string): unknown {
  const lines = block.split(/\r\n|\n|\r/).filter((line) => line.startsWith('data:'))
  if (lines.length === 0) return undefined
  try {
    return JSON.parse(lines.map((line) => line.slice(5).replace(/^ /, '')).join('\n'))
  } catch {
    return null
  }
}
