/** A gallery as its guests see it: what stands on its cover, what they may do, and its items page by page. */
import type { FastifyRequest } from 'fastify'
import type { GuestGallery, GuestHead } from '../../../sdk/src/wire.ts'
import { AppError } from '../../base/errors.ts'
import { findCover } from '../../data/cover.ts'
import { countGallery } from '../../data/galleries.ts'
import { countHidden, countShown, type ItemCursor, pageItems } from '../../data/items.ts'
import { findUser } from '../../data/users.ts'
import type { Gallery, Size } from '../../domain/gallery.ts'
import { maskAddress } from '../../domain/link.ts'
import { markName } from '../../domain/watermark.ts'
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
  const marked = gallery.watermark !== 'off'
  const rows = await pageItems(deps.db, gallery.id, { limit: limit + 1, after, shown: true, marked })
  const allowed = await sizesFor(guard, request, gallery)
  const items = rows.slice(0, limit)
  const last = rows.length > limit ? items.at(-1) : undefined
  return {
    ...(await viewHead(deps, gallery)),
    download_enabled: gallery.downloadEnabled,
    feedback_enabled: gallery.feedbackEnabled,
    may_download: allowed.length > 0,
    download_sizes: allowed,
    visitor: client ? { name: client.name, email: maskAddress(client.email) } : null,
    items: items.map((item) => viewItem(item, deps.clock.now(), { marked })),
    total: after || last ? await countShown(deps.db, gallery.id) : items.length,
    next: last ? writeItemCursor(last) : null,
  }
}

/** In which sizes this guest may take photos home. */
async function sizesFor(guard: Guard, request: FastifyRequest, gallery: Gallery): Promise<Size[]> {
  const allowed: Size[] = []
  for (const size of ['original', 'screen'] as const) {
    try {
      await guard.download(request, gallery, size)
      allowed.push(size)
    } catch (error) {
      if (!(error instanceof AppError && error.status === 403)) throw error
    }
  }
  return allowed
}

async function viewHead({ db }: Needs, gallery: Gallery): Promise<GuestHead> {
  const owner = await findUser(db, gallery.ownerId)
  const [all, hidden] = [await countGallery(db, gallery.id), await countHidden(db, gallery.id)]
  const cover = await findCover(db, gallery.id, gallery.coverItemId, gallery.watermark !== 'off')
  const mark = cover?.mark ? `?mark=${markName(cover.mark)}` : ''
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
          preview: `/media/${cover.assetId}/preview${mark}`,
          medium: cover.hasMedium ? `/media/${cover.assetId}/medium${mark}` : null,
          width: cover.width,
          height: cover.height,
          x: gallery.coverX,
          y: gallery.coverY,
        }
      : null,
  }
}
