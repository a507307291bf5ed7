/**
 * Job gallery.salvage: a damaged archived gallery comes back with what is whole. Every original is read for that, which takes as
 * long as it takes: so the request only notes the wish, and the row says how far it is and what was found. Killed it begins anew;
 * the gallery comes back in the transaction that calls the row done.
 */
import type { Salvage as SalvageView } from '../../../sdk/src/wire.ts'
import { seconds } from '../../base/clock.ts'
import { AppError, isCode, isOutage, sentenceOf } from '../../base/errors.ts'
import { listStored } from '../../data/assets.ts'
import { lockGallery } from '../../data/galleries.ts'
import { askAnew, changeSalvage, claimSalvage, findSalvage, type SalvageWish } from '../../data/salvages.ts'
import { byUser } from '../../domain/activity.ts'
import { type Salvage, salvagePercent } from '../../domain/salvage.ts'
import type { Database } from '../../ports/database/port.ts'
import type { Deps } from '../../ports/deps.ts'
import type { JobContext } from '../../ports/queue/port.ts'
import { type Comeback, checkRestore, restore } from './restore.ts'
import { listWhole } from './whole.ts'

type Needs = Pick<Deps, 'db' | 'storage' | 'queue' | 'clock' | 'log' | 'settings'>

/** Notes the wish; one that is at work with the same wish goes on. Throws `not_archived`, and `archive_not_ready` for a version that is none of its ready ones. */
export async function askSalvage(deps: Pick<Deps, 'db' | 'queue'>, wish: SalvageWish): Promise<void> {
  const { galleryId, archiveId } = wish
  if (archiveId && !(await listWhole(deps, galleryId)).some(({ id }) => id === archiveId)) throw new AppError('archive_not_ready')
  await deps.db.transaction().execute(async (tx) => {
    if ((await lockGallery(tx, galleryId)).state !== 'archived') throw new AppError('not_archived')
    const known = await findSalvage(tx, galleryId)
    if (!known || !isOpen(known) || !isSame(known, wish)) await askAnew(tx, wish)
    await deps.queue.send(tx, { name: 'gallery.salvage', payload: { galleryId } })
  })
}

const isOpen = ({ status }: Salvage) => status === 'queued' || status === 'processing'

/** The day is not compared: who asks twice means the same moment, and asks a moment later. */
const isSame = (known: Salvage, wish: SalvageWish) => known.dryRun === wish.dryRun && known.archiveId === wish.archiveId

export async function salvage(deps: Needs, galleryId: string, job: Pick<JobContext, 'signal' | 'last'>): Promise<void> {
  const held = await claimSalvage(deps.db, galleryId, deps.clock.now())
  if (!held) return
  const { archiveId, expiresAt, dryRun, askedBy } = held
  const from = { salvage: true, ...(archiveId ? { archiveId } : {}) }
  const follow = await following(deps, held, job.signal)
  try {
    const end = async (db: Parameters<typeof changeSalvage>[0], { archive, photos, lost }: Comeback) => {
      const missing = lost.map(({ originalName }) => originalName)
      await changeSalvage(db, held, { status: 'done', found: { archiveId: archive.id, bytes: archive.fileSizeBytes, photos, missing } })
    }
    if (dryRun) await end(deps.db, await checkRestore(deps, galleryId, from, follow.onRead))
    else await restore(deps, galleryId, { expiresAt, by: byUser(askedBy), ...from }, { onRead: follow.onRead, within: end })
  } catch (error) {
    await follow.settled()
    // a store that is away for a while is no verdict
    const hopeless = error instanceof AppError || job.last
    if (isCode(error, 'attempt_stale') || isOutage(error) || job.signal.aborted || !hopeless) throw error
    deps.log.error({ gallery: galleryId, error: String(error) }, '[Archive] nothing could be salvaged')
    await changeSalvage(deps.db, held, { status: 'failed', errorCode: error instanceof AppError ? error.code : 'internal' })
  }
}

/** Writes progress into the row once a second; ends the work when it is to stop, was asked for anew or was taken over. */
async function following(deps: Pick<Deps, 'db' | 'clock'>, held: Salvage, signal: AbortSignal) {
  const assets = await listStored(deps.db, held.galleryId)
  const allBytes = assets.reduce((sum, { size }) => sum + size, 0)
  const began = deps.clock.now().getTime()
  let read = 0
  let told = began
  let stale: unknown
  let writing = changeSalvage(deps.db, held, { allBytes })
  await writing
  return {
    onRead(bytes: number): void {
      signal.throwIfAborted()
      if (stale) throw stale
      read += bytes
      const now = deps.clock.now().getTime()
      if (now - told < seconds(1)) return
      told = now
      const left = Math.max(0, allBytes - read)
      const change = { readBytes: read, etaSeconds: Math.ceil(((left / read) * (now - began)) / 1000) }
      writing = writing
        .then(() => changeSalvage(deps.db, held, change))
        .catch((error: unknown) => {
          // a database that is away for a moment ends nothing
          if (isCode(error, 'attempt_stale')) stale = error
        })
    },
    settled: () => writing,
  }
}

/** What the API says of it; null when nothing was asked since the gallery was archived. */
export async function viewSalvage(db: Database, galleryId: string): Promise<SalvageView | null> {
  const known = await findSalvage(db, galleryId)
  if (!known) return null
  const { status, dryRun, askedAt, expiresAt, etaSeconds, errorCode, found } = known
  const restored = found && {
    photos: found.photos,
    bytes: found.bytes,
    archive_id: found.archiveId,
    expires_at: expiresAt?.toISOString() ?? null,
    dry_run: dryRun,
    missing: found.missing,
  }
  return {
    status,
    dry_run: dryRun,
    percent: salvagePercent(known),
    eta_seconds: status === 'processing' ? etaSeconds : null,
    asked_at: askedAt.toISOString(),
    restored,
    error: errorCode ? { code: errorCode, detail: sentenceOf(errorCode) } : null,
  }
}
