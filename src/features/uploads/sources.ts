/** Registers a prefix of our bucket as the place where a gallery's photos lie. */
import type { GallerySource } from '../../../sdk/src/wire.ts'
import { AppError } from '../../base/errors.ts'
import { lockGallery } from '../../data/galleries.ts'
import { findSource, keepSource, listSkipped } from '../../data/sources.ts'
import { checkForeignPrefix, countPhotos, readForeign } from '../../domain/foreign.ts'
import { type Gallery, stateAt, takesUploads } from '../../domain/gallery.ts'
import type { Deps } from '../../ports/deps.ts'

const mostSkipped = 100

/**
 * The gallery reads `prefix` from now on; its first look waits in the queue (or is the caller's, with `look: false`). Again with
 * the same prefix it is looked at anew. Throws `bucket_needed`, `prefix_invalid`, `prefix_empty`, `prefix_taken`, `gallery_not_open`.
 */
export async function registerSource(
  deps: Pick<Deps, 'db' | 'storage' | 'queue' | 'clock'>,
  galleryId: string,
  { prefix: given, copy, look = true }: { prefix: string; copy: boolean; look?: boolean },
): Promise<void> {
  const { db, storage, queue, clock } = deps
  if (!storage.foreign) throw new AppError('bucket_needed')
  const prefix = checkForeignPrefix(given)
  if (!(await countPhotos(storage.foreign.list(prefix))).photos) throw new AppError('prefix_empty', { prefix })
  await db.transaction().execute(async (tx) => {
    const gallery: Gallery = await lockGallery(tx, galleryId)
    if (!takesUploads(stateAt(gallery, clock.now()))) throw new AppError('gallery_not_open', { gallery: galleryId })
    await keepSource(tx, { galleryId, prefix, copy, publish: false, now: clock.now() })
    if (look) await queue.send(tx, { name: 'gallery.sync', payload: { galleryId } })
  })
}

/** Null for a gallery that reads no prefix. */
export async function viewSource({ db }: Pick<Deps, 'db'>, galleryId: string): Promise<GallerySource | null> {
  const source = await findSource(db, galleryId)
  if (!source) return null
  const skipped = await listSkipped(db, galleryId, mostSkipped)
  return {
    prefix: source.prefix,
    copy: source.copy,
    state: source.state,
    error: source.error,
    photos: source.seen,
    bytes: source.seenBytes,
    done: source.done,
    done_bytes: source.doneBytes,
    looked_at: source.lookedAt?.toISOString() ?? null,
    finished_at: source.finishedAt?.toISOString() ?? null,
    skipped: skipped.map(({ key, reason }) => ({ path: readForeign(key).path, reason })),
  }
}
