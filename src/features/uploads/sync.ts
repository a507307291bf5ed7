/**
 * Job gallery.sync: makes a gallery what lies under its prefix of the bucket.
 *
 * Each object is read once, for its hashes, and stays where it is; its key in our rows holds the ETag it had, so it is never
 * taken for other bytes. A new object is a new photo. One that was replaced is a new asset of the same photo. One that is gone is
 * missing, and is found again when the same bytes come back. What the photographer took out of the gallery stays out. All of
 * it can be done again, by two at once, and after a kill: every photo is one transaction, and the row is asked first.
 */
import { after } from '../../base/clock.ts'
import { AppError, isCode } from '../../base/errors.ts'
import { note } from '../../data/activity.ts'
import { markMissing } from '../../data/assets.ts'
import { emit } from '../../data/events.ts'
import { changeGallery, countGallery, findGallery, lockGallery } from '../../data/galleries.ts'
import {
  changeSource,
  type ForeignAsset,
  findSource,
  forgetDuplicates,
  listForeign,
  listNoted,
  lookAgain,
  lookEvery,
  markFound,
  type Source,
} from '../../data/sources.ts'
import { mayBePhoto, readForeign } from '../../domain/foreign.ts'
import { type Gallery, stateAt, takesUploads } from '../../domain/gallery.ts'
import type { Deps } from '../../ports/deps.ts'
import type { ForeignObject } from '../../ports/storage/port.ts'
import { contentChanged, positionAt } from './add.ts'
import type { ImportProgress } from './import.ts'
import { type Outcome, type SyncDeps, takeObject } from './sync-object.ts'
import { turns } from './turns.ts'

/** What a look at the prefix changed. */
export interface Synced {
  /** photos under the prefix */
  photos: number
  added: number
  /** whose object was replaced by another one */
  replaced: number
  /** whose object is gone, or was replaced by what is no photo */
  missing: number
  /** missing ones that are there again */
  found: number
  duplicates: string[]
  skipped: { path: string; reason: string }[]
}

export interface SyncOptions {
  onProgress?: (progress: ImportProgress) => void
  signal?: AbortSignal
}

// small photos wait for the network more than for us; of films each takes 32 MiB of memory
const sideBySide = 4
const natural = new Intl.Collator('en', { numeric: true, sensitivity: 'base' })

/** Throws `bucket_needed` when the photos of this installation lie on a disk; outages are tried again by the queue. */
export async function syncGallery(deps: SyncDeps, galleryId: string, options: SyncOptions = {}): Promise<Synced | null> {
  const { db, clock } = deps
  const [gallery, source] = [await findGallery(db, galleryId), await findSource(db, galleryId)]
  if (!gallery || !source || !takesUploads(stateAt(gallery, clock.now()))) return null
  const again = (wait: number) => ({ dueAt: after(clock.now(), wait) })
  await changeSource(db, galleryId, { state: 'reading', error: null, lookedAt: clock.now(), ...again(lookAgain) })
  try {
    const synced = await look(deps, gallery, source, options)
    await openRegistered(deps, source)
    await changeSource(db, galleryId, { state: 'read', finishedAt: clock.now(), ...again(lookEvery) })
    return synced
  } catch (error) {
    await changeSource(db, galleryId, { state: 'failed', error: error instanceof AppError ? error.code : 'internal', ...again(lookAgain) })
    throw error
  }
}

async function look(deps: SyncDeps, gallery: Gallery, source: Source, options: SyncOptions): Promise<Synced> {
  const objects = await photosBelow(deps, source.prefix)
  const known = await listForeign(deps.db, gallery.id)
  const synced: Synced = { photos: objects.length, added: 0, replaced: 0, missing: 0, found: 0, duplicates: [], skipped: [] }
  // first what is gone: its bytes may have come back under another name, and are then no duplicate
  synced.missing = await noteGone(deps, gallery, known, objects)
  synced.found = await noteFound(deps, gallery, known, objects)
  const fresh = await unread(deps, gallery, known, objects)
  const bytes = (some: ForeignObject[]) => some.reduce((sum, { size }) => sum + size, 0)
  const before = { done: objects.length - fresh.length, doneBytes: bytes(objects) - bytes(fresh) }
  await changeSource(deps.db, gallery.id, { seen: objects.length, seenBytes: bytes(objects), ...before })
  const outcomes = await takeAll(deps, { gallery, source, fresh, before }, options)
  for (const [n, outcome] of outcomes.entries()) {
    if (outcome === 'added' || outcome === 'replaced') synced[outcome] += 1
    if (outcome === 'replaced') synced.missing -= 1
    if (outcome === 'duplicate') synced.duplicates.push(fresh[n]!.path)
    if (typeof outcome === 'object') synced.skipped.push({ path: fresh[n]!.path, reason: outcome.reason })
  }
  synced.missing = Math.max(0, synced.missing)
  return synced
}

async function photosBelow({ storage }: Pick<Deps, 'storage'>, prefix: string): Promise<ForeignObject[]> {
  if (!storage.foreign) throw new AppError('bucket_needed')
  const objects = []
  for await (const object of storage.foreign.list(prefix)) if (mayBePhoto(object.path)) objects.push(object)
  return objects.sort((a, b) => natural.compare(a.path, b.path) || (a.path < b.path ? -1 : 1))
}

/** A listing may be older than the object: what it does not name is asked for itself before it is said to be missing. */
async function noteGone(deps: SyncDeps, gallery: Gallery, known: ForeignAsset[], objects: ForeignObject[]): Promise<number> {
  const there = new Set(objects.map(({ key }) => key))
  const gone: string[] = []
  for (const { id, storageKey, state } of known)
    if (state === 'stored' && !there.has(storageKey) && (await deps.storage.size(storageKey)) === null) gone.push(id)
  if (!gone.length) return 0
  return deps.db.transaction().execute(async (tx) => {
    const locked = await lockGallery(tx, gallery.id)
    const missing = await markMissing(tx, gone)
    if (missing) await contentChanged(deps, tx, locked)
    await forgetDuplicates(tx, gallery.id)
    return missing
  })
}

/** Missing ones whose object is there again: read once more, for they may have been missing because they were damaged. */
async function noteFound(deps: SyncDeps, gallery: Gallery, known: ForeignAsset[], objects: ForeignObject[]): Promise<number> {
  const there = new Set(objects.map(({ key }) => key))
  let found = 0
  for (const { id, storageKey, state, size, sha256 } of known) {
    if (state !== 'missing' || !there.has(storageKey)) continue
    const digest = await deps.storage.digest(storageKey, Float64Array.of(size)).catch((error: unknown) => {
      if (isCode(error, 'source_changed')) return null
      throw error
    })
    if (digest?.sha256 !== sha256.toString('hex')) continue
    await deps.db.transaction().execute(async (tx) => {
      const locked = await lockGallery(tx, gallery.id)
      if (!(await markFound(tx, id))) return
      found += 1
      await contentChanged(deps, tx, locked)
    })
  }
  return found
}

/** Objects that no row knows yet. One whose asset was deleted, and in whose place nothing else is, was taken out by hand. */
async function unread({ db }: SyncDeps, gallery: Gallery, known: ForeignAsset[], objects: ForeignObject[]): Promise<ForeignObject[]> {
  const noted = await listNoted(db, gallery.id)
  const living = known.filter(({ state }) => state !== 'deleted')
  const keys = new Set(living.map(({ storageKey }) => storageKey))
  const paths = new Set(living.map(({ storageKey }) => readForeign(storageKey).path))
  const removed = new Set(known.filter(({ state }) => state === 'deleted').map(({ storageKey }) => storageKey))
  return objects.filter(({ key, path }) => !keys.has(key) && !noted.has(key) && !(removed.has(key) && !paths.has(path)))
}

interface Work {
  gallery: Gallery
  source: Source
  fresh: ForeignObject[]
  before: { done: number; doneBytes: number }
}

async function takeAll(deps: SyncDeps, { gallery, source, fresh, before }: Work, { onProgress, signal }: SyncOptions): Promise<Outcome[]> {
  const first = positionAt(deps.clock.now())
  const inTurn = turns()
  const outcomes: Outcome[] = new Array(fresh.length)
  const progress = { files: before.done, bytes: before.doneBytes, path: '' }
  let [next, failed, told] = [0, false, 0]
  async function work(): Promise<void> {
    while (!failed && next < fresh.length) {
      signal?.throwIfAborted()
      const n = next++
      const object = fresh[n]!
      const work = { gallery, object, position: first + n, copy: source.copy, signal }
      outcomes[n] = await inTurn(object.size, () => takeObject(deps, work))
      progress.files += 1
      progress.bytes += object.size
      progress.path = object.path
      onProgress?.({ ...progress })
      if (performance.now() - told > 1000 || progress.files === before.done + fresh.length) {
        told = performance.now()
        const dueAt = after(deps.clock.now(), lookAgain)
        await changeSource(deps.db, gallery.id, { done: progress.files, doneBytes: progress.bytes, dueAt })
      }
    }
  }
  const workers = Array.from({ length: sideBySide }, () =>
    work().catch((error: unknown) => {
      failed = true
      throw error
    }),
  )
  for (const ended of await Promise.allSettled(workers)) if (ended.status === 'rejected') throw ended.reason
  return outcomes
}

/** A registration opens the gallery once its photos are known, and asks for its archive. */
async function openRegistered(deps: SyncDeps, { galleryId, publish }: Source): Promise<void> {
  const { db, queue, clock } = deps
  if (!publish) return
  await db.transaction().execute(async (tx) => {
    const gallery = await lockGallery(tx, galleryId)
    const { photos } = await countGallery(tx, galleryId)
    if (!photos) return
    await changeSource(tx, galleryId, { publish: false })
    if (gallery.state !== 'draft') return
    const now = clock.now()
    await changeGallery(tx, galleryId, { state: 'active', publishedAt: now })
    await note(tx, { at: now, actor: 'system', action: 'published', galleryId })
    await emit(deps, tx, { galleryId, type: 'event.published', dedupeKey: `event.published ${galleryId}` })
    await queue.send(tx, { name: 'gallery.rebuild', payload: { galleryId, source: 'registration' } })
  })
}
