/** Address and kinds of a webhook, new or changed; and the secret that is shown once. */
import { type FormEvent, useState } from 'react'
import type { EventType, NewWebhook, Webhook } from '../../api.ts'
import { useTask } from '../../ui/answer.ts'
import { Dialog } from '../../ui/Dialog.tsx'
import { useWordsOf } from '../../ui/language.tsx'
import { Trouble } from '../../ui/Trouble.tsx'
import { CopyButton } from '../CopyButton.tsx'
import { Field } from '../Door.tsx'
import { changeWebhook, createWebhook } from './questions.ts'
import { webhookWords } from './words.ts'

// a type that is missing here, or is none any more, is an error of types
const known: Record<EventType, true> = {
  'event.published': true,
  'event.expired': true,
  'event.archived': true,
  'event.restored': true,
  'event.deleted': true,
  'archive.ready': true,
  'archive.failed': true,
  'archive.downloaded': true,
  'export.ready': true,
  'track.archived': true,
  'track.failed': true,
  'track.lost': true,
}
export const allTypes = Object.keys(known) as EventType[]

export function WebhookForm({ webhook, close, done }: { webhook?: Webhook; close: () => void; done: () => void }) {
  const words = useWordsOf(webhookWords)
  const [made, setMade] = useState<NewWebhook>()
  const task = useTask(async (form: FormData) => {
    const input = { url: String(form.get('url')).trim(), types: form.getAll('type') as EventType[] }
    if (webhook) {
      await changeWebhook(webhook.id, input)
      close()
    } else setMade(await createWebhook(input))
    done()
  })
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    void task.run(new FormData(event.currentTarget))
  }
  if (made) return <Secret secret={made.secret} close={close} />
  return (
    <Dialog title={webhook ? words.edit : words.fresh} close={close}>
      <form className="stack" onSubmit={submit}>
        <Field
          name="url"
          type="url"
          label={words.url}
          hint={words.urlHint}
          value={webhook?.url ?? ''}
          placeholder="https://example.com/keepsake"
          autoComplete="off"
        />
        <fieldset className="stack tight">
          <legend className="label">{words.types}</legend>
          <div className="type-grid">
            {allTypes.map((type) => (
              <label className="check" key={type}>
                <input type="checkbox" name="type" value={type} defaultChecked={!webhook || webhook.types.includes(type)} />
                <code>{type}</code>
              </label>
            ))}
          </div>
        </fieldset>
        {task.refusal && <Trouble refusal={task.refusal} />}
        <div className="actions end">
          <button type="submit" className="button main" disabled={task.busy}>
            {webhook ? words.save : words.make}
          </button>
        </div>
      </form>
    </Dialog>
  )
}

export function Secret({ secret, text, close }: { secret: string; text?: string; close: () => void }) {
  const words = useWordsOf(webhookWords)
  return (
    <Dialog title={words.secretTitle} close={close}>
      <p>{words.secretText}</p>
      {text && <p className="meta">{text}</p>}
      <p className="secret">{secret}</p>
      <div className="actions end">
        <CopyButton text={secret} />
      </div>
    </Dialog>
  )
}
