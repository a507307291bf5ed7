/** The gallery that a ZIP from outside goes into: the one that it came from, or one that is made for it; the same for the same ZIP. */
import { AppError, isCode } from '../../base/errors.ts'
import { idAfter } from '../../base/id.ts'
import { findGallery, findGalleryOfAnyState } from '../../data/galleries.ts'
import { type Gallery, slugFrom } from '../../domain/gallery.ts'
import type { Manifest } from '../../domain/manifest-read.ts'
import type { Deps } from '../../ports/deps.ts'
import { createGallery } from './edit.ts'

type Needs = Pick<Deps, 'db' | 'clock'>

export interface ZipOrigin {
  /** undefined: it is none of ours */
  manifest: Manifest | undefined
  /** of the file, without its ending: all there is to know a foreign one by */
  name: string
  /** the gallery that was asked for */
  slug?: string | undefined
}

/** What is not there yet is made as a draft of this owner. Throws `slug_taken` when the slug that was asked for is that of a deleted gallery. */
export async function galleryOfZip(deps: Needs, ownerId: string, { manifest, name, slug }: ZipOrigin): Promise<Gallery> {
  const wish = { title: manifest?.gallery.title ?? name, change: { eventDate: manifest?.gallery.event_date ?? null } }
  if (slug) return (await findGallery(deps.db, slug)) ?? createGallery(deps, ownerId, { ...wish, slug })
  return manifest ? byId(deps, ownerId, manifest.gallery, wish) : byName(deps, ownerId, slugFrom(name), wish)
}

type Wish = Parameters<typeof createGallery>[2]

/** A tombstone keeps its id and its slug: the gallery after it has the id that follows from this one, and a slug that is free. */
async function byId(deps: Needs, ownerId: string, { id, slug }: { id: string; slug: string }, wish: Wish): Promise<Gallery> {
  const known = await findGalleryOfAnyState(deps.db, id)
  if (known?.state === 'deleted') return byId(deps, ownerId, { id: idAfter(id), slug }, wish)
  if (known) return known
  for (const named of [
    { ...wish, id, slug },
    { ...wish, id },
  ])
    try {
      return await createGallery(deps, ownerId, named)
    } catch (error) {
      // the same ZIP at the same moment
      const made = await findGallery(deps.db, id)
      if (made) return made
      if (!isCode(error, 'slug_taken') && !isCode(error, 'slug_invalid')) throw error
    }
  throw new AppError('slug_taken', { slug })
}

/** The first of the name, its number 2, 3, … that lives, or was never there. */
async function byName(deps: Needs, ownerId: string, name: string, wish: Wish): Promise<Gallery> {
  for (let n = 1; n <= 200; n++) {
    const slug = n === 1 ? name : `${name}-${n}`
    const known = await findGallery(deps.db, slug)
    if (known) return known
    try {
      return await createGallery(deps, ownerId, { ...wish, slug })
    } catch (error) {
      // a tombstone's; or made at this moment, and then it is the one
      if (!isCode(error, 'slug_taken')) throw error
      const made = await findGallery(deps.db, slug)
      if (made) return made
    }
  }
  throw new AppError('slug_taken', { slug: name })
}
