/** Makes the small pictures of one asset. A picture that cannot be drawn is kept and packed all the same. */
import { hash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { after, hours } from '../../base/clock.ts'
import { AppError, isOutage } from '../../base/errors.ts'
import { newToken } from '../../base/id.ts'
import { findAsset, lockAsset, setRendered, setRenderFailed } from '../../data/assets.ts'
import { insertDerivatives } from '../../data/derivatives.ts'
import { changeGallery, lockGalleryOfAnyState } from '../../data/galleries.ts'
import { discard, forgetGarbage } from '../../data/garbage.ts'
import { type Asset, derivativeKey } from '../../domain/asset.ts'
import { isMarked } from '../../domain/watermark.ts'
import { readAll } from '../../ports/bytes.ts'
import type { DerivativesTable } from '../../ports/database/port.ts'
import type { Deps } from '../../ports/deps.ts'
import type { Rendered } from '../../ports/images/port.ts'
import type { JobContext } from '../../ports/queue/port.ts'

type RenderDeps = Pick<Deps, 'db' | 'storage' | 'images' | 'queue' | 'clock'>

/** Job asset.render. Done again after a kill it begins anew; nothing is left behind but garbage that has a row. */
export async function render(
  deps: RenderDeps,
  { assetId }: { assetId: string },
  { signal, last }: Pick<JobContext, 'signal' | 'last'>,
): Promise<void> {
  const asset = await findAsset(deps.db, assetId)
  if (asset?.state !== 'stored' || asset.renderState !== 'waiting') return
  try {
    const original = readAll(await deps.storage.open(asset.storageKey, asset.storageOffset, asset.storageOffset + asset.size))
    await keep(deps, asset, await deps.images.render(original, signal))
  } catch (error) {
    const hopeless = error instanceof AppError && error.final
    // a full or absent disk is no fault of the picture: the reconciler asks again
    if (hopeless || (last && !signal.aborted && !isOutage(error))) await setRenderFailed(deps.db, assetId)
    if (!hopeless) throw error
  }
}

async function keep({ db, storage, queue, clock }: RenderDeps, asset: Asset, made: Rendered): Promise<void> {
  // a fresh name at every try: keys are never written twice
  const name = newToken(9)
  const row = <K extends 'preview' | 'medium' | 'thumbnail'>(kind: K, mime: string, ext: string): DerivativesTable & { kind: K } => ({
    assetId: asset.id,
    kind,
    storageKey: derivativeKey(asset.galleryId, asset.id, `${kind}-${name}`, ext),
    mark: null,
    mime,
    size: made[kind].length,
    ...made[`${kind}Size`],
    // exports pack it: their layout needs these before the first byte
    crc32: crc32(made[kind]),
    sha256: hash('sha256', made[kind], 'buffer'),
  })
  const rows = [row('preview', 'image/jpeg', 'jpg'), row('medium', 'image/webp', 'webp'), row('thumbnail', 'image/webp', 'webp')]
  const keys = rows.map((r) => r.storageKey)
  // garbage until the transaction says otherwise: whatever happens in between, nothing is left that nobody knows
  const later = after(clock.now(), hours(24))
  await db.transaction().execute((tx) => discard(tx, keys, 'unfinished rendering', later))
  for (const { storageKey, kind } of rows) await storage.put(storageKey, made[kind])
  await db.transaction().execute(async (tx) => {
    const gallery = await lockGalleryOfAnyState(tx, asset.galleryId)
    const living = await lockAsset(tx, asset.id)
    if (living?.renderState !== 'waiting') return
    await insertDerivatives(tx, rows)
    await setRendered(tx, asset.id, { width: made.width, height: made.height })
    for (const key of keys) await forgetGarbage(tx, key)
    if (!isMarked(gallery, asset)) return
    await changeGallery(tx, gallery.id, { marking: true })
    await queue.send(tx, { name: 'gallery.mark', payload: { galleryId: gallery.id } })
  })
}
