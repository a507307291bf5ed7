/** Drops uploads that nobody went on with, and forgets finished ones: their assets have rows of their own. */
import { after, days, minutes } from '../../base/clock.ts'
import { newToken } from '../../base/id.ts'
import { claimUpload, listUntouched } from '../../data/uploads.ts'
import type { Deps } from '../../ports/deps.ts'
import { forget } from './finish.ts'

const patience = days(7)

/** Sweeps what has not been touched for 7 days. Answers how many unfinished uploads were dropped. */
export async function sweepUploads(deps: Pick<Deps, 'db' | 'storage' | 'clock'>, limit = 1000): Promise<number> {
  const { db, clock } = deps
  const now = clock.now()
  let dropped = 0
  for (const id of await listUntouched(db, after(now, -patience), limit)) {
    const token = newToken(12)
    const upload = await claimUpload(db, id, token, now, after(now, minutes(1)))
    // somebody goes on with it at this moment
    if (!upload) continue
    if ((await forget(deps, upload, token, 'abandoned upload')) && !upload.finishedAt) dropped += 1
  }
  return dropped
}
