/** Works through what is due, each by itself: one that fails stops no other, and is passed over until the next run. */

export interface Work {
  /** some of what is due, without those in `passed` */
  list: (passed: string[]) => Promise<string[]>
  one: (id: string) => Promise<void>
  failed: (id: string, error: unknown) => void
}

// whoever meets so many failures has met one cause, and the next run is a minute away
const most = 1000

/** Ends when nothing more is due; answers how many went well. */
export async function eachAlone({ list, one, failed }: Work): Promise<number> {
  const passed: string[] = []
  const done = new Set<string>()
  while (passed.length < most) {
    // what is due again at once would keep us here for ever
    const ids = (await list(passed)).filter((id) => !done.has(id))
    if (!ids.length) break
    for (const id of ids) {
      try {
        await one(id)
        done.add(id)
      } catch (error) {
        passed.push(id)
        failed(id, error)
      }
    }
  }
  return done.size
}
