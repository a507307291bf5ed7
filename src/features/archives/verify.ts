/**
 * Job archive.verify: reads the stored ZIP back and proves it, byte for byte, against the sealed plan and the hashes from
 * upload. Only then is the archive ready; with it the older versions are superseded and the clients are told.
 */
import { after, days } from '../../base/clock.ts'
import { AppError, isCode, isOutage } from '../../base/errors.ts'
import { note } from '../../data/activity.ts'
import { changeHeld, claimForVerify, findArchive, findNewer, markAnnounced, supersede } from '../../data/archives.ts'
import { emit } from '../../data/events.ts'
import { lockGalleryOfAnyState } from '../../data/galleries.ts'
import { type Archive, isCurrent, maxAttempts } from '../../domain/archive.ts'
import { archiveFacts } from '../../domain/event.ts'
import { stateAt } from '../../domain/gallery.ts'
import { workOn } from '../../domain/jobs.ts'
import type { Deps } from '../../ports/deps.ts'
import type { JobContext } from '../../ports/queue/port.ts'
import type { Problem } from '../../zip/check.ts'
import { progressOf } from './build.ts'
import { repairExports } from './export-ask.ts'
import { fileReady } from './export-end.ts'
import { giveUp, letGo } from './fail.ts'
import { replanWithout } from './missing.ts'
import { compareStored } from './prove.ts'
import { seal } from './seal.ts'
import { loadSealed } from './sealed.ts'

/** Where more entries differ the archive is at fault, not its originals; the next build leaves the others. */
const suspects = 20

type Needs = Pick<Deps, 'db' | 'storage' | 'queue' | 'clock' | 'log' | 'settings'>

export async function verify(deps: Needs, archiveId: string, job: JobContext): Promise<void> {
  const archive = await claimForVerify(deps.db, archiveId, deps.clock.now())
  if (!archive) return
  try {
    const { problems, checksum } = await prove(deps, archive, job.signal)
    if (!problems.length) await makeReady(deps, archive, checksum)
    else if (!(await foundDamaged(deps, archive, problems))) await buildAgain(deps, archive, problems)
  } catch (error) {
    // a storage that is away for a while is no verdict about the archive: the row stays verifying, the queue tries again
    const hopeless = job.last || (error instanceof AppError && error.final)
    if (isCode(error, 'attempt_stale') || isOutage(error) || job.signal.aborted || !hopeless) throw error
    await giveUp(deps, archive, error)
    throw error
  }
}

async function prove(deps: Needs, archive: Archive, signal: AbortSignal): Promise<{ problems: Problem[]; checksum: string }> {
  const sealed = await loadSealed(deps.db, archive)
  const stop = new AbortController()
  const follow = progressOf(deps, archive, sealed, stop)
  try {
    return await compareStored(deps, archive, sealed, { progress: follow.note, signal: AbortSignal.any([signal, stop.signal]) })
  } finally {
    await follow.settled()
  }
}

async function makeReady(deps: Needs, archive: Archive, checksum: string): Promise<void> {
  await deps.db.transaction().execute(async (tx) => {
    const now = deps.clock.now()
    // of a deleted gallery too: its archives stay until their time
    const gallery = await lockGalleryOfAnyState(tx, archive.galleryId)
    // planned before the names changed, and overtaken by the version planned after
    const newer = await findNewer(tx, archive)
    const { linkLife, retentionDays, supersededDays } = deps.settings
    const ofSelection = archive.purpose === 'selection' ? linkLife.export : undefined
    const superseded = after(now, ofSelection ?? days(supersededDays))
    // what a gallery has become is kept until somebody deletes it
    const keep = archive.purpose === 'final' ? null : after(now, ofSelection ?? days(retentionDays))
    await supersede(tx, newer ?? archive, superseded)
    await changeHeld(tx, archive, {
      status: 'ready',
      checksum,
      verifiedAt: now,
      processedBytes: archive.fileSizeBytes,
      processedPhotos: archive.imageCount,
      etaSeconds: 0,
      progressAt: now,
      supersededBy: newer?.id ?? null,
      retainedUntil: newer ? superseded : keep,
    })
    if (archive.purpose === 'final') return seal(deps, tx, gallery, archive, checksum)
    if (archive.purpose === 'selection') {
      await fileReady(deps, tx, archive)
      return repairExports(deps, tx, gallery)
    }
    const facts = { version: archive.version, photos: archive.imageCount, missing: archive.missingCount, bytes: archive.fileSizeBytes }
    await note(tx, { at: now, actor: 'system', action: 'archive_ready', galleryId: gallery.id, subject: archive.id, facts })
    // asked again: somebody may have published while the bytes were read
    if (newer && (await findArchive(tx, archive.id))?.announce) await markAnnounced(tx, newer.id)
    await deps.queue.send(tx, { name: 'delivery.announce', payload: { archiveId: (newer ?? archive).id } })
    // one that a newer version has overtaken is no news to anybody
    if (!newer) {
      const more = { archive: archiveFacts({ ...archive, checksum }, deps.settings.publicUrl) }
      await emit(deps, tx, { galleryId: gallery.id, type: 'archive.ready', dedupeKey: `archive.ready ${archive.id}`, more })
    }
    // photos came or went while this one was at work
    if (!isCurrent(newer ?? archive, gallery) && stateAt(gallery, now) === 'active')
      await deps.queue.send(tx, { name: 'gallery.rebuild', payload: { galleryId: gallery.id } })
  })
  deps.log.info({ archive: archive.id, checksum }, '[Archive] Archive verified')
}

/**
 * A build that saw every original has found the damaged ones; one inside the store copied them as they are. So the originals
 * of the entries that differ are looked at: of a damaged one the archive is planned anew without it.
 */
async function foundDamaged(deps: Needs, archive: Archive, problems: Problem[]): Promise<boolean> {
  if (archive.checksum !== null) return false
  const { entries } = await loadSealed(deps.db, archive)
  const paths = new Set(problems.slice(0, suspects).map(({ entry }) => entry))
  for (const { path, assetId, storageKey } of entries) {
    if (!paths.has(path) || !assetId) continue
    const error = new AppError('source_changed', { key: storageKey, reason: 'content' })
    if (await replanWithout(deps, archive, error)) return true
  }
  return false
}

/** The stored file is wrong: it goes, and the same plan is built under a new key. */
async function buildAgain(deps: Needs, archive: Archive, problems: Problem[]): Promise<void> {
  const error = new AppError('archive_mismatch', { archive: archive.id, problems: problems.slice(0, 20), count: problems.length })
  deps.log.error(error.facts, '[Archive] the stored file differs from its plan')
  if (archive.attempts >= maxAttempts) return giveUp(deps, archive, error)
  await deps.db.transaction().execute(async (tx) => {
    await letGo(deps, tx, archive, 'queued', error)
    await deps.queue.send(tx, ...workOn('archive.build', archive))
  })
}
