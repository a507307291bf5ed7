/** The pages of settings: tabs over them, those of the installation for admins alone. */
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useWordsOf } from '../../ui/language.tsx'
import { PageHead } from '../PageHead.tsx'
import { useSession } from '../questions.ts'
import { useInSight } from '../shell/strip.ts'
import { settingsWords } from './words.ts'

const tabs = [
  { to: '/settings', word: 'account', admin: false },
  { to: '/settings/watermark', word: 'watermark', admin: false },
  { to: '/settings/keys', word: 'keys', admin: false },
  { to: '/settings/people', word: 'people', admin: true },
  { to: '/settings/installation', word: 'installation', admin: true },
  { to: '/settings/health', word: 'health', admin: true },
] as const

export function SettingsFrame({ tab, action, children }: { tab: (typeof tabs)[number]['word']; action?: ReactNode; children: ReactNode }) {
  const words = useWordsOf(settingsWords)
  const { data } = useSession()
  const admin = data?.user.role === 'admin'
  const allowed = admin || !tabs.find((one) => one.word === tab)!.admin
  return (
    <main className="page">
      <PageHead title={words.title}>{allowed && action}</PageHead>
      <nav ref={useInSight()} className="settings-tabs" aria-label={words.title}>
        {tabs
          .filter((one) => admin || !one.admin || one.word === tab)
          .map(({ to, word }) => (
            <Link key={to} to={to} activeOptions={{ exact: true }}>
              {words.tabs[word]}
            </Link>
          ))}
      </nav>
      {children}
    </main>
  )
}
