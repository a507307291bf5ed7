/** Who was invited chooses a password, and is inside. */
import { Link, useParams, useRouter } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { useTask } from '../../ui/answer.ts'
import { useWordsOf } from '../../ui/language.tsx'
import { Trouble, Waiting } from '../../ui/Trouble.tsx'
import { Door } from '../Door.tsx'
import { CodeForm } from './CodeForm.tsx'
import { DoorForm, NewPassword } from './DoorForm.tsx'
import { acceptInvitation, useInvited } from './questions.ts'
import { doorWords } from './words.ts'

export function Page() {
  const words = useWordsOf(doorWords)
  const { token } = useParams({ from: '/invite/$token' })
  const { data, refusal, again } = useInvited(token)
  const { history } = useRouter()
  const [half, setHalf] = useState(false)
  const task = useTask(async (form: FormData) => {
    const answer = await acceptInvitation(token, String(form.get('password')))
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
  return (
    <Door title={title} text={words.inviteText(data.email)}>
      <DoorForm task={task} action={words.choose}>
        <input type="hidden" name="email" value={data.email} autoComplete="username" />
        <NewPassword />
      </DoorForm>
    </Door>
  )
}
