/** The words of the studio in the language of the browser, loaded before the first page. */
import { createContext, useContext } from 'react'
import type { Locale } from '../../../sdk/src/wire.ts'
import { words as english, type Words } from './words.en.ts'

export const WordsOf = createContext<Words>(english)
export const useWords = () => useContext(WordsOf)

export async function wordsOf(locale: Locale): Promise<Words> {
  if (locale === 'de') return (await import('./words.de.ts')).words
  if (locale === 'ru') return (await import('./words.ru.ts')).words
  return english
}
