/** To somebody who got an archive with photos missing: now they are all there. */
import type { Composed } from './blocks.ts'
import { composeDownload, type Download, type DownloadWords } from './download.ts'
import type { Catalog, Locale } from './words.ts'

export const archiveCompleted = (data: Download, locale: Locale): Composed => composeDownload(data, locale, catalog[locale])

const catalog: Catalog<DownloadWords> = {
  en: {
    subject: (title) => `Your gallery "${title}" is complete now`,
    text: (from, photos, size) =>
      `The file you got from ${from} before had photos missing. This one is complete: ${photos} in one ZIP file of ${size}.`,
  },
  de: {
    subject: (title) => `Ihre Galerie „${title}“ ist jetzt vollständig`,
    text: (from, photos, size) =>
      `In der Datei, die Sie zuvor von ${from} erhalten haben, fehlten Fotos. Diese ist vollständig: ${photos} in einer ZIP-Datei mit ${size}.`,
  },
  ru: {
    subject: (title) => `Ваша галерея «${title}» теперь полная`,
    text: (from, photos, size) =>
      `В файле, который вы получили раньше, не хватало снимков. Автор: ${from}. Теперь файл полный: ${photos} в одном ZIP-файле, размер ${size}.`,
  },
}
