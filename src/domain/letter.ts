/** Letters: one mailbox, and every kind of letter as HTML and plain text from the same blocks. Pure. */
import { AppError } from '../base/errors.ts'

export type Locale = 'en' | 'de' | 'ru'

/** To somebody who waits for the photos: the archive can be downloaded. */
export interface ArchiveReady {
  title: string
  photographer: string
  /** photos that are in the archive */
  photoCount: number
  /** names of the photos that are not in the archive; empty when it is complete */
  missing: string[]
  bytes: number
  sha256: string
  link: string
  linkEnds: Date
  /** IANA zone in which the end is written; UTC when nobody said */
  timeZone?: string
}

/** To the photographer: the archive could not be built. */
export interface ArchiveFailed {
  title: string
  /** a sentence, such as that of the error table */
  cause: string
  /** when it is tried again by itself; without it somebody has to press Retry */
  retryAt?: Date
  /** the gallery in the studio */
  link: string
  timeZone?: string
}

export interface LetterKinds {
  archive_ready: ArchiveReady
  archive_failed: ArchiveFailed
}
export type LetterKind = keyof LetterKinds

export interface RenderedLetter {
  subject: string
  text: string
  html: string
}

/** Writes a letter of that kind in that language. */
export function renderLetter<K extends LetterKind>(kind: K, data: LetterKinds[K], locale: Locale): RenderedLetter {
  const composed = (compose[kind] as (data: LetterKinds[K], locale: Locale) => Composed)(data, locale)
  return { subject: composed.subject, text: asText(composed), html: asHtml(composed, locale) }
}

const atom = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
const label = '[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?'
const mailbox = new RegExp(`^(${atom}(?:\\.${atom})*)@(${label}(?:\\.${label})*\\.[A-Za-z](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9]))$`)

/**
 * Exactly one mailbox, or `email_invalid`. Stricter than RFC 5321 4.1.2 on purpose: no quoted local part, address literal or
 * comment, because each of them has carried a second recipient past somebody's parser. The domain comes back in lower case.
 */
export function parseMailbox(text: string): string {
  const [, local, domain] = mailbox.exec(text.replace(/^ +| +$/g, '')) ?? []
  if (local === undefined || domain === undefined || local.length > 64 || local.length + domain.length > 253) {
    throw new AppError('email_invalid', {}, { final: true })
  }
  return `${local}@${domain.toLowerCase()}`
}

export const isMailbox = (text: string): boolean => mailbox.test(text)

type Block =
  | { heading: string }
  | { text: string }
  | { list: string[] }
  | { facts: [label: string, value: string][] }
  | { button: string; link: string; or: string }
  | { small: string }

interface Composed {
  subject: string
  /** the one fact, shown by the list of letters before the letter is opened */
  preheader: string
  blocks: Block[]
}

// A letter stays under 30 KB, so that no mail program cuts it off: long names and long lists are shortened.
const longestTitle = 120
const longestName = 60
const mostNames = 10

const compose: { [K in LetterKind]: (data: LetterKinds[K], locale: Locale) => Composed } = {
  archive_ready(data, locale) {
    const words = catalog[locale]
    const title = oneLine(data.title, longestTitle)
    const from = oneLine(data.photographer, longestTitle) || words.photographer
    const photos = words.photos(data.photoCount)
    const size = formatSize(data.bytes, locale)
    const ends = formatMoment(data.linkEnds, locale, data.timeZone)
    const names = data.missing.slice(0, mostNames).map((name) => oneLine(name, longestName))
    if (data.missing.length > mostNames) names.push(words.more(data.missing.length - mostNames))
    return {
      subject: words.readySubject(title),
      preheader: `${photos}, ${size}. ${words.until(ends)}`,
      blocks: [
        { heading: title },
        { text: words.readyText(from, photos, size) },
        ...(names.length > 0 ? [{ text: words.missing(data.missing.length) }, { list: names }] : []),
        { button: words.download, link: data.link, or: words.orLink },
        { text: words.until(ends) },
        {
          facts: [
            [words.photosLabel, formatNumber(data.photoCount, locale)],
            [words.sizeLabel, size],
            [words.endLabel, ends],
            ['SHA-256', oneLine(data.sha256, 64)],
          ],
        },
        { small: words.readyWhy(from) },
      ],
    }
  },
  archive_failed(data, locale) {
    const words = catalog[locale]
    const title = oneLine(data.title, longestTitle)
    const next = data.retryAt ? words.retried(formatMoment(data.retryAt, locale, data.timeZone)) : words.pressRetry
    return {
      subject: words.failedSubject(title),
      preheader: `${words.nothingLost} ${next}`,
      blocks: [
        { heading: title },
        { text: words.failedText },
        {
          facts: [
            [words.causeLabel, oneLine(data.cause, 500)],
            [words.nextLabel, next],
          ],
        },
        { text: words.nothingLost },
        { button: words.openGallery, link: data.link, or: words.orLink },
        { small: words.failedWhy },
      ],
    }
  },
}

type Forms = Partial<Record<Intl.LDMLPluralRule, string>> & { other: string }
const plural = (locale: Locale, n: number, forms: Forms): string =>
  `${formatNumber(n, locale)} ${forms[new Intl.PluralRules(locale).select(n)] ?? forms.other}`

// A day before its month, whatever "en" means to the reader's computer.
const region = { en: 'en-GB', de: 'de-DE', ru: 'ru-RU' } as const
const formatNumber = (n: number, locale: Locale): string => new Intl.NumberFormat(region[locale]).format(n)

function formatSize(bytes: number, locale: Locale): string {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const
  let power = 0
  // 999.95 would be rounded to 1,000
  while (power < units.length - 1 && bytes / 1000 ** power >= 999.95) power += 1
  const maximumFractionDigits = power < 2 ? 0 : 1
  const format = new Intl.NumberFormat(region[locale], { style: 'unit', unit: units[power]!, maximumFractionDigits })
  return format.format(bytes / 1000 ** power)
}

function formatMoment(moment: Date, locale: Locale, timeZone = 'UTC'): string {
  const fields = { year: 'numeric', month: 'long', day: 'numeric', hour: '2-digit', minute: '2-digit', timeZoneName: 'short' } as const
  return new Intl.DateTimeFormat(region[locale], { ...fields, timeZone }).format(moment)
}

/** Foreign words on one line: control characters and marks that turn the direction of the text go. */
function oneLine(text: string, longest: number): string {
  const clean = text.toWellFormed().replace(/[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]+/gu, ' ')
  const letters = [...clean.replace(/\s+/g, ' ').trim()]
  return letters.length > longest ? `${letters.slice(0, longest - 1).join('')}…` : letters.join('')
}

function asText({ blocks }: Composed): string {
  return `${blocks.map(textOf).join('\n\n')}\n`
}

function textOf(block: Block): string {
  if ('heading' in block) return `${block.heading}\n${'='.repeat(Math.min([...block.heading].length, 60))}`
  if ('list' in block) return block.list.map((name) => `- ${name}`).join('\n')
  if ('facts' in block) return block.facts.map(([name, value]) => `${name}: ${value}`).join('\n')
  if ('button' in block) return `${block.button}:\n${block.link}`
  if ('small' in block) return `-- \n${block.small}`
  return block.text
}

const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`)

// Paper and ink, as on our pages; hex because mail programs know no oklch.
const ink = '#1f1c19'
const grey = '#6d6760'
const line = '#e5e1db'
const sans = "font-family:Inter,-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif"

function asHtml({ preheader, blocks, subject }: Composed, locale: Locale): string {
  return `<!doctype html>
<html lang="${locale}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="color-scheme" content="light"><title>${escapeHtml(subject)}</title></head>
<body style="margin:0;padding:0;background:#fbfaf8;color:${ink};${sans};font-size:16px;line-height:1.5">
<div style="display:none;max-height:0;overflow:hidden">${escapeHtml(preheader)}</div>
<div style="max-width:560px;margin:0 auto;padding:32px 20px">
${blocks.map(htmlOf).join('\n')}
</div></body></html>
`
}

function htmlOf(block: Block): string {
  if ('heading' in block) {
    const serif = "font-family:'Source Serif 4',Georgia,serif;font-weight:400;font-size:28px;line-height:1.25;margin:0 0 20px"
    return `<h1 style="${serif};overflow-wrap:anywhere"><bdi>${escapeHtml(block.heading)}</bdi></h1>`
  }
  if ('list' in block) {
    const rows = block.list.map((name) => `<li style="overflow-wrap:anywhere"><bdi>${escapeHtml(name)}</bdi></li>`)
    return `<ul style="margin:0 0 16px;padding-left:20px">${rows.join('')}</ul>`
  }
  if ('facts' in block) {
    const rows = block.facts.map(
      ([name, value]) =>
        `<dt style="color:${grey};font-size:13px">${escapeHtml(name)}</dt><dd style="margin:0 0 8px;overflow-wrap:anywhere;word-break:break-word">${escapeHtml(value)}</dd>`,
    )
    return `<dl style="margin:16px 0;padding:16px 0 8px;border-top:1px solid ${line}">${rows.join('')}</dl>`
  }
  if ('button' in block) {
    const link = escapeHtml(block.link)
    const look = `display:inline-block;padding:12px 24px;border-radius:10px;background:${ink};color:#fbfaf8;text-decoration:none;font-weight:600`
    return `<p style="margin:24px 0 12px"><a href="${link}" style="${look}">${escapeHtml(block.button)}</a></p>
<p style="margin:0 0 16px;font-size:13px;color:${grey};word-break:break-all">${escapeHtml(block.or)}<br><a href="${link}" style="color:${ink}">${link}</a></p>`
  }
  if ('small' in block) {
    return `<p style="margin:24px 0 0;padding-top:16px;border-top:1px solid ${line};font-size:13px;color:${grey}">${escapeHtml(block.small)}</p>`
  }
  return `<p style="margin:0 0 16px">${escapeHtml(block.text)}</p>`
}

const en = {
  photographer: 'Your photographer',
  readySubject: (title: string) => `Your Gallery "${title}" is Ready for Download`,
  readyText: (from: string, photos: string, size: string) => `${from} has your photos ready: ${photos} in one ZIP file of ${size}.`,
  photos: (n: number) => plural('en', n, { one: 'photo', other: 'photos' }),
  missing: (n: number) => `${plural('en', n, { one: 'photo is', other: 'photos are' })} not in the file yet:`,
  more: (n: number) => `and ${plural('en', n, { one: 'more', other: 'more' })}`,
  until: (ends: string) => `The link works until ${ends}.`,
  download: 'Download the photos',
  orLink: 'Or copy this link into your browser:',
  photosLabel: 'Photos',
  sizeLabel: 'Size',
  endLabel: 'Link ends',
  readyWhy: (from: string) => `You get this letter because ${from} delivers this gallery to you. Reply to it to reach them.`,
  failedSubject: (title: string) => `The archive of "${title}" could not be built`,
  failedText: 'The ZIP file of this gallery could not be built.',
  causeLabel: 'Cause',
  nextLabel: 'Next step',
  retried: (at: string) => `It is tried again by itself at ${at}; you need do nothing.`,
  pressRetry: 'Open the gallery, put the cause right and press Retry.',
  nothingLost: 'Your photos are safe: nothing was deleted.',
  openGallery: 'Open the gallery',
  failedWhy: 'You get this letter because this gallery belongs to your account.',
}

const de: typeof en = {
  photographer: 'Ihrem Fotostudio',
  readySubject: (title) => `Ihre Galerie „${title}“ steht zum Download bereit`,
  readyText: (from, photos, size) => `Ihre Fotos von ${from} sind fertig: ${photos} in einer ZIP-Datei mit ${size}.`,
  photos: (n) => plural('de', n, { one: 'Foto', other: 'Fotos' }),
  missing: (n) => `${plural('de', n, { one: 'Foto fehlt', other: 'Fotos fehlen' })} noch in der Datei:`,
  more: (n) => `und ${plural('de', n, { one: 'weiteres', other: 'weitere' })}`,
  until: (ends) => `Der Link gilt bis ${ends}.`,
  download: 'Fotos herunterladen',
  orLink: 'Oder diesen Link in den Browser kopieren:',
  photosLabel: 'Fotos',
  sizeLabel: 'Größe',
  endLabel: 'Link endet',
  readyWhy: (from) =>
    `Sie erhalten diesen Brief, weil Ihnen diese Galerie von ${from} geliefert wird. Antworten Sie darauf, um Kontakt aufzunehmen.`,
  failedSubject: (title) => `Das Archiv von „${title}“ konnte nicht erstellt werden`,
  failedText: 'Die ZIP-Datei dieser Galerie konnte nicht erstellt werden.',
  causeLabel: 'Ursache',
  nextLabel: 'Nächster Schritt',
  retried: (at) => `Neuer Versuch von selbst: ${at}. Sie müssen nichts tun.`,
  pressRetry: 'Öffnen Sie die Galerie, beheben Sie die Ursache und drücken Sie auf „Erneut versuchen“.',
  nothingLost: 'Ihre Fotos sind sicher: Es wurde nichts gelöscht.',
  openGallery: 'Galerie öffnen',
  failedWhy: 'Sie erhalten diesen Brief, weil diese Galerie zu Ihrem Konto gehört.',
}

const ru: typeof en = {
  photographer: 'ваш фотограф',
  readySubject: (title) => `Ваша галерея «${title}» готова к скачиванию`,
  readyText: (from, photos, size) => `Ваши снимки готовы. Автор: ${from}. В одном ZIP-файле ${photos}, размер ${size}.`,
  photos: (n) => plural('ru', n, { one: 'фотография', few: 'фотографии', many: 'фотографий', other: 'фотографии' }),
  missing: (n) => `В файле пока нет ${plural('ru', n, { one: 'фотографии', few: 'фотографий', many: 'фотографий', other: 'фотографии' })}:`,
  more: (n) => `и ещё ${formatNumber(n, 'ru')}`,
  until: (ends) => `Ссылка действует до: ${ends}.`,
  download: 'Скачать фотографии',
  orLink: 'Или скопируйте эту ссылку в браузер:',
  photosLabel: 'Фотографии',
  sizeLabel: 'Размер',
  endLabel: 'Срок ссылки',
  readyWhy: (from) => `Вы получили это письмо, потому что эту галерею передаёт вам ${from}. Ответ на письмо придёт автору снимков.`,
  failedSubject: (title) => `Не удалось создать архив галереи «${title}»`,
  failedText: 'Не удалось создать ZIP-файл этой галереи.',
  causeLabel: 'Причина',
  nextLabel: 'Что дальше',
  retried: (at) => `Новая попытка начнётся сама: ${at}. Ничего делать не нужно.`,
  pressRetry: 'Откройте галерею, устраните причину и нажмите «Повторить».',
  nothingLost: 'Ваши фотографии в безопасности: ничего не удалено.',
  openGallery: 'Открыть галерею',
  failedWhy: 'Вы получили это письмо, потому что эта галерея принадлежит вашей учётной записи.',
}

const catalog: Record<Locale, typeof en> = { en, de, ru }
