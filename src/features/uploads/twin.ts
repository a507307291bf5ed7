/** Are these very bytes in the gallery already? A row says so; whether its file is still there, only the store knows. */
import { findSame, markMissing } from '../../data/assets.ts'
import { bumpContent, lockGallery } from '../../data/galleries.ts'
import { type Asset, isWhole } from '../../domain/asset.ts'
import type { Deps } from '../../ports/deps.ts'

/**
 * The stored asset with these bytes. One whose file is gone is noted as missing instead: what is being sent may be the last
 * copy there is, and must not be dropped as a duplicate.
 */
export async function findTwin(
  { db, storage }: Pick<Deps, 'db' | 'storage'>,
  galleryId: string,
  sha256: Buffer,
  size: number,
): Promise<Asset | undefined> {
  const twin = await findSame(db, galleryId, sha256, size)
  if (!twin || isWhole(await storage.size(twin.storageKey), twin)) return twin
  await db.transaction().execute(async (tx) => {
    await lockGallery(tx, galleryId)
    if (await markMissing(tx, [twin.id])) await bumpContent(tx, galleryId)
  })
  // there may be another one; each that is gone is noted, so this ends
  return findTwin({ db, storage }, galleryId, sha256, size)
}
