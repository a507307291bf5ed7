/**
 * A delivery in files below 4 GB, for who has the link of its letter: USB sticks (FAT32) and old programs take no larger ones. A
 * click asks for them as an export of the link's holder; they have a page of their own, which follows the packing.
 */
import type { FastifyReply } from 'fastify'
import type { Export as ExportView } from '../../../sdk/src/wire.ts'
import { AppError } from '../../base/errors.ts'
import { findArchive } from '../../data/archives.ts'
import { findExport } from '../../data/exports.ts'
import { findGalleryOfAnyState } from '../../data/galleries.ts'
import type { HeldLink } from '../../data/links.ts'
import type { Archive } from '../../domain/archive.ts'
import { type Gallery, type Locale, stateAt } from '../../domain/gallery.ts'
import { formatMoment, formatSize, longestTitle, oneLine, shared } from '../../domain/letters/words.ts'
import { exportLimits } from '../../domain/selection.ts'
import { answerNotice, type Notice } from '../../http/notice.ts'
import type { Deps } from '../../ports/deps.ts'
import { deliveryWords } from './delivery-words.ts'
import { askExport } from './export-ask.ts'
import { viewExport } from './export-view.ts'

/** Is it worth the offer, and are its photos still there to be packed anew? */
export const hasParts = (archive: Archive, gallery: Gallery, now: Date): boolean =>
  archive.fileSizeBytes >= exportLimits.partBytes && archive.supersededBy === null && stateAt(gallery, now) === 'active'

/** Asks for them; answers the export's id, or undefined where they are not offered. */
export async function askParts(deps: Deps, link: HeldLink): Promise<string | undefined> {
  const gallery = await findGalleryOfAnyState(deps.db, link.galleryId)
  const archive = link.archiveId ? await findArchive(deps.db, link.archiveId) : undefined
  if (!gallery || !archive || link.kind !== 'email') throw new AppError('link_unknown')
  if (!hasParts(archive, gallery, deps.clock.now())) return undefined
  const asker = { requester: holderOf(link), userId: null, limited: false }
  const wish = { items: 'all', size: 'original', format: archive.recipe.format, parts: true, notify: null } as const
  return (await askExport(deps, gallery.id, asker, wish)).id
}

/** Throws `link_unknown` for an export that somebody else has asked for. */
export async function showParts(deps: Deps, reply: FastifyReply, link: HeldLink, id: string): Promise<void> {
  const gallery = await findGalleryOfAnyState(deps.db, link.galleryId)
  const made = await findExport(deps.db, link.galleryId, id)
  if (!gallery || made?.requester !== holderOf(link)) throw new AppError('link_unknown')
  answerNotice(reply, 200, gallery.locale, noticeOf(gallery, await viewExport(deps, made)))
}

/** A client is the same on every page; who has a link of nobody in particular is that link. */
const holderOf = (link: HeldLink): string => (link.clientId ? `client ${link.clientId}` : `link ${link.id}`)

function noticeOf(gallery: Gallery, view: ExportView): Notice {
  const { locale, title } = gallery
  const words = deliveryWords[locale]
  const facts = [shared[locale].photos(view.total_photos), formatSize(view.total_bytes, locale)]
  const head = { by: '', title: oneLine(title, longestTitle), facts: facts.join(' · ') }
  // the page's own address without more: the link stands nowhere in it
  const toWhole = { label: words.whole, href: '?' }
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

function progressOf(view: ExportView, locale: Locale): Notice['progress'] {
  const words = deliveryWords[locale]
  const size = (bytes: number) => formatSize(bytes, locale)
  const text = words.packed(view.processed_photos, view.total_photos, size(view.processed_bytes), size(view.total_bytes))
  return { percent: view.percent, text, steps: [], ask: true }
}
