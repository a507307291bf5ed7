/** What letters of every kind say the same way: numbers, sizes, moments, foreign words, and the words they share. */

export type Locale = 'en' | 'de' | 'ru'

// A letter stays under 30 KB, so that no mail program cuts it off: long names and long lists are shortened.
export const longestTitle = 120
export const longestName = 60
export const mostNames = 10

type Forms = Partial<Record<Intl.LDMLPluralRule, string>> & { other: string }
/** A number with the form of the word it takes in that language. */
export const plural = (locale: Locale, n: number, forms: Forms): string =>
  `${formatNumber(n, locale)} ${forms[new Intl.PluralRules(locale).select(n)] ?? forms.other}`

// A day before its month, whatever "en" means to the reader's computer.
const region = { en: 'en-GB', de: 'de-DE', ru: 'ru-RU' } as const
export const formatNumber = (n: number, locale: Locale): string => new Intl.NumberFormat(region[locale]).format(n)

export function formatSize(bytes: number, locale: Locale): string {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const
  let power = 0
  // 999.95 would be rounded to 1,000
  while (power < units.length - 1 && bytes / 1000 ** power >= 999.95) power += 1
  const maximumFractionDigits = power < 2 ? 0 : 1
  const format = new Intl.NumberFormat(region[locale], { style: 'unit', unit: units[power]!, maximumFractionDigits })
  return format.format(bytes / 1000 ** power)
}

/** Without the time, as on the cover of a gallery. */
export const formatDay = (moment: Date, locale: Locale): string =>
  new Intl.DateTimeFormat(region[locale], { year: 'numeric', month: 'long', day: 'numeric', timeZone: 'UTC' }).format(moment)

export function formatMoment(moment: Date, locale: Locale, timeZone = 'UTC'): string {
  const fields = { year: 'numeric', month: 'long', day: 'numeric', hour: '2-digit', minute: '2-digit', timeZoneName: 'short' } as const
  return new Intl.DateTimeFormat(region[locale], { ...fields, timeZone }).format(moment)
}

/** Foreign words on one line: control characters and marks that turn the direction of the text go. */
export function oneLine(text: string, longest: number): string {
  const clean = text.toWellFormed().replace(/[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]+/gu, ' ')
  const letters = [...clean.replace(/\s+/g, ' ').trim()]
  return letters.length > longest ? `${letters.slice(0, longest - 1).join('')}…` : letters.join('')
}

/** The words of one kind of letter, or those that several kinds share, in every language. */
export type Catalog<W> = Record<Locale, W>

const en = {
  photographer: 'Your photographer',
  photos: (n: number) => plural('en', n, { one: 'photo', other: 'photos' }),
  missing: (n: number) => `${plural('en', n, { one: 'photo is', other: 'photos are' })} not in the file yet:`,
  more: (n: number) => `and ${plural('en', n, { one: 'more', other: 'more' })}`,
  until: (ends: string) => `The link works until ${ends}.`,
  download: 'Download the photos',
  page: 'Look at the photos on the page of the gallery',
  orLink: 'Or copy this link into your browser:',
  photosLabel: 'Photos',
  sizeLabel: 'Size',
  endLabel: 'Link ends',
  openGallery: 'Open the gallery',
  clientWhy: (from: string) => `You get this letter because ${from} delivers this gallery to you. Reply to it to reach them.`,
  ownerWhy: 'You get this letter because this gallery belongs to your account.',
  chosenWhy: 'You get this letter because somebody gave your address when they chose these photos.',
  leave: 'No more news of this gallery',
}

const de: typeof en = {
  photographer: 'Ihrem Fotostudio',
  photos: (n) => plural('de', n, { one: 'Foto', other: 'Fotos' }),
  missing: (n) => `${plural('de', n, { one: 'Foto fehlt', other: 'Fotos fehlen' })} noch in der Datei:`,
  more: (n) => `und ${plural('de', n, { one: 'weiteres', other: 'weitere' })}`,
  until: (ends) => `Der Link gilt bis ${ends}.`,
  download: 'Fotos herunterladen',
  page: 'Fotos auf der Seite der Galerie ansehen',
  orLink: 'Oder diesen Link in den Browser kopieren:',
  photosLabel: 'Fotos',
  sizeLabel: 'Größe',
  endLabel: 'Link endet',
  openGallery: 'Galerie öffnen',
  clientWhy: (from) =>
    `Sie erhalten diesen Brief, weil Ihnen diese Galerie von ${from} geliefert wird. Antworten Sie darauf, um Kontakt aufzunehmen.`,
  ownerWhy: 'Sie erhalten diesen Brief, weil diese Galerie zu Ihrem Konto gehört.',
  chosenWhy: 'Sie erhalten diesen Brief, weil bei der Auswahl dieser Fotos Ihre Adresse angegeben wurde.',
  leave: 'Keine Neuigkeiten dieser Galerie mehr',
}

const ru: typeof en = {
  photographer: 'ваш фотограф',
  photos: (n) => plural('ru', n, { one: 'фотография', few: 'фотографии', many: 'фотографий', other: 'фотографии' }),
  missing: (n) => `В файле пока нет ${plural('ru', n, { one: 'фотографии', few: 'фотографий', many: 'фотографий', other: 'фотографии' })}:`,
  more: (n) => `и ещё ${formatNumber(n, 'ru')}`,
  until: (ends) => `Ссылка действует до: ${ends}.`,
  download: 'Скачать фотографии',
  page: 'Смотреть фотографии на странице галереи',
  orLink: 'Или скопируйте эту ссылку в браузер:',
  photosLabel: 'Фотографии',
  sizeLabel: 'Размер',
  endLabel: 'Срок ссылки',
  openGallery: 'Открыть галерею',
  clientWhy: (from) => `Вы получили это письмо, потому что эту галерею передаёт вам ${from}. Ответ на письмо придёт автору снимков.`,
  ownerWhy: 'Вы получили это письмо, потому что эта галерея принадлежит вашей учётной записи.',
  chosenWhy: 'Вы получили это письмо, потому что при выборе этих фотографий был указан ваш адрес.',
  leave: 'Больше не присылать новости этой галереи',
}

export const shared: Catalog<typeof en> = { en, de, ru }
