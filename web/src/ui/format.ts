/** Numbers, sizes, dates and plurals as the people of a language write them. */
import type { Locale } from '../../../sdk/src/wire.ts'

export type Format = ReturnType<typeof formatOf>

const tags: Record<Locale, string> = { en: 'en-GB', de: 'de-DE', ru: 'ru-RU' }
const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const

export function formatOf(locale: Locale) {
  const tag = tags[locale]
  const number = new Intl.NumberFormat(tag)
  const percent = new Intl.NumberFormat(tag, { style: 'percent', maximumFractionDigits: 0 })
  const day = new Intl.DateTimeFormat(tag, { day: 'numeric', month: 'long', year: 'numeric' })
  // Russian months with their abbreviations and the word for the year do not fit a column
  const shortDay = new Intl.DateTimeFormat(
    tag,
    locale === 'ru' ? { day: '2-digit', month: '2-digit', year: 'numeric' } : { day: 'numeric', month: 'short', year: 'numeric' },
  )
  const moment = new Intl.DateTimeFormat(tag, {
    day: 'numeric',
    month: 'long',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    timeZoneName: 'short',
  })
  const days = new Intl.RelativeTimeFormat(tag, { numeric: 'auto' })
  const unit = (value: number, name: string, digits: number, unitDisplay: 'short' | 'long' = 'short') =>
    new Intl.NumberFormat(tag, { style: 'unit', unit: name, unitDisplay, maximumFractionDigits: digits }).format(value)
  return {
    number: (value: number) => number.format(value),
    /** 0 to 100 */
    percent: (value: number) => percent.format(value / 100),
    /** Powers of 1000, as shops and file windows of phones count. */
    bytes(value: number) {
      const step = Math.min(units.length - 1, value < 1000 ? 0 : Math.floor(Math.log10(value) / 3))
      const scaled = value / 1000 ** step
      // the short name of bytes has no plural in English
      if (step === 0) return unit(scaled, 'byte', 0, 'long')
      return unit(scaled, units[step]!, scaled >= 100 ? 0 : scaled >= 10 ? 1 : 2)
    },
    /** for columns */
    shortDay: (iso: string) => shortDay.format(new Date(iso.length === 10 ? `${iso}T12:00:00` : iso)),
    day: (iso: string) => day.format(new Date(iso.length === 10 ? `${iso}T12:00:00` : iso)),
    moment: (iso: string) => moment.format(new Date(iso)),
    /** today, tomorrow, in 3 days */
    inDays: (count: number) => days.format(count, 'day'),
    duration(seconds: number) {
      if (seconds < 60) return unit(Math.max(1, Math.round(seconds)), 'second', 0)
      if (seconds < 5400) return unit(Math.round(seconds / 60), 'minute', 0)
      return unit(seconds / 3600, 'hour', 1)
    },
  }
}

/** By the calendar of who reads it: seen in the evening, what ends at one in the morning ends tomorrow. */
export function daysUntil(iso: string, now: number): number {
  const dayOf = (at: number) => {
    const date = new Date(at)
    return Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) / 86_400_000
  }
  return dayOf(Date.parse(iso)) - dayOf(now)
}

/** The form of a language for a count, with # for the number: plural('ru', 3, { one: '# файл', few: '# файла', … }). */
export function plural(locale: Locale, count: number, forms: { one: string; few?: string; many?: string; other?: string }): string {
  const rule = new Intl.PluralRules(tags[locale]).select(count) as 'one' | 'few' | 'many' | 'other'
  const form = forms[rule] ?? forms.other ?? forms.many ?? forms.one
  return form.replace('#', new Intl.NumberFormat(tags[locale]).format(count))
}
