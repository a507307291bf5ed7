/** Who was invited chooses a password, and is inside. */
import { Link, useParams, useRouter } from '@tanstack/react-router'
import { type FormEvent, useEffect, useState } from 'react'
import { useTask } from '../../ui/answer.ts'
import { useWordsOf } from '../../ui/language.tsx'
import { Trouble, Waiting } from '../../ui/Trouble.tsx'
import { Door, Field } from '../Door.tsx'
import { useWords } from '../words.tsx'
import { CodeForm } from './CodeForm.tsx'
import { acceptInvitation, useInvited } from './questions.ts'
import { doorWords } from './words.ts'

export function Page() {
  const words = useWordsOf(doorWords)
  const common = useWords()
  const { token } = useParams({ from: '/invite/$token' })
  const { data, refusal, again } = useInvited(token)
  const { history } = useRouter()
  const [half, setHalf] = useState(false)
  const task = useTask(async (password: string) => {
    const answer = await acceptInvitation(token, password)
    if ('second_factor' in answer) setHalf(true)
    else history.push('/')
  })
  const title = data ? words.inviteTitle(data.name) : words.inviteOver
  useEffect(() => {
    document.title = title
  }, [title])
  if (half) return <CodeForm inside={() => history.push('/')} startOver={() => history.push('/sign-in')} />
  if (refusal && !data)
    return (
      <Door title={title}>
        <Trouble refusal={refusal} retry={refusal.problem.status === 410 ? undefined : again} />
        <Link to="/sign-in" className="button">
          {words.toSignIn}
        </Link>
      </Door>
    )
  if (!data)
    return (
      <Door title={title}>
        <Waiting height={180} />
      </Door>
    )
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    void task.run(String(new FormData(event.currentTarget).get('password')))
  }
  return (
    <Door title={title} text={words.inviteText(data.email)}>
      <form className="stack" onSubmit={submit}>
        <input type="hidden" name="email" value={data.email} autoComplete="username" />
        <Field
          name="password"
          type="password"
          label={common.password}
          hint={common.passwordHint}
          autoComplete="new-password"
          minLength={10}
        />
        {task.refusal && <Trouble refusal={task.refusal} />}
        <button type="submit" className="button main" disabled={task.busy}>
          {words.choose}
        </button>
      </form>
    </Door>
  )
}
