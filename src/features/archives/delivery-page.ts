/**
 * What a browser sees at the link of a letter: what it brings, and one button. So programs that open every link of a letter (mail
 * scanners) get a page and no bytes: nothing begins, nothing is counted. Programs that fetch files ask for anything, and get them.
 */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { AppError } from '../../base/errors.ts'
import { listMissing } from '../../data/archiveEntries.ts'
import { findGalleryOfAnyState } from '../../data/galleries.ts'
import type { HeldLink } from '../../data/links.ts'
import { formatMoment, formatSize, longestName, longestTitle, mostNames, oneLine, shared } from '../../domain/letters/words.ts'
import { answerNotice, wantsPage } from '../../http/notice.ts'
import type { Deps } from '../../ports/deps.ts'
import { findSendable } from './download.ts'

/** The button leads here: the same address, so that browsers and download managers go on with it as with any file. */
export const bytesQuery = 'go=1'

/** Does a person look at the link of a letter, who has not pressed the button yet? */
export function asksForPage(request: FastifyRequest, link: HeldLink, go: string | undefined): boolean {
  return link.kind === 'email' && go === undefined && request.method === 'GET' && !request.headers.range && wantsPage(request)
}

/** Throws what sending its bytes would. */
export async function showDelivery({ db }: Pick<Deps, 'db'>, reply: FastifyReply, link: HeldLink & { archiveId: string }): Promise<void> {
  const archive = await findSendable(db, link.archiveId)
  const gallery = await findGalleryOfAnyState(db, link.galleryId)
  if (!gallery) throw new AppError('link_unknown')
  const { locale } = gallery
  const words = shared[locale]
  const names = archive.missingCount ? (await listMissing(db, archive.id)).map((path) => oneLine(path.split('/').at(-1)!, longestName)) : []
  const rest = names.length > mostNames ? [words.more(names.length - mostNames)] : []
  const lack = names.length ? [`${words.missing(names.length)} ${[...names.slice(0, mostNames), ...rest].join(', ')}`] : []
  answerNotice(reply, 200, locale, {
    title: oneLine(gallery.title, longestTitle),
    text: `${words.photos(archive.imageCount)}, ${formatSize(archive.fileSizeBytes, locale)}. ${words.until(formatMoment(link.expiresAt, locale))}`,
    action: { label: words.download, href: `?${bytesQuery}` },
    // the sum is not known while the archive is at work; the link works all the same
    more: [...lack, ...(archive.checksum ? [`SHA-256 ${archive.checksum}`] : [])],
  })
}
