/** Deletes the bytes of garbage that is due, after asking once more whether anything living needs them. */
import { after, hours } from '../../base/clock.ts'
import { dueGarbage, forgetDue, isNeeded, postponeDue } from '../../data/garbage.ts'
import { unfinishedRescue, uploadUnder } from '../../domain/asset.ts'
import type { Deps } from '../../ports/deps.ts'

/** Answers how many objects are gone. */
export async function collect(deps: Pick<Deps, 'db' | 'storage' | 'calendar' | 'log'>): Promise<number> {
  const now = await deps.calendar.now()
  let gone = 0
  for (const { key, reason } of await dueGarbage(deps.db, now, 1000)) {
    if (await isNeeded(deps.db, key)) {
      deps.log.error({ key }, 'garbage is needed by a living row: kept')
      await forgetDue(deps.db, key, now)
      continue
    }
    try {
      // who was killed in the middle of it has left what came so far
      if (reason === unfinishedRescue) await deps.storage.dropUpload(uploadUnder(key))
      await deps.storage.delete(key)
    } catch (error) {
      // one file that cannot be deleted holds up no other; without its store nothing can
      deps.log.error({ key, error: String(error) }, 'garbage could not be deleted, it is tried again in an hour')
      await deps.storage.ready()
      // or a thousand that a store will not delete would be all that is ever tried
      await postponeDue(deps.db, key, now, after(now, hours(1)))
      continue
    }
    await forgetDue(deps.db, key, now)
    gone++
  }
  return gone
}
