/**
 * Job scrub, begun every night: whatever has not been read for 60 days is read again and compared with its upload, so that no
 * stored byte is older than 90 days unread. It goes on where a killed run stopped, for each object notes its own reading, and
 * leaves the storage to others by reading no faster than it may. What is damaged is named and never packed again.
 */

import { setTimeout as sleep } from 'node:timers/promises'
import { after, days, seconds } from '../../base/clock.ts'
import { isCode } from '../../base/errors.ts'
import { newId } from '../../base/id.ts'
import { markLost } from '../../data/archives.ts'
import { noteDamaged } from '../../data/damage.ts'
import { changeGallery, lockGalleryOfAnyState } from '../../data/galleries.ts'
import { discard } from '../../data/garbage.ts'
import { insertProof } from '../../data/inside.ts'
import { writeToOwner } from '../../data/outbox.ts'
import { listUnreadArchives, listUnreadAssets, noteRead, type Unread } from '../../data/scrub.ts'
import type { Archive } from '../../domain/archive.ts'
import type { Deps } from '../../ports/deps.ts'
import { compareStored } from './prove.ts'
import { loadSealed } from './sealed.ts'

type Needs = Pick<Deps, 'db' | 'storage' | 'queue' | 'clock' | 'log' | 'settings'>

const unreadFor = days(60)
const page = 100

export interface Scrubbed {
  objects: number
  bytes: number
  damaged: number
}

export async function scrub(deps: Needs, signal: AbortSignal): Promise<Scrubbed> {
  const found: Scrubbed = { objects: 0, bytes: 0, damaged: 0 }
  const before = after(deps.clock.now(), -unreadFor)
  const note = async (bytes: number, began: number, good: boolean) => {
    found.objects++
    found.bytes += bytes
    if (!good) found.damaged++
    const due = (bytes / deps.settings.scrubBytesPerSecond) * seconds(1)
    await sleep(Math.max(0, due - (performance.now() - began)), undefined, { signal })
  }
  for (let some = await listUnreadAssets(deps.db, before, page); some.length; some = await listUnreadAssets(deps.db, before, page))
    for (const asset of some) {
      const began = performance.now()
      await note(asset.size, began, await readAsset(deps, asset, signal))
    }
  for (let some = await listUnreadArchives(deps.db, before, page); some.length; some = await listUnreadArchives(deps.db, before, page))
    for (const archive of some) {
      const began = performance.now()
      await note(archive.fileSizeBytes, began, await readArchive(deps, archive, signal))
    }
  deps.log.info({ ...found }, '[Scrub] stored objects were read again')
  return found
}

/** False when it is damaged; then it counts as missing, and the next archive says so. */
async function readAsset(deps: Needs, asset: Unread, signal: AbortSignal): Promise<boolean> {
  const good = await isWholeThrice(deps, asset, signal)
  if (good) await noteRead(deps.db, 'assets', asset.id, deps.clock.now())
  else await noteDamaged(deps, { ...asset, storageOffset: 0 })
  return good
}

// a network file system may lose a read and find it again
async function isWholeThrice(deps: Needs, asset: Unread, signal: AbortSignal): Promise<boolean> {
  for (const wait of [0, 500, 2000]) {
    if (wait) await sleep(wait, undefined, { signal })
    try {
      const found = await deps.storage.digest(asset.storageKey, Float64Array.of(asset.size), { signal })
      if (found.sha256 === asset.sha256.toString('hex')) return true
    } catch (error) {
      if (!isCode(error, 'source_changed')) throw error
    }
  }
  return false
}

/** False when the file is damaged. */
async function readArchive(deps: Needs, archive: Archive, signal: AbortSignal): Promise<boolean> {
  const { problems } = await compareStored(deps, archive, await loadSealed(deps.db, archive), { signal })
  const now = deps.clock.now()
  if (!problems.length) {
    await deps.db.transaction().execute(async (tx) => {
      await noteRead(tx, 'archives', archive.id, now)
      if (archive.purpose === 'final')
        await insertProof(tx, { id: newId(now), archiveId: archive.id, checksum: archive.checksum!, verifiedAt: now })
    })
    return true
  }
  deps.log.error({ archive: archive.id, problems: problems.slice(0, 20) }, '[Scrub] an archive is damaged')
  await deps.db.transaction().execute(async (tx) => {
    const gallery = await lockGalleryOfAnyState(tx, archive.galleryId)
    // the only copy of what is still whole in it stays, and stays ready to be read and salvaged
    const holds = archive.purpose === 'final' && gallery.finalArchiveId === archive.id && gallery.state === 'archived'
    await noteRead(tx, 'archives', archive.id, now)
    if (holds) await changeGallery(tx, gallery.id, { archiveError: 'archive_damaged' })
    else if (await markLost(tx, archive.id, now)) {
      await discard(tx, [archive.storageKey!], 'archive lost', after(now, days(1)))
      if (gallery.state === 'active') await deps.queue.send(tx, { name: 'gallery.rebuild', payload: { galleryId: gallery.id } })
    }
    const files = problems.flatMap(({ entry }) => entry ?? []).slice(0, 20)
    await writeToOwner(deps, tx, gallery, {
      kind: 'damage_found',
      archiveId: archive.id,
      dedupeKey: `damage_found ${archive.id}`,
      facts: { files },
    })
  })
  return false
}
