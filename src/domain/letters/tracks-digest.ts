/** To the owner, once a day while tracks are in danger: what was saved, what is not saved yet, what is lost. */
import type { Composed } from './blocks.ts'
import { type Catalog, formatMoment, formatNumber, type Locale, plural } from './words.ts'

export interface TracksDigest {
  saved: number
  failing: number
  lost: number
  /** when the provider deletes the first of those that fail */
  firstEnds: Date | null
  link: string
}

export function tracksDigest({ saved, failing, lost, firstEnds, link }: TracksDigest, locale: Locale): Composed {
  const words = catalog[locale]
  const facts: [string, string][] = [
    [words.saved, formatNumber(saved, locale)],
    [words.failing, formatNumber(failing, locale)],
    [words.lost, formatNumber(lost, locale)],
  ]
  if (firstEnds) facts.push([words.ends, formatMoment(firstEnds, locale)])
  return {
    subject: words.subject(failing, lost),
    preheader: words.subject(failing, lost),
    blocks: [{ heading: words.heading }, { facts }, { button: words.open, link, or: words.or }, { small: words.why }],
  }
}

interface Words {
  subject(failing: number, lost: number): string
  heading: string
  saved: string
  failing: string
  lost: string
  ends: string
  open: string
  or: string
  why: string
}

const catalog: Catalog<Words> = {
  en: {
    subject: (failing, lost) => `Tracks: ${formatNumber(failing, 'en')} not saved yet, ${formatNumber(lost, 'en')} lost`,
    heading: 'Your tracks in the last day',
    saved: 'Saved',
    failing: 'Not saved yet',
    lost: 'Lost',
    ends: 'The first is deleted',
    open: 'Open the rescue',
    or: 'Or copy this link into your browser:',
    why: 'You get this letter once a day while tracks of your account are in danger.',
  },
  de: {
    subject: (failing, lost) => `Tracks: ${formatNumber(failing, 'de')} noch nicht gesichert, ${formatNumber(lost, 'de')} verloren`,
    heading: 'Ihre Tracks am letzten Tag',
    saved: 'Gesichert',
    failing: 'Noch nicht gesichert',
    lost: 'Verloren',
    ends: 'Der erste wird gelöscht',
    open: 'Rettung öffnen',
    or: 'Oder diesen Link in den Browser kopieren:',
    why: 'Sie erhalten diesen Brief einmal am Tag, solange Tracks Ihres Kontos in Gefahr sind.',
  },
  ru: {
    subject: (failing, lost) =>
      `Треки: ${plural('ru', failing, { one: 'ещё не сохранён', few: 'ещё не сохранены', many: 'ещё не сохранено', other: 'ещё не сохранены' })}, потеряно ${formatNumber(lost, 'ru')}`,
    heading: 'Ваши треки за последние сутки',
    saved: 'Сохранено',
    failing: 'Ещё не сохранено',
    lost: 'Потеряно',
    ends: 'Первый будет удалён',
    open: 'Открыть спасение треков',
    or: 'Или скопируйте эту ссылку в браузер:',
    why: 'Это письмо приходит раз в день, пока треки вашей учётной записи в опасности.',
  },
}
