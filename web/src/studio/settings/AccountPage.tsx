/** One's own name, how one signs in, and which letters one gets. */
import { type FormEvent, useId, useState } from 'react'
import type { Account, User } from '../../api.ts'
import { useTask } from '../../ui/answer.ts'
import { useWordsOf } from '../../ui/language.tsx'
import { Note, Trouble, Waiting } from '../../ui/Trouble.tsx'
import { Field } from '../Door.tsx'
import { useSession } from '../questions.ts'
import { useWords } from '../words.tsx'
import { PasskeysCard } from './PasskeysCard.tsx'
import { changeName, changePassword, saveWishes, useAccount, useWishes } from './questions.ts'
import { SecondFactorCard } from './SecondFactorCard.tsx'
import { SettingsFrame } from './SettingsFrame.tsx'
import { settingsWords } from './words.ts'

export function Page() {
  const { data, refusal, again, put } = useAccount()
  return (
    <SettingsFrame tab="account">
      {refusal && !data && <Trouble refusal={refusal} retry={again} />}
      {!data && !refusal && <Waiting height={420} />}
      {data && (
        <div className="narrow stack">
          <NameCard user={data.user} put={put} />
          <PasswordCard has={data.has_password} />
          {data.has_password && <SecondFactorCard on={data.second_factor} changed={again} />}
          <PasskeysCard hasPassword={data.has_password} />
          <WishesCard />
        </div>
      )}
    </SettingsFrame>
  )
}

/** The name that stands on galleries and in letters. */
function NameCard({ user, put }: { user: User; put: (account: Account) => void }) {
  const words = useWordsOf(settingsWords)
  const { yourName, save, saved } = useWords()
  const title = useId()
  const session = useSession()
  const [done, setDone] = useState(false)
  const task = useTask(async (name: string) => {
    put(await changeName(name))
    session.again()
    setDone(true)
  })
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    void task.run(String(new FormData(event.currentTarget).get('name')).trim())
  }
  return (
    <section className="card stack" aria-labelledby={title}>
      <div>
        <h2 id={title}>{words.self}</h2>
        <p className="meta">{user.email}</p>
      </div>
      <form className="stack" onSubmit={submit} onInput={() => setDone(false)}>
        <Field name="name" label={yourName} value={user.name} maxLength={100} autoComplete="name" />
        {task.refusal && <Trouble refusal={task.refusal} />}
        {done && <Note kind="ok">{saved}</Note>}
        <div className="actions">
          <button type="submit" className="button" disabled={task.busy}>
            {save}
          </button>
        </div>
      </form>
    </section>
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
