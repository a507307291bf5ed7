/** To a client without a complete copy: the gallery ends soon. */
import type { Composed } from './blocks.ts'
import { type Catalog, formatMoment, type Locale, longestTitle, oneLine, plural, shared } from './words.ts'

export interface GalleryEnding {
  title: string
  photographer: string
  /** days that are left when the letter is written, at least 1 */
  days: number
  ends: Date
  /** the gallery's page */
  link: string
  timeZone?: string
}

export function galleryEnding(data: GalleryEnding, locale: Locale): Composed {
  const common = shared[locale]
  const words = catalog[locale]
  const title = oneLine(data.title, longestTitle)
  const from = oneLine(data.photographer, longestTitle) || common.photographer
  const ends = formatMoment(data.ends, locale, data.timeZone)
  return {
    subject: words.subject(title, words.days(data.days)),
    preheader: words.until(ends),
    blocks: [
      { heading: title },
      { text: words.text(from, words.days(data.days)) },
      { text: words.until(ends) },
      { button: common.openGallery, link: data.link, or: common.orLink },
      { text: words.had },
      { facts: [[words.endLabel, ends]] },
      { small: common.clientWhy(from) },
    ],
  }
}

interface Words {
  days(n: number): string
  subject(title: string, days: string): string
  text(from: string, days: string): string
  until(ends: string): string
  had: string
  endLabel: string
}

const catalog: Catalog<Words> = {
  en: {
    days: (n) => plural('en', n, { one: 'day', other: 'days' }),
    subject: (title, days) => `"${title}" ends in ${days}: download your photos`,
    text: (from, days) => `Your gallery from ${from} ends in ${days}. Open it and download your photos before then.`,
    until: (ends) => `It is open until ${ends}.`,
    had: 'We have not seen a complete download of the present photos from you. If you have them already, you need do nothing.',
    endLabel: 'Gallery ends',
  },
  de: {
    days: (n) => plural('de', n, { one: 'Tag', other: 'Tagen' }),
    subject: (title, days) => `„${title}“ endet in ${days}: Laden Sie Ihre Fotos herunter`,
    text: (from, days) => `Ihre Galerie von ${from} endet in ${days}. Öffnen Sie sie und laden Sie Ihre Fotos vorher herunter.`,
    until: (ends) => `Sie ist offen bis zum ${ends}.`,
    had: 'Von Ihnen ist uns kein vollständiger Download der jetzigen Fotos bekannt. Haben Sie die Fotos schon, müssen Sie nichts tun.',
    endLabel: 'Galerie endet',
  },
  ru: {
    days: (n) => plural('ru', n, { one: 'день', few: 'дня', many: 'дней', other: 'дня' }),
    subject: (title, days) => `Галерея «${title}» закроется через ${days}: скачайте фотографии`,
    text: (from, days) => `Ваша галерея закроется через ${days}. Автор: ${from}. Откройте её и скачайте фотографии до этого срока.`,
    until: (ends) => `Галерея открыта до: ${ends}.`,
    had: 'Полной загрузки нынешних фотографий с вашей стороны мы не видели. Если они у вас уже есть, ничего делать не нужно.',
    endLabel: 'Галерея закроется',
  },
}
