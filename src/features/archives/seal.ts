/**
 * Seals a gallery into its final archive, in the transaction that calls the archive ready: the archive has just been read back,
 * every entry with the SHA-256 of its upload. From here on the originals lie inside it; their old keys wait for their end with
 * this proof, so that a restore within the grace takes them back as they are.
 */
import { after, days } from '../../base/clock.ts'
import { AppError } from '../../base/errors.ts'
import { newId } from '../../base/id.ts'
import { note } from '../../data/activity.ts'
import { findArchive, takeLost } from '../../data/archives.ts'
import { listStored } from '../../data/assets.ts'
import { deleteDerivativesOf } from '../../data/derivatives.ts'
import { emit } from '../../data/events.ts'
import { changeGallery } from '../../data/galleries.ts'
import { discard } from '../../data/garbage.ts'
import { insertProof, moveInside, type Placed } from '../../data/inside.ts'
import { revokeVisits } from '../../data/links.ts'
import { writeToOwner } from '../../data/outbox.ts'
import { forgetSalvage } from '../../data/salvages.ts'
import { byUser } from '../../domain/activity.ts'
import type { Archive } from '../../domain/archive.ts'
import { archivePath } from '../../domain/event.ts'
import type { Gallery } from '../../domain/gallery.ts'
import { imagesHash } from '../../domain/plan.ts'
import type { Tx } from '../../ports/database/port.ts'
import type { Deps } from '../../ports/deps.ts'
import { dataAt, loadSealed, type Sealed } from './sealed.ts'

type Needs = Pick<Deps, 'queue' | 'clock' | 'settings'>

/** `gallery` is locked, and `archive` was made ready by this transaction. Throws `content_changed` when it is not what the gallery holds. */
export async function seal(deps: Needs, tx: Tx, gallery: Gallery, archive: Archive, checksum: string): Promise<void> {
  const now = deps.clock.now()
  const living = await listStored(tx, gallery.id)
  const same = archive.contentVersion === gallery.contentVersion && archive.imagesHash === imagesHash(living.map((asset) => asset.id))
  // the second look: nothing came or went since the plan, and nothing of it is missing
  if (gallery.state !== 'archiving' || !same || living.some(({ state }) => state !== 'stored'))
    throw new AppError('content_changed', { gallery: gallery.id }, { final: true })
  const placed = placesOf(await loadSealed(tx, archive))
  const proof = { id: newId(now), archiveId: archive.id, checksum, verifiedAt: now }
  await insertProof(tx, proof)
  const { storageKey } = (await findArchive(tx, archive.id))!
  const purge = { proofId: proof.id, notBefore: after(now, days(deps.settings.purgeGraceDays)) }
  const moved = await moveInside(tx, { galleryId: gallery.id, storageKey: storageKey! }, placed, purge)
  if (moved !== living.length || moved !== placed.length) throw new AppError('content_changed', { gallery: gallery.id }, { final: true })
  const unneeded = [...(await deleteDerivativesOf(tx, gallery.id)), ...(await takeLost(tx, gallery.id))]
  await discard(tx, unneeded, 'gallery archived', after(now, days(1)))
  await revokeVisits(tx, gallery.id, now)
  await forgetSalvage(tx, gallery.id)
  await changeGallery(tx, gallery.id, {
    state: 'archived',
    archivedAt: now,
    finalArchiveId: archive.id,
    archiveError: null,
    hydrating: false,
  })
  const facts = { version: archive.version, photos: archive.imageCount, bytes: archive.fileSizeBytes }
  const asked = byUser(archive.requestedBy)
  await note(tx, { at: now, actor: asked, action: 'archived', galleryId: gallery.id, subject: archive.id, facts })
  const told = { type: 'event.archived' as const, archivePath: archivePath(deps.settings.bucket, storageKey!) }
  await emit(deps, tx, { ...told, galleryId: gallery.id, dedupeKey: `event.archived ${archive.id}` })
  await writeToOwner(deps, tx, gallery, { kind: 'archive_complete', archiveId: archive.id, dedupeKey: `archive_complete ${archive.id}` })
}

/** Where the bytes of every original begin in the archive. */
const placesOf = (sealed: Sealed): Placed[] =>
  sealed.entries.flatMap(({ assetId, storageKey, storageOffset }, i) =>
    assetId ? [{ assetId, storageKey: storageKey!, storageOffset, offset: dataAt(sealed, i) }] : [],
  )
