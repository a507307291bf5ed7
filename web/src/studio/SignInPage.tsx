/** Who is there: e-mail and password, a code besides where it is asked for, or another sign-in. */
import { useRouter } from '@tanstack/react-router'
import { KeyRound } from 'lucide-react'
import { type FormEvent, useEffect, useState } from 'react'
import { useTask } from '../ui/answer.ts'
import { useWordsOf } from '../ui/language.tsx'
import { Note, Trouble } from '../ui/Trouble.tsx'
import { Door, Field } from './Door.tsx'
import { CodeForm } from './door/CodeForm.tsx'
import { signIn, useWays } from './door/questions.ts'
import { doorWords } from './door/words.ts'
import { useSetUp } from './questions.ts'
import { useWords } from './words.tsx'

export function Page() {
  const words = useWords()
  const says = useWordsOf(doorWords)
  const { data } = useSetUp()
  const ways = useWays()
  const { history } = useRouter()
  const [half, setHalf] = useState(false)
  const search = new URLSearchParams(location.search)
  const next = nextPath(search)
  const task = useTask(async (form: FormData) => {
    const answer = await signIn({ email: String(form.get('email')).trim(), password: String(form.get('password')) })
    if ('second_factor' in answer) setHalf(true)
    else history.push(next)
  })
  useEffect(() => {
    document.title = words.signIn
  }, [words])
  if (half) return <CodeForm inside={() => history.push(next)} startOver={() => setHalf(false)} />
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    void task.run(new FormData(event.currentTarget))
  }
  return (
    <Door title={words.signIn}>
      {data?.needed && <Note kind="warn">{words.setUpNeeded}</Note>}
      {search.get('problem') === 'elsewhere' && <Note kind="warn">{says.otherRefused}</Note>}
      <form className="stack" onSubmit={submit}>
        <Field name="email" type="email" label={words.email} autoComplete="username" />
        <Field name="password" type="password" label={words.password} autoComplete="current-password" />
        {task.refusal && <Trouble refusal={task.refusal} />}
        <button type="submit" className="button main" disabled={task.busy}>
          {words.signIn}
        </button>
      </form>
      {ways.data?.oidc && (
        <>
          <p className="or meta">{says.or}</p>
          <a className="button" href={`/api/session/oidc?next=${encodeURIComponent(next)}`}>
            <KeyRound size={17} aria-hidden="true" />
            {says.withOther(ways.data.oidc)}
          </a>
        </>
      )}
    </Door>
  )
}

/** Back to where the person was, never to another site. */
function nextPath(search: URLSearchParams): string {
  const next = search.get('next') ?? '/'
  return /^\/(?![/\\])/.test(next) ? next : '/'
}
