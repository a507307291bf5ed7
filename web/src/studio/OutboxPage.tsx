/** Every letter that was written: to whom, how it went, and what it says. */
import { Mail } from 'lucide-react'
import { useMemo, useState } from 'react'
import { type Letter, letterPage, resendLetter } from '../api.ts'
import { useTask } from '../ui/answer.ts'
import { Dialog } from '../ui/Dialog.tsx'
import { type Column, List } from '../ui/List.tsx'
import { useLanguage, useReason } from '../ui/language.tsx'
import { useListState } from '../ui/list-state.ts'
import { Note, Trouble, Waiting } from '../ui/Trouble.tsx'
import { PageHead } from './PageHead.tsx'
import { useLetter, useLetters } from './questions.ts'
import { SilentCard } from './SilentCard.tsx'
import { useWords } from './words.tsx'

const kinds: Record<Letter['status'], string> = { queued: '', sent: 'ok', kept: '', failed: 'bad', suppressed: 'warn' }

export function Page() {
  const words = useWords()
  const { fmt } = useLanguage()
  const why = useReason()
  const [opened, open] = useState<Letter | null>(null)
  const state = useListState()
  const answer = useLetters(state.query)
  const columns = useMemo<Column<Letter>[]>(
    () => [
      {
        id: 'to',
        title: words.to,
        main: true,
        width: 'minmax(0, 1.8fr)',
        cell: (letter) => (
          <span className="two-lines">
            <button type="button" className="link-button" onClick={() => open(letter)}>
              {letter.recipient}
            </button>
            <span className="meta">{[words.letterKinds[letter.kind], letter.gallery_title].filter(Boolean).join(' · ')}</span>
            {letter.error && <span className="row-error">{why(letter.error_code, letter.error)}</span>}
          </span>
        ),
      },
      {
        id: 'state',
        title: words.letterState,
        cell: (letter) => (
          <span className="row-state">
            <span className={`badge ${kinds[letter.status]}`}>{words.letterStates[letter.status]}</span>
            {letter.status === 'queued' && letter.due_at && <span className="meta">{words.waitsUntil(fmt.moment(letter.due_at))}</span>}
            {letter.attempts > 1 && <span className="meta">{words.tries(letter.attempts)}</span>}
          </span>
        ),
      },
      {
        id: 'when',
        title: words.letterWhen,
        number: true,
        cell: (letter) => <span className="meta">{fmt.moment(letter.sent_at ?? letter.created_at)}</span>,
      },
    ],
    [words, fmt, why],
  )
  return (
    <main className="page">
      <PageHead title={words.outbox} text={words.outboxText} />
      {answer.data?.rows.some((letter) => letter.status === 'kept') && <Note kind="plain">{words.keptText}</Note>}
      <List
        label={words.outbox}
        answer={answer}
        columns={columns}
        id={(letter) => letter.id}
        state={state}
        empty={{ icon: <Mail size={28} aria-hidden="true" />, title: words.noLettersTitle, text: words.noLetters }}
      />
      <SilentCard />
      {opened && <LetterDialog letter={opened} close={() => open(null)} sent={answer.again} />}
    </main>
  )
}

function LetterDialog({ letter, close, sent }: { letter: Letter; close: () => void; sent: () => void }) {
  const words = useWords()
  const why = useReason()
  const { data, refusal, again } = useLetter(letter.id)
  const [drawn, draw] = useState(false)
  const [done, setDone] = useState(false)
  const sending = useTask(async () => {
    await resendLetter(letter.id)
    setDone(true)
    sent()
  })
  return (
    <Dialog title={data?.subject ?? words.letterKinds[letter.kind]} close={close}>
      <p className="meta">
        {words.to} {letter.recipient}
      </p>
      {letter.error && <div className="note bad">{why(letter.error_code, letter.error)}</div>}
      {refusal && <Trouble refusal={refusal} retry={again} />}
      {!data && !refusal && <Waiting height={240} />}
      {data && (
        <>
          <div className="tabs">
            <button type="button" className="button bare" aria-pressed={!drawn} onClick={() => draw(false)}>
              {words.asText}
            </button>
            <button type="button" className="button bare" aria-pressed={drawn} onClick={() => draw(true)}>
              {words.asLetter}
            </button>
          </div>
          {drawn ? (
            // An empty sandbox: no script, no form, no way up. The letter is ours, but names in it are not.
            <iframe className="letter" title={data.subject} sandbox="" src={letterPage(letter.id)} />
          ) : (
            // biome-ignore lint/a11y/noNoninteractiveTabindex: long letters scroll, also by keyboard
            <pre className="letter" tabIndex={0}>
              {data.text}
            </pre>
          )}
        </>
      )}
      {sending.refusal && <Trouble refusal={sending.refusal} />}
      {done && <Note kind="ok">{words.sentAgain}</Note>}
      {letter.status !== 'queued' && !done && (
        <div className="actions">
          <button type="button" className="button" disabled={sending.busy} onClick={() => sending.run()}>
            {words.again}
          </button>
        </div>
      )}
    </Dialog>
  )
}
