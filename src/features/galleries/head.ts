/** What is known of a gallery before its photos: the page's HTML says it already, so a phone shows cover and title at once. */
import type { FastifyRequest } from 'fastify'
import type { GuestBoot, GuestHead } from '../../../sdk/src/wire.ts'
import { isCode } from '../../base/errors.ts'
import { isUuid } from '../../base/id.ts'
import { findItemAsset } from '../../data/assets.ts'
import { findCover } from '../../data/cover.ts'
import { countGallery, findGallery } from '../../data/galleries.ts'
import { countHidden } from '../../data/items.ts'
import { findUser } from '../../data/users.ts'
import type { Gallery } from '../../domain/gallery.ts'
import type { Guard } from '../../http/guard.ts'
import type { Deps } from '../../ports/deps.ts'

type Needs = Pick<Deps, 'db'>

export async function viewHead({ db }: Needs, gallery: Gallery): Promise<GuestHead> {
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

/** For who asks for the page, `rest` being `p/{item}` for one photo; null where the program finds out by itself what is wrong. */
export async function bootOf(deps: Needs, guard: Guard, request: FastifyRequest, slug: string, rest: string): Promise<GuestBoot | null> {
  try {
    const gallery = await guard.guest(request, slug)
    const item = /^p\/([0-9a-f-]{36})$/.exec(rest)?.[1]
    const photo = item && isUuid(item) ? await findItemAsset(deps.db, gallery.id, item) : undefined
    return { head: await viewHead(deps, gallery), photo: photo?.originalName ?? null }
  } catch (error) {
    if (!isCode(error, 'password_required')) return null
    // who asks for a password says no more of a gallery than its language
    const gallery = await findGallery(deps.db, slug)
    return gallery ? { locked: gallery.locale } : null
  }
}
