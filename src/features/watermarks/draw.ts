/**
 * Job gallery.mark: draws the owner's watermark into the pictures of a gallery that do not bear it yet, or bear an older one. It is
 * drawn into the preview and not into the original: that is what guests look at, and it needs no second decoding of a stranger's
 * file. Killed and begun anew it goes on with those that are left.
 */
import { hash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { placeMark } from '../../../sdk/src/watermark.ts'
import { after, days, hours } from '../../base/clock.ts'
import { AppError, isCode } from '../../base/errors.ts'
import { newToken } from '../../base/id.ts'
import { lockAsset } from '../../data/assets.ts'
import { deleteMarked, drawLost, findDerivative, insertDerivatives, listUnmarked, type Unmarked } from '../../data/derivatives.ts'
import { changeGallery, findGallery, lockGalleryOfAnyState } from '../../data/galleries.ts'
import { discard, forgetGarbage } from '../../data/garbage.ts'
import { findImage, holdWatermark } from '../../data/watermarks.ts'
import { derivativeKey } from '../../domain/asset.ts'
import type { Gallery } from '../../domain/gallery.ts'
import type { Watermark } from '../../domain/watermark.ts'
import { readAll } from '../../ports/bytes.ts'
import type { DerivativesTable } from '../../ports/database/port.ts'
import type { Deps } from '../../ports/deps.ts'

type Needs = Pick<Deps, 'db' | 'storage' | 'images' | 'queue' | 'clock' | 'log'>
type Mark = Watermark & { image: Buffer }

const page = 100
// as many helpers draw at once
const together = 2

export async function drawMarks(deps: Needs, galleryId: string, signal: AbortSignal): Promise<void> {
  for (;;) {
    const gallery = await findGallery(deps.db, galleryId)
    const mark = gallery && gallery.watermark !== 'off' ? await findImage(deps.db, gallery.ownerId) : undefined
    if (gallery && mark) await drawAll(deps, gallery, mark, signal)
    if (!gallery || (await settle(deps, gallery))) return
  }
}

/** Every photo in turn. One that fails stops no other; the first failure is thrown at the end, so that the job is tried again. */
async function drawAll(deps: Needs, gallery: Gallery, mark: Mark, signal: AbortSignal): Promise<void> {
  const failures: unknown[] = []
  for (let last: string | null = null; ; ) {
    const some: Unmarked[] = await listUnmarked(deps.db, gallery.id, mark.id, last, page)
    if (!some.length) break
    last = some.at(-1)!.assetId
    for (let i = 0; i < some.length; i += together) {
      signal.throwIfAborted()
      const done = await Promise.allSettled(some.slice(i, i + together).map((one) => drawOne(deps, gallery, mark, one, signal)))
      for (const one of done) if (one.status === 'rejected') failures.push(one.reason)
      // changed or switched off meanwhile: what is drawn now is drawn for nobody
      if (done.some((one) => one.status === 'fulfilled' && !one.value)) return
    }
  }
  if (failures.length) throw failures[0]
}

/** False when the gallery wants another mark by now, or none. */
async function drawOne(deps: Needs, gallery: Gallery, mark: Mark, one: Unmarked, signal: AbortSignal): Promise<boolean> {
  const { image, opacity } = mark
  let made: Awaited<ReturnType<Needs['images']['mark']>>
  try {
    const preview = readAll(await deps.storage.open(one.storageKey, 0, one.size))
    made = await deps.images.mark(preview, { image, opacity, places: placeMark(one, mark, mark) }, signal)
  } catch (error) {
    if (!isCode(error, 'source_changed') && !(error instanceof AppError && error.final)) throw error
    // not what was drawn once: its small pictures are made anew, and come here again
    deps.log.warn({ asset: one.assetId, key: one.storageKey, error: String(error) }, 'a preview is lost or damaged and is drawn again')
    await deps.db.transaction().execute((tx) => drawLost(deps, tx, gallery.id, { ...one, kind: 'preview' }))
    return true
  }
  const name = newToken(9)
  const row = (kind: 'preview' | 'medium', mime: string, ext: string): DerivativesTable => ({
    assetId: one.assetId,
    kind: `marked_${kind}`,
    mark: mark.id,
    storageKey: derivativeKey(gallery.id, one.assetId, `marked-${kind}-${name}`, ext),
    mime,
    size: made[kind].length,
    ...made[`${kind}Size`],
    crc32: crc32(made[kind]),
    sha256: hash('sha256', made[kind], 'buffer'),
  })
  const rows = [row('preview', 'image/jpeg', 'jpg'), row('medium', 'image/webp', 'webp')]
  const keys = rows.map((r) => r.storageKey)
  // garbage until the transaction says otherwise, as every picture we draw
  await deps.db.transaction().execute((tx) => discard(tx, keys, 'unfinished rendering', after(deps.clock.now(), hours(24))))
  await deps.storage.put(keys[0]!, made.preview)
  await deps.storage.put(keys[1]!, made.medium)
  return deps.db.transaction().execute(async (tx) => {
    const held = await holdWatermark(tx, gallery.ownerId)
    const { watermark } = await lockGalleryOfAnyState(tx, gallery.id)
    if (watermark === 'off' || held?.id !== mark.id) return false
    // the photo may have gone, or its gallery may have been archived
    if (!(await lockAsset(tx, one.assetId)) || (await findDerivative(tx, one.assetId, 'preview'))?.storageKey !== one.storageKey)
      return true
    await discard(tx, await deleteMarked(tx, one.assetId), 'watermark changed', after(deps.clock.now(), days(1)))
    await insertDerivatives(tx, rows)
    for (const key of keys) await forgetGarbage(tx, key)
    return true
  })
}

/**
 * Notes that nothing is left to draw; false when something is. Whoever changes the mark, switches it or adds a picture waits for this,
 * or this for them: the watermark is always held first and the gallery then.
 */
async function settle({ db }: Needs, { id, ownerId }: Gallery): Promise<boolean> {
  return db.transaction().execute(async (tx) => {
    const mark = await holdWatermark(tx, ownerId)
    const { watermark } = await lockGalleryOfAnyState(tx, id)
    if (mark && watermark !== 'off' && (await listUnmarked(tx, id, mark.id, null, 1)).length) return false
    await changeGallery(tx, id, { marking: false })
    return true
  })
}
