/** Tracks on their way into galleries as their owner watches them, and what was left out, tried again. */
import { createHash } from 'node:crypto'
import type { WatchedPlacement, WatchedPlacements } from '../../../sdk/src/wire.ts'
import { after, minutes } from '../../base/clock.ts'
import { AppError, type ErrorCode, errorTable } from '../../base/errors.ts'
import {
  findPlacement,
  listLeftOut,
  listWatched,
  type PlacementNumbers,
  type PlacementWithTracks,
  reopenPlacement,
} from '../../data/placements.ts'
import { type Gallery, stateAt, takesUploads } from '../../domain/gallery.ts'
import type { Topic } from '../../http/hub.ts'
import type { Deps } from '../../ports/deps.ts'

type Needs = Pick<Deps, 'db' | 'clock'>

// who comes back to the page after a coffee still reads that all went well
const remembered = minutes(10)
const most = { shown: 20, named: 20 }

export async function watched({ db, clock }: Needs, ownerId: string): Promise<WatchedPlacements> {
  const rows = await listWatched(db, ownerId, after(clock.now(), -remembered), most.shown)
  return { placements: await Promise.all(rows.map((row) => view(db, row))) }
}

export const placementsTopic = (deps: Needs, ownerId: string): Topic<WatchedPlacements> => ({
  name: `placements ${ownerId}`,
  event: 'placements',
  async look() {
    const of = await watched(deps, ownerId)
    const text = JSON.stringify(of)
    const id = createHash('sha256').update(text).digest('base64url').slice(0, 16)
    return { of, told: { id, text, last: of.placements.every(({ state }) => state !== 'working') } }
  },
})

/** Tries once more what is not in the gallery; while it is at work nothing changes. Throws `gallery_not_open`. */
export async function retryPlacement(
  { db, queue, clock }: Pick<Deps, 'db' | 'queue' | 'clock'>,
  gallery: Gallery,
  placementId: string,
): Promise<PlacementWithTracks> {
  const now = clock.now()
  if (!takesUploads(stateAt(gallery, now))) throw new AppError('gallery_not_open', { gallery: gallery.id })
  await db.transaction().execute(async (tx) => {
    if (await reopenPlacement(tx, placementId, now)) await queue.send(tx, { name: 'tracks.place', payload: { placementId } })
  })
  return (await findPlacement(db, placementId))!
}

async function view(db: Needs['db'], row: PlacementNumbers): Promise<WatchedPlacement> {
  const left = row.endedAt && row.failed ? await listLeftOut(db, row.id, most.named) : []
  return {
    id: row.id,
    gallery: { id: row.galleryId, slug: row.slug, title: row.galleryTitle },
    state: !row.endedAt ? 'working' : row.errorCode ? 'failed' : 'done',
    total: row.total,
    added: row.added,
    duplicates: row.duplicates,
    failed: row.failed,
    left_out: left.map(({ itemId, title, errorCode }) => {
      const code = (errorCode ?? row.errorCode ?? 'internal') as ErrorCode
      return { id: itemId, title, error_code: code, error: errorTable[code][1] }
    }),
  }
}
