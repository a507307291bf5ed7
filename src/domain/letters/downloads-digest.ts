/** To the photographer, once a day at most: who has received a complete copy of what. */
import type { Composed } from './blocks.ts'
import { type Catalog, formatMoment, type Locale, longestName, longestTitle, mostNames, oneLine, plural, shared } from './words.ts'

export interface DownloadsDigest {
  /** in the order in which they were completed; never empty */
  copies: {
    title: string
    /** the client; null for somebody with a shared link */
    name: string | null
    version: number
    at: Date
  }[]
  /** the gallery of the last one, in the studio */
  link: string
  timeZone?: string
}

export function downloadsDigest(data: DownloadsDigest, locale: Locale): Composed {
  const words = catalog[locale]
  const common = shared[locale]
  const lines = data.copies.slice(0, mostNames).map(({ title, name, version, at }) => {
    const who = name ? oneLine(name, longestName) : words.somebody
    return words.line(who, oneLine(title, longestName), version, formatMoment(at, locale, data.timeZone))
  })
  if (data.copies.length > mostNames) lines.push(words.more(data.copies.length - mostNames))
  const subject = words.subject(data.copies.length, oneLine(data.copies.at(-1)!.title, longestTitle))
  return {
    subject,
    preheader: lines[0]!,
    blocks: [
      { heading: words.heading },
      { text: words.text },
      { list: lines },
      { button: common.openGallery, link: data.link, or: common.orLink },
      { small: words.why },
    ],
  }
}

interface Words {
  subject(count: number, title: string): string
  heading: string
  text: string
  line(who: string, title: string, version: number, at: string): string
  somebody: string
  more(count: number): string
  why: string
}

const catalog: Catalog<Words> = {
  en: {
    subject: (n, title) =>
      n === 1 ? `"${title}" was downloaded` : plural('en', n, { one: 'complete download', other: 'complete downloads' }),
    heading: 'Downloaded completely',
    text: 'Since the last letter of this kind, these complete copies were received:',
    line: (who, title, version, at) => `${who}: ${title}, version ${version}, ${at}`,
    somebody: 'Somebody with a shared link',
    more: (n) => `and ${plural('en', n, { one: 'more', other: 'more' })}`,
    why: 'You get this letter at most once a day because these galleries belong to your account. It can be switched off there.',
  },
  de: {
    subject: (n, title) =>
      n === 1 ? `„${title}“ wurde heruntergeladen` : plural('de', n, { one: 'vollständiger Download', other: 'vollständige Downloads' }),
    heading: 'Vollständig heruntergeladen',
    text: 'Seit dem letzten Brief dieser Art sind diese vollständigen Kopien angekommen:',
    line: (who, title, version, at) => `${who}: ${title}, Version ${version}, ${at}`,
    somebody: 'Jemand mit einem geteilten Link',
    more: (n) => `und ${plural('de', n, { one: 'weitere', other: 'weitere' })}`,
    why: 'Sie erhalten diesen Brief höchstens einmal am Tag, weil diese Galerien zu Ihrem Konto gehören. Dort lässt er sich abschalten.',
  },
  ru: {
    subject: (n, title) =>
      n === 1
        ? `Галерея «${title}» скачана`
        : plural('ru', n, { one: 'полная загрузка', few: 'полные загрузки', many: 'полных загрузок', other: 'полной загрузки' }),
    heading: 'Скачано полностью',
    text: 'Со времени прошлого такого письма получены полные копии:',
    line: (who, title, version, at) => `${who}: ${title}, версия ${version}, ${at}`,
    somebody: 'Кто-то по общей ссылке',
    more: (n) => `и ещё ${n}`,
    why: 'Это письмо приходит не чаще раза в день, потому что эти галереи принадлежат вашей учётной записи. Там его можно отключить.',
  },
}
