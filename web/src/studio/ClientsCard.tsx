/** Who gets the letter with the link, and what each of them may do. */
import { CircleCheck, Link2, Pencil, Plus, X } from 'lucide-react'
import { type FormEvent, useId, useRef, useState } from 'react'
import { addClient, type Client, changeClient, type Delivery, type Gallery, linkClient, type Permission, removeClient } from '../api.ts'
import { useTask } from '../ui/answer.ts'
import { Confirm, Dialog } from '../ui/Dialog.tsx'
import { useLanguage } from '../ui/language.tsx'
import { useToast } from '../ui/Toasts.tsx'
import { Trouble, Waiting } from '../ui/Trouble.tsx'
import { CopyButton } from './CopyButton.tsx'
import { Choice, Field, Tick } from './Door.tsx'
import { dayOf, endOf } from './days.ts'
import { useClients, useDeliveries } from './questions.ts'
import { useWords } from './words.tsx'

const textOf = (form: FormData, name: string) => String(form.get(name) ?? '').trim()

export function ClientsCard({ gallery, changed }: { gallery: Gallery; changed: () => void }) {
  const words = useWords()
  const title = useId()
  const { data, refusal, again } = useClients(gallery.id)
  const deliveries = useDeliveries(gallery.id)
  const received = (client: Client) => deliveries.data?.clients.find((delivery) => delivery.client_id === client.id)
  const [open, show] = useState<{ client: Client; to: 'change' | 'remove' } | null>(null)
  const tell = useToast()
  const adding = useTask((email: string, name: string) => addClient(gallery.id, { email, name: name || null }))
  const removing = useTask((id: string) => removeClient(gallery.id, id))
  const close = () => show(null)
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = event.currentTarget
    const input = new FormData(form)
    if (!(await adding.run(textOf(input, 'email'), textOf(input, 'name')))) return
    form.reset()
    tell(words.clientAdded)
    again()
  }
  const remove = async (client: Client) => {
    const done = await removing.run(client.id)
    close()
    if (!done) return
    again()
    changed()
  }
  return (
    <section className="card stack tight" aria-labelledby={title}>
      <div>
        <h2 id={title}>{words.clientsTitle}</h2>
        <p className="meta">{words.clientsText}</p>
      </div>
      {refusal && <Trouble refusal={refusal} retry={again} />}
      {!data && !refusal && <Waiting height={44} />}
      {data?.rows.length === 0 && <p className="meta">{words.noClients}</p>}
      {!!data?.rows.length && (
        <ul>
          {data.rows.map((client) => (
            <Person
              key={client.id}
              gallery={gallery}
              client={client}
              delivery={received(client)}
              open={(to) => show({ client, to })}
              linked={changed}
            />
          ))}
        </ul>
      )}
      {removing.refusal && <Trouble refusal={removing.refusal} />}
      <form className="stack tight" onSubmit={submit}>
        <Field name="email" type="email" label={words.email} autoComplete="off" />
        <Field name="name" label={words.clientName} autoComplete="off" optional />
        {adding.refusal && <Trouble refusal={adding.refusal} />}
        <div className="actions">
          <button type="submit" className="button" disabled={adding.busy}>
            <Plus size={16} aria-hidden="true" />
            {words.add}
          </button>
        </div>
      </form>
      {open?.to === 'change' && (
        <Change
          gallery={gallery}
          client={open.client}
          close={close}
          done={() => {
            close()
            again()
          }}
        />
      )}
      {open?.to === 'remove' && (
        <Confirm
          title={words.removeClientTitle}
          text={words.removeClientText(open.client.email)}
          action={words.remove}
          busy={removing.busy}
          close={close}
          confirm={() => remove(open.client)}
        />
      )}
    </section>
  )
}

interface PersonProps {
  gallery: Gallery
  client: Client
  delivery: Delivery | undefined
  open: (to: 'change' | 'remove') => void
  linked: () => void
}

function Person({ gallery, client, delivery, open, linked }: PersonProps) {
  const words = useWords()
  const { fmt } = useLanguage()
  const link = useRef<string>(undefined)
  const linking = useTask(async () => {
    link.current = (await linkClient(gallery.id, client.id)).url
    linked()
  })
  const copy = async () => ((await linking.run()) ? link.current : undefined)
  const end = client.access_expires_at
  const over = end !== null && Date.parse(end) <= Date.now()
  const facts = [
    words.clientMay[client.permission],
    end && (over ? words.accessOver : words.accessUntil)(fmt.day(end)),
    !client.notify_on_archive && words.noLetter,
  ]
  return (
    <li className="person">
      <span>
        {client.name && <strong>{client.name}</strong>}
        <span className={client.name ? 'meta' : ''}>{client.email}</span>
        <span className="meta">{facts.filter(Boolean).join(' · ')}</span>
        {gallery.published_at && delivery && <Received delivery={delivery} />}
        {linking.refusal && <Trouble refusal={linking.refusal} />}
      </span>
      <CopyButton bare text={copy} icon={<Link2 size={17} aria-hidden="true" />} label={words.copyOwnLink(client.email)} />
      <button
        type="button"
        className="button bare square"
        aria-label={words.changeClient(client.email)}
        title={words.changeClient(client.email)}
        onClick={() => open('change')}
      >
        <Pencil size={16} aria-hidden="true" />
      </button>
      <button
        type="button"
        className="button bare square"
        aria-label={words.removeClient(client.email)}
        title={words.removeClient(client.email)}
        onClick={() => open('remove')}
      >
        <X size={17} aria-hidden="true" />
      </button>
    </li>
  )
}

function Change({ gallery, client, close, done }: { gallery: Gallery; client: Client; close: () => void; done: () => void }) {
  const words = useWords()
  const saving = useTask(async (form: FormData) => {
    const day = textOf(form, 'until')
    await changeClient(gallery.id, client.id, {
      name: textOf(form, 'name') || null,
      permission: textOf(form, 'permission') as Permission,
      notify_on_archive: form.has('letters'),
      // an unchanged day keeps its exact hour
      ...(day !== dayOf(client.access_expires_at) && { access_expires_at: endOf(day) }),
    })
    done()
  })
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    void saving.run(new FormData(event.currentTarget))
  }
  return (
    <Dialog title={client.email} close={close}>
      <form className="stack tight" onSubmit={submit}>
        <Field name="name" label={words.clientName} value={client.name ?? ''} autoComplete="off" optional />
        <Choice name="permission" label={words.permission} value={client.permission} options={words.clientMay} />
        <Field
          name="until"
          type="date"
          label={words.accessEnd}
          hint={words.accessEndHint}
          value={dayOf(client.access_expires_at)}
          optional
        />
        <Tick name="letters" label={words.getsLetters} on={client.notify_on_archive} />
        {saving.refusal && <Trouble refusal={saving.refusal} />}
        <div className="actions end">
          <button type="submit" className="button main" disabled={saving.busy}>
            {words.save}
          </button>
        </div>
      </form>
    </Dialog>
  )
}

/** Proof of delivery: what of the ZIP has surely arrived. */
function Received({ delivery }: { delivery: Delivery }) {
  const words = useWords()
  const { fmt } = useLanguage()
  if (!delivery.last_at || delivery.version === null) return <span className="meta">{words.notDownloaded}</span>
  // the bucket gave it by itself: how much arrived only the bucket knows
  if (!delivery.complete_at && delivery.handed_at) return <span className="meta">{words.handedOver(fmt.moment(delivery.handed_at))}</span>
  if (!delivery.complete_at)
    return <span className="meta">{words.partReceived(fmt.percent(delivery.percent), fmt.moment(delivery.last_at))}</span>
  const { version, up_to_date } = delivery
  return (
    <span className="meta received">
      <CircleCheck size={14} aria-hidden="true" />
      <span>
        {words.received(fmt.moment(delivery.complete_at))}
        {!up_to_date && ` (${words.receivedOld(fmt.number(version))})`}
      </span>
    </span>
  )
}
