/** To the photographer: the gallery has become its archive, proven, and what that means. */
import type { Composed } from './blocks.ts'
import { type Catalog, formatMoment, formatSize, type Locale, longestTitle, oneLine, shared } from './words.ts'

export interface ArchiveComplete {
  title: string
  photoCount: number
  bytes: number
  /** of the ZIP, hex */
  sha256: string
  /** when the originals beside it go; null: they have gone */
  freedAt: Date | null
  /** the gallery in the studio */
  link: string
  timeZone?: string
}

export function archiveComplete(data: ArchiveComplete, locale: Locale): Composed {
  const common = shared[locale]
  const words = catalog[locale]
  const title = oneLine(data.title, longestTitle)
  const freed = data.freedAt ? words.freedAt(formatMoment(data.freedAt, locale, data.timeZone)) : words.freed
  return {
    subject: words.subject(title),
    preheader: words.preheader(common.photos(data.photoCount)),
    blocks: [
      { heading: title },
      { text: words.text },
      {
        facts: [
          [common.photosLabel, common.photos(data.photoCount)],
          [common.sizeLabel, formatSize(data.bytes, locale)],
          ['SHA-256', data.sha256],
          [words.spaceLabel, freed],
        ],
      },
      { text: words.restore },
      { button: common.openGallery, link: data.link, or: common.orLink },
      { small: common.ownerWhy },
    ],
  }
}

interface Words {
  subject(title: string): string
  preheader(photos: string): string
  text: string
  spaceLabel: string
  freedAt(moment: string): string
  freed: string
  restore: string
}

const catalog: Catalog<Words> = {
  en: {
    subject: (title) => `"${title}" is archived`,
    preheader: (photos) => `${photos}, read back and compared byte for byte.`,
    text: 'This gallery is archived: its archive holds every photo and the feedback, and each was read back and compared with what you uploaded. The page of the gallery is closed.',
    spaceLabel: 'Originals',
    freedAt: (moment) => `kept beside the archive until ${moment}`,
    freed: 'in the archive alone',
    restore: 'You can restore the gallery at any time; it opens within seconds.',
  },
  de: {
    subject: (title) => `„${title}“ ist archiviert`,
    preheader: (photos) => `${photos}, zurückgelesen und Byte für Byte verglichen.`,
    text: 'Diese Galerie ist archiviert: Ihr Archiv enthält alle Fotos und das Feedback, und alles wurde zurückgelesen und mit dem verglichen, was Sie hochgeladen haben. Die Seite der Galerie ist geschlossen.',
    spaceLabel: 'Originale',
    freedAt: (moment) => `liegen noch bis ${moment} neben dem Archiv`,
    freed: 'nur noch im Archiv',
    restore: 'Sie können die Galerie jederzeit wiederherstellen; sie öffnet sich in Sekunden.',
  },
  ru: {
    subject: (title) => `Галерея «${title}» архивирована`,
    preheader: (photos) => `${photos}: прочитано обратно и сверено до байта.`,
    text: 'Галерея архивирована: в архиве лежат все фотографии и отзывы, и каждая из них прочитана обратно и сверена с тем, что вы загрузили. Страница галереи закрыта.',
    spaceLabel: 'Оригиналы',
    freedAt: (moment) => `хранятся рядом с архивом до: ${moment}`,
    freed: 'только в архиве',
    restore: 'Галерею можно восстановить в любой момент; она откроется за несколько секунд.',
  },
}
