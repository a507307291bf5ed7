/** What has happened to galleries, newest first. */
import { Link } from '@tanstack/react-router'
import { History } from 'lucide-react'
import type { Activity } from '../../api.ts'
import { type Column, List } from '../../ui/List.tsx'
import { useLanguage, useWordsOf } from '../../ui/language.tsx'
import { useListState } from '../../ui/list-state.ts'
import { PageHead } from '../PageHead.tsx'
import { useSession } from '../questions.ts'
import { useActivity } from './questions.ts'
import { activityWords } from './words.ts'

const kinds: Record<string, string> = { archive_failed: 'bad', archived: 'ok', archive_ready: 'ok', expired: 'warn' }

export function Page() {
  const words = useWordsOf(activityWords)
  const { fmt } = useLanguage()
  const { data: session } = useSession()
  const state = useListState()
  const answer = useActivity(state.query)
  const columns: Column<Activity>[] = [
    {
      id: 'what',
      title: words.what,
      main: true,
      cell: (row) => <span className={`badge ${kinds[row.action] ?? ''}`}>{words.actions[row.action] ?? row.action}</span>,
    },
    {
      id: 'gallery',
      title: words.gallery,
      width: 'minmax(0, 1.6fr)',
      cell: (row) =>
        row.gallery_slug ? (
          <Link to="/galleries/$slug" params={{ slug: row.gallery_slug }} className="row-link">
            {row.gallery_title}
          </Link>
        ) : (
          <span className="meta">{words.deletedGallery}</span>
        ),
    },
    { id: 'who', title: words.who, cell: (row) => whoOf(row.actor, session?.user.id, words) },
    { id: 'when', title: words.when, cell: (row) => <span className="meta">{fmt.moment(row.at)}</span> },
  ]
  return (
    <main className="page">
      <PageHead title={words.title} text={words.text} />
      <List
        label={words.title}
        answer={answer}
        columns={columns}
        id={(row) => row.id}
        state={state}
        empty={{ icon: <History size={28} aria-hidden="true" />, title: words.none, text: words.noneText }}
      />
    </main>
  )
}

/** `user {id}`, `client {id}`, `system` or `guest`, in a word. */
function whoOf(actor: string, me: string | undefined, words: (typeof activityWords)['en']): string {
  const [kind, id] = actor.split(' ')
  if (kind === 'user') return id === me ? words.actors.you : words.actors.user
  return kind === 'client' ? words.actors.client : kind === 'guest' ? words.actors.guest : words.actors.system
}
