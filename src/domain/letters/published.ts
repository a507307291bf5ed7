/** To a client who may look at the photos and not download them: the gallery is open, and this is their way in. */
import type { Composed } from './blocks.ts'
import { type Catalog, formatMoment, type Locale, longestTitle, oneLine, shared } from './words.ts'

export interface Published {
  title: string
  photographer: string
  photoCount: number
  /** opens the page for this client alone */
  link: string
  /** the first of: the gallery's end, the client's, the link's */
  ends: Date
  /** IANA zone in which the end is written; UTC when nobody said */
  timeZone?: string
}

export function published(data: Published, locale: Locale): Composed {
  const common = shared[locale]
  const words = catalog[locale]
  const title = oneLine(data.title, longestTitle)
  const from = oneLine(data.photographer, longestTitle) || common.photographer
  const text = words.text(from, common.photos(data.photoCount))
  const until = common.until(formatMoment(data.ends, locale, data.timeZone))
  return {
    subject: words.subject(title),
    preheader: text,
    blocks: [
      { heading: title },
      { text },
      { button: words.look, link: data.link, or: common.orLink },
      { text: `${until} ${words.yours}` },
      { small: common.clientWhy(from) },
    ],
  }
}

interface Words {
  subject(title: string): string
  text(from: string, photos: string): string
  look: string
  yours: string
}

const catalog: Catalog<Words> = {
  en: {
    subject: (title) => `Your gallery "${title}" is open`,
    text: (from, photos) => `${from} has opened your gallery: ${photos} to look at.`,
    look: 'Look at the photos',
    yours: 'It is yours alone and asks for no password.',
  },
  de: {
    subject: (title) => `Ihre Galerie „${title}“ ist geöffnet`,
    text: (from, photos) => `Ihre Galerie von ${from} ist geöffnet: ${photos} zum Ansehen.`,
    look: 'Fotos ansehen',
    yours: 'Er ist nur für Sie und fragt nach keinem Passwort.',
  },
  ru: {
    subject: (title) => `Ваша галерея «${title}» открыта`,
    text: (from, photos) => `Ваша галерея открыта для просмотра. Автор: ${from}. В ней ${photos}.`,
    look: 'Смотреть фотографии',
    yours: 'Она только для вас и не спрашивает пароль.',
  },
}
