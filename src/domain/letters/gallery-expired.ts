/** To the customer and the clients: the gallery has ended. */
import type { Composed } from './blocks.ts'
import { type Catalog, formatMoment, type Locale, longestTitle, oneLine, shared } from './words.ts'

export interface GalleryExpired {
  title: string
  photographer: string
  ended: Date
  timeZone?: string
}

export function galleryExpired(data: GalleryExpired, locale: Locale): Composed {
  const common = shared[locale]
  const words = catalog[locale]
  const title = oneLine(data.title, longestTitle)
  const from = oneLine(data.photographer, longestTitle) || common.photographer
  const ended = formatMoment(data.ended, locale, data.timeZone)
  return {
    subject: words.subject(title),
    preheader: words.text(from, ended),
    blocks: [
      { heading: title },
      { text: words.text(from, ended) },
      { text: words.ask },
      { facts: [[words.endLabel, ended]] },
      { small: common.clientWhy(from) },
    ],
  }
}

interface Words {
  subject(title: string): string
  text(from: string, ended: string): string
  ask: string
  endLabel: string
}

const catalog: Catalog<Words> = {
  en: {
    subject: (title) => `Your gallery "${title}" has ended`,
    text: (from, ended) => `The gallery from ${from} was open until ${ended}. Its photos are no longer shown there.`,
    ask: 'Do you still need them? Reply to this letter: your photographer can open the gallery again.',
    endLabel: 'Gallery ended',
  },
  de: {
    subject: (title) => `Ihre Galerie „${title}“ ist abgelaufen`,
    text: (from, ended) => `Die Galerie von ${from} war offen bis zum ${ended}. Ihre Fotos werden dort nicht mehr gezeigt.`,
    ask: 'Brauchen Sie sie noch? Antworten Sie auf diesen Brief: Ihr Fotostudio kann die Galerie wieder öffnen.',
    endLabel: 'Galerie endete',
  },
  ru: {
    subject: (title) => `Срок вашей галереи «${title}» истёк`,
    text: (from, ended) => `Галерея была открыта до: ${ended}. Автор: ${from}. Фотографии там больше не показываются.`,
    ask: 'Они ещё нужны? Ответьте на это письмо: фотограф может снова открыть галерею.',
    endLabel: 'Галерея закрылась',
  },
}
