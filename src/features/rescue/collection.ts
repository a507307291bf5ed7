/** The library of an owner: the gallery of kind collection that their tracks live in. It is made when the first one comes. */
import { newId } from '../../base/id.ts'
import { insertGallery, listGalleries } from '../../data/galleries.ts'
import { findCollection } from '../../data/rescues.ts'
import { freshGallery, type Gallery } from '../../domain/gallery.ts'
import type { Deps } from '../../ports/deps.ts'

type Needs = Pick<Deps, 'db' | 'clock'>

/** Its id. Of two that come at once one makes it. */
export async function ensureCollection(deps: Needs, ownerId: string): Promise<string> {
  const found = await findCollection(deps.db, ownerId)
  if (found) return found.id
  const now = deps.clock.now()
  // its letters speak the language of the galleries they have
  const [newest] = await listGalleries(deps.db, { ownerId }, { limit: 1, now })
  const id = newId(now)
  const locale = newest?.locale ?? 'en'
  const gallery: Gallery = {
    ...freshGallery({ id, ownerId, slug: `tracks-${id}`, title: titles[locale], now }),
    kind: 'collection',
    locale,
    downloadEnabled: false,
    feedbackEnabled: false,
    isPublic: false,
  }
  await insertGallery(deps.db, gallery).catch((error: { code?: string }) => {
    if (error.code !== '23505') throw error
  })
  return (await findCollection(deps.db, ownerId))!.id
}

const titles = { en: 'Tracks', de: 'Tracks', ru: 'Треки' }
