/** The words of the studio in the language of the browser, and what the server tells it, loaded before the first page. */
import { createContext, useContext } from 'react'
import type { Locale } from '../../../sdk/src/wire.ts'
import { toldOf } from '../ui/language.tsx'
import type { Told } from '../ui/told.ts'
import { told as toldInEnglish } from './told.en.ts'
import { words as english, type Words } from './words.en.ts'

export const WordsOf = createContext<Words>(english)
export const useWords = () => useContext(WordsOf)

export async function wordsOf(locale: Locale): Promise<Words> {
  if (locale === 'de') return (await import('./words.de.ts')).words
  if (locale === 'ru') return (await import('./words.ru.ts')).words
  return english
}

/** What guests are told, then what is for photographers alone or says more to them. */
export async function allToldOf(locale: Locale): Promise<Told> {
  const parts = [toldOf(locale), ownOf(locale), particularsOf(locale)]
  return Object.assign({}, ...(await Promise.all(parts)))
}

async function ownOf(locale: Locale): Promise<Told> {
  if (locale === 'de') return (await import('./told.de.ts')).told
  if (locale === 'ru') return (await import('./told.ru.ts')).told
  return toldInEnglish
}

async function particularsOf(locale: Locale): Promise<Told> {
  if (locale === 'de') return (await import('./particulars.de.ts')).particulars
  if (locale === 'ru') return (await import('./particulars.ru.ts')).particulars
  return {}
}
