/** Passkeys: made after the password was given, named, listed with their last use, removed. */
import { type FormEvent, useId, useState } from 'react'
import type { Passkey } from '../../api.ts'
import { useTask } from '../../ui/answer.ts'
import { Confirm, Dialog } from '../../ui/Dialog.tsx'
import { useLanguage, useWordsOf } from '../../ui/language.tsx'
import { Note, Trouble } from '../../ui/Trouble.tsx'
import { Field } from '../Door.tsx'
import { useWays } from '../door/questions.ts'
import { makePasskey, whyNoPasskeys } from '../passkeys.ts'
import { addPasskey, askForPasskey, removePasskey, usePasskeys } from './questions.ts'
import { settingsWords } from './words.ts'

export function PasskeysCard({ hasPassword }: { hasPassword: boolean }) {
  const words = useWordsOf(settingsWords)
  const { fmt } = useLanguage()
  const title = useId()
  const { data, refusal, again } = usePasskeys()
  const ways = useWays()
  const [adding, add] = useState(false)
  const [added, setAdded] = useState(false)
  const [ending, end] = useState<Passkey>()
  const remove = useTask(async (passkey: Passkey) => {
    end(undefined)
    setAdded(false)
    await removePasskey(passkey.id)
    again()
  })
  const why = ways.data && whyNoPasskeys(ways.data.passkeys)
  return (
    <section className="card stack" aria-labelledby={title}>
      <div className="section-head">
        <div>
          <h2 id={title}>{words.passkeys}</h2>
          <p className="meta">{words.passkeysText}</p>
        </div>
        {why === null && (
          <button type="button" className="button" onClick={() => add(true)}>
            {words.passkeyAdd}
          </button>
        )}
      </div>
      {why === 'place' && <Note kind="plain">{words.passkeysPlace(ways.data!.passkeys)}</Note>}
      {why === 'browser' && <Note kind="plain">{words.passkeysBrowser}</Note>}
      {added && <Note kind="ok">{words.passkeyAdded}</Note>}
      {refusal && <Trouble refusal={refusal} retry={again} />}
      {data && data.rows.length > 0 && (
        <ul className="passkeys">
          {data.rows.map((passkey) => (
            <li key={passkey.id}>
              <div>
                <strong>{passkey.name}</strong>
                <p className="meta">
                  {[
                    words.passkeySince(fmt.day(passkey.created_at)),
                    passkey.last_used_at ? words.keyUsed(fmt.moment(passkey.last_used_at)) : words.keyUnused,
                    passkey.backed_up ? words.passkeyBackedUp : words.passkeyHere,
                  ].join(' · ')}
                </p>
              </div>
              <button type="button" className="button" aria-label={words.passkeyRemoveNamed(passkey.name)} onClick={() => end(passkey)}>
                {words.passkeyRemove}
              </button>
            </li>
          ))}
        </ul>
      )}
      {remove.refusal && <Trouble refusal={remove.refusal} />}
      {adding && (
        <NewPasskey
          hasPassword={hasPassword}
          close={() => add(false)}
          done={() => {
            add(false)
            setAdded(true)
            again()
          }}
        />
      )}
      {ending && (
        <Confirm
          title={words.passkeyRemoveTitle}
          text={words.passkeyRemoveText(ending.name, hasPassword)}
          action={words.passkeyRemove}
          busy={remove.busy}
          close={() => end(undefined)}
          confirm={() => void remove.run(ending)}
        />
      )}
    </section>
  )
}

function NewPasskey({ hasPassword, close, done }: { hasPassword: boolean; close: () => void; done: () => void }) {
  const words = useWordsOf(settingsWords)
  // what the browser says, and no server
  const [said, say] = useState<string>()
  const task = useTask(async (form: FormData) => {
    say(undefined)
    const password = String(form.get('password') ?? '')
    const { options } = await askForPasskey(password ? { password } : {})
    const made = await makePasskey(options).catch((error: unknown) => {
      if (error instanceof DOMException && error.name === 'InvalidStateError') return 'known' as const
      throw error
    })
    if (made === null || made === 'known') return say(made ? words.passkeyKnown : words.passkeyNone)
    await addPasskey({ name: String(form.get('name')).trim(), ...made })
    done()
  })
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    void task.run(new FormData(event.currentTarget))
  }
  return (
    <Dialog title={words.passkeyAdd} close={close}>
      <form className="stack" onSubmit={submit}>
        <Field name="name" label={words.passkeyName} placeholder={words.passkeyExample} autoComplete="off" />
        {hasPassword && (
          <Field
            name="password"
            type="password"
            label={words.yourPassword}
            hint={words.passkeyProof}
            autoComplete="current-password"
            optional
          />
        )}
        {said && <Note kind="warn">{said}</Note>}
        {task.refusal && <Trouble refusal={task.refusal} />}
        <div className="actions end">
          <button type="submit" className="button main" disabled={task.busy}>
            {words.passkeyMake}
          </button>
        </div>
      </form>
    </Dialog>
  )
}
