/** The owner's watermark: made, changed, taken away. Every change draws the pictures of the galleries that show it anew. */
import { unplaced } from '../../../sdk/src/watermark.ts'
import { AppError } from '../../base/errors.ts'
import { newId } from '../../base/id.ts'
import { changeWatermark, deleteWatermark, findWatermark, isShown, markAllOf, putWatermark } from '../../data/watermarks.ts'
import type { Placing, Watermark } from '../../domain/watermark.ts'
import type { Tx } from '../../ports/database/port.ts'
import type { Deps } from '../../ports/deps.ts'

type Needs = Pick<Deps, 'db' | 'images' | 'queue' | 'clock'>

/** Takes a PNG or WebP as the mark, standing as the one before it did. `text`: what it says. Throws media_type, picture_too_large, watermark_empty. */
export async function setImage(deps: Needs, ownerId: string, picture: Uint8Array, text: string | null): Promise<Watermark> {
  const { image, width, height } = await deps.images.asMark(picture)
  return deps.db.transaction().execute(async (tx) => {
    const { position, opacity, scale } = (await findWatermark(tx, ownerId)) ?? unplaced
    const watermark = { id: newId(deps.clock.now()), width, height, text, position, opacity, scale }
    await putWatermark(tx, ownerId, { ...watermark, image: Buffer.from(image) })
    await redraw(deps, tx, ownerId)
    return watermark
  })
}

/** Throws watermark_missing. */
export async function setPlacing(deps: Needs, ownerId: string, placing: Partial<Placing>): Promise<Watermark> {
  return deps.db.transaction().execute(async (tx) => {
    const changed = await changeWatermark(tx, ownerId, { ...placing, id: newId(deps.clock.now()) })
    if (!changed) throw new AppError('watermark_missing')
    await redraw(deps, tx, ownerId)
    return changed
  })
}

/** Throws watermark_used while a gallery shows it: taking it away would show all of its pictures without one. */
export async function dropWatermark(deps: Pick<Deps, 'db'>, ownerId: string): Promise<void> {
  await deps.db.transaction().execute(async (tx) => {
    // the row goes first: a gallery that is switched on now waits for it, and finds none
    await deleteWatermark(tx, ownerId)
    if (await isShown(tx, ownerId)) throw new AppError('watermark_used')
  })
}

async function redraw({ queue }: Pick<Deps, 'queue'>, tx: Tx, ownerId: string): Promise<void> {
  for (const galleryId of await markAllOf(tx, ownerId)) await queue.send(tx, { name: 'gallery.mark', payload: { galleryId } })
}
