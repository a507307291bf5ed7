/** Tries whether storage and letters work, by pressing a button. */
import { type FormEvent, useEffect, useRef, useState } from 'react'
import type { CheckResult } from '../../api.ts'
import { useTask } from '../../ui/answer.ts'
import { useLanguage, useWordsOf } from '../../ui/language.tsx'
import { Trouble } from '../../ui/Trouble.tsx'
import { Verdict } from '../../ui/Verdict.tsx'
import { Field } from '../Door.tsx'
import { testMail, testStorage } from '../door/questions.ts'
import { doorWords } from '../door/words.ts'
import { findingOf } from './finding.ts'

export function StorageTest({ atOnce = false }: { atOnce?: boolean }) {
  const words = useWordsOf(doorWords)
  const { say } = useLanguage()
  const [found, setFound] = useState<CheckResult>()
  const task = useTask(async () => setFound(await testStorage()))
  const told = found && findingOf(say.told, found)
  const first = useRef(atOnce)
  useEffect(() => {
    if (first.current) void task.run()
    first.current = false
  }, [task])
  return (
    <>
      {task.busy && <Verdict kind="busy">{say.loading}</Verdict>}
      {!task.busy && told && (
        <Verdict kind={told.ok ? 'ok' : 'bad'}>
          {told.ok ? words.storageOk : [told.found, told.remedy].filter(Boolean).join(told.found.endsWith('.') ? ' ' : '. ')}
        </Verdict>
      )}
      {task.refusal && <Trouble refusal={task.refusal} />}
      {!task.busy && (!found?.ok || !atOnce) && (
        <div className="actions">
          <button type="button" className="button" onClick={() => task.run()}>
            {words.again}
          </button>
        </div>
      )}
    </>
  )
}

export function MailTest({ sends, from, to }: { sends: boolean; from: string; to: string }) {
  const words = useWordsOf(doorWords)
  const { locale } = useLanguage()
  const [sentTo, setSentTo] = useState('')
  const task = useTask(async (address: string) => {
    setSentTo('')
    await testMail(address, locale)
    setSentTo(address)
  })
  if (!sends) return <Verdict kind="warn">{words.lettersNone}</Verdict>
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    void task.run(String(new FormData(event.currentTarget).get('to')).trim())
  }
  return (
    <>
      <p className="meta">{words.lettersText(from)}</p>
      <form className="inline-form" onSubmit={submit}>
        <Field key={to} name="to" type="email" label={words.sendTo} value={to} autoComplete="email" />
        <button type="submit" className="button" disabled={task.busy}>
          {words.sendTest}
        </button>
      </form>
      {task.refusal && <Trouble refusal={task.refusal} />}
      {sentTo && <Verdict kind="ok">{words.sent(sentTo)}</Verdict>}
    </>
  )
}

/** Does the browser stand where the letters' links lead? */
export function AddressCheck({ url }: { url: string }) {
  const words = useWordsOf(doorWords)
  if (url !== location.origin) return <Verdict kind="warn">{words.addressBad(url, location.origin)}</Verdict>
  if (/^https?:\/\/(localhost|127\.|\[::1\])/.test(url))
    return (
      <Verdict kind="warn">
        {words.addressOk(url)} {words.addressLocal}
      </Verdict>
    )
  return <Verdict kind="ok">{words.addressOk(url)}</Verdict>
}
