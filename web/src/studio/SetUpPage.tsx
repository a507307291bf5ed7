/** The first account of a new Keepsake. */
import { Link, useNavigate } from '@tanstack/react-router'
import { useEffect } from 'react'
import { setUp } from '../api.ts'
import { useTask } from '../ui/answer.ts'
import { Trouble, Waiting } from '../ui/Trouble.tsx'
import { Door, Field } from './Door.tsx'
import { DoorForm, NewPassword } from './door/DoorForm.tsx'
import { useSetUp } from './questions.ts'
import { useWords } from './words.tsx'

export function Page() {
  const words = useWords()
  const { data, refusal, again } = useSetUp()
  const navigate = useNavigate()
  const task = useTask(async (form: FormData) => {
    const text = (name: string) => String(form.get(name) ?? '').trim()
    await setUp({ code: text('code'), name: text('name'), email: text('email'), password: String(form.get('password')) })
    await navigate({ to: '/setup/checks' })
  })
  useEffect(() => {
    document.title = words.setUpTitle
  }, [words])
  if (refusal && !data)
    return (
      <Door title={words.setUpTitle}>
        <Trouble refusal={refusal} retry={again} />
      </Door>
    )
  if (!data)
    return (
      <Door title={words.setUpTitle}>
        <Waiting height={340} />
      </Door>
    )
  if (!data.needed)
    return (
      <Door title={words.setUpTitle} text={words.setUpDone}>
        <Link to="/sign-in" className="button main">
          {words.signIn}
        </Link>
      </Door>
    )
  return (
    <Door title={words.setUpTitle} text={words.setUpText}>
      <DoorForm task={task} action={words.createAccount}>
        <Field
          name="code"
          label={words.code}
          hint={words.codeHint}
          value={new URLSearchParams(location.search).get('code') ?? ''}
          autoComplete="off"
        />
        <Field name="name" label={words.yourName} autoComplete="name" />
        <Field name="email" type="email" label={words.email} autoComplete="username" />
        <NewPassword />
      </DoorForm>
    </Door>
  )
}
