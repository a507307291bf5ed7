/** GET /api/rescue/work: the tracks of one owner that are being saved now, and those whose turn it is. */
import type { RescueWork } from '../../../sdk/src/wire.ts'
import { countSaving } from '../../data/tracks.ts'
import type { Topic } from '../../http/hub.ts'
import type { Deps } from '../../ports/deps.ts'

export const workOf = ({ db, clock }: Pick<Deps, 'db' | 'clock'>, ownerId: string): Promise<RescueWork> =>
  countSaving(db, ownerId, clock.now())

export const workTopic = (deps: Pick<Deps, 'db' | 'clock'>, ownerId: string): Topic<RescueWork> => ({
  name: `rescue ${ownerId}`,
  event: 'work',
  async look() {
    const work = await workOf(deps, ownerId)
    const id = [work.saving, work.due, work.saved, work.total].join('.')
    return { of: work, told: { id, text: JSON.stringify(work), last: !work.saving && !work.due } }
  },
})
