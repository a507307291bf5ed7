/** Several things at once, but not all. */

/** Runs `work` for each thing, `atOnce` at a time. The first failure ends it, when what runs has ended. */
export async function eachOf<T>(things: Iterable<T>, atOnce: number, work: (thing: T) => Promise<unknown>): Promise<void> {
  const waiting = things[Symbol.iterator]()
  const failures: unknown[] = []
  const runner = async (): Promise<void> => {
    while (failures.length === 0) {
      const { done, value } = waiting.next()
      if (done) return
      await work(value).catch((error: unknown) => failures.push(error))
    }
  }
  await Promise.all(Array.from({ length: atOnce }, runner))
  if (failures.length) throw failures[0]
}

/** Calls `progress` about once a second with what `bytes` says, until the answer is called. */
export function reporting(progress: ((bytes: number) => void) | undefined, bytes: () => number): () => void {
  if (!progress) return () => {}
  const timer = setInterval(() => progress(bytes()), 1000)
  return () => clearInterval(timer)
}
