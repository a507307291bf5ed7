/** POST /admin/albums: what 001 calls registering an album is our publishing of the gallery with that slug. */
import type { Album } from '../../../sdk/src/wire.ts'
import { AppError } from '../../base/errors.ts'
import { note } from '../../data/activity.ts'
import { emit } from '../../data/events.ts'
import { changeGallery, countGallery, findGallery, lockGallery } from '../../data/galleries.ts'
import { keepSource } from '../../data/sources.ts'
import { byUser } from '../../domain/activity.ts'
import { albumPrefix, countPhotos } from '../../domain/foreign.ts'
import { checkSlug, type Gallery, isClosed, stateAt } from '../../domain/gallery.ts'
import type { Deps } from '../../ports/deps.ts'
import { createGallery } from './edit.ts'

type Needs = Pick<Deps, 'db' | 'storage' | 'queue' | 'clock' | 'log' | 'settings'>

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
  const { gallery, photos, queued } = await openAnyhow(deps, found.id, name)
  return view(gallery, photos, queued ? 'pending' : 'not_started')
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

/** A queue that takes nothing fails no registration (STA-07): what is only a row then, the maintenance and the reconciler find. */
async function openAnyhow(deps: Needs, id: string, name: string): Promise<{ gallery: Gallery; photos: number; queued: boolean }> {
  try {
    return { ...(await open(deps, id, name)), queued: true }
  } catch (error) {
    if (error instanceof AppError && error.status < 500) throw error
    deps.log.warn({ gallery: id, error: String(error) }, 'the archive of a registered gallery could not be queued')
    const queue = { ...deps.queue, send: async () => {}, sendAll: async () => {} }
    return { ...(await open({ ...deps, queue }, id, name)), queued: false }
  }
}

/** Opened, told of and asked for in one transaction, as by the button. */
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
    await emit(deps, tx, { galleryId: id, type: 'event.published', dedupeKey: `event.published ${id}` })
    await deps.queue.send(tx, { name: 'gallery.rebuild', payload: { galleryId: id, source: 'registration' } })
    return { gallery: { ...gallery, ...opened }, photos }
  })
}

const view = ({ slug, title, createdAt }: Gallery, photos: number, zip_status: Album['zip_status']): Album => ({
  album_id: slug,
  name: title,
  photo_count: photos,
  created_at: createdAt.toISOString(),
  zip_status,
})
