/** Takes an item out of its gallery: the pointers first, the bytes a day later. */
import { after, hours } from '../../base/clock.ts'
import { AppError } from '../../base/errors.ts'
import { markDeleted, ownKeys } from '../../data/assets.ts'
import { deleteDerivatives } from '../../data/derivatives.ts'
import { bumpContent, lockGallery } from '../../data/galleries.ts'
import { discard } from '../../data/garbage.ts'
import { lockItemAssets } from '../../data/items.ts'
import { debounce } from '../../domain/content.ts'
import { stateAt, takesUploads } from '../../domain/gallery.ts'
import type { Deps } from '../../ports/deps.ts'

export async function removeItem(deps: Pick<Deps, 'db' | 'queue' | 'clock'>, galleryId: string, itemId: string): Promise<void> {
  const { db, queue, clock } = deps
  await db.transaction().execute(async (tx) => {
    const now = clock.now()
    const gallery = await lockGallery(tx, galleryId)
    const held = await lockItemAssets(tx, galleryId, itemId)
    if (!held.length) throw new AppError('not_found')
    if (!takesUploads(stateAt(gallery, now))) throw new AppError('gallery_not_open', { gallery: galleryId })
    const keys = ownKeys(held)
    for (const { assetId } of held) {
      await markDeleted(tx, assetId)
      keys.push(...(await deleteDerivatives(tx, assetId)))
    }
    await discard(tx, keys, 'item removed', after(now, hours(24)))
    await bumpContent(tx, galleryId)
    if (gallery.state === 'active') await queue.send(tx, { name: 'gallery.rebuild', payload: { galleryId } }, { delayMs: debounce })
  })
}
