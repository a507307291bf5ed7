/** The language of a page, its formats, and the few words that stand on every page. */
import { createContext, type ReactNode, useCallback, useContext, useEffect, useMemo, useState } from 'react'
import type { Locale } from '../../../sdk/src/wire.ts'
import { type Format, formatOf } from './format.ts'
import { isolated } from './isolate.ts'
import { reasonOf, type Told } from './told.ts'

const en = {
  retry: 'Retry',
  close: 'Close',
  cancel: 'Cancel',
  copy: 'Copy',
  copied: 'Copied',
  loading: 'Loading…',
  request: 'Request',
  unreachable: 'No answer from the server. Check your connection, then try again.',
  unreadable: 'This file was changed, moved or deleted on your computer after you chose it. Choose it again.',
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
  unreadable:
    'Diese Datei wurde auf Ihrem Computer geändert, verschoben oder gelöscht, nachdem Sie sie gewählt hatten. Wählen Sie sie noch einmal.',
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
  unreadable: 'Этот файл на вашем компьютере изменили, переместили или удалили после выбора. Выберите его снова.',
  unclear: 'Страница не может прочитать ответ сервера. Попробуйте ещё раз через минуту.',
  sizeOf: (done, all) => `${done} из ${all}`,
  about: (time) => `осталось около ${time}`,
}

const says: Record<Locale, Say> = { en, de, ru }
interface Speech {
  locale: Locale
  fmt: Format
  /** `told`: what the server says, in the words of the page */
  say: Say & { told: Told }
}
const speechOf = (locale: Locale, told: Told): Speech => ({ locale, fmt: formatOf(locale), say: { ...says[locale], told } })
// English is what the server speaks
const english: Told = {}
const Language = createContext<Speech>(speechOf('en', english))

export const useLanguage = () => useContext(Language)

/** Says why something failed earlier, by the code and the sentence that the server has noted. */
export function useReason(): (code: string | null, text: string | null) => string {
  const { told } = useLanguage().say
  return useCallback((code, text) => reasonOf(told, code, text), [told])
}

/** A page's own words, of which it carries all three languages. */
export function useWordsOf<W>(words: Record<Locale, W>): W {
  const mine = words[useLanguage().locale]
  return useMemo(() => isolated(mine), [mine])
}

/** Without `told` what guests may be told is loaded after the page stands there: it takes a failure for anybody to need it. */
export function Speak({ locale, told, children }: { locale: Locale; told?: Told; children: ReactNode }) {
  const [learnt, learn] = useState(english)
  useEffect(() => {
    document.documentElement.lang = locale
  }, [locale])
  useEffect(() => {
    if (told) return
    let gone = false
    // without it the page says what the server says
    toldOf(locale).then(
      (words) => gone || learn(words),
      () => {},
    )
    return () => {
      gone = true
    }
  }, [locale, told])
  return <Language.Provider value={useMemo(() => speechOf(locale, told ?? learnt), [locale, told, learnt])}>{children}</Language.Provider>
}

/** What guests may be told, and everybody. */
export async function toldOf(locale: Locale): Promise<Told> {
  if (locale === 'de') return (await import('./told.de.ts')).told
  if (locale === 'ru') return (await import('./told.ru.ts')).told
  return english
}

/** The first of the wished languages that we speak, else English. */
export function languageOf(wished: readonly string[]): Locale {
  for (const tag of wished) {
    const name = tag.slice(0, 2).toLowerCase()
    if (name === 'en' || name === 'de' || name === 'ru') return name
  }
  return 'en'
}
