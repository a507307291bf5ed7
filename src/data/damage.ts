/** An original is gone or not what was uploaded, and nowhere else: it is missing from now on, for everybody to see, and its photographer is told. */

import type { Asset } from '../domain/asset.ts'
import type { Deps } from '../ports/deps.ts'
import { markMissing } from './assets.ts'
import { bumpContent, lockGalleryOfAnyState } from './galleries.ts'
import { writeToOwner } from './outbox.ts'

type Needs = Pick<Deps, 'db' | 'queue' | 'clock' | 'log'>

export async function noteDamaged(
  deps: Needs,
  asset: Pick<Asset, 'id' | 'galleryId' | 'storageKey' | 'storageOffset' | 'originalName'>,
): Promise<void> {
  const { id, galleryId, storageKey: key, storageOffset: at, originalName: name } = asset
  deps.log.error({ asset: id, key, at, name }, '[Archive] an original is damaged')
  await deps.db.transaction().execute(async (tx) => {
    const gallery = await lockGalleryOfAnyState(tx, galleryId)
    if (!(await markMissing(tx, [id]))) return
    await bumpContent(tx, gallery.id)
    if (gallery.state === 'active') await deps.queue.send(tx, { name: 'gallery.rebuild', payload: { galleryId } })
    const facts = { files: [name] }
    await writeToOwner(deps, tx, gallery, { kind: 'damage_found', archiveId: null, dedupeKey: `damage_found ${id}`, facts })
  })
}
