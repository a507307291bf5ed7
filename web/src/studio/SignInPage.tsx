/** Who is there: e-mail and password. */
import { useRouter } from '@tanstack/react-router'
import { type FormEvent, useEffect } from 'react'
import { signIn } from '../api.ts'
import { useTask } from '../ui/answer.ts'
import { Note, Trouble } from '../ui/Trouble.tsx'
import { Door, Field } from './Door.tsx'
import { useSetUp } from './questions.ts'
import { useWords } from './words.tsx'

export function Page() {
  const words = useWords()
  const { data } = useSetUp()
  const { history } = useRouter()
  const task = useTask(async (form: FormData) => {
    await signIn({ email: String(form.get('email')).trim(), password: String(form.get('password')) })
    history.push(nextPath(location.search))
  })
  useEffect(() => {
    document.title = words.signIn
  }, [words])
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    void task.run(new FormData(event.currentTarget))
  }
  return (
    <Door title={words.signIn}>
      {data?.needed && <Note kind="warn">{words.setUpNeeded}</Note>}
      <form className="stack" onSubmit={submit}>
        <Field name="email" type="email" label={words.email} autoComplete="username" />
        <Field name="password" type="password" label={words.password} autoComplete="current-password" />
        {task.refusal && <Trouble refusal={task.refusal} />}
        <button type="submit" className="button main" disabled={task.busy}>
          {words.signIn}
        </button>
      </form>
    </Door>
  )
}

/** Back to where the person was, never to another site. */
function nextPath(search: string): string {
  const next = new URLSearchParams(search).get('next') ?? '/'
  return /^\/(?![/\\])/.test(next) ? next : '/'
}
