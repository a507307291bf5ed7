/** The library of an owner: the gallery of kind collection that their tracks live in. It is made when the first one comes. */
import { newId } from '../../base/id.ts'
import { insertGallery, listGalleries } from '../../data/galleries.ts'
import { findCollection } from '../../data/rescues.ts'
import type { Gallery } from '../../domain/gallery.ts'
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
  const gallery: Gallery = {
    id,
    ownerId,
    kind: 'collection',
    slug: `tracks-${id}`,
    title: titles[newest?.locale ?? 'en'],
    state: 'draft',
    eventType: null,
    eventDate: null,
    customerName: null,
    customerEmail: null,
    locale: newest?.locale ?? 'en',
    naming: 'original',
    downloadEnabled: false,
    feedbackEnabled: false,
    notifyNewVersions: false,
    passwordHash: null,
    isPublic: false,
    expiresAt: null,
    publishedAt: null,
    deletedAt: null,
    archivedAt: null,
    finalArchiveId: null,
    archiveError: null,
    hydrating: false,
    contentVersion: 0,
    coverItemId: null,
    coverX: 0.5,
    coverY: 0.5,
    createdAt: now,
  }
  await insertGallery(deps.db, gallery).catch((error: { code?: string }) => {
    if (error.code !== '23505') throw error
  })
  return (await findCollection(deps.db, ownerId))!.id
}

const titles = { en: 'Tracks', de: 'Tracks', ru: 'Треки' }
