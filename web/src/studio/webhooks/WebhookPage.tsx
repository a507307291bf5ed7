/** One webhook: how it does, what it was told and what it answered, a test, and every message once more. */
import { Link, useNavigate, useParams } from '@tanstack/react-router'
import { ArrowLeft, Send } from 'lucide-react'
import { useState } from 'react'
import type { WebhookDelivery } from '../../api.ts'
import { useTask } from '../../ui/answer.ts'
import { Confirm, Dialog } from '../../ui/Dialog.tsx'
import { type Column, List } from '../../ui/List.tsx'
import { useLanguage, useReason, useWordsOf } from '../../ui/language.tsx'
import { useListState } from '../../ui/list-state.ts'
import { Menu } from '../../ui/Menu.tsx'
import { Note, Trouble } from '../../ui/Trouble.tsx'
import { Frame } from '../Frame.tsx'
import { PageHead } from '../PageHead.tsx'
import { changeWebhook, deleteWebhook, replayMessage, rotateWebhook, testWebhook, useMessages, useWebhook } from './questions.ts'
import { Secret, WebhookForm } from './WebhookForm.tsx'
import { HookBadge } from './WebhooksPage.tsx'
import { webhookWords } from './words.ts'

const kinds = { queued: '', sent: 'ok', failed: 'bad' }

export function Page() {
  const words = useWordsOf(webhookWords)
  const answered = useAnswered()
  const { fmt } = useLanguage()
  const { id } = useParams({ from: '/inside/webhooks/$id' })
  const { data, refusal, again } = useWebhook(id)
  const navigate = useNavigate()
  const [open, setOpen] = useState<'edit' | 'delete' | undefined>()
  const [secret, setSecret] = useState('')
  const [tested, setTested] = useState<WebhookDelivery>()
  const [turn, next] = useState(0)
  const test = useTask(async () => {
    setTested(undefined)
    setTested(await testWebhook(id))
    next((n) => n + 1)
  })
  const change = useTask(async (work: () => Promise<unknown>) => {
    await work()
    again()
  })
  if (!data) return <Frame refusal={refusal} retry={again} />
  const active = data.state === 'active'
  return (
    <main className="page">
      <Link to="/webhooks" className="back">
        <ArrowLeft size={16} aria-hidden="true" />
        {words.back}
      </Link>
      <PageHead title={new URL(data.url).host} text={data.url}>
        <HookBadge webhook={data} />
        <button type="button" className="button" disabled={test.busy} onClick={() => test.run()}>
          <Send size={16} aria-hidden="true" />
          {words.test}
        </button>
        <Menu
          label={data.url}
          choices={[
            { name: words.edit, pick: () => setOpen('edit') },
            {
              name: words.rotate,
              pick: () => void change.run(async () => setSecret((await rotateWebhook(id)).secret)),
            },
            {
              name: active ? words.switchOff : words.switchOn,
              pick: () => void change.run(() => changeWebhook(id, { active: !active })),
            },
            { name: words.delete, danger: true, pick: () => setOpen('delete') },
          ]}
        />
      </PageHead>
      {data.disabled_reason && <Note kind="warn">{words.reasons[data.disabled_reason]}</Note>}
      {data.failing_since && active && <Note kind="warn">{words.failing(fmt.moment(data.failing_since))}</Note>}
      {test.refusal && <Trouble refusal={test.refusal} />}
      {change.refusal && <Trouble refusal={change.refusal} />}
      {tested && (
        <Note kind={tested.status === 'sent' ? 'ok' : 'warn'}>
          {tested.status === 'sent' ? words.testOk(String(tested.answer_status)) : `${words.testBad} ${answered(tested)}`}
        </Note>
      )}
      <h2>{words.messages}</h2>
      <Messages key={turn} id={id} active={active} />
      {open === 'edit' && <WebhookForm webhook={data} close={() => setOpen(undefined)} done={again} />}
      {open === 'delete' && (
        <Confirm
          title={words.deleteTitle}
          text={words.deleteText(data.url)}
          action={words.delete}
          busy={change.busy}
          close={() => setOpen(undefined)}
          confirm={() =>
            void change.run(async () => {
              await deleteWebhook(id)
              await navigate({ to: '/webhooks' })
            })
          }
        />
      )}
      {secret && <Secret secret={secret} text={words.rotateText} close={() => setSecret('')} />}
    </main>
  )
}

/** What a receiver answered, or why it did not. */
function useAnswered() {
  const words = useWordsOf(webhookWords)
  const why = useReason()
  return ({ answer_status, error }: Pick<WebhookDelivery, 'answer_status' | 'error'>): string =>
    answer_status ? words.answered(String(answer_status)) : why(null, error)
}

function Messages({ id, active }: { id: string; active: boolean }) {
  const words = useWordsOf(webhookWords)
  const answered = useAnswered()
  const { fmt } = useLanguage()
  const state = useListState()
  const answer = useMessages(id, state.query)
  const [shown, show] = useState<WebhookDelivery>()
  const replay = useTask(async (message: string) => {
    await replayMessage(id, message)
    answer.again()
  })
  const columns: Column<WebhookDelivery>[] = [
    {
      id: 'message',
      title: words.message,
      main: true,
      cell: (row) => (
        <button type="button" className="link-button" onClick={() => show(row)}>
          {row.type}
        </button>
      ),
    },
    {
      id: 'state',
      title: words.state,
      cell: (row) => (
        <span className="row-state">
          <span className={`badge ${kinds[row.status]}`}>{words.messageStates[row.status]}</span>
          <span className="meta">
            {words.tries(row.attempts)}
            {row.next_at && `, ${words.nextTry(fmt.moment(row.next_at))}`}
          </span>
        </span>
      ),
    },
    { id: 'answer', title: words.answer, cell: (row) => answered(row) && <span className="meta">{answered(row)}</span> },
    { id: 'when', title: words.when, cell: (row) => <span className="meta">{fmt.moment(row.created_at)}</span> },
    {
      id: 'actions',
      title: '',
      actions: true,
      width: '170px',
      cell: (row) =>
        active &&
        row.status !== 'queued' &&
        row.type !== 'webhook.test' && (
          <button type="button" className="button" disabled={replay.busy} onClick={() => replay.run(row.id)}>
            {words.replay}
          </button>
        ),
    },
  ]
  return (
    <>
      {replay.refusal && <Trouble refusal={replay.refusal} />}
      <List
        label={words.messages}
        answer={answer}
        columns={columns}
        id={(row) => row.id}
        state={state}
        empty={{ icon: <Send size={28} aria-hidden="true" />, title: words.noMessages, text: words.noMessagesText }}
      />
      {shown && (
        <Dialog title={shown.type} close={() => show(undefined)}>
          <p className="meta">{shown.id}</p>
          {shown.error && <p className="row-error">{answered(shown)}</p>}
          <h3>{words.sentBody}</h3>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: long messages scroll, also by keyboard */}
          <pre className="letter" tabIndex={0}>
            {JSON.stringify(shown.payload, null, 2)}
          </pre>
          {shown.answer_body && (
            <>
              <h3>
                {words.answerBody} ({shown.answer_status})
              </h3>
              {/* biome-ignore lint/a11y/noNoninteractiveTabindex: long answers scroll, also by keyboard */}
              <pre className="letter" tabIndex={0}>
                {shown.answer_body}
              </pre>
            </>
          )}
        </Dialog>
      )}
    </>
  )
}
