/** To the photographer: a gallery has ended, and one button opens it for longer. */
import type { Composed } from './blocks.ts'
import { type Catalog, formatMoment, formatNumber, type Locale, longestTitle, oneLine, plural, shared } from './words.ts'

export interface OwnGalleryExpired {
  title: string
  ended: Date
  /** clients of the gallery, and those of them with a complete copy of what it holds */
  clients: number
  complete: number
  /** days that the button gives */
  days: number
  /** where the button is */
  extend: string
  /** the gallery in the studio */
  link: string
  timeZone?: string
}

export function ownGalleryExpired(data: OwnGalleryExpired, locale: Locale): Composed {
  const common = shared[locale]
  const words = catalog[locale]
  const title = oneLine(data.title, longestTitle)
  const ended = formatMoment(data.ended, locale, data.timeZone)
  const days = words.days(data.days)
  return {
    subject: words.subject(title),
    preheader: words.text(ended),
    blocks: [
      { heading: title },
      { text: words.text(ended) },
      {
        facts: [
          [words.endLabel, ended],
          [words.copiesLabel, words.copies(formatNumber(data.complete, locale), formatNumber(data.clients, locale))],
          [words.studioLabel, data.link],
        ],
      },
      { text: words.offer(days) },
      { button: words.extend(days), link: data.extend, or: common.orLink },
      { small: common.ownerWhy },
    ],
  }
}

interface Words {
  days(n: number): string
  subject(title: string): string
  text(ended: string): string
  endLabel: string
  copiesLabel: string
  copies(complete: string, clients: string): string
  studioLabel: string
  offer(days: string): string
  extend(days: string): string
}

const catalog: Catalog<Words> = {
  en: {
    days: (n) => plural('en', n, { one: 'day', other: 'days' }),
    subject: (title) => `"${title}" has ended`,
    text: (ended) => `This gallery was open until ${ended}. Guests now read that it has ended.`,
    endLabel: 'Gallery ended',
    copiesLabel: 'Complete copies',
    copies: (complete, clients) => `${complete} of ${clients} clients`,
    studioLabel: 'In the studio',
    offer: (days) =>
      `Should it stay open? The button opens it again, for ${days} from then. Once it is archived, restore it in the studio instead.`,
    extend: (days) => `Extend by ${days}`,
  },
  de: {
    days: (n) => plural('de', n, { one: 'Tag', other: 'Tage' }),
    subject: (title) => `„${title}“ ist abgelaufen`,
    text: (ended) => `Diese Galerie war offen bis zum ${ended}. Gäste lesen jetzt, dass sie abgelaufen ist.`,
    endLabel: 'Galerie endete',
    copiesLabel: 'Vollständige Kopien',
    copies: (complete, clients) => `${complete} von ${clients} Kunden`,
    studioLabel: 'Im Studio',
    offer: (days) =>
      `Soll sie offen bleiben? Der Knopf öffnet sie wieder, von da an für ${days}. Ist sie schon archiviert, stellen Sie sie im Studio wieder her.`,
    extend: (days) => `Um ${days} verlängern`,
  },
  ru: {
    days: (n) => plural('ru', n, { one: 'день', few: 'дня', many: 'дней', other: 'дня' }),
    subject: (title) => `Срок галереи «${title}» истёк`,
    text: (ended) => `Эта галерея была открыта до: ${ended}. Теперь гости видят, что её срок истёк.`,
    endLabel: 'Галерея закрылась',
    copiesLabel: 'Полные копии',
    copies: (complete, clients) => `${complete} из ${clients} (клиенты)`,
    studioLabel: 'В студии',
    offer: (days) =>
      `Оставить её открытой? Кнопка снова откроет галерею на ${days} с момента нажатия. Если она уже в архиве, восстановите её в студии.`,
    extend: (days) => `Продлить на ${days}`,
  },
}
