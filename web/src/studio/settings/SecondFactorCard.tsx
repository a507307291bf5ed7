/** The second factor: made with the password, counted once a code of it was typed, switched off with the password. */
import { type FormEvent, useId, useState } from 'react'
import type { NewSecondFactor } from '../../api.ts'
import { useTask } from '../../ui/answer.ts'
import { Dialog } from '../../ui/Dialog.tsx'
import { useWordsOf } from '../../ui/language.tsx'
import { Note, Trouble } from '../../ui/Trouble.tsx'
import { CopyButton } from '../CopyButton.tsx'
import { Field } from '../Door.tsx'
import { QrCode } from './QrCode.tsx'
import { beginSecondFactor, confirmSecondFactor, endSecondFactor } from './questions.ts'
import { settingsWords } from './words.ts'

export function SecondFactorCard({ on, changed }: { on: boolean; changed: () => void }) {
  const words = useWordsOf(settingsWords)
  const title = useId()
  const [asking, ask] = useState(false)
  const [made, setMade] = useState<NewSecondFactor>()
  const [done, setDone] = useState(false)
  const task = useTask(async (password: string) => {
    setDone(false)
    if (on) {
      await endSecondFactor(password)
      changed()
    } else setMade(await beginSecondFactor(password))
    ask(false)
  })
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    void task.run(String(new FormData(event.currentTarget).get('password')))
  }
  return (
    <section className="card stack" aria-labelledby={title}>
      <div className="section-head">
        <div>
          <h2 id={title}>{words.second}</h2>
          <p className="meta">{on ? words.secondOn : words.secondOff}</p>
        </div>
        {!asking && (
          <button type="button" className="button" onClick={() => ask(true)}>
            {on ? words.secondEnd : words.secondBegin}
          </button>
        )}
      </div>
      {done && <Note kind="ok">{words.secondDone}</Note>}
      {asking && (
        <form className="inline-form" onSubmit={submit}>
          <Field name="password" type="password" label={words.yourPassword} autoComplete="current-password" />
          <button type="submit" className="button" disabled={task.busy}>
            {on ? words.secondEnd : words.secondBegin}
          </button>
        </form>
      )}
      {task.refusal && <Trouble refusal={task.refusal} />}
      {made && (
        <NewFactor
          made={made}
          close={() => setMade(undefined)}
          on={() => {
            setMade(undefined)
            setDone(true)
            changed()
          }}
        />
      )}
    </section>
  )
}

function NewFactor({ made, close, on }: { made: NewSecondFactor; close: () => void; on: () => void }) {
  const words = useWordsOf(settingsWords)
  const task = useTask(async (code: string) => {
    await confirmSecondFactor(code)
    on()
  })
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    void task.run(String(new FormData(event.currentTarget).get('code')).replaceAll(' ', ''))
  }
  return (
    <Dialog title={words.secondTitle} close={close}>
      <p>{words.secondScan}</p>
      <QrCode text={made.uri} label={words.secondPicture} />
      <div className="actions">
        <a className="button" href={made.uri}>
          {words.secondOpen}
        </a>
        <CopyButton text={made.secret} label={words.secret} />
      </div>
      <p className="secret">{made.secret.match(/.{1,4}/g)?.join(' ')}</p>
      <div>
        <h3>{words.backupTitle}</h3>
        <p className="meta">{words.backupText}</p>
      </div>
      <ul className="codes">
        {made.backup_codes.map((code) => (
          <li key={code}>{code}</li>
        ))}
      </ul>
      <div className="actions">
        <CopyButton text={made.backup_codes.join('\n')} label={words.copyAll} />
      </div>
      <form className="stack tight" onSubmit={submit}>
        <Field name="code" label={words.code} autoComplete="one-time-code" inputMode="numeric" />
        {task.refusal && <Trouble refusal={task.refusal} />}
        <div className="actions end">
          <button type="submit" className="button main" disabled={task.busy}>
            {words.secondConfirm}
          </button>
        </div>
      </form>
    </Dialog>
  )
}
