/** The language of a page, its formats, and the few words that stand on every page. */
import { createContext, type ReactNode, useContext, useEffect, useMemo } from 'react'
import type { Locale } from '../../../sdk/src/wire.ts'
import { type Format, formatOf } from './format.ts'
import { isolated } from './isolate.ts'

const en = {
  retry: 'Retry',
  close: 'Close',
  cancel: 'Cancel',
  copy: 'Copy',
  copied: 'Copied',
  loading: 'Loading…',
  request: 'Request',
  unreachable: 'No answer from the server. Check your connection, then try again.',
  unclear: 'The server gave an answer this page cannot read. Try again in a minute.',
  sizeOf: (done: string, all: string) => `${done} of ${all}`,
  about: (time: string) => `about ${time} left`,
}
export type Say = typeof en

const de: Say = {
  retry: 'Erneut versuchen',
  close: 'Schließen',
  cancel: 'Abbrechen',
  copy: 'Kopieren',
  copied: 'Kopiert',
  loading: 'Wird geladen …',
  request: 'Anfrage',
  unreachable: 'Der Server antwortet nicht. Prüfen Sie Ihre Verbindung und versuchen Sie es noch einmal.',
  unclear: 'Diese Seite kann die Antwort des Servers nicht lesen. Versuchen Sie es in einer Minute noch einmal.',
  sizeOf: (done, all) => `${done} von ${all}`,
  about: (time) => `noch etwa ${time}`,
}

const ru: Say = {
  retry: 'Повторить',
  close: 'Закрыть',
  cancel: 'Отмена',
  copy: 'Копировать',
  copied: 'Скопировано',
  loading: 'Загрузка…',
  request: 'Запрос',
  unreachable: 'Сервер не отвечает. Проверьте соединение и попробуйте ещё раз.',
  unclear: 'Страница не может прочитать ответ сервера. Попробуйте ещё раз через минуту.',
  sizeOf: (done, all) => `${done} из ${all}`,
  about: (time) => `осталось около ${time}`,
}

const says: Record<Locale, Say> = { en, de, ru }
interface Speech {
  locale: Locale
  fmt: Format
  say: Say
}
const speechOf = (locale: Locale): Speech => ({ locale, fmt: formatOf(locale), say: says[locale] })
const Language = createContext<Speech>(speechOf('en'))

export const useLanguage = () => useContext(Language)

/** A page's own words, of which it carries all three languages. */
export function useWordsOf<W>(words: Record<Locale, W>): W {
  const mine = words[useLanguage().locale]
  return useMemo(() => isolated(mine), [mine])
}

export function Speak({ locale, children }: { locale: Locale; children: ReactNode }) {
  useEffect(() => {
    document.documentElement.lang = locale
  }, [locale])
  return <Language.Provider value={useMemo(() => speechOf(locale), [locale])}>{children}</Language.Provider>
}

/** The first of the wished languages that we speak, else English. */
export function languageOf(wished: readonly string[]): Locale {
  for (const tag of wished) {
    const name = tag.slice(0, 2).toLowerCase()
    if (name === 'en' || name === 'de' || name === 'ru') return name
  }
  return 'en'
}
