/** When an original cannot be read: make sure, name it missing, and plan the archive anew without it. */
import { setTimeout as sleep } from 'node:timers/promises'
import { AppError, isCode } from '../../base/errors.ts'
import { sealEntries } from '../../data/archiveEntries.ts'
import { changeHeld } from '../../data/archives.ts'
import { markMissing } from '../../data/assets.ts'
import { bumpContent, lockGallery } from '../../data/galleries.ts'
import type { Archive } from '../../domain/archive.ts'
import type { Deps } from '../../ports/deps.ts'
import { giveUpIn, letGo } from './fail.ts'
import { planGallery, sealedFacts } from './request.ts'
import { loadSealed } from './sealed.ts'

type Needs = Pick<Deps, 'db' | 'storage' | 'queue' | 'clock' | 'log'>

/**
 * Looks at the original that failed the build. Answers false when its bytes are all right now: then the failure was a passing
 * one. Otherwise the archive is planned again without it and waits in the queue, or fails when nothing is left.
 */
export async function replanWithout(deps: Needs, archive: Archive, error: AppError): Promise<boolean> {
  const key = String(error.facts['key'])
  const entry = (await loadSealed(deps.db, archive)).entries.find((e) => e.storageKey === key)
  if (!entry?.assetId || (await isIntact(deps, key, entry))) return false
  deps.log.error(
    { archive: archive.id, asset: entry.assetId, path: entry.path, reason: error.facts['reason'] },
    '[Archive] original is lost or damaged',
  )
  await deps.db.transaction().execute(async (tx) => {
    const locked = await lockGallery(tx, archive.galleryId)
    await markMissing(tx, [entry.assetId!])
    const gallery = { ...locked, contentVersion: await bumpContent(tx, locked.id) }
    const plan = await planGallery(tx, gallery)
    if (!plan) {
      await changeHeld(tx, archive, { contentVersion: gallery.contentVersion })
      return giveUpIn(deps, tx, archive, new AppError('original_missing', { asset: entry.assetId }))
    }
    await letGo(deps, tx, archive, 'queued', error)
    await sealEntries(tx, archive.id, plan.entries, plan.missing)
    await changeHeld(tx, { ...archive, status: 'queued' }, sealedFacts(plan, gallery))
    await deps.queue.send(tx, { name: 'archive.build', payload: { archiveId: archive.id } })
  })
  return true
}

/** Three tries, because a network file system may lose a read and find it again. */
async function isIntact(deps: Pick<Deps, 'storage'>, key: string, entry: { size: number; sha256: Buffer }): Promise<boolean> {
  for (const wait of [0, 500, 2000]) {
    await sleep(wait)
    try {
      const found = await deps.storage.digest(key, Float64Array.of(entry.size))
      if (found.sha256 === entry.sha256.toString('hex')) return true
    } catch (error) {
      if (!isCode(error, 'source_changed')) throw error
    }
  }
  return false
}
