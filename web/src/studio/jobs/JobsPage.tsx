/** Work that has failed: what, why, how often it was tried; one more try for each, or for all. */
import { Link } from '@tanstack/react-router'
import { CircleCheck, RefreshCw } from 'lucide-react'
import { useState } from 'react'
import type { FailedJob, RetriedJobs, RetryInput } from '../../api.ts'
import { useTask } from '../../ui/answer.ts'
import { type Column, List } from '../../ui/List.tsx'
import { useLanguage, useReason, useWordsOf } from '../../ui/language.tsx'
import { useListState } from '../../ui/list-state.ts'
import { Note, Trouble } from '../../ui/Trouble.tsx'
import { PageHead } from '../PageHead.tsx'
import { retryJobs, useJobs } from './questions.ts'
import { jobsWords } from './words.ts'

const kinds: FailedJob['kind'][] = ['archive', 'export', 'letter', 'webhook', 'import']

export function Page() {
  const words = useWordsOf(jobsWords)
  const { fmt } = useLanguage()
  const why = useReason()
  const state = useListState({ filters: ['kind'] })
  const kind = state.filter('kind') as FailedJob['kind'] | ''
  const answer = useJobs(state.query)
  const [told, tell] = useState<RetriedJobs>()
  const retry = useTask(async (input: RetryInput) => {
    tell(await retryJobs(input))
    answer.again()
  })
  const columns: Column<FailedJob>[] = [
    {
      id: 'what',
      title: words.what,
      main: true,
      width: 'minmax(0, 1.2fr)',
      cell: (job) => (
        <span className="two-lines">
          <strong className="plain-strong">{words.kinds[job.kind]}</strong>
          <span className="meta">{words.subjects[job.subject] ?? job.subject}</span>
          {job.gallery_slug && (
            <Link to="/galleries/$slug" params={{ slug: job.gallery_slug }} className="meta">
              {job.gallery_title}
            </Link>
          )}
        </span>
      ),
    },
    {
      id: 'reason',
      title: words.reason,
      width: 'minmax(0, 1.6fr)',
      cell: (job) => (
        <span className="two-lines">
          <span className="row-error">{why(job.code, job.reason) || words.noReason}</span>
          <span className="meta">{words.tries(job.tries)}</span>
        </span>
      ),
    },
    { id: 'when', title: words.when, cell: (job) => <span className="meta">{fmt.moment(job.created_at)}</span> },
    {
      id: 'actions',
      title: '',
      actions: true,
      width: '150px',
      cell: (job) =>
        job.may_retry ? (
          <button
            type="button"
            className="button"
            disabled={retry.busy}
            onClick={() => retry.run({ jobs: [{ kind: job.kind, id: job.id }] })}
          >
            <RefreshCw size={16} aria-hidden="true" />
            {words.retry}
          </button>
        ) : (
          <span className="meta">{words.off}</span>
        ),
    },
  ]
  return (
    <main className="page">
      <PageHead title={words.title} text={words.text}>
        {!!answer.data?.rows.length && (
          <button
            type="button"
            className="button main"
            disabled={retry.busy}
            onClick={() => retry.run({ all: true, ...(kind ? { kind } : {}) })}
          >
            <RefreshCw size={17} aria-hidden="true" />
            {words.retryAll}
          </button>
        )}
      </PageHead>
      {retry.refusal && <Trouble refusal={retry.refusal} />}
      {told && <Told told={told} />}
      <List
        label={words.title}
        answer={answer}
        columns={columns}
        id={(job) => `${job.kind} ${job.id}`}
        name={(job) => `${words.kinds[job.kind]}, ${job.gallery_title ?? job.subject}`}
        state={state}
        filters={
          (kind || !!answer.data?.rows.length) && (
            <select
              className="input filter"
              aria-label={words.kind}
              value={kind}
              onChange={(event) => state.wish({ kind: event.target.value || undefined })}
            >
              <option value="">{words.all}</option>
              {kinds.map((one) => (
                <option key={one} value={one}>
                  {words.kinds[one]}
                </option>
              ))}
            </select>
          )
        }
        chosen={(rows, none) => (
          <button
            type="button"
            className="button"
            disabled={retry.busy}
            onClick={() => void retry.run({ jobs: rows.map(({ kind, id }) => ({ kind, id })) }).then(none)}
          >
            <RefreshCw size={16} aria-hidden="true" />
            {words.retry}
          </button>
        )}
        empty={{ icon: <CircleCheck size={28} aria-hidden="true" />, title: words.none, text: words.noneText }}
      />
    </main>
  )
}

function Told({ told }: { told: RetriedJobs }) {
  const words = useWordsOf(jobsWords)
  const why = useReason()
  const sentences = [...new Set(told.refused.map(({ code, title }) => why(code, title)))]
  return (
    <Note kind={told.refused.length ? 'warn' : 'ok'}>
      {told.retried > 0 && <p>{words.retried(told.retried)}</p>}
      {told.refused.length > 0 && (
        <p>
          {words.refused(told.refused.length)} {sentences.join(' ')}
        </p>
      )}
    </Note>
  )
}
