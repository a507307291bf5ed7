/** The body of every letter that brings a ZIP: what is in it, what is not, the button, until when. */
import type { Composed } from './blocks.ts'
import { formatMoment, formatNumber, formatSize, type Locale, longestName, longestTitle, mostNames, oneLine, shared } from './words.ts'

export interface Download {
  title: string
  photographer: string
  /** photos that are in the archive */
  photoCount: number
  /** names of the photos that are not in the archive; empty when it is complete */
  missing: string[]
  bytes: number
  sha256: string
  link: string
  linkEnds: Date
  /** the gallery's page, where anybody may look */
  page?: string
  /** IANA zone in which the end is written; UTC when nobody said */
  timeZone?: string
}

/** What differs from kind to kind. */
export interface DownloadWords {
  subject(title: string): string
  text(from: string, photos: string, size: string): string
  /** why they get it; else because the photographer delivers to them */
  why?(from: string): string
}

export function composeDownload(data: Download, locale: Locale, words: DownloadWords): Composed {
  const common = shared[locale]
  const title = oneLine(data.title, longestTitle)
  const from = oneLine(data.photographer, longestTitle) || common.photographer
  const photos = common.photos(data.photoCount)
  const size = formatSize(data.bytes, locale)
  const ends = formatMoment(data.linkEnds, locale, data.timeZone)
  const names = data.missing.slice(0, mostNames).map((name) => oneLine(name, longestName))
  if (data.missing.length > mostNames) names.push(common.more(data.missing.length - mostNames))
  return {
    subject: words.subject(title),
    preheader: `${photos}, ${size}. ${common.until(ends)}`,
    blocks: [
      { heading: title },
      { text: words.text(from, photos, size) },
      ...(names.length > 0 ? [{ text: common.missing(data.missing.length) }, { list: names }] : []),
      { button: common.download, link: data.link, or: common.orLink },
      { text: common.until(ends) },
      {
        facts: [
          [common.photosLabel, formatNumber(data.photoCount, locale)],
          [common.sizeLabel, size],
          [common.endLabel, ends],
          // not known while the archive is at work; the link works all the same
          ...(data.sha256 ? [['SHA-256', oneLine(data.sha256, 64)] as [string, string]] : []),
        ],
      },
      ...(data.page ? [{ also: common.page, link: data.page }] : []),
      { small: (words.why ?? common.clientWhy)(from) },
    ],
  }
}
