/** To the photographer: a guest has chosen, and sends the list. */
import type { Composed } from './blocks.ts'
import { type Catalog, type Locale, longestName, longestTitle, mostNames, oneLine, plural, shared } from './words.ts'

export interface SelectionSent {
  title: string
  /** as they said, or as the photographer wrote it down */
  who: string
  /** file names of the photos */
  names: string[]
  /** the gallery in the studio */
  link: string
}

export function selectionSent(data: SelectionSent, locale: Locale): Composed {
  const common = shared[locale]
  const words = catalog[locale]
  const title = oneLine(data.title, longestTitle)
  const who = oneLine(data.who, longestName)
  const rest = data.names.length - mostNames
  const names = data.names.slice(0, mostNames).map((name) => oneLine(name, longestName))
  return {
    subject: words.subject(who, title),
    preheader: words.text(who, data.names.length),
    blocks: [
      { heading: title },
      { text: words.text(who, data.names.length) },
      { text: [...names, ...(rest > 0 ? [common.more(rest)] : [])].join(', ') },
      { button: common.openGallery, link: data.link, or: common.orLink },
      { small: common.ownerWhy },
    ],
  }
}

interface Words {
  subject(who: string, title: string): string
  text(who: string, count: number): string
}

const catalog: Catalog<Words> = {
  en: {
    subject: (who, title) => `${who} has chosen photos: ${title}`,
    text: (who, count) =>
      `${who} sends a list of ${plural('en', count, { one: 'favourite', other: 'favourites' })}. In the studio it can be exported.`,
  },
  de: {
    subject: (who, title) => `${who} hat Fotos ausgewählt: ${title}`,
    text: (who, count) =>
      `${who} sendet eine Liste von ${plural('de', count, { one: 'Favorit', other: 'Favoriten' })}. Im Studio lässt sie sich exportieren.`,
  },
  ru: {
    subject: (who, title) => `Выбраны фотографии: ${title} (${who})`,
    text: (who, count) =>
      `Список избранного от: ${who}. В нём ${plural('ru', count, { one: 'фотография', few: 'фотографии', many: 'фотографий', other: 'фотографии' })}. Его можно выгрузить в студии.`,
  },
}
