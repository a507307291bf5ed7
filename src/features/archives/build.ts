/**
 * Job archive.build: claims the archive, lets the storage assemble the sealed plan, and hands it on to be verified.
 *
 * What it writes to the row names its fence, so an attempt that somebody took over ends without a trace; its bytes lie under
 * a key of its own. A photo that cannot be read after three tries is named missing, and the rest is planned and built anew.
 */

import { after, days } from '../../base/clock.ts'
import { AppError, isCode, isOutage } from '../../base/errors.ts'
import { changeHeld, claimForBuild } from '../../data/archives.ts'
import { discard } from '../../data/garbage.ts'
import { type Archive, eta, maxAttempts, mimeOf, stuckAfter } from '../../domain/archive.ts'
import { workOn } from '../../domain/jobs.ts'
import type { Deps } from '../../ports/deps.ts'
import type { JobContext } from '../../ports/queue/port.ts'
import type { Assembled } from '../../ports/storage/port.ts'
import { entryAt } from '../../zip/layout.ts'
import { endCancelled } from './export-end.ts'
import { giveUp, tryAgain } from './fail.ts'
import { replanWithout } from './missing.ts'
import { loadSealed, type Sealed, storagePieces } from './sealed.ts'

type Needs = Pick<Deps, 'db' | 'storage' | 'queue' | 'clock' | 'log' | 'settings'>

export async function build(deps: Needs, archiveId: string, job: JobContext): Promise<void> {
  const archive = await claim(deps, archiveId)
  if (!archive) return
  deps.log.info({ gallery: archive.galleryId, archive: archive.id, imageCount: archive.imageCount }, '[Archive] Starting archive creation')
  try {
    if (archive.attempts > maxAttempts) throw new AppError('archive_failed', { attempts: archive.attempts }, { final: true })
    const sealed = await loadSealed(deps.db, archive)
    const stored = await assemble(deps, archive, sealed, job.signal)
    await handOn(deps, archive, stored)
    const { size, sha256, moved, requests } = stored
    const facts = { archive: archive.id, fileSizeBytes: size, checksum: sha256, storagePath: archive.storageKey }
    // assembling writes where it is stored: both end at the same moment
    deps.log.info(facts, '[Archive] Archive compression complete')
    deps.log.info({ ...facts, movedBytes: moved, storeRequests: requests }, '[Archive] Archive upload complete')
  } catch (error) {
    if (isCode(error, 'attempt_stale')) {
      if (await endCancelled(deps, archive)) return
      throw error
    }
    if (isCode(error, 'source_changed') && (await replanWithout(deps, archive, error))) return
    const waits = isOutage(error) || job.signal.aborted
    if (!waits && (job.last || (error instanceof AppError && error.final))) await giveUp(deps, archive, error)
    else await tryAgain(deps, archive, error, waits)
    throw error
  }
}

async function claim(deps: Needs, archiveId: string): Promise<Archive | undefined> {
  const now = deps.clock.now()
  return deps.db.transaction().execute(async (tx) => {
    const claimed = await claimForBuild(tx, archiveId, now)
    // the attempt before may still be writing: its key waits longer than it can live
    if (claimed?.oldKey) await discard(tx, [claimed.oldKey], 'attempt taken over', after(now, days(1)))
    return claimed?.archive
  })
}

async function assemble(deps: Needs, archive: Archive, sealed: Sealed, signal: AbortSignal) {
  const stop = new AbortController()
  const follow = progressOf(deps, archive, sealed, stop)
  try {
    const stored = await deps.storage.assemble(archive.storageKey!, storagePieces(sealed), {
      progress: follow.note,
      signal: AbortSignal.any([signal, stop.signal]),
      // for whoever looks into the bucket (BLD-07)
      about: {
        mime: mimeOf(archive),
        words: { photo_count: String(archive.imageCount), generated_at: deps.clock.now().toISOString() },
      },
    })
    if (stored.size !== sealed.layout.total) throw new AppError('archive_mismatch', { archive: archive.id, size: stored.size })
    return stored
  } finally {
    await follow.settled()
  }
}

/** Writes progress into the row about once a second, and ends work that was taken over or stands still. */
export function progressOf(deps: Pick<Deps, 'db' | 'clock' | 'log' | 'settings'>, held: Archive, sealed: Sealed, stop: AbortController) {
  const began = deps.clock.now().getTime()
  const status = held.status as 'processing' | 'verifying'
  let last = { bytes: -1, at: began }
  let writing: Promise<void> = Promise.resolve()
  let told = 0
  const tell = (photos: number) => {
    if (!deps.settings.detailedLogs || status !== 'processing') return
    for (; told < photos; told++)
      deps.log.info(
        { archive: held.id, imageId: sealed.entries[told]?.assetId, progress: `${told + 1}/${held.imageCount}` },
        '[Archive] Added image to archive',
      )
  }
  return {
    note(bytes: number): void {
      const now = deps.clock.now()
      if (bytes > last.bytes) last = { bytes, at: now.getTime() }
      else if (now.getTime() - last.at > stuckAfter) stop.abort(new AppError('no_progress', { archive: held.id }))
      const change = {
        processedBytes: bytes,
        processedPhotos: Math.min(held.imageCount, entryAt(sealed.layout, Math.min(bytes, sealed.layout.total))),
        etaSeconds: eta(status, bytes, sealed.layout.total, now.getTime() - began),
        progressAt: now,
      }
      tell(change.processedPhotos)
      writing = writing
        .then(() => changeHeld(deps.db, held, change))
        .catch((error: unknown) => {
          // a database that is away for a moment must not end a build; being overtaken must
          if (isCode(error, 'attempt_stale')) stop.abort(error)
        })
    },
    settled: () => writing,
  }
}

/** Bytes are stored and synced: now the row says so, and verification is sent in the same transaction. */
async function handOn(deps: Needs, archive: Archive, stored: Assembled): Promise<void> {
  const now = deps.clock.now()
  await deps.db.transaction().execute(async (tx) => {
    await changeHeld(tx, archive, {
      status: 'verifying',
      // what was made inside the store is seen for the first time when it is verified
      checksum: stored.sha256,
      movedBytes: stored.moved,
      storeRequests: stored.requests,
      processedBytes: 0,
      processedPhotos: archive.imageCount,
      completedAt: now,
      progressAt: now,
      errorCode: null,
      errorMessage: null,
    })
    await deps.queue.send(tx, ...workOn('archive.verify', archive))
  })
}
