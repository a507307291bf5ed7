/** To the owner: tracks could not be saved yet, or never will be. One track has the words of 002 (EML-08). */
import type { Block, Composed } from './blocks.ts'
import { type Catalog, formatNumber, type Locale, mostNames, oneLine, plural } from './words.ts'

export interface TracksAtRisk {
  /** how many; `tracks` are the first of them, the most urgent first */
  count: number
  tracks: { title: string; provider: string; ends: Date; hoursLeft: number; error: string | null }[]
  /** the page of the rescue, or the track there when it is the only one */
  link: string
}

export const tracksAtRisk = (data: TracksAtRisk, locale: Locale): Composed => compose(data, locale, 'risk')
export const tracksLost = (data: TracksAtRisk, locale: Locale): Composed => compose(data, locale, 'lost')

function compose({ count, tracks, link }: TracksAtRisk, locale: Locale, kind: 'risk' | 'lost'): Composed {
  const words = catalog[locale]
  const said = words[kind]
  const shown = tracks.slice(0, mostNames)
  const first = oneLine(shown[0]?.title ?? '', 100)
  const subject = count === 1 ? said.one(first) : said.many(count)
  const message = count === 1 ? said.text(first) : said.texts(count)
  const lines = shown.map(({ title, provider, hoursLeft, error }) => {
    const left = kind === 'lost' ? [] : [words.left(hoursLeft)]
    return [oneLine(title, 80), oneLine(provider, 30), ...left, ...(error ? [oneLine(error, 160)] : [])].join(' · ')
  })
  const rest: Block[] = count > shown.length ? [{ text: words.more(count - shown.length) }] : []
  return {
    subject,
    preheader: message,
    blocks: [
      { heading: said.heading },
      { text: message },
      { list: lines },
      ...rest,
      { text: said.next },
      { button: words.open, link, or: words.or },
      { small: words.why },
    ],
  }
}

interface Said {
  heading: string
  one(title: string): string
  many(count: number): string
  text(title: string): string
  texts(count: number): string
  next: string
}
interface Words {
  risk: Said
  lost: Said
  left(hours: number): string
  more(count: number): string
  open: string
  or: string
  why: string
}

const en = (n: number) => plural('en', n, { one: 'track', other: 'tracks' })
const de = (n: number) => plural('de', n, { one: 'Track', other: 'Tracks' })
const ru = (n: number) => plural('ru', n, { one: 'трек', few: 'трека', many: 'треков', other: 'трека' })

const catalog: Catalog<Words> = {
  en: {
    risk: {
      heading: 'A track could not be archived',
      one: (title) => `The track "${title}" could not be archived`,
      many: (n) => `${en(n)} could not be archived`,
      text: (title) => `The track "${title}" was not saved. It may become unavailable.`,
      texts: (n) => `${en(n)} were not saved. They may become unavailable.`,
      next: 'Keepsake keeps trying until the provider deletes them. If you have the file yourself, or can download it at the provider now, do so and upload it by hand.',
    },
    lost: {
      heading: 'Lost at the provider',
      one: (title) => `The track "${title}" is lost`,
      many: (n) => `${en(n)} are lost`,
      text: (title) => `The track "${title}" was not saved before the provider deleted it.`,
      texts: (n) => `${en(n)} were not saved before the provider deleted them.`,
      next: 'It is not tried any more. If you have the file somewhere, upload it by hand; or ask for one more try.',
    },
    left: (hours) => (hours < 48 ? `${formatNumber(hours, 'en')} h left` : `${formatNumber(Math.floor(hours / 24), 'en')} days left`),
    more: (n) => `and ${formatNumber(n, 'en')} more.`,
    open: 'Open the rescue',
    or: 'Or copy this link into your browser:',
    why: 'You get this letter because these tracks belong to your account.',
  },
  de: {
    risk: {
      heading: 'Ein Track konnte nicht archiviert werden',
      one: (title) => `Der Track „${title}“ konnte nicht archiviert werden`,
      many: (n) => `${de(n)} konnten nicht archiviert werden`,
      text: (title) => `Der Track „${title}“ wurde nicht gesichert. Er könnte bald nicht mehr verfügbar sein.`,
      texts: (n) => `${de(n)} wurden nicht gesichert. Sie könnten bald nicht mehr verfügbar sein.`,
      next: 'Keepsake versucht es weiter, bis der Anbieter löscht. Wenn Sie die Datei selbst haben oder jetzt beim Anbieter herunterladen können, tun Sie das und laden Sie sie von Hand hoch.',
    },
    lost: {
      heading: 'Beim Anbieter verloren',
      one: (title) => `Der Track „${title}“ ist verloren`,
      many: (n) => `${de(n)} sind verloren`,
      text: (title) => `Der Track „${title}“ wurde nicht gesichert, bevor der Anbieter ihn gelöscht hat.`,
      texts: (n) => `${de(n)} wurden nicht gesichert, bevor der Anbieter sie gelöscht hat.`,
      next: 'Es wird nicht weiter versucht. Wenn Sie die Datei irgendwo haben, laden Sie sie von Hand hoch; oder stoßen Sie noch einen Versuch an.',
    },
    left: (hours) => (hours < 48 ? `noch ${formatNumber(hours, 'de')} Std.` : `noch ${formatNumber(Math.floor(hours / 24), 'de')} Tage`),
    more: (n) => `und ${formatNumber(n, 'de')} weitere.`,
    open: 'Rettung öffnen',
    or: 'Oder diesen Link in den Browser kopieren:',
    why: 'Sie erhalten diesen Brief, weil diese Tracks zu Ihrem Konto gehören.',
  },
  ru: {
    risk: {
      heading: 'Не удалось архивировать трек',
      one: (title) => `Не удалось архивировать трек "${title}"`,
      many: (n) => `Не удалось архивировать: ${ru(n)}`,
      text: (title) => `Трек "${title}" не был сохранен. Он может стать недоступен.`,
      texts: (n) => `Не сохранено: ${ru(n)}. Они могут стать недоступны.`,
      next: 'Keepsake продолжает попытки, пока сервис не удалит файлы. Если файл есть у вас или его можно скачать у сервиса сейчас, скачайте и загрузите его вручную.',
    },
    lost: {
      heading: 'Потеряно у сервиса',
      one: (title) => `Трек "${title}" потерян`,
      many: (n) => `Потеряно: ${ru(n)}`,
      text: (title) => `Трек "${title}" не был сохранен до того, как сервис его удалил.`,
      texts: (n) => `Не сохранено до удаления у сервиса: ${ru(n)}.`,
      next: 'Попыток больше не будет. Если файл где-то есть, загрузите его вручную или запустите ещё одну попытку.',
    },
    left: (hours) =>
      hours < 48 ? `осталось ${formatNumber(hours, 'ru')} ч` : `осталось дней: ${formatNumber(Math.floor(hours / 24), 'ru')}`,
    more: (n) => `и ещё ${formatNumber(n, 'ru')}.`,
    open: 'Открыть спасение треков',
    or: 'Или скопируйте эту ссылку в браузер:',
    why: 'Вы получили это письмо, потому что эти треки принадлежат вашей учётной записи.',
  },
}
