/** How an attempt ends that did not work: back in the queue, or given up and told. */
import { after, days } from '../../base/clock.ts'
import { type AppError, asKnown } from '../../base/errors.ts'
import { note } from '../../data/activity.ts'
import { changeHeld, listVersions, newestOf } from '../../data/archives.ts'
import { emit } from '../../data/events.ts'
import { changeGallery, countGallery, lockGalleryOfAnyState } from '../../data/galleries.ts'
import { discard } from '../../data/garbage.ts'
import { writeToOwner } from '../../data/outbox.ts'
import { type Archive, atWork, isCurrent } from '../../domain/archive.ts'
import { archiveFacts } from '../../domain/event.ts'
import { type Gallery, stateAt, stateBefore } from '../../domain/gallery.ts'
import { nightAfter } from '../../domain/night.ts'
import type { Tx } from '../../ports/database/port.ts'
import type { Deps } from '../../ports/deps.ts'
import { fileFailed } from './export-end.ts'
import { goOn } from './reopen.ts'
import { announceInstead } from './request.ts'

type Needs = Pick<Deps, 'db' | 'queue' | 'clock' | 'log' | 'settings'>

/**
 * The queue, or later the reconciler, tries again: the row waits, with the reason in it. A try that ended by an outage or by
 * our own stopping (`free`) does not count, however often that happens.
 */
export async function tryAgain(deps: Needs, archive: Archive, error: unknown, free: boolean): Promise<void> {
  deps.log.warn({ archive: archive.id, attempt: archive.attempts, error: String(error) }, '[Archive] attempt failed, it is tried again')
  await deps.db.transaction().execute(async (tx) => {
    await letGo(deps, tx, archive, 'queued', error)
    if (free) await changeHeld(tx, { ...archive, status: 'queued' }, { attempts: archive.attempts - 1 })
  })
}

/** No further try: the archive is failed, and the photographer gets a letter, in one transaction. */
export async function giveUp(deps: Needs, archive: Archive, error: unknown): Promise<void> {
  deps.log.error({ archive: archive.id, attempt: archive.attempts, error: String(error) }, '[Archive] archive failed')
  await deps.db.transaction().execute((tx) => giveUpIn(deps, tx, archive, error))
}

/** The same inside a transaction that says more. */
export async function giveUpIn(deps: Pick<Deps, 'queue' | 'clock' | 'settings'>, tx: Tx, archive: Archive, error: unknown): Promise<void> {
  // whoever asks for the next version meanwhile either sees this failure or is seen here
  const gallery = await lockGalleryOfAnyState(tx, archive.galleryId)
  await letGo(deps, tx, archive, 'failed', error)
  // of an export its asker is told, where they look
  if (archive.purpose === 'selection') return fileFailed(deps, tx, archive)
  const known = asKnown(error)
  const facts = { version: archive.version, code: known.code }
  await note(tx, { at: deps.clock.now(), actor: 'system', action: 'archive_failed', galleryId: gallery.id, subject: archive.id, facts })
  await tellWorld(deps, tx, archive, known)
  await tellOwner(deps, tx, gallery, archive, known)
  if (archive.purpose === 'final') await standAgain(deps, tx, gallery, error)
  else await handOn(deps, tx, archive)
}

/** Nothing was deleted: the gallery is what it was before it was to be archived, and says why it is not. */
async function standAgain(deps: Pick<Deps, 'queue' | 'clock'>, tx: Tx, gallery: Gallery, error: unknown): Promise<void> {
  if (gallery.state !== 'archiving') return
  await changeGallery(tx, gallery.id, { state: stateBefore(gallery, deps.clock.now()), archiveError: asKnown(error).code })
  await goOn(deps, tx, gallery.id)
}

/**
 * Nobody hears of this version any more; another one that is at work or newer tells them. (If none is, the next one will.) Who
 * came while it was at work, and waited for its end, hears of the one that is there.
 */
async function handOn(deps: Pick<Deps, 'queue'>, tx: Tx, failed: Archive): Promise<void> {
  const versions = await listVersions(tx, failed.galleryId)
  const { ready } = newestOf(versions)
  if (ready) await deps.queue.send(tx, { name: 'delivery.announce', payload: { archiveId: ready.id } })
  if (!versions.find((version) => version.id === failed.id)?.announce) return
  const heir = versions.find(
    ({ status, version, supersededBy }) => atWork(status) || (status === 'ready' && version > failed.version && !supersededBy),
  )
  if (heir) await announceInstead(deps, tx, heir)
}

/** Stored bytes of this attempt are worth nothing any more; the row leaves its claim. */
export async function letGo(
  deps: Pick<Deps, 'clock'>,
  tx: Tx,
  archive: Archive,
  status: 'queued' | 'failed',
  error: unknown,
): Promise<void> {
  const now = deps.clock.now()
  if (archive.storageKey) await discard(tx, [archive.storageKey], 'attempt failed', after(now, days(1)))
  const known = asKnown(error)
  await changeHeld(tx, archive, {
    status,
    storageKey: null,
    checksum: null,
    movedBytes: null,
    storeRequests: null,
    processedBytes: 0,
    processedPhotos: 0,
    etaSeconds: null,
    progressAt: now,
    completedAt: status === 'failed' ? now : null,
    errorCode: known.code,
    errorMessage: known.message,
  })
}

async function tellWorld(
  deps: Pick<Deps, 'queue' | 'clock' | 'settings'>,
  tx: Tx,
  archive: Archive,
  { code, message }: AppError,
): Promise<void> {
  const facts = archiveFacts({ ...archive, checksum: null }, deps.settings.publicUrl)
  const more = { archive: { ...facts, error_code: code, error_message: message } }
  await emit(deps, tx, { galleryId: archive.galleryId, type: 'archive.failed', dedupeKey: `archive.failed ${archive.id}`, more })
}

/** What fails every night for the same reason is told once, and again when there was a ready version in between. */
async function tellOwner(
  deps: Pick<Deps, 'queue' | 'clock'>,
  tx: Tx,
  gallery: Gallery,
  failed: Archive,
  { code }: AppError,
): Promise<void> {
  const letter = { kind: 'archive_failed' as const, archiveId: failed.id }
  // of a final archive that somebody asked for they hear each time; one whose date has passed is asked for again every night
  if (failed.purpose === 'final') {
    const byItself = failed.source === 'expiry'
    const dedupeKey = `archive_failed ${byItself ? `${gallery.id} final ${gallery.contentVersion} ${code}` : failed.id}`
    return writeToOwner(deps, tx, gallery, { ...letter, dedupeKey, facts: byItself ? { retryAt: nightAfter(deps.clock.now()) } : {} })
  }
  const { ready } = newestOf(await listVersions(tx, gallery.id))
  const dedupeKey = `archive_failed ${gallery.id} ${gallery.contentVersion} ${code} after ${ready?.version ?? 0}`
  const retryAt = await nextTry(tx, gallery, ready, deps.clock.now())
  await writeToOwner(deps, tx, gallery, { ...letter, dedupeKey, facts: { retryAt } })
}

/** When the maintenance asks for it again by itself, if it will. */
async function nextTry(tx: Tx, gallery: Gallery, ready: Archive | undefined, now: Date): Promise<Date | undefined> {
  const night = nightAfter(now)
  if (stateAt(gallery, night) !== 'active' || (ready && isCurrent(ready, gallery))) return undefined
  return (await countGallery(tx, gallery.id)).photos ? night : undefined
}
