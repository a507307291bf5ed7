/** A time limit for one piece of work, of which nothing is left when the work is over. */

export interface Deadline {
  /** ends when the time is over, with the asker's own signal, or by `end`; its reason says which */
  signal: AbortSignal
  /** ends the work now */
  end(reason: unknown): void
  /** The work is over, whatever came of it. To be called always. */
  leave(): void
}

/**
 * Begins now; `ms` in milliseconds. Not by AbortSignal.timeout: what depends on one stays in memory until its time has come, long
 * after the work (0.7 KB a request, for hours when a film may take hours).
 */
export function deadline(ms: number, asker?: AbortSignal): Deadline {
  const own = new AbortController()
  const end = (reason: unknown) => own.abort(reason)
  const timer = setTimeout(() => end(Object.assign(new Error('it took too long'), { name: 'TimeoutError' })), ms)
  const follow = () => end(asker?.reason)
  if (asker?.aborted) follow()
  asker?.addEventListener('abort', follow)
  const leave = () => {
    clearTimeout(timer)
    asker?.removeEventListener('abort', follow)
  }
  return { signal: own.signal, end, leave }
}
