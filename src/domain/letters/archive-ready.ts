/** To somebody who waits for the photos: the archive can be downloaded. */
import type { Composed } from './blocks.ts'
import {
  type Catalog,
  formatMoment,
  formatNumber,
  formatSize,
  type Locale,
  longestName,
  longestTitle,
  mostNames,
  oneLine,
  shared,
} from './words.ts'

export interface ArchiveReady {
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
  /** IANA zone in which the end is written; UTC when nobody said */
  timeZone?: string
}

export function archiveReady(data: ArchiveReady, locale: Locale): Composed {
  return bringLink(data, locale, { ...catalog[locale], why: shared[locale].clientWhy })
}

/** What a letter says whose matter is a link to an archive. */
export interface LinkWords extends Words {
  why(from: string): string
}

export function bringLink(data: ArchiveReady, locale: Locale, words: LinkWords): Composed {
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
      { small: words.why(from) },
    ],
  }
}

interface Words {
  subject(title: string): string
  text(from: string, photos: string, size: string): string
}

const catalog: Catalog<Words> = {
  en: {
    subject: (title) => `Your Gallery "${title}" is Ready for Download`,
    text: (from, photos, size) => `${from} has your photos ready: ${photos} in one ZIP file of ${size}.`,
  },
  de: {
    subject: (title) => `Ihre Galerie „${title}“ steht zum Download bereit`,
    text: (from, photos, size) => `Ihre Fotos von ${from} sind fertig: ${photos} in einer ZIP-Datei mit ${size}.`,
  },
  ru: {
    subject: (title) => `Ваша галерея «${title}» готова к скачиванию`,
    text: (from, photos, size) => `Ваши снимки готовы. Автор: ${from}. В одном ZIP-файле ${photos}, размер ${size}.`,
  },
}
