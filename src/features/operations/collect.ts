/** Deletes the bytes of garbage that is due, after asking once more whether anything living needs them. */
import { dueGarbage, forgetGarbage, isNeeded } from '../../data/garbage.ts'
import type { Deps } from '../../ports/deps.ts'

export async function collect(deps: Pick<Deps, 'db' | 'storage' | 'clock' | 'log'>): Promise<void> {
  for (const key of await dueGarbage(deps.db, deps.clock.now(), 1000)) {
    if (await isNeeded(deps.db, key)) {
      deps.log.error({ key }, 'garbage is needed by a living row: kept')
      await forgetGarbage(deps.db, key)
      continue
    }
    await deps.storage.delete(key)
    await forgetGarbage(deps.db, key)
  }
}
