/** How long to wait before the same thing is tried again, and when to give it up. */

export interface Patience {
  /** Something was achieved: the counting begins anew. */
  progress(): void
  /** Waits before the next try: at least `told` seconds when the service named a time. Throws `error` when patience is at its end. */
  wait(error: unknown, told?: number | null): Promise<void>
}

const longestTold = 15 * 60

/** Gives up after `ms` without progress; between tries it waits 0.25 s, then twice as long each time, 10 s at most. */
export function patience(ms: number, signal?: AbortSignal, say?: (error: unknown, seconds: number) => void): Patience {
  let since = performance.now()
  let tries = 0
  return {
    progress() {
      since = performance.now()
      tries = 0
    },
    async wait(error, told) {
      if (performance.now() - since >= ms) throw error
      // spread, so that those whom one restart cut off do not all come back in the same moment
      const own = Math.min(10_000, 250 * 2 ** tries++) * (0.75 + Math.random() / 2)
      const named = Math.min(told ?? 0, longestTold) * 1000
      // a time the service asked for is no fault of its
      since += named
      say?.(error, Math.max(own, named) / 1000)
      await sleep(Math.max(own, named), signal)
    },
  }
}

/** Resolves after `ms`; rejects with the signal's reason as soon as it is aborted. */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((done, failed) => {
    signal?.throwIfAborted()
    const stop = () => {
      clearTimeout(timer)
      failed(signal!.reason)
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop)
      done()
    }, ms)
    signal?.addEventListener('abort', stop, { once: true })
  })
}
