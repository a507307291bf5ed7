/** Counting every row of a large table takes long: it is done for at most a hundredth of the time. */

/**
 * What takes more than a quarter of a second is counted again only after a hundred times as long as it took; whoever asks meanwhile,
 * or while it is being counted again, gets the last numbers. `now` in ms.
 */
export function seldom<T>(count: () => Promise<T>, now: () => number = () => performance.now()): () => Promise<T> {
  let last: { value: T; took: number; at: number } | undefined
  let running: Promise<T> | undefined
  const run = async () => {
    const begun = now()
    const value = await count()
    const at = now()
    last = { value, took: at - begun, at }
    return value
  }
  return () => {
    const slow = last && last.took > 250 ? last : undefined
    if (slow && now() - slow.at < slow.took * 100) return Promise.resolve(slow.value)
    running ??= run().finally(() => {
      running = undefined
    })
    if (!slow) return running
    // when it fails the next one counts again
    running.catch(() => {})
    return Promise.resolve(slow.value)
  }
}
