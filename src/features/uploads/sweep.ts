/** Drops uploads that nobody went on with, and forgets finished ones: their assets have rows of their own. */
import { after, days, hours, minutes } from '../../base/clock.ts'
import { newToken } from '../../base/id.ts'
import { discard } from '../../data/garbage.ts'
import { claimUpload, deleteUpload, listUntouched } from '../../data/uploads.ts'
import type { Deps } from '../../ports/deps.ts'
import { keyOf } from './finish.ts'

const patience = days(7)

/** Sweeps what has not been touched for 7 days. Answers how many unfinished uploads were dropped. */
export async function sweepUploads(deps: Pick<Deps, 'db' | 'storage' | 'clock'>, limit = 1000): Promise<number> {
  const { db, storage, clock } = deps
  const now = clock.now()
  let dropped = 0
  for (const id of await listUntouched(db, after(now, -patience), limit)) {
    const token = newToken(12)
    const upload = await claimUpload(db, id, token, now, after(now, minutes(1)))
    // somebody goes on with it at this moment
    if (!upload) continue
    await storage.dropUpload(id)
    await db.transaction().execute(async (tx) => {
      // killed before its transaction: the bytes lie under a key that no row names
      const key = upload.finishedAt ? null : await keyOf(storage, upload)
      if (key) await discard(tx, [key], 'abandoned upload', after(now, hours(24)))
      await deleteUpload(tx, id, token)
    })
    if (!upload.finishedAt) dropped += 1
  }
  return dropped
}
