/** Where the studio begins: its language, its questions, its uploads, its pages. */
import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { type ReactNode, useEffect, useState } from 'react'
import { createRoot } from 'react-dom/client'
import type { Locale } from '../../../sdk/src/wire.ts'
import '../ui/look.css'
import '../ui/list.css'
import './studio.css'
import './work.css'
import './gallery.css'
import './overview.css'
import { makeRouter } from '../routes.tsx'
import { questions } from '../ui/ask.ts'
import { languageOf, Speak } from '../ui/language.tsx'
import type { Told } from '../ui/told.ts'
import type { Words } from './words.en.ts'
import { allToldOf, WordsOf, wordsOf } from './words.tsx'

type Spoken = { locale: Locale; words: Words; told: Told }

async function spoken(): Promise<Spoken> {
  const locale = languageOf(navigator.languages)
  const [words, told] = await Promise.all([wordsOf(locale), allToldOf(locale)])
  return { locale, words, told }
}

/** Whoever chooses another language in their browser meanwhile stays where they are. */
function Studio({ first, children }: { first: Spoken; children: ReactNode }) {
  const [{ locale, words, told }, speak] = useState(first)
  useEffect(() => {
    const change = () => void spoken().then(speak)
    addEventListener('languagechange', change)
    return () => removeEventListener('languagechange', change)
  }, [])
  return (
    <Speak locale={locale} told={told}>
      <WordsOf value={words}>{children}</WordsOf>
    </Speak>
  )
}

const first = await spoken()
createRoot(document.getElementById('root')!).render(
  <Studio first={first}>
    <QueryClientProvider client={questions()}>
      <RouterProvider router={makeRouter()} />
    </QueryClientProvider>
  </Studio>,
)
