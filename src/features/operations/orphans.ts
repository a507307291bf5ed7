/** Stored objects that no row has ever named: what a process left that died between the bytes and their row. */
import { after, days } from '../../base/clock.ts'
import { discard, unknownKeys } from '../../data/garbage.ts'
import type { Deps } from '../../ports/deps.ts'

const batch = 1000
// a database restored from a backup knows nothing of what came after it: those are no orphans, they are its newest pictures
const mostOrphans = { share: 0.1, count: 100 }
/** Small pictures are made again; an original or an archive waits long enough for somebody to miss it. */
const grace = (key: string) => (key.includes('/derivatives/') ? days(1) : days(30))

/**
 * Lists everything below `galleries/` and notes what no row names as garbage; the collector asks once more before it deletes.
 * Answers how many, or that there are too many to be rubbish.
 */
export async function noteOrphans(deps: Pick<Deps, 'db' | 'storage' | 'calendar' | 'log'>): Promise<{ noted: number; refused: number }> {
  const now = await deps.calendar.now()
  const orphans: string[] = []
  let seen = 0
  let keys: string[] = []
  const ask = async () => {
    if (keys.length) orphans.push(...(await unknownKeys(deps.db, keys)))
    keys = []
  }
  for await (const { key } of deps.storage.list('galleries/')) {
    seen++
    if (keys.push(key) === batch) await ask()
  }
  await ask()
  if (orphans.length > mostOrphans.count && orphans.length > seen * mostOrphans.share) {
    deps.log.error({ orphans: orphans.length, objects: seen }, 'so many objects without a row look like an old database: all are kept')
    return { noted: 0, refused: orphans.length }
  }
  await deps.db.transaction().execute(async (tx) => {
    for (const days of new Set(orphans.map(grace)))
      await discard(
        tx,
        orphans.filter((key) => grace(key) === days),
        'no row names it',
        after(now, days),
      )
  })
  if (orphans.length) deps.log.warn({ orphans: orphans.length, keys: orphans.slice(0, 10) }, 'objects that no row names wait for their end')
  return { noted: orphans.length, refused: 0 }
}
