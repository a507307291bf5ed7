/** Deletes a track: a tombstone stays, so that it does not come in again; its bytes go a day later, unless another track has the same ones. */
import { after, hours } from '../../base/clock.ts'
import { AppError } from '../../base/errors.ts'
import { deleteAssets, handAsset } from '../../data/assets.ts'
import { discard } from '../../data/garbage.ts'
import { changeRescue, endRounds, listMedia, noteMedia } from '../../data/rescues.ts'
import { findSharer, lockTrack } from '../../data/tracks.ts'
import type { Deps } from '../../ports/deps.ts'

/** Who fetches it at the moment finds that it is not theirs any more, and what they bring is garbage. Throws `not_found`. */
export async function removeTrack(deps: Pick<Deps, 'db' | 'clock'>, ownerId: string, id: string): Promise<void> {
  const now = deps.clock.now()
  await deps.db.transaction().execute(async (tx) => {
    if (!(await lockTrack(tx, ownerId, id))) throw new AppError('not_found')
    const mine: string[] = []
    for (const { role, assetId } of await listMedia(tx, [id])) {
      if (!assetId) continue
      const sharer = await findSharer(tx, assetId, id)
      if (sharer) await handAsset(tx, assetId, sharer.itemId)
      else mine.push(assetId)
      await noteMedia(tx, id, role, { state: 'lost', assetId: null })
    }
    await discard(tx, await deleteAssets(tx, mine), 'track deleted', after(now, hours(24)))
    await endRounds(tx, id, now)
    await changeRescue(tx, id, { state: 'deleted', dueAt: null })
  })
}
