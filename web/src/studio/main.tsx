/** Where the studio begins: its language, its questions, its uploads, its pages. */
import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { createRoot } from 'react-dom/client'
import '../ui/look.css'
import '../ui/list.css'
import './studio.css'
import './work.css'
import './gallery.css'
import './overview.css'
import { makeRouter } from '../routes.tsx'
import { questions } from '../ui/ask.ts'
import { languageOf, Speak } from '../ui/language.tsx'
import { WordsOf, wordsOf } from './words.tsx'

const locale = languageOf(navigator.languages)
const words = await wordsOf(locale)
createRoot(document.getElementById('root')!).render(
  <Speak locale={locale}>
    <WordsOf value={words}>
      <QueryClientProvider client={questions()}>
        <RouterProvider router={makeRouter()} />
      </QueryClientProvider>
    </WordsOf>
  </Speak>,
)
