/** What the HTML of a gallery's page says already, so that a phone shows cover, title and the first photos at once. */
import type { FastifyRequest } from 'fastify'
import type { GuestBoot } from '../../../sdk/src/wire.ts'
import { isCode } from '../../base/errors.ts'
import { isUuid } from '../../base/id.ts'
import { findItemAsset } from '../../data/assets.ts'
import { findGallery } from '../../data/galleries.ts'
import type { Guard } from '../../http/guard.ts'
import type { Deps } from '../../ports/deps.ts'
import { viewGuest } from './head.ts'

// the first view of a large screen; on a phone two of them
const first = 20

/** For who asks for the page, `rest` being `p/{item}` for one photo; null where the program finds out by itself what is wrong. */
export async function bootOf(
  deps: Pick<Deps, 'db' | 'clock'>,
  guard: Guard,
  request: FastifyRequest,
  slug: string,
  rest: string,
): Promise<GuestBoot | null> {
  try {
    const gallery = await guard.guest(request, slug)
    const item = /^p\/([0-9a-f-]{36})$/.exec(rest)?.[1]
    const photo = item && isUuid(item) ? await findItemAsset(deps.db, gallery.id, item) : undefined
    return { gallery: await viewGuest(deps, guard, request, gallery, { limit: first }), photo: photo?.originalName ?? null }
  } catch (error) {
    if (!isCode(error, 'password_required')) return null
    // who asks for a password says no more of a gallery than its language
    const gallery = await findGallery(deps.db, slug)
    return gallery ? { locked: gallery.locale } : null
  }
}
