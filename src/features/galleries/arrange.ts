/** What a photographer arranges in a gallery: chapters, what guests do not see, and the order. */
import { AppError } from '../../base/errors.ts'
import { bumpContent, lockGallery } from '../../data/galleries.ts'
import { changeItems, listOrder, placeItems } from '../../data/items.ts'
import { debounce } from '../../domain/content.ts'
import { type Gallery, stateAt, takesUploads } from '../../domain/gallery.ts'
import { moved, type Ordered, places, sorted } from '../../domain/order.ts'
import type { Tx } from '../../ports/database/port.ts'
import type { Deps } from '../../ports/deps.ts'

type Needs = Pick<Deps, 'db' | 'queue' | 'clock'>

/**
 * Changes the chapter of these items, or whether guests see them; answers how many of them are items of the gallery. What is
 * hidden leaves the next ZIP, but never the final archive.
 */
export async function markItems(
  deps: Needs,
  galleryId: string,
  ids: string[],
  change: { chapter?: string | null; hidden?: boolean },
): Promise<number> {
  return whileOpen(deps, galleryId, async (tx, gallery) => {
    const count = await changeItems(tx, galleryId, ids, change)
    if (change.hidden === undefined || !count) return count
    await contentChanged(deps, tx, gallery)
    return count
  })
}

/**
 * Puts all items in an order, or some of them before another one (null: at the end). Where names are numbered the files of the ZIP
 * are called otherwise then, so it is outdated. Throws not_found for an unknown `before`.
 */
export async function orderItems(
  deps: Needs,
  galleryId: string,
  wish: { by: 'captured' | 'name' } | { items: string[]; before: string | null },
): Promise<void> {
  await whileOpen(deps, galleryId, async (tx, gallery) => {
    const now: Ordered[] = await listOrder(tx, galleryId)
    const next = 'by' in wish ? sorted(now, wish.by) : moved(now, new Set(wish.items), wish.before)
    if (!next) throw new AppError('not_found')
    const changed = places(now, next)
    await placeItems(tx, changed)
    if (changed.length && gallery.naming === 'numbered') await contentChanged(deps, tx, gallery)
  })
}

async function contentChanged({ queue }: Needs, tx: Tx, { id, state }: Gallery): Promise<void> {
  await bumpContent(tx, id)
  if (state === 'active') await queue.send(tx, { name: 'gallery.rebuild', payload: { galleryId: id } }, { delayMs: debounce })
}

async function whileOpen<T>({ db, clock }: Needs, galleryId: string, work: (tx: Tx, gallery: Gallery) => Promise<T>): Promise<T> {
  return db.transaction().execute(async (tx) => {
    const gallery = await lockGallery(tx, galleryId)
    if (!takesUploads(stateAt(gallery, clock.now()))) throw new AppError('gallery_not_open', { gallery: galleryId })
    return work(tx, gallery)
  })
}
