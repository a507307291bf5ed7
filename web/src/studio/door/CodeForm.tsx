/** The second step of signing in: the code of an app, or one that was kept for when the phone is lost. */
import { type FormEvent, useState } from 'react'
import { useTask } from '../../ui/answer.ts'
import { useWordsOf } from '../../ui/language.tsx'
import { Trouble } from '../../ui/Trouble.tsx'
import { Door, Field } from '../Door.tsx'
import { enterCode } from './questions.ts'
import { doorWords } from './words.ts'

export function CodeForm({ inside, startOver }: { inside: () => void; startOver: () => void }) {
  const words = useWordsOf(doorWords)
  const [backup, setBackup] = useState(false)
  const task = useTask(async (code: string) => {
    await enterCode({ code, backup })
    inside()
  })
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const code = String(new FormData(event.currentTarget).get('code')).trim()
    void task.run(backup ? code : code.replaceAll(' ', ''))
  }
  return (
    <Door title={words.codeTitle} text={backup ? words.backupText : words.codeText}>
      <form className="stack" onSubmit={submit} key={String(backup)}>
        <Field
          name="code"
          label={backup ? words.backup : words.code}
          autoComplete="one-time-code"
          {...(backup ? {} : { inputMode: 'numeric' as const })}
        />
        {task.refusal && <Trouble refusal={task.refusal} />}
        <button type="submit" className="button main" disabled={task.busy}>
          {words.goOn}
        </button>
        <div className="actions spread">
          <button type="button" className="button bare" onClick={() => setBackup(!backup)}>
            {backup ? words.useApp : words.useBackup}
          </button>
          <button type="button" className="button bare" onClick={startOver}>
            {words.startOver}
          </button>
        </div>
      </form>
    </Door>
  )
}
