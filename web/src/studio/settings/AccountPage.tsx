/** How one signs in oneself, and which letters one gets. */
import { type FormEvent, useId, useState } from 'react'
import { useTask } from '../../ui/answer.ts'
import { useWordsOf } from '../../ui/language.tsx'
import { Note, Trouble, Waiting } from '../../ui/Trouble.tsx'
import { Field } from '../Door.tsx'
import { PasskeysCard } from './PasskeysCard.tsx'
import { changePassword, saveWishes, useAccount, useWishes } from './questions.ts'
import { SecondFactorCard } from './SecondFactorCard.tsx'
import { SettingsFrame } from './SettingsFrame.tsx'
import { settingsWords } from './words.ts'

export function Page() {
  const { data, refusal, again } = useAccount()
  return (
    <SettingsFrame tab="account">
      {refusal && !data && <Trouble refusal={refusal} retry={again} />}
      {!data && !refusal && <Waiting height={420} />}
      {data && (
        <div className="narrow stack">
          <p>
            <strong>{data.user.name}</strong> · {data.user.email}
          </p>
          <PasswordCard has={data.has_password} />
          {data.has_password && <SecondFactorCard on={data.second_factor} changed={again} />}
          <PasskeysCard hasPassword={data.has_password} />
          <WishesCard />
        </div>
      )}
    </SettingsFrame>
  )
}

function PasswordCard({ has }: { has: boolean }) {
  const words = useWordsOf(settingsWords)
  const title = useId()
  const [done, setDone] = useState(false)
  const task = useTask(async (form: FormData) => {
    setDone(false)
    await changePassword(String(form.get('current')), String(form.get('next')))
    setDone(true)
  })
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = event.currentTarget
    if (await task.run(new FormData(form))) form.reset()
  }
  return (
    <section className="card stack" aria-labelledby={title}>
      <div>
        <h2 id={title}>{words.password}</h2>
        <p className="meta">{has ? words.passwordText : words.noPassword}</p>
      </div>
      {has && (
        <form className="stack" onSubmit={submit}>
          <Field name="current" type="password" label={words.current} autoComplete="current-password" />
          <Field name="next" type="password" label={words.next} hint={words.nextHint} autoComplete="new-password" minLength={10} />
          {task.refusal && <Trouble refusal={task.refusal} />}
          {done && <Note kind="ok">{words.passwordChanged}</Note>}
          <div className="actions">
            <button type="submit" className="button" disabled={task.busy}>
              {words.changePassword}
            </button>
          </div>
        </form>
      )}
    </section>
  )
}

function WishesCard() {
  const words = useWordsOf(settingsWords)
  const title = useId()
  const { data, put } = useWishes()
  const task = useTask(async (digest: boolean) => put(await saveWishes({ digest })))
  return (
    <section className="card stack tight" aria-labelledby={title}>
      <h2 id={title}>{words.news}</h2>
      <label className="check">
        <input
          type="checkbox"
          checked={data?.digest ?? false}
          disabled={!data || task.busy}
          onChange={(event) => task.run(event.target.checked)}
        />
        {words.digest}
      </label>
      {task.refusal && <Trouble refusal={task.refusal} />}
    </section>
  )
}
