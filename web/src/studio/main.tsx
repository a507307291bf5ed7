/** Where the studio begins: its language, its uploads, its pages. */
import { createRoot } from 'react-dom/client'
import '../ui/look.css'
import './studio.css'
import { routes } from '../routes.tsx'
import { languageOf, Speak } from '../ui/language.tsx'
import { Shell } from './Shell.tsx'
import { WordsOf, wordsOf } from './words.tsx'

const locale = languageOf(navigator.languages)
const words = await wordsOf(locale)
createRoot(document.getElementById('root')!).render(
  <Speak locale={locale}>
    <WordsOf value={words}>
      <Shell routes={routes} />
    </WordsOf>
  </Speak>,
)
