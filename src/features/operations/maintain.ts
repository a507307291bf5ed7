/**
 * The daily look at every gallery (CLN-05): an archive that does not hold today's content is asked for again, one whose file is
 * gone is no longer called ready, work that stands still is taken away from whoever holds it. One gallery's error stops no
 * other. Repeatable and interruptible at any point, and two at once do no harm: every change names the state it expects.
 */
import type { MaintenanceResult } from '../../../sdk/src/wire.ts'
import { after, days } from '../../base/clock.ts'
import { AppError, errorTable } from '../../base/errors.ts'
import { listIdle, listOfGalleries, markLost, takeAway } from '../../data/archives.ts'
import { changeGallery, countGallery, lockGalleryOfAnyState, walkGalleries } from '../../data/galleries.ts'
import { discard } from '../../data/garbage.ts'
import { writeToOwner } from '../../data/outbox.ts'
import { type Archive, atWork, isCurrent, stuckAfter } from '../../domain/archive.ts'
import { type Gallery, stateAt } from '../../domain/gallery.ts'
import { workOn } from '../../domain/jobs.ts'
import type { Deps } from '../../ports/deps.ts'

type Needs = Pick<Deps, 'db' | 'storage' | 'queue' | 'clock' | 'log'>

const page = 200

export async function maintain(deps: Needs): Promise<MaintenanceResult> {
  const result: MaintenanceResult = { stale_zips_queued: 0, stuck_jobs_reset: 0, errors: [] }
  deps.log.info({}, '[Maintenance] Running maintenance')
  try {
    await deps.storage.ready()
    await resetStuck(deps, result)
    for (let last: string | null = null; ; ) {
      const galleries: Gallery[] = await walkGalleries(deps.db, last, page)
      if (!galleries.length) break
      await lookAt(deps, galleries, result)
      last = galleries.at(-1)!.id
    }
  } catch (error) {
    result.errors.push({ general: words(error) })
  }
  deps.log.info({ ...result }, '[Maintenance] Maintenance complete')
  return result
}

async function lookAt(deps: Needs, galleries: Gallery[], result: MaintenanceResult): Promise<void> {
  const archives = Map.groupBy(
    await listOfGalleries(
      deps.db,
      galleries.map(({ id }) => id),
    ),
    ({ galleryId }) => galleryId,
  )
  for (const gallery of galleries) {
    try {
      if (await lookAtOne(deps, gallery, archives.get(gallery.id) ?? [])) result.stale_zips_queued++
    } catch (error) {
      result.errors.push({ album_id: gallery.slug, error: words(error) })
      deps.log.error({ gallery: gallery.id, error: String(error) }, '[Maintenance] a gallery could not be looked at; the others go on')
    }
  }
}

/** Answers whether a new archive was asked for. */
async function lookAtOne(deps: Needs, gallery: Gallery, archives: Archive[]): Promise<boolean> {
  const lost = new Set<string>()
  for (const archive of archives) if (archive.status === 'ready' && (await noteIfLost(deps, archive))) lost.add(archive.id)
  if (stateAt(gallery, deps.clock.now()) !== 'active') return false
  if (archives.some(({ status }) => atWork(status))) return false
  const shown = archives.find((a) => a.status === 'ready' && !a.supersededBy && a.purpose === 'delivery' && !lost.has(a.id))
  if (shown && isCurrent(shown, gallery)) return false
  // the last photo was taken out, or none has come yet: there is nothing to pack
  if (!(await countGallery(deps.db, gallery.id)).photos) return false
  await deps.queue.send(deps.db, { name: 'gallery.rebuild', payload: { galleryId: gallery.id, source: 'maintenance_stale' } })
  return true
}

/** A ready archive whose file is gone, or not as long as it was. */
export async function noteIfLost(deps: Pick<Deps, 'db' | 'storage' | 'queue' | 'clock' | 'log'>, archive: Archive): Promise<boolean> {
  if ((await deps.storage.size(archive.storageKey!)) === archive.fileSizeBytes) return false
  // a mount that went away looks the same: then nothing is noted
  await deps.storage.ready()
  const now = deps.clock.now()
  return deps.db.transaction().execute(async (tx) => {
    const gallery = await lockGalleryOfAnyState(tx, archive.galleryId)
    // the only copy there is stays ready: what is still whole in it may be salvaged, and a file may be put back
    if (gallery.state === 'archived' && gallery.finalArchiveId === archive.id) {
      await changeGallery(tx, gallery.id, { archiveError: 'archive_damaged' })
      const dedupeKey = `damage_found ${archive.id}`
      await writeToOwner(deps, tx, gallery, { kind: 'damage_found', archiveId: archive.id, dedupeKey, facts: { files: [] } })
      return false
    }
    if (!(await markLost(tx, archive.id, now))) return false
    await discard(tx, [archive.storageKey!], 'archive lost', after(now, days(1)))
    deps.log.error({ gallery: archive.galleryId, archive: archive.id }, '[Maintenance] the file of a ready archive is gone')
    return true
  })
}

/** 30 minutes without progress, not of wall time: a large archive may take hours. */
async function resetStuck(deps: Needs, result: MaintenanceResult): Promise<void> {
  const now = deps.clock.now()
  for (const archive of await listIdle(deps.db, after(now, -stuckAfter), 500, ['processing', 'verifying'])) {
    const build = archive.status === 'processing'
    const reason = { errorCode: 'no_progress', errorMessage: errorTable.no_progress[1], progressAt: now }
    const done = await deps.db.transaction().execute(async (tx) => {
      if (!(await takeAway(tx, archive, build ? { ...reason, status: 'queued', storageKey: null } : reason))) return false
      if (build && archive.storageKey) await discard(tx, [archive.storageKey], 'attempt taken over', after(now, days(1)))
      await deps.queue.send(tx, ...workOn(build ? 'archive.build' : 'archive.verify', archive))
      return true
    })
    if (!done) continue
    result.stuck_jobs_reset++
    deps.log.warn({ gallery: archive.galleryId, archive: archive.id }, '[Maintenance] resetting stuck generation')
  }
}

/** Our own sentences; of other errors only their kind, for their words may hold addresses and paths. */
const words = (error: unknown): string => (error instanceof AppError ? error.message : errorTable.internal[1])
