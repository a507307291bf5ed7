/** The way between pages: a column on a desktop, a strip that scrolls on a phone. */
import { Link } from '@tanstack/react-router'
import { Archive, House, Images, Mail } from 'lucide-react'
import { useWordsOf } from '../../ui/language.tsx'
import { shellWords } from './words.ts'

/** Those who run the installation see all, photographers what is theirs. */
const pages = [
  { to: '/', word: 'overview', icon: House },
  { to: '/galleries', word: 'galleries', icon: Images },
  { to: '/archives', word: 'archives', icon: Archive },
  { to: '/outbox', word: 'outbox', icon: Mail },
] as const

export function Navigation() {
  const words = useWordsOf(shellWords)
  return (
    <nav aria-label={words.navigation}>
      {pages.map(({ to, word, icon: Icon }) => (
        <Link key={to} to={to} activeOptions={{ includeSearch: false, exact: to === '/' }}>
          <Icon size={18} aria-hidden="true" />
          {words[word]}
        </Link>
      ))}
    </nav>
  )
}
