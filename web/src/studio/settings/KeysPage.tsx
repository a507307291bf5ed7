/** API keys: made with the scopes that a program needs, shown once, revoked. */
import { KeyRound, Plus } from 'lucide-react'
import { type FormEvent, useState } from 'react'
import type { ApiKey, KeyScope, NewApiKey } from '../../api.ts'
import { useTask } from '../../ui/answer.ts'
import { Confirm, Dialog } from '../../ui/Dialog.tsx'
import { type Column, List } from '../../ui/List.tsx'
import { useLanguage, useWordsOf } from '../../ui/language.tsx'
import { useListState } from '../../ui/list-state.ts'
import { Note, Trouble } from '../../ui/Trouble.tsx'
import { CopyButton } from '../CopyButton.tsx'
import { Field } from '../Door.tsx'
import { createKey, revokeKey, useKeys } from './questions.ts'
import { SettingsFrame } from './SettingsFrame.tsx'
import { settingsWords } from './words.ts'

export function Page() {
  const words = useWordsOf(settingsWords)
  const { fmt } = useLanguage()
  const answer = useKeys()
  const state = useListState()
  const [making, make] = useState(false)
  const [ending, end] = useState<ApiKey>()
  const revoke = useTask(async (key: ApiKey) => {
    await revokeKey(key.id)
    end(undefined)
    answer.again()
  })
  const columns: Column<ApiKey>[] = [
    { id: 'name', title: words.keyName, main: true, cell: (key) => <strong className="plain-strong">{key.name}</strong> },
    {
      id: 'scopes',
      title: words.keyScopes,
      cell: (key) => key.scopes.map((scope) => words.scopes[scope]).join(', '),
      width: 'minmax(0, 1.4fr)',
    },
    {
      id: 'used',
      title: '',
      cell: (key) => (
        <span className="meta">
          {key.revoked_at
            ? words.keyRevoked(fmt.day(key.revoked_at))
            : key.last_used_at
              ? words.keyUsed(fmt.moment(key.last_used_at))
              : words.keyUnused}
        </span>
      ),
    },
    {
      id: 'actions',
      title: '',
      actions: true,
      width: '130px',
      cell: (key) =>
        !key.revoked_at && (
          <button type="button" className="button danger" onClick={() => end(key)}>
            {words.keyRevoke}
          </button>
        ),
    },
  ]
  const fresh = (
    <button type="button" className="button main" onClick={() => make(true)}>
      <Plus size={17} aria-hidden="true" />
      {words.keyNew}
    </button>
  )
  return (
    <SettingsFrame tab="keys" action={fresh}>
      <p className="meta">{words.keysText}</p>
      <List
        label={words.tabs.keys}
        answer={answer}
        columns={columns}
        id={(key) => key.id}
        state={state}
        empty={{ icon: <KeyRound size={28} aria-hidden="true" />, title: words.keysNone, text: words.keysNoneText, action: fresh }}
        row={(key) => ({ muted: key.revoked_at !== null })}
      />
      {making && <NewKey close={() => make(false)} made={answer.again} />}
      {ending && (
        <Confirm
          title={words.keyRevokeTitle}
          text={words.keyRevokeText(ending.name)}
          action={words.keyRevoke}
          busy={revoke.busy}
          close={() => end(undefined)}
          confirm={() => void revoke.run(ending)}
        />
      )}
      {revoke.refusal && <Trouble refusal={revoke.refusal} />}
    </SettingsFrame>
  )
}

const scopes: KeyScope[] = ['galleries:read', 'galleries:write', 'metrics:read', 'rescue:run']

function NewKey({ close, made }: { close: () => void; made: () => void }) {
  const words = useWordsOf(settingsWords)
  const [key, setKey] = useState<NewApiKey>()
  const task = useTask(async (form: FormData) => {
    setKey(await createKey(String(form.get('name')).trim(), form.getAll('scope') as KeyScope[]))
    made()
  })
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    void task.run(new FormData(event.currentTarget))
  }
  if (key)
    return (
      <Dialog title={key.name} close={close}>
        <Note kind="ok">{words.keyMade}</Note>
        <p className="secret">{key.key}</p>
        <div className="actions end">
          <CopyButton text={key.key} />
        </div>
      </Dialog>
    )
  return (
    <Dialog title={words.keyNew} close={close}>
      <form className="stack" onSubmit={submit}>
        <Field name="name" label={words.keyName} placeholder={words.keyExample} autoComplete="off" />
        <fieldset className="stack tight">
          <legend className="label">{words.keyScopes}</legend>
          {scopes.map((scope) => (
            <label className="check" key={scope}>
              <input type="checkbox" name="scope" value={scope} defaultChecked={scope === 'galleries:read'} />
              {words.scopes[scope]}
            </label>
          ))}
        </fieldset>
        {task.refusal && <Trouble refusal={task.refusal} />}
        <div className="actions end">
          <button type="submit" className="button main" disabled={task.busy}>
            {words.keyMake}
          </button>
        </div>
      </form>
    </Dialog>
  )
}
