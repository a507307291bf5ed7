/** To somebody who has been told of the gallery before: the photographer has changed it since. Only if the gallery says so. */
import type { Composed } from './blocks.ts'
import { composeDownload, type Download, type DownloadWords } from './download.ts'
import type { Catalog, Locale } from './words.ts'

export const newVersion = (data: Download, locale: Locale): Composed => composeDownload(data, locale, catalog[locale])

const catalog: Catalog<DownloadWords> = {
  en: {
    subject: (title) => `There is a new version of your gallery "${title}"`,
    text: (from, photos, size) =>
      `${from} has changed the gallery since the last letter. The new version has ${photos} in one ZIP file of ${size}.`,
  },
  de: {
    subject: (title) => `Neue Fassung Ihrer Galerie „${title}“`,
    text: (from, photos, size) =>
      `Seit dem letzten Brief hat sich die Galerie von ${from} geändert. Die neue Fassung: ${photos} in einer ZIP-Datei mit ${size}.`,
  },
  ru: {
    subject: (title) => `Новая версия вашей галереи «${title}»`,
    text: (from, photos, size) =>
      `Со времени последнего письма галерея изменилась. Автор: ${from}. В новой версии ${photos} в одном ZIP-файле, размер ${size}.`,
  },
}
