/** POST /admin/albums: what 001 calls registering an album is our publishing of the gallery with that slug. */
import type { Album } from '../../../sdk/src/wire.ts'
import { AppError } from '../../base/errors.ts'
import { note } from '../../data/activity.ts'
import { changeGallery, countGallery, findGallery, lockGallery } from '../../data/galleries.ts'
import { keepSource } from '../../data/sources.ts'
import { byUser } from '../../domain/activity.ts'
import { albumPrefix, countPhotos } from '../../domain/foreign.ts'
import { checkSlug, type Gallery, isClosed, stateAt } from '../../domain/gallery.ts'
import type { Deps } from '../../ports/deps.ts'
import { createGallery } from './edit.ts'

type Needs = Pick<Deps, 'db' | 'storage' | 'queue' | 'clock' | 'log'>

/**
 * Makes the gallery when there is none. Where photos lie in the bucket under `albums/{slug}/photos/` they are its photos: it is
 * published when they are known. Else it is a draft that waits for its photos; with photos it is published and its archive is
 * queued. `slug_taken` when it was registered before or belongs to somebody else, `gallery_empty` when it still has no photo.
 */
export async function registerAlbum(deps: Needs, ownerId: string, { slug, name }: { slug: string; name: string }): Promise<Album> {
  const found = await findGallery(deps.db, checkSlug(slug))
  if (found && found.ownerId !== ownerId) throw new AppError('slug_taken', { slug })
  const inBucket = !found || (found.state === 'draft' && !(await countGallery(deps.db, found.id)).photos) ? await photosOf(deps, slug) : 0
  if (inBucket) {
    const gallery = found ?? (await createGallery(deps, ownerId, { title: name, slug }))
    await readBucket(deps, gallery)
    return view({ ...gallery, title: name }, inBucket, 'pending')
  }
  if (!found) return view(await createGallery(deps, ownerId, { title: name, slug }), 0, 'not_started')
  const { gallery, photos } = await open(deps, found.id, name)
  return view(gallery, photos, (await queueArchive(deps, gallery)) ? 'pending' : 'not_started')
}

/** How many photos lie in the bucket where 001 puts those of this album. */
async function photosOf({ storage }: Needs, slug: string): Promise<number> {
  return storage.foreign ? (await countPhotos(storage.foreign.list(albumPrefix(slug)))).photos : 0
}

/** They are read in a job, which opens the gallery at its end; a queue that is away is no failure: the hourly look finds it. */
async function readBucket(deps: Needs, { id, slug }: Gallery): Promise<void> {
  const now = deps.clock.now()
  await deps.db.transaction().execute(async (tx) => {
    await lockGallery(tx, id)
    await keepSource(tx, { galleryId: id, prefix: albumPrefix(slug), copy: false, publish: true, now })
  })
  try {
    await deps.queue.send(deps.db, { name: 'gallery.sync', payload: { galleryId: id } })
  } catch (error) {
    deps.log.warn({ gallery: id, error: String(error) }, 'the look at the bucket for a registered gallery could not be queued')
  }
}

async function open(deps: Needs, id: string, title: string): Promise<{ gallery: Gallery; photos: number }> {
  return deps.db.transaction().execute(async (tx) => {
    const now = deps.clock.now()
    const gallery = await lockGallery(tx, id)
    if (gallery.state !== 'draft') throw new AppError('slug_taken', { slug: gallery.slug })
    const { photos } = await countGallery(tx, id)
    if (!photos) throw new AppError('gallery_empty', { gallery: id })
    const opened = { title, state: 'active' as const, publishedAt: now }
    if (isClosed(gallery.state) || isClosed(stateAt({ ...gallery, ...opened }, now))) throw new AppError('gallery_closed')
    await changeGallery(tx, id, opened)
    await note(tx, { at: now, actor: byUser(gallery.ownerId), action: 'published', galleryId: id })
    return { gallery: { ...gallery, ...opened }, photos }
  })
}

/** A queue that is away fails no registration (STA-07): the maintenance finds a published gallery without an archive. */
async function queueArchive(deps: Needs, { id }: Gallery): Promise<boolean> {
  try {
    await deps.queue.send(deps.db, { name: 'gallery.rebuild', payload: { galleryId: id, source: 'registration' } })
    return true
  } catch (error) {
    deps.log.warn({ gallery: id, error: String(error) }, 'the archive of a registered gallery could not be queued')
    return false
  }
}

const view = ({ slug, title, createdAt }: Gallery, photos: number, zip_status: Album['zip_status']): Album => ({
  album_id: slug,
  name: title,
  photo_count: photos,
  created_at: createdAt.toISOString(),
  zip_status,
})
