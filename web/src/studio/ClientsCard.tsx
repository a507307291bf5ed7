/** Who gets the letter with the link. */
import { CircleCheck, Plus, X } from 'lucide-react'
import { type FormEvent, useId } from 'react'
import { addClient, type Delivery, type Gallery, removeClient, useDeliveries } from '../api.ts'
import { useTask } from '../ui/answer.ts'
import { useLanguage } from '../ui/language.tsx'
import { Trouble, Waiting } from '../ui/Trouble.tsx'
import { Field } from './Door.tsx'
import { useWords } from './words.tsx'

export function ClientsCard({ gallery }: { gallery: Gallery }) {
  const words = useWords()
  const title = useId()
  const { data, refusal, again } = useDeliveries(gallery.id)
  const adding = useTask((email: string, name: string) => addClient(gallery.id, { email, name: name || null }))
  const removing = useTask((id: string) => removeClient(gallery.id, id))
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = event.currentTarget
    const input = new FormData(form)
    const text = (name: string) => String(input.get(name)).trim()
    if (!(await adding.run(text('email'), text('name')))) return
    form.reset()
    again()
  }
  return (
    <section className="card stack tight" aria-labelledby={title}>
      <div>
        <h2 id={title}>{words.clientsTitle}</h2>
        <p className="meta">{words.clientsText}</p>
      </div>
      {refusal && <Trouble refusal={refusal} retry={again} />}
      {!data && !refusal && <Waiting height={44} />}
      {data?.clients.length === 0 && <p className="meta">{words.noClients}</p>}
      {!!data?.clients.length && (
        <ul>
          {data.clients.map((client) => (
            <li key={client.client_id} className="person">
              <span>
                {client.name && <strong>{client.name}</strong>}
                <span className={client.name ? 'meta' : ''}>{client.email}</span>
                {gallery.published_at && <Received delivery={client} />}
              </span>
              <button
                type="button"
                className="button bare square"
                aria-label={words.removeClient(client.email)}
                disabled={removing.busy}
                onClick={() => removing.run(client.client_id).then(again)}
              >
                <X size={17} aria-hidden="true" />
              </button>
            </li>
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
    </section>
  )
}

/** Proof of delivery: what of the ZIP has surely arrived. */
function Received({ delivery }: { delivery: Delivery }) {
  const words = useWords()
  const { fmt } = useLanguage()
  if (!delivery.last_at || delivery.version === null) return <span className="meta">{words.notDownloaded}</span>
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
