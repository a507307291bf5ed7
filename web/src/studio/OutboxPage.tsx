/** Every letter that was written: to whom, how it went, and what it says. */
import { Mail } from 'lucide-react'
import { useEffect, useState } from 'react'
import { type Letter, letterPage, resendLetter } from '../api.ts'
import { useTask } from '../ui/answer.ts'
import { Dialog } from '../ui/Dialog.tsx'
import { useLanguage } from '../ui/language.tsx'
import { Empty, Note, Trouble, Waiting } from '../ui/Trouble.tsx'
import { useLetter, useLetters } from './questions.ts'
import { SilentCard } from './SilentCard.tsx'
import { useWords } from './words.tsx'

const kinds: Record<Letter['status'], string> = { queued: '', sent: 'ok', kept: '', failed: 'bad', suppressed: 'warn' }

export function Page() {
  const words = useWords()
  const [pages, setPages] = useState(1)
  const [opened, open] = useState<Letter | null>(null)
  const { data, refusal, again } = useLetters(pages)
  useEffect(() => {
    document.title = `${words.outbox} – Keepsake`
  }, [words])
  return (
    <main className="page">
      <header className="page-head">
        <div>
          <h1>{words.outbox}</h1>
          <p className="meta">{words.outboxText}</p>
        </div>
      </header>
      {refusal && <Trouble refusal={refusal} retry={again} />}
      {!data && !refusal && <Waiting height={320} />}
      {data?.rows.some((letter) => letter.status === 'kept') && <Note kind="plain">{words.keptText}</Note>}
      {data?.rows.length === 0 && (
        <Empty icon={<Mail size={28} aria-hidden="true" />} title={words.noLettersTitle}>
          <p>{words.noLetters}</p>
        </Empty>
      )}
      {!!data?.rows.length && (
        <ul className="rows card">
          {data.rows.map((letter) => (
            <LetterRow key={letter.id} letter={letter} open={() => open(letter)} />
          ))}
        </ul>
      )}
      {data?.next && (
        <button type="button" className="button more" onClick={() => setPages(pages + 1)}>
          {words.more}
        </button>
      )}
      <SilentCard />
      {opened && <LetterDialog letter={opened} close={() => open(null)} sent={again} />}
    </main>
  )
}

function LetterRow({ letter, open }: { letter: Letter; open: () => void }) {
  const words = useWords()
  const { fmt } = useLanguage()
  return (
    <li>
      <button type="button" className="row letter-row" onClick={open}>
        <span className="row-title">
          <span>{letter.recipient}</span>
          <span className="meta">{[words.letterKinds[letter.kind], letter.gallery_title].filter(Boolean).join(' · ')}</span>
          {letter.error && <span className="row-error">{letter.error}</span>}
        </span>
        <span className="row-state">
          <span className={`badge ${kinds[letter.status]}`}>{words.letterStates[letter.status]}</span>
          {letter.status === 'queued' && letter.due_at && <span className="meta">{words.waitsUntil(fmt.moment(letter.due_at))}</span>}
          {letter.attempts > 1 && <span className="meta">{words.tries(letter.attempts)}</span>}
        </span>
        <span className="row-number meta">{fmt.moment(letter.sent_at ?? letter.created_at)}</span>
      </button>
    </li>
  )
}

function LetterDialog({ letter, close, sent }: { letter: Letter; close: () => void; sent: () => void }) {
  const words = useWords()
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
      {letter.error && <div className="note bad">{letter.error}</div>}
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
