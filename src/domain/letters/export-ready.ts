/** To somebody who chose photos: their export can be downloaded, as one file or several. */
import type { Composed } from './blocks.ts'
import { type Catalog, formatMoment, formatSize, type Locale, longestName, longestTitle, mostNames, oneLine, shared } from './words.ts'

export interface ExportReady {
  title: string
  photoCount: number
  /** names of the photos that are not in it; empty when it is complete */
  missing: string[]
  bytes: number
  /** each complete in itself */
  files: { name: string; sha256: string; link: string }[]
  linkEnds: Date
  /** IANA zone in which the end is written; UTC when nobody said */
  timeZone?: string
}

export function exportReady(data: ExportReady, locale: Locale): Composed {
  const common = shared[locale]
  const words = catalog[locale]
  const title = oneLine(data.title, longestTitle)
  const photos = common.photos(data.photoCount)
  const size = formatSize(data.bytes, locale)
  const ends = formatMoment(data.linkEnds, locale, data.timeZone)
  const names = data.missing.slice(0, mostNames).map((name) => oneLine(name, longestName))
  if (data.missing.length > mostNames) names.push(common.more(data.missing.length - mostNames))
  const files = data.files.map((file) => ({ ...file, name: oneLine(file.name, longestName) }))
  return {
    subject: words.subject(title),
    preheader: `${photos}, ${size}. ${common.until(ends)}`,
    blocks: [
      { heading: title },
      { text: words.text(photos, size, files.length) },
      ...(names.length > 0 ? [{ text: common.missing(data.missing.length) }, { list: names }] : []),
      ...files.map(({ name, link }) => ({ button: files.length > 1 ? words.file(name) : common.download, link, or: common.orLink })),
      { text: common.until(ends) },
      { facts: files.map(({ name, sha256 }): [string, string] => [`SHA-256, ${name}`, oneLine(sha256, 64)]) },
      { small: common.chosenWhy },
    ],
  }
}

interface Words {
  subject(title: string): string
  text(photos: string, size: string, files: number): string
  file(name: string): string
}

const catalog: Catalog<Words> = {
  en: {
    subject: (title) => `Your photos from "${title}" are ready`,
    text: (photos, size, files) =>
      files > 1
        ? `The ${photos} you chose are ready: ${files} files, ${size} in all.`
        : `The photos you chose are ready: ${photos}, ${size}.`,
    file: (name) => `Download ${name}`,
  },
  de: {
    subject: (title) => `Ihre Fotos aus „${title}“ stehen bereit`,
    text: (photos, size, files) =>
      files > 1
        ? `Ihre Auswahl ist fertig: ${photos} in ${files} Dateien, zusammen ${size}.`
        : `Ihre Auswahl ist fertig: ${photos}, ${size}.`,
    file: (name) => `${name} herunterladen`,
  },
  ru: {
    subject: (title) => `Ваши фотографии из галереи «${title}» готовы`,
    text: (photos, size, files) =>
      files > 1
        ? `Ваша подборка готова: ${photos}, всего файлов: ${files}, общий размер ${size}.`
        : `Ваша подборка готова: ${photos}, размер ${size}.`,
    file: (name) => `Скачать ${name}`,
  },
}
