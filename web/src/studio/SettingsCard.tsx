/** What a gallery is and how it behaves: title, date, customer, password, end, language, file names; and its end for good. */
import { useNavigate } from '@tanstack/react-router'
import { Check, Trash2 } from 'lucide-react'
import { type FormEvent, useId, useState } from 'react'
import { changeGallery, deleteGallery, type Gallery, type Locale, type Naming } from '../api.ts'
import { useTask } from '../ui/answer.ts'
import { Confirm } from '../ui/Dialog.tsx'
import { Trouble } from '../ui/Trouble.tsx'
import { Choice, Field, Tick } from './Door.tsx'
import { dayOf, endOf } from './days.ts'
import { useWords } from './words.tsx'

export function SettingsCard({ gallery, put }: { gallery: Gallery; put: (gallery: Gallery) => void }) {
  const words = useWords()
  const title = useId()
  const kinds = useId()
  const [saved, setSaved] = useState(false)
  const [deleting, setDeleting] = useState(false)
  const saving = useTask(async (form: FormData) => {
    const text = (name: string) => String(form.get(name) ?? '').trim()
    const day = text('expires')
    const password = String(form.get('password') ?? '')
    const changed = await changeGallery(gallery.id, {
      title: text('title'),
      event_date: text('date') || null,
      event_type: text('type') || null,
      customer_name: text('customer') || null,
      customer_email: text('customer-mail') || null,
      feedback_enabled: form.has('feedback'),
      notify_new_versions: form.has('versions'),
      public: form.has('public'),
      locale: text('locale') as Locale,
      naming: text('naming') as Naming,
      // An unchanged day keeps its exact hour.
      ...(day !== dayOf(gallery.expires_at) && { expires_at: endOf(day) }),
      ...(form.has('no-password') ? { password: null } : password && { password }),
    })
    put(changed)
    setSaved(true)
  })
  const navigate = useNavigate()
  const removal = useTask(async () => {
    await deleteGallery(gallery.id)
    await navigate({ to: '/galleries' })
  })
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = event.currentTarget
    if (!(await saving.run(new FormData(form)))) return
    const password = form.elements.namedItem('password') as HTMLInputElement
    password.value = ''
  }
  return (
    <section className="card stack tight" aria-labelledby={title}>
      <h2 id={title}>{words.settingsTitle}</h2>
      <form className="stack tight" onSubmit={submit} onChange={() => setSaved(false)}>
        <Field name="title" label={words.title} value={gallery.title} autoComplete="off" />
        <Field name="date" type="date" label={words.eventDate} value={gallery.event_date ?? ''} optional />
        <Field
          name="type"
          label={words.eventType}
          value={gallery.event_type ?? ''}
          list={kinds}
          maxLength={100}
          autoComplete="off"
          optional
        />
        <datalist id={kinds}>
          {words.eventTypes.map((kind) => (
            <option key={kind} value={kind} />
          ))}
        </datalist>
        <Field name="customer" label={words.customer} value={gallery.customer_name ?? ''} maxLength={200} autoComplete="off" optional />
        <Field
          name="customer-mail"
          type="email"
          label={words.customerMail}
          hint={words.customerHint}
          value={gallery.customer_email ?? ''}
          autoComplete="off"
          optional
        />
        <Tick name="feedback" label={words.feedbackSwitch} on={gallery.feedback_enabled} />
        <Tick name="versions" label={words.notifyVersions} on={gallery.notify_new_versions} />
        <Tick name="public" label={words.publicSwitch} on={gallery.public} />
        <Field
          name="password"
          type="password"
          label={words.guestPassword}
          hint={gallery.has_password ? words.passwordSet : words.passwordNone}
          autoComplete="new-password"
          optional
        />
        {gallery.has_password && <Tick name="no-password" label={words.passwordRemove} on={false} />}
        <Field
          // moved elsewhere on this page, what was typed here before would move it back with the next Save
          key={gallery.expires_at}
          name="expires"
          type="date"
          label={words.expires}
          hint={words.expiresHint}
          value={dayOf(gallery.expires_at)}
          optional
        />
        <Choice name="locale" label={words.language} value={gallery.locale} options={words.languages} />
        <Choice name="naming" label={words.naming} value={gallery.naming} options={words.namings} />
        {saving.refusal && <Trouble refusal={saving.refusal} />}
        <div className="actions">
          <button type="submit" className="button" disabled={saving.busy}>
            {words.save}
          </button>
          <span className="saved" role="status">
            {saved && (
              <>
                <Check size={16} aria-hidden="true" /> {words.saved}
              </>
            )}
          </span>
        </div>
      </form>
      <div className="apart">
        <button type="button" className="button bare danger" onClick={() => setDeleting(true)}>
          <Trash2 size={16} aria-hidden="true" />
          {words.deleteGallery}
        </button>
      </div>
      {removal.refusal && <Trouble refusal={removal.refusal} />}
      {deleting && (
        <Confirm
          title={words.deleteTitle}
          text={words.deleteText(gallery.title)}
          action={words.deleteGallery}
          busy={removal.busy}
          close={() => setDeleting(false)}
          confirm={() => removal.run().then(() => setDeleting(false))}
        />
      )}
    </section>
  )
}
