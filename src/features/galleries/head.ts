/** A gallery as its guests see it: what stands on its cover, what they may do, and its items page by page. */
import type { FastifyRequest } from 'fastify'
import type { GuestGallery, GuestHead } from '../../../sdk/src/wire.ts'
import { AppError } from '../../base/errors.ts'
import { findCover } from '../../data/cover.ts'
import { countGallery } from '../../data/galleries.ts'
import { countHidden, countShown, type ItemCursor, pageItems } from '../../data/items.ts'
import { findUser } from '../../data/users.ts'
import type { Gallery } from '../../domain/gallery.ts'
import { maskAddress } from '../../domain/link.ts'
import type { Guard } from '../../http/guard.ts'
import { viewItem, writeItemCursor } from '../../http/item.ts'
import type { Deps } from '../../ports/deps.ts'

type Needs = Pick<Deps, 'db' | 'clock'>

/** For this guest, so many items behind a place. */
export async function viewGuest(
  deps: Needs,
  guard: Guard,
  request: FastifyRequest,
  gallery: Gallery,
  { limit, after }: { limit: number; after?: ItemCursor | undefined },
): Promise<GuestGallery> {
  const client = (await guard.pass(request, gallery))?.link.client
  const rows = await pageItems(deps.db, gallery.id, { limit: limit + 1, after, shown: true })
  const items = rows.slice(0, limit)
  const last = rows.length > limit ? items.at(-1) : undefined
  return {
    ...(await viewHead(deps, gallery)),
    download_enabled: gallery.downloadEnabled,
    feedback_enabled: gallery.feedbackEnabled,
    may_download: await mayDownload(guard, request, gallery),
    visitor: client ? { name: client.name, email: maskAddress(client.email) } : null,
    items: items.map((item) => viewItem(item, deps.clock.now())),
    total: after || last ? await countShown(deps.db, gallery.id) : items.length,
    next: last ? writeItemCursor(last) : null,
  }
}

async function mayDownload(guard: Guard, request: FastifyRequest, gallery: Gallery): Promise<boolean> {
  try {
    await guard.download(request, gallery)
    return true
  } catch (error) {
    if (error instanceof AppError && error.status === 403) return false
    throw error
  }
}

async function viewHead({ db }: Needs, gallery: Gallery): Promise<GuestHead> {
  const owner = await findUser(db, gallery.ownerId)
  const [all, hidden] = [await countGallery(db, gallery.id), await countHidden(db, gallery.id)]
  const cover = await findCover(db, gallery.id, gallery.coverItemId)
  const { slug, title, locale } = gallery
  return {
    slug,
    title,
    event_date: gallery.eventDate,
    photographer: owner?.name ?? '',
    locale,
    expires_at: gallery.expiresAt?.toISOString() ?? null,
    photos: all.photos - hidden.photos,
    bytes: all.bytes - hidden.bytes,
    cover: cover
      ? {
          preview: `/media/${cover.assetId}/preview`,
          medium: cover.hasMedium ? `/media/${cover.assetId}/medium` : null,
          width: cover.width,
          height: cover.height,
          x: gallery.coverX,
          y: gallery.coverY,
        }
      : null,
  }
}
