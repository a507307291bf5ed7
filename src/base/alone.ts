/** Works through what is due, each by itself: one that fails stops no other, and is passed over until the next run. */

export interface Work {
  /** some of what is due, without those in `passed` */
  list: (passed: string[]) => Promise<string[]>
  /** false: there was nothing to do after all */
  one: (id: string) => Promise<boolean>
  failed: (id: string, error: unknown) => void
}

// whoever meets so many failures has met one cause, and the next run is a minute away
const most = 1000

/** Ends when nothing more is due; answers for how many something was done. */
export async function eachAlone({ list, one, failed }: Work): Promise<number> {
  const passed: string[] = []
  const seen = new Set<string>()
  let done = 0
  while (passed.length < most) {
    // what is due again at once would keep us here for ever
    const ids = (await list(passed)).filter((id) => !seen.has(id))
    if (!ids.length) break
    for (const id of ids) {
      try {
        seen.add(id)
        if (await one(id)) done++
      } catch (error) {
        passed.push(id)
        failed(id, error)
      }
    }
  }
  return done
}
