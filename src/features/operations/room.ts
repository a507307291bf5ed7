/** Once a minute: a disk that fills up is told to those who run the installation, at 80 and at 95 percent. */
import { writeToAccount } from '../../data/outbox.ts'
import { findSetting, keepSetting } from '../../data/settings.ts'
import { listAdmins } from '../../data/users.ts'
import type { Deps } from '../../ports/deps.ts'

const steps = [80, 95]
// A disk that swings around a step is one fact, not a letter every minute.
const slack = 5
const key = 'room_told'

interface Told {
  /** the last step of which they were told; 0: there was room enough */
  step: number
  /** how often there was room again */
  times: number
}

/** One letter a step, until there was room again. A store that does not say how large it is never fills up. */
export async function watchRoom(deps: Pick<Deps, 'db' | 'storage' | 'queue' | 'clock'>): Promise<void> {
  const room = await deps.storage.room()
  if (!room) return
  const percent = Math.floor((1 - room.free / room.total) * 100)
  const told = ((await findSetting(deps.db, key)) as Told | undefined) ?? { step: 0, times: 0 }
  const step = steps.findLast((from) => percent >= from) ?? 0
  if (step < told.step && percent < told.step - slack) return keepSetting(deps.db, key, { step, times: told.times + 1 })
  if (step <= told.step) return
  await deps.db.transaction().execute(async (tx) => {
    for (const admin of await listAdmins(tx)) {
      const dedupeKey = `storage_filling ${step} ${told.times} ${admin.id}`
      await writeToAccount(deps, tx, admin.id, { kind: 'storage_filling', dedupeKey, facts: { percent, free: room.free } })
    }
    await keepSetting(tx, key, { ...told, step })
  })
}
