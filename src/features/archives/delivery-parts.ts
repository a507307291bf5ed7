/**
 * A delivery in files below 4 GB, for who has the link of its letter: USB sticks (FAT32) and old programs take no larger ones. A
 * click asks for them as an export of the link's holder; they have a page of their own, which follows the packing.
 */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { AppError } from '../../base/errors.ts'
import { findArchive } from '../../data/archives.ts'
import { findExport } from '../../data/exports.ts'
import { findGalleryOfAnyState } from '../../data/galleries.ts'
import type { HeldLink } from '../../data/links.ts'
import type { Archive } from '../../domain/archive.ts'
import { type Gallery, type Locale, stateAt } from '../../domain/gallery.ts'
import { formatMoment, formatSize, longestTitle, oneLine, shared } from '../../domain/letters/words.ts'
import { exportLimits } from '../../domain/selection.ts'
import { type App, strictRate, uuidText } from '../../http/app.ts'
import { answerNotice, type Notice } from '../../http/notice.ts'
import type { Deps } from '../../ports/deps.ts'
import { deliveryWords } from './delivery-words.ts'
import { askExport } from './export-ask.ts'
import { viewExport } from './export-view.ts'

/** Is it worth the offer, and are its photos still there to be packed anew? */
export const hasParts = (archive: Archive, gallery: Gallery, now: Date): boolean =>
  archive.fileSizeBytes >= exportLimits.partBytes && archive.supersededBy === null && stateAt(gallery, now) === 'active'

/** `held` gives the link of a token that still opens; `ended` answers a person why one does not. */
export function partsRoutes(
  app: App,
  deps: Deps,
  held: (request: FastifyRequest, token: string) => Promise<HeldLink>,
  ended: (request: FastifyRequest, reply: FastifyReply, error: unknown) => Promise<void>,
): void {
  const params = z.object({ token: z.string().max(200) })
  app.post('/d/:token/parts', { schema: { params }, config: strictRate }, async (request, reply) => {
    try {
      const { token } = request.params
      const link = await held(request, token)
      const gallery = await findGalleryOfAnyState(deps.db, link.galleryId)
      const archive = link.archiveId ? await findArchive(deps.db, link.archiveId) : undefined
      if (!gallery || !archive || link.kind !== 'email') throw new AppError('link_unknown')
      if (!hasParts(archive, gallery, deps.clock.now())) return reply.redirect(`/d/${token}`, 303)
      const asker = { requester: holderOf(link), userId: null, limited: false }
      const wish = { items: 'all', size: 'original', format: archive.recipe.format, parts: true, notify: null } as const
      const { id } = await askExport(deps, gallery.id, asker, wish)
      return reply.redirect(`/d/${token}/parts/${id}`, 303)
    } catch (error) {
      await ended(request, reply, error)
      return reply
    }
  })

  const one = params.extend({ export: uuidText })
  app.get('/d/:token/parts/:export', { schema: { params: one }, exposeHeadRoute: false }, async (request, reply) => {
    try {
      const { token, export: id } = request.params
      const link = await held(request, token)
      const gallery = await findGalleryOfAnyState(deps.db, link.galleryId)
      const made = await findExport(deps.db, link.galleryId, id)
      if (!gallery || made?.requester !== holderOf(link)) throw new AppError('link_unknown')
      answerNotice(reply, 200, gallery.locale, noticeOf(gallery, await viewExport(deps, made), `/d/${token}`))
    } catch (error) {
      await ended(request, reply, error)
    }
    return reply
  })
}

/** A client is the same on every page; who has a link of nobody in particular is that link. */
const holderOf = (link: HeldLink): string => (link.clientId ? `client ${link.clientId}` : `link ${link.id}`)

function noticeOf(gallery: Gallery, view: Awaited<ReturnType<typeof viewExport>>, back: string): Notice {
  const { locale, title } = gallery
  const words = deliveryWords[locale]
  const facts = [shared[locale].photos(view.total_photos), formatSize(view.total_bytes, locale)]
  const head = { by: '', title: oneLine(title, longestTitle), facts: facts.join(' · ') }
  const toWhole = { label: words.whole, href: back }
  if (view.status === 'ready')
    return {
      head,
      title: words.partsReady,
      text: words.partsText(formatMoment(new Date(view.expires_at!), locale)),
      icon: 'shield',
      files: view.parts.map((part) => ({
        label: `${part.name} · ${formatSize(part.file_size, locale)}`,
        href: part.download_url!,
        icon: 'download' as const,
      })),
      aside: toWhole,
      check: { label: words.check, lines: [...words.howTo, ...view.parts.map((part) => `${part.checksum}  ${part.name}`)] },
    }
  if (view.status === 'queued' || view.status === 'processing')
    return { head, title: words.preparing, text: words.partsWait, icon: 'box', progress: progressOf(view, locale), aside: toWhole }
  return { head, title: words.failed, text: words.failedText, icon: 'warn', aside: toWhole }
}

function progressOf(view: Awaited<ReturnType<typeof viewExport>>, locale: Locale): Notice['progress'] {
  const words = deliveryWords[locale]
  const size = (bytes: number) => formatSize(bytes, locale)
  const text = words.packed(view.processed_photos, view.total_photos, size(view.processed_bytes), size(view.total_bytes))
  return { percent: view.percent, text, steps: [], ask: true }
}
