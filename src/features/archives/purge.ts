/**
 * Job gallery.purge: the originals of an archived gallery go when their grace is over. The archive is proven anew when its last
 * proof is older than a day; if it is not what it was, every original becomes one again that is whole anywhere, and nothing is deleted.
 */
import { after, days } from '../../base/clock.ts'
import { AppError } from '../../base/errors.ts'
import { newId } from '../../base/id.ts'
import { findArchive, lockReady, markLost, takeLost } from '../../data/archives.ts'
import { listStored } from '../../data/assets.ts'
import { changeGallery, findGallery, lockGallery } from '../../data/galleries.ts'
import { discard } from '../../data/garbage.ts'
import { findProof, insertProof, moveTo, renewPurges, takePurges } from '../../data/inside.ts'
import { writeToOwner } from '../../data/outbox.ts'
import type { Archive } from '../../domain/archive.ts'
import { stateBefore } from '../../domain/gallery.ts'
import type { Deps } from '../../ports/deps.ts'
import { compareStored } from './prove.ts'
import { goOn } from './reopen.ts'
import { loadSealed } from './sealed.ts'
import { findWhole, listWhole, nameLost } from './whole.ts'

type Needs = Pick<Deps, 'db' | 'storage' | 'queue' | 'clock' | 'calendar' | 'log'>

// a proof that is older is taken anew before originals go
const proofHolds = days(1)
const some = 500

export async function purge(deps: Needs, galleryId: string, signal: AbortSignal): Promise<void> {
  const gallery = await findGallery(deps.db, galleryId)
  if (gallery?.state !== 'archived') return
  const archive = (await findArchive(deps.db, gallery.finalArchiveId!))!
  const now = await deps.calendar.now()
  const proof = await findProof(deps.db, archive.id)
  // one from the future is of a clock that had jumped: nobody knows how old it is
  if (!proof || Math.abs(now.getTime() - proof.verifiedAt.getTime()) > proofHolds) {
    if (!(await isSound(deps, archive, signal))) return takeBack(deps, galleryId, archive)
    await proveAnew(deps, galleryId, archive)
  }
  for (let gone = some; gone === some; ) gone = await letGo(deps, archive, now)
}

/** The pointers first: from here on the collector may take the bytes, after one more look at whether anything needs them. */
async function letGo(deps: Needs, { id, galleryId }: Archive, now: Date): Promise<number> {
  return deps.db.transaction().execute(async (tx) => {
    const gallery = await lockGallery(tx, galleryId)
    // restored since: the keys are wanted again; archived anew, they have the time and the proof of that archive
    if (gallery.state !== 'archived' || gallery.finalArchiveId !== id) return 0
    const keys = await takePurges(tx, galleryId, now, some)
    await discard(tx, keys, 'gallery archived', now)
    return keys.length
  })
}

async function isSound(deps: Needs, archive: Archive, signal: AbortSignal): Promise<boolean> {
  const { problems } = await compareStored(deps, archive, await loadSealed(deps.db, archive), { signal })
  if (problems.length) deps.log.error({ archive: archive.id, problems: problems.slice(0, 20) }, '[Archive] a final archive is damaged')
  return problems.length === 0
}

async function proveAnew(deps: Needs, galleryId: string, archive: Archive): Promise<void> {
  const now = deps.clock.now()
  const proof = { id: newId(now), archiveId: archive.id, checksum: archive.checksum!, verifiedAt: now }
  await deps.db.transaction().execute(async (tx) => {
    const { finalArchiveId } = await lockGallery(tx, galleryId)
    await insertProof(tx, proof)
    if (finalArchiveId === archive.id) await renewPurges(tx, galleryId, proof.id)
  })
}

/**
 * The gallery is what it was before, and is archived again. Each original goes back to its old key if its bytes are still those
 * of the upload; else it lies where it is whole, in another version or in what is left of this one.
 */
async function takeBack(deps: Needs, galleryId: string, archive: Archive): Promise<void> {
  // a mount that is missing is an outage, not a loss
  await deps.storage.ready()
  const versions = await listWhole(deps, galleryId)
  const others = versions.filter(({ id }) => id !== archive.id)
  const assets = await listStored(deps.db, galleryId)
  const { places, lost } = await findWhole(deps, galleryId, assets, [...others, archive], { oldFirst: true })
  await deps.db.transaction().execute(async (tx) => {
    const gallery = await lockGallery(tx, galleryId)
    if (gallery.state !== 'archived' || gallery.finalArchiveId !== archive.id) return
    // a version that went since it was read
    const isThere =
      others.length === 0 ||
      (await lockReady(
        tx,
        others.map(({ id }) => id),
      ))
    if (!isThere || !(await moveTo(tx, galleryId, places))) throw new AppError('attempt_stale', { archive: archive.id })
    await nameLost(deps, tx, gallery, lost, archive.id)
    await changeGallery(tx, galleryId, {
      state: stateBefore(gallery, deps.clock.now()),
      archivedAt: null,
      finalArchiveId: null,
      archiveError: 'archive_damaged',
      hydrating: places.some(({ storageOffset }) => storageOffset > 0),
    })
    await markLost(tx, archive.id, deps.clock.now())
    // stays while an original lies in it
    await discard(tx, await takeLost(tx, galleryId), 'archive lost', after(deps.clock.now(), days(1)))
    await writeToOwner(deps, tx, gallery, { kind: 'archive_failed', archiveId: archive.id, dedupeKey: `archive_damaged ${archive.id}` })
    await deps.queue.send(tx, { name: 'gallery.retire', payload: { galleryId, source: 'again' } })
    await goOn(deps, tx, galleryId)
    const facts = { gallery: galleryId, back: places.length, lost: lost.length }
    deps.log.error(facts, '[Archive] the originals are taken back, and the gallery is archived again')
  })
}
