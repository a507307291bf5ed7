/** Brings ranges of a remote file here, several at once; whatever breaks off is asked for again. */
import { patience } from '../patience.ts'
import { KeepsakeError, passes } from '../problem.ts'
import { fetchRange, type Remote } from './remote.ts'
import { bytesOf, pieces, type Span } from './spans.ts'

export interface Transfer {
  remote: Remote
  spans: Span[]
  /** ranges at once */
  jobs: number
  take: (at: number, bytes: Uint8Array) => Promise<void>
  signal?: AbortSignal
  /** how long not a byte may come before it throws, ms */
  patienceMs: number
  /** a range broke off and is asked for again after so many seconds */
  onWait?: (reason: string, seconds: number) => void
}

const mib = 1024 * 1024

/** Resolves when `take` was given every byte once. Throws Changed, a KeepsakeError that waiting cannot help, or what `take` throws. */
export async function transfer({ remote, spans, jobs, take, signal, patienceMs, onWait }: Transfer): Promise<void> {
  const failed = new AbortController()
  const stop = signal ? AbortSignal.any([signal, failed.signal]) : failed.signal
  // small enough that all are busy until the end, large enough that asking costs nothing
  const length = Math.max(4 * mib, Math.min(64 * mib, Math.ceil(bytesOf(spans) / jobs / 8)))
  const waiting = pieces(spans, length)
  let lastByte = performance.now()

  async function work(): Promise<void> {
    // tells the service that is busy from the one that is gone: all give up together, when none of them gets anything
    const between = patience(Number.POSITIVE_INFINITY, stop, (error, seconds) => onWait?.((error as Error).message, seconds))
    for (let piece = waiting.shift(); piece; piece = waiting.shift()) {
      let at = piece[0]
      try {
        await fetchRange(
          remote,
          piece,
          async (place, bytes) => {
            await take(place, bytes)
            at = place + bytes.length
            lastByte = performance.now()
            between.progress()
          },
          stop,
        )
      } catch (error) {
        stop.throwIfAborted()
        if (at < piece[1]) waiting.unshift([at, piece[1]])
        if (!(error instanceof KeepsakeError && passes(error)) || performance.now() - lastByte > patienceMs) throw error
        lastByte += Math.min(900, error.retryAfter ?? 0) * 1000
        await between.wait(error, error.retryAfter)
      }
    }
  }

  const workers = Array.from({ length: jobs }, () =>
    work().catch((error: unknown) => {
      // the first failure stops the others; all have ended before it is told
      failed.abort(error)
      throw error
    }),
  )
  const ended = await Promise.allSettled(workers)
  signal?.throwIfAborted()
  if (failed.signal.aborted) throw failed.signal.reason
  for (const one of ended) if (one.status === 'rejected') throw one.reason
}
