/** The forms of the pages in front of the studio: fields, what was refused, one button; and the field for a new password. */
import type { FormEvent, ReactNode } from 'react'
import type { Task } from '../../ui/answer.ts'
import { Trouble } from '../../ui/Trouble.tsx'
import { Field } from '../Door.tsx'
import { useWords } from '../words.tsx'

export function DoorForm({ task, action, children }: { task: Task<[FormData]>; action: string; children: ReactNode }) {
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    void task.run(new FormData(event.currentTarget))
  }
  return (
    <form className="stack" onSubmit={submit}>
      {children}
      {task.refusal && <Trouble refusal={task.refusal} />}
      <button type="submit" className="button main" disabled={task.busy}>
        {action}
      </button>
    </form>
  )
}

export function NewPassword() {
  const words = useWords()
  return (
    <Field name="password" type="password" label={words.password} hint={words.passwordHint} autoComplete="new-password" minLength={10} />
  )
}
