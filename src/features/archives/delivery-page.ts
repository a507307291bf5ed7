/**
 * What a browser sees at the link of a letter: what it brings, and one button. So programs that open every link of a letter (mail
 * scanners) get a page and no bytes: nothing begins, nothing is counted. Programs that fetch files ask for anything, and get them.
 */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { AppError } from '../../base/errors.ts'
import { listMissing } from '../../data/archiveEntries.ts'
import { findArchive, listVersions, newestOf } from '../../data/archives.ts'
import { findGalleryOfAnyState } from '../../data/galleries.ts'
import type { HeldLink } from '../../data/links.ts'
import { findUser } from '../../data/users.ts'
import { type Archive, atWork, nextTry, percent } from '../../domain/archive.ts'
import { type Gallery, type Locale, stateAt } from '../../domain/gallery.ts'
import { formatDay, formatMoment, formatSize, longestName, longestTitle, mostNames, oneLine, shared } from '../../domain/letters/words.ts'
import { type Action, answerNotice, type Notice, wantsPage } from '../../http/notice.ts'
import type { Database } from '../../ports/database/port.ts'
import type { Deps } from '../../ports/deps.ts'
import { hasParts } from './delivery-parts.ts'
import { deliveryWords } from './delivery-words.ts'
import { findSendable } from './download.ts'

/** The button leads here: the same address, so that browsers and download managers go on with it as with any file. */
export const bytesQuery = 'go=1'

/** Does a person look at the link of a letter, who has not pressed the button yet? */
export function asksForPage(request: FastifyRequest, link: HeldLink, go: string | undefined): boolean {
  return link.kind === 'email' && go === undefined && request.method === 'GET' && !request.headers.range && wantsPage(request)
}

/** Throws what sending its bytes would, except that they could not be packed: the page says so itself. */
export async function showDelivery(
  { db, clock }: Pick<Deps, 'db' | 'clock'>,
  reply: FastifyReply,
  link: HeldLink & { archiveId: string },
): Promise<void> {
  const gallery = await findGalleryOfAnyState(db, link.galleryId)
  if (!gallery) throw new AppError('link_unknown')
  const { locale } = gallery
  const owner = await findUser(db, gallery.ownerId)
  const found = await findArchive(db, link.archiveId)
  const archive = found?.status === 'failed' && found.errorCode !== 'archive_mismatch' ? found : await findSendable(db, link.archiveId)
  const facts = [gallery.eventDate && formatDay(new Date(gallery.eventDate), locale), shared[locale].photos(archive.imageCount)]
  const head = {
    by: owner?.name ?? '',
    title: oneLine(gallery.title, longestTitle),
    facts: [...facts, formatSize(archive.fileSizeBytes, locale)].filter(Boolean).join(' · '),
  }
  if (archive.status === 'failed') return void answerNotice(reply, 200, locale, { head, ...(await failed(db, archive, gallery)) })
  const words = deliveryWords[locale]
  const until = formatMoment(link.expiresAt, locale)
  const working = atWork(archive.status)
  const when = formatMoment(archive.verifiedAt ?? archive.completedAt ?? archive.createdAt, locale)
  const file: Action = { label: words.download(formatSize(archive.fileSizeBytes, locale)), href: `?${bytesQuery}`, icon: 'download' }
  const isOlder = archive.supersededBy !== null
  answerNotice(reply, 200, locale, {
    head,
    title: isOlder ? words.newer : working ? words.preparing : words.ready,
    text: isOlder ? words.newerText(when) : working ? words.noWait(until) : words.checked(when, until),
    icon: isOlder ? 'mail' : working ? 'box' : 'shield',
    progress: working && !isOlder ? progressOf(archive, locale) : undefined,
    lack: await lackOf(db, archive, locale),
    action: isOlder ? { label: words.sendNewer, icon: 'mail' } : file,
    more: isOlder ? [] : [words.resume],
    aside: isOlder ? { ...file, text: words.older(until) } : otherWay(archive, gallery, clock.now()),
    // the sum is not known while the archive is at work; the link works all the same
    check: archive.checksum ? { label: words.check, lines: [...words.howTo, `SHA-256 ${archive.checksum}`] } : undefined,
  })
}

/** For whom one large file is too large. */
function otherWay(archive: Archive, gallery: Gallery, now: Date): Action | undefined {
  const words = deliveryWords[gallery.locale]
  if (hasParts(archive, gallery, now)) return { text: words.parts, label: words.askParts, form: '?parts=1' }
  const isOpen = gallery.isPublic && stateAt(gallery, now) === 'active'
  return isOpen ? { text: words.smaller, label: words.gallery, href: `/g/${gallery.slug}` } : undefined
}

/** The button sends a letter with a link to what has been packed since, or makes another try. */
export async function wantsAnother({ db }: Pick<Deps, 'db'>, link: HeldLink): Promise<boolean> {
  const archive = link.archiveId ? await findArchive(db, link.archiveId) : undefined
  return archive !== undefined && (archive.supersededBy !== null || archive.status === 'failed')
}

async function failed(db: Database, archive: Archive, gallery: Gallery): Promise<Notice> {
  const { locale } = gallery
  const words = deliveryWords[locale]
  const { failures } = newestOf(await listVersions(db, gallery.id))
  const next = nextTry(failures.length, archive.completedAt ?? archive.createdAt)
  const text = next ? words.failedUntil(formatMoment(next, locale)) : words.failedText
  return { title: words.failed, text, icon: 'warn', action: next ? { label: words.retry, icon: 'retry' } : undefined }
}

async function lackOf(db: Database, archive: Archive, locale: Locale): Promise<Notice['lack']> {
  if (!archive.missingCount) return undefined
  const names = (await listMissing(db, archive.id)).map((path) => oneLine(path.split('/').at(-1)!, longestName))
  const rest = names.length > mostNames ? [shared[locale].more(names.length - mostNames)] : []
  const text = deliveryWords[locale].inside(archive.imageCount, archive.imageCount + archive.missingCount)
  return { text, names: [...names.slice(0, mostNames), ...rest] }
}

function progressOf(archive: Archive, locale: Locale): Notice['progress'] {
  const words = deliveryWords[locale]
  const { status, etaSeconds, fileSizeBytes, processedBytes, processedPhotos, imageCount } = archive
  const now = status === 'queued' ? 0 : status === 'processing' ? 1 : 2
  const size = formatSize(fileSizeBytes, locale)
  const packed = now === 1 ? words.packed(processedPhotos, imageCount, formatSize(processedBytes, locale), size) : ''
  const left = etaSeconds === null ? '' : words.left(Math.round(etaSeconds / 60))
  const steps = words.steps.map((label, n) => ({
    label,
    is: n < now ? ('done' as const) : n === now ? ('now' as const) : ('later' as const),
  }))
  return { percent: percent(archive), text: [packed, left].filter(Boolean).join(' · '), steps }
}
