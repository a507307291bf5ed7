/** The way between pages: a column on a desktop, a strip that scrolls on a phone. */
import { Link } from '@tanstack/react-router'
import { Archive, FileText, History, House, Images, LifeBuoy, ListChecks, Mail, Settings, Webhook } from 'lucide-react'
import { useWordsOf } from '../../ui/language.tsx'
import { useSession } from '../questions.ts'
import { useInSight } from './strip.ts'
import { shellWords } from './words.ts'

/** Those who run the installation see all, photographers what is theirs. */
const pages = [
  { to: '/', word: 'overview', icon: House },
  { to: '/galleries', word: 'galleries', icon: Images },
  { to: '/archives', word: 'archives', icon: Archive },
  { to: '/rescue', word: 'rescue', icon: LifeBuoy },
  { to: '/jobs', word: 'jobs', icon: ListChecks },
  { to: '/webhooks', word: 'webhooks', icon: Webhook },
  { to: '/outbox', word: 'outbox', icon: Mail },
  { to: '/activity', word: 'activity', icon: History },
  { to: '/pages', word: 'pages', icon: FileText, admin: true },
  { to: '/settings', word: 'settings', icon: Settings },
] as const

export function Navigation() {
  const words = useWordsOf(shellWords)
  const { data } = useSession()
  const shown = pages.filter((page) => !('admin' in page) || data?.user.role === 'admin')
  return (
    <nav ref={useInSight()} aria-label={words.navigation}>
      {shown.map(({ to, word, icon: Icon }) => (
        <Link key={to} to={to} activeOptions={{ includeSearch: false, exact: to === '/' }}>
          <Icon size={18} aria-hidden="true" />
          {words[word]}
        </Link>
      ))}
    </nav>
  )
}
