/** The addresses that are told what happens. */
import { Link } from '@tanstack/react-router'
import { Webhook as Hook, Plus } from 'lucide-react'
import { useState } from 'react'
import type { Webhook } from '../../api.ts'
import { type Column, List } from '../../ui/List.tsx'
import { useLanguage, useWordsOf } from '../../ui/language.tsx'
import { useListState } from '../../ui/list-state.ts'
import { PageHead } from '../PageHead.tsx'
import { useWebhooks } from './questions.ts'
import { allTypes, WebhookForm } from './WebhookForm.tsx'
import { webhookWords } from './words.ts'

export function Page() {
  const words = useWordsOf(webhookWords)
  const { fmt } = useLanguage()
  const answer = useWebhooks()
  const state = useListState()
  const [making, make] = useState(false)
  const columns: Column<Webhook>[] = [
    {
      id: 'url',
      title: words.url,
      main: true,
      width: 'minmax(0, 2fr)',
      cell: (row) => (
        <Link to="/webhooks/$id" params={{ id: row.id }} className="row-link">
          {row.url}
        </Link>
      ),
    },
    { id: 'types', title: words.types, cell: (row) => words.typesOf(row.types.length, allTypes.length) },
    {
      id: 'state',
      title: words.state,
      cell: (row) => (
        <span className="two-lines">
          <span>
            <HookBadge webhook={row} />
          </span>
          {row.failing_since && <span className="meta">{words.failing(fmt.moment(row.failing_since))}</span>}
        </span>
      ),
    },
  ]
  const fresh = (
    <button type="button" className="button main" onClick={() => make(true)}>
      <Plus size={17} aria-hidden="true" />
      {words.fresh}
    </button>
  )
  return (
    <main className="page">
      <PageHead title={words.title} text={words.text}>
        {!!answer.data?.rows.length && fresh}
      </PageHead>
      <List
        label={words.title}
        answer={answer}
        columns={columns}
        id={(row) => row.id}
        state={state}
        empty={{ icon: <Hook size={28} aria-hidden="true" />, title: words.none, text: words.noneText, action: fresh }}
        row={(row) => ({ muted: row.state === 'disabled' })}
      />
      {making && <WebhookForm close={() => make(false)} done={answer.again} />}
    </main>
  )
}

export function HookBadge({ webhook }: { webhook: Webhook }) {
  const words = useWordsOf(webhookWords)
  const kind = webhook.state === 'disabled' ? 'bad' : webhook.failing_since ? 'warn' : 'ok'
  return <span className={`badge ${kind}`}>{words.states[webhook.state]}</span>
}
