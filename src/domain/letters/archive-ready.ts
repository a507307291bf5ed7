/** To somebody who waits for the photos: the archive can be downloaded. */
import type { Composed } from './blocks.ts'
import { composeDownload, type Download, type DownloadWords } from './download.ts'
import type { Catalog, Locale } from './words.ts'

export const archiveReady = (data: Download, locale: Locale): Composed => composeDownload(data, locale, catalog[locale])

const catalog: Catalog<DownloadWords> = {
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
