/** Everybody with an account: invited, made an admin, switched off. */
import { Plus, Users } from 'lucide-react'
import { type FormEvent, useState } from 'react'
import type { Invitation, Role, UserAccount, UserChange } from '../../api.ts'
import { useTask } from '../../ui/answer.ts'
import { Confirm, Dialog } from '../../ui/Dialog.tsx'
import { type Column, List } from '../../ui/List.tsx'
import { useLanguage, useWordsOf } from '../../ui/language.tsx'
import { useListState } from '../../ui/list-state.ts'
import { Menu } from '../../ui/Menu.tsx'
import { Note, Trouble } from '../../ui/Trouble.tsx'
import { CopyButton } from '../CopyButton.tsx'
import { Choice, Field } from '../Door.tsx'
import { useSession } from '../questions.ts'
import { useWords } from '../words.tsx'
import { addUser, changeUser, inviteAgain, useUsers } from './questions.ts'
import { SettingsFrame } from './SettingsFrame.tsx'
import { settingsWords } from './words.ts'

const kinds = { active: 'ok', invited: '', disabled: 'warn' }

export function Page() {
  const words = useWordsOf(settingsWords)
  const { fmt, locale } = useLanguage()
  const { data: session } = useSession()
  const answer = useUsers()
  const state = useListState()
  const [inviting, invite] = useState(false)
  const [ending, end] = useState<UserAccount>()
  const [invited, setInvited] = useState<{ user: UserAccount; invitation: Invitation }>()
  const change = useTask(async (user: UserAccount, wish: UserChange) => {
    await changeUser(user.id, wish)
    end(undefined)
    answer.again()
  })
  const again = useTask(async (user: UserAccount) => setInvited({ user, invitation: await inviteAgain(user.id, locale) }))
  const columns: Column<UserAccount>[] = [
    {
      id: 'name',
      title: words.name,
      main: true,
      cell: (user) => (
        <span className="two-lines">
          <strong className="plain-strong">
            {user.name}
            {user.id === session?.user.id && ` (${words.you})`}
          </strong>
          <span className="meta">{user.email}</span>
        </span>
      ),
      width: 'minmax(0, 1.6fr)',
    },
    { id: 'role', title: words.role, cell: (user) => words.roles[user.role] },
    {
      id: 'state',
      title: '',
      cell: (user) => (
        <span className="row-state">
          <span className={`badge ${kinds[user.state]}`}>{words.states[user.state]}</span>
          {user.second_factor && <span className="badge">{words.withSecond}</span>}
        </span>
      ),
    },
    {
      id: 'seen',
      title: '',
      cell: (user) => (
        <span className="two-lines">
          <span>{words.galleries(user.galleries)}</span>
          <span className="meta">{user.last_seen_at ? words.seen(fmt.day(user.last_seen_at)) : words.neverSeen}</span>
        </span>
      ),
    },
    {
      id: 'actions',
      title: '',
      actions: true,
      width: '52px',
      cell: (user) => (
        <Menu
          label={user.name}
          choices={[
            {
              name: user.role === 'admin' ? words.makeOwner : words.makeAdmin,
              pick: () => void change.run(user, { role: user.role === 'admin' ? 'owner' : 'admin' }),
            },
            user.state !== 'disabled' && { name: words.newInvite, pick: () => void again.run(user) },
            user.second_factor && { name: words.dropSecond, pick: () => void change.run(user, { second_factor: false }) },
            user.state === 'disabled'
              ? { name: words.switchOn, pick: () => void change.run(user, { disabled: false }) }
              : { name: words.switchOff, danger: true, pick: () => end(user) },
          ]}
        />
      ),
    },
  ]
  const fresh = (
    <button type="button" className="button main" onClick={() => invite(true)}>
      <Plus size={17} aria-hidden="true" />
      {words.invite}
    </button>
  )
  return (
    <SettingsFrame tab="people" action={fresh}>
      <p className="meta">{words.peopleText}</p>
      {change.refusal && <Trouble refusal={change.refusal} />}
      {again.refusal && <Trouble refusal={again.refusal} />}
      <List
        label={words.tabs.people}
        answer={answer}
        columns={columns}
        id={(user) => user.id}
        state={state}
        empty={{ icon: <Users size={28} aria-hidden="true" />, title: words.tabs.people, action: fresh }}
        row={(user) => ({ muted: user.state === 'disabled' })}
      />
      {inviting && <InviteDialog close={() => invite(false)} made={answer.again} />}
      {invited && (
        <Dialog title={invited.user.name} close={() => setInvited(undefined)}>
          <Invited email={invited.user.email} invitation={invited.invitation} />
        </Dialog>
      )}
      {ending && (
        <Confirm
          title={words.switchOffTitle}
          text={words.switchOffText(ending.name)}
          action={words.switchOff}
          busy={change.busy}
          close={() => end(undefined)}
          confirm={() => void change.run(ending, { disabled: true }).then(() => end(undefined))}
        />
      )}
    </SettingsFrame>
  )
}

function InviteDialog({ close, made }: { close: () => void; made: () => void }) {
  const words = useWordsOf(settingsWords)
  const { languages } = useWords()
  const { locale } = useLanguage()
  const [done, setDone] = useState<{ email: string; invitation: Invitation }>()
  const task = useTask(async (form: FormData) => {
    const text = (name: string) => String(form.get(name)).trim()
    const user = await addUser({
      name: text('name'),
      email: text('email'),
      role: text('role') as Role,
      locale: text('locale') as 'en',
    })
    setDone({ email: user.email, invitation: user.invitation! })
    made()
  })
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    void task.run(new FormData(event.currentTarget))
  }
  return (
    <Dialog title={words.invite} close={close}>
      {done ? (
        <Invited {...done} />
      ) : (
        <form className="stack" onSubmit={submit}>
          <Field name="name" label={words.name} autoComplete="off" />
          <Field name="email" type="email" label={words.email} autoComplete="off" />
          <Choice name="role" label={words.role} value="owner" options={words.roles} />
          <Choice name="locale" label={words.inviteLetter} value={locale} options={languages} />
          {task.refusal && <Trouble refusal={task.refusal} />}
          <div className="actions end">
            <button type="submit" className="button main" disabled={task.busy}>
              {words.inviteSend}
            </button>
          </div>
        </form>
      )}
    </Dialog>
  )
}

function Invited({ email, invitation }: { email: string; invitation: Invitation }) {
  const words = useWordsOf(settingsWords)
  const { fmt } = useLanguage()
  return (
    <>
      <Note kind={invitation.mailed ? 'ok' : 'warn'}>{invitation.mailed ? words.mailed(email) : words.notMailed}</Note>
      <p className="secret">{invitation.url}</p>
      <p className="meta">{words.onceUntil(fmt.moment(invitation.expires_at))}</p>
      <div className="actions end">
        <CopyButton text={invitation.url} />
      </div>
    </>
  )
}
