/** When an original cannot be read: make sure, name it missing, and plan the archive anew without it. */
import { setTimeout as sleep } from 'node:timers/promises'
import { AppError } from '../../base/errors.ts'
import { type SealedEntry, sealEntries } from '../../data/archiveEntries.ts'
import { changeHeld } from '../../data/archives.ts'
import { markMissing } from '../../data/assets.ts'
import { drawAgain } from '../../data/derivatives.ts'
import { bumpContent, lockGalleryOfAnyState } from '../../data/galleries.ts'
import type { Archive } from '../../domain/archive.ts'
import { isWhole } from '../../domain/asset.ts'
import { workOn } from '../../domain/jobs.ts'
import type { Deps } from '../../ports/deps.ts'
import { giveUpIn, letGo } from './fail.ts'
import { isRight } from './prove.ts'
import { replan, sealedFacts } from './request.ts'
import { loadSealed } from './sealed.ts'

type Needs = Pick<Deps, 'db' | 'storage' | 'queue' | 'clock' | 'log' | 'settings'>

/**
 * Looks at the original that failed the build. Answers false when its bytes are all right now: then the failure was a passing
 * one. Otherwise the archive is planned again without it, and without the others that are gone with it, and waits in the queue;
 * or fails when nothing is left. That is no failed try: every plan is shorter than the one before, so it comes to an end.
 */
export async function replanWithout(deps: Needs, archive: Archive, error: AppError): Promise<boolean> {
  const key = String(error.facts.key)
  const { entries } = await loadSealed(deps.db, archive)
  const entry = await firstBroken(
    deps,
    entries.filter((e) => e.storageKey === key && e.assetId),
  )
  if (!entry) return false
  const lost = [entry, ...(await alsoGone(deps, entries))]
  for (const { assetId, path } of lost)
    deps.log.error({ archive: archive.id, asset: assetId, path, reason: error.facts.reason }, '[Archive] original is lost or damaged')
  await deps.db.transaction().execute(async (tx) => {
    const locked = await lockGalleryOfAnyState(tx, archive.galleryId)
    const originals = lost.filter(({ previewKey }) => !previewKey)
    await markMissing(
      tx,
      originals.map(({ assetId }) => assetId!),
    )
    // a lost preview is no lost photo: the original goes in, and the preview is made again
    for (const { assetId, previewKey } of lost) if (previewKey) await drawAgain(deps, tx, assetId!)
    // a selection says nothing about deliveries: one that is complete stays current
    const contentVersion = archive.purpose !== 'selection' ? await bumpContent(tx, locked.id) : locked.contentVersion
    const gallery = { ...locked, contentVersion }
    // under the names it was asked for; if they are others now, its end sees that
    const plan = await replan(tx, gallery, archive)
    if (!plan) {
      await changeHeld(tx, archive, { contentVersion: gallery.contentVersion })
      return giveUpIn(deps, tx, archive, new AppError('original_missing', { asset: entry.assetId }))
    }
    await letGo(deps, tx, archive, 'queued', error)
    await sealEntries(tx, archive.id, plan.entries, plan.missing)
    await changeHeld(tx, { ...archive, status: 'queued' }, { ...sealedFacts(plan, gallery), attempts: archive.attempts - 1 })
    await deps.queue.send(tx, ...workOn('archive.build', archive))
  })
  return true
}

/** Of a folder that was lost a build would find one file after the other: those that are not there, or not whole, at three looks. */
async function alsoGone(deps: Pick<Deps, 'storage'>, entries: SealedEntry[]): Promise<SealedEntry[]> {
  let suspects = entries.filter((entry) => entry.assetId)
  for (const wait of [0, 500, 2000]) {
    if (wait && suspects.length) await sleep(wait)
    const sizes = await Promise.all(suspects.map((entry) => deps.storage.size(entry.storageKey!)))
    suspects = suspects.filter((entry, i) => !isWhole(sizes[i]!, entry))
  }
  return suspects
}

/** One of those that lie under a key: a single one, or many in an archive. */
async function firstBroken(deps: Pick<Deps, 'storage'>, entries: SealedEntry[]): Promise<SealedEntry | undefined> {
  for (const entry of entries) if (!(await isIntact(deps, entry))) return entry
  return undefined
}

/** Three tries, because a network file system may lose a read and find it again. */
async function isIntact(deps: Pick<Deps, 'storage'>, entry: SealedEntry): Promise<boolean> {
  for (const wait of [0, 500, 2000]) {
    await sleep(wait)
    if (await isRight(deps, { ...entry, storageKey: entry.storageKey! })) return true
  }
  return false
}
