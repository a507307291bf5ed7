/** Of two files with the same bytes the first one stays, however fast the second is: files of one size take turns. */

/** Work under the same key happens one after the other, in the order in which it was asked for. */
export function turns() {
  const last = new Map<number, Promise<unknown>>()
  return async <T>(key: number, work: () => Promise<T>): Promise<T> => {
    const mine = (last.get(key) ?? Promise.resolve()).then(work, work)
    last.set(key, mine)
    try {
      return await mine
    } finally {
      if (last.get(key) === mine) last.delete(key)
    }
  }
}
