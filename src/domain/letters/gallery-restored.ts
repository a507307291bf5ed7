/** To the photographer: an archived gallery is open again. */
import type { Composed } from './blocks.ts'
import { type Catalog, formatMoment, type Locale, longestTitle, oneLine, shared } from './words.ts'

export interface GalleryRestored {
  title: string
  photoCount: number
  /** when the gallery ends; null: it does not */
  endsAt: Date | null
  /** the gallery in the studio */
  link: string
  timeZone?: string
}

export function galleryRestored(data: GalleryRestored, locale: Locale): Composed {
  const common = shared[locale]
  const words = catalog[locale]
  const title = oneLine(data.title, longestTitle)
  const ends = data.endsAt ? formatMoment(data.endsAt, locale, data.timeZone) : words.never
  return {
    subject: words.subject(title),
    preheader: words.text,
    blocks: [
      { heading: title },
      { text: words.text },
      {
        facts: [
          [common.photosLabel, common.photos(data.photoCount)],
          [words.endLabel, ends],
        ],
      },
      { text: words.links },
      { button: common.openGallery, link: data.link, or: common.orLink },
      { small: common.ownerWhy },
    ],
  }
}

interface Words {
  subject(title: string): string
  text: string
  endLabel: string
  never: string
  links: string
}

const catalog: Catalog<Words> = {
  en: {
    subject: (title) => `"${title}" is open again`,
    text: 'This gallery was restored from its archive and is open to its guests again. The archive stays.',
    endLabel: 'Gallery ends',
    never: 'without a date',
    links: 'Links to the page that were withdrawn stay withdrawn: send new ones to your clients.',
  },
  de: {
    subject: (title) => `„${title}“ ist wieder geöffnet`,
    text: 'Diese Galerie wurde aus ihrem Archiv wiederhergestellt und ist für ihre Gäste wieder geöffnet. Das Archiv bleibt.',
    endLabel: 'Galerie endet',
    never: 'ohne Datum',
    links: 'Zurückgezogene Links zur Seite bleiben zurückgezogen: Senden Sie Ihren Kunden neue.',
  },
  ru: {
    subject: (title) => `Галерея «${title}» снова открыта`,
    text: 'Галерея восстановлена из архива и снова открыта для гостей. Архив остаётся.',
    endLabel: 'Галерея закрывается',
    never: 'без срока',
    links: 'Отозванные ссылки на страницу остаются отозванными: отправьте клиентам новые.',
  },
}
