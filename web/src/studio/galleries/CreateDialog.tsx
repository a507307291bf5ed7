/** A title, perhaps a date, and there is a gallery. */
import { useNavigate } from '@tanstack/react-router'
import type { FormEvent } from 'react'
import { createGallery } from '../../api.ts'
import { useTask } from '../../ui/answer.ts'
import { Dialog } from '../../ui/Dialog.tsx'
import { useLanguage, useWordsOf } from '../../ui/language.tsx'
import { Trouble } from '../../ui/Trouble.tsx'
import { Field } from '../Door.tsx'
import { useWords } from '../words.tsx'
import { galleriesWords } from './words.ts'

export function CreateDialog({ close }: { close: () => void }) {
  const words = useWordsOf(galleriesWords)
  const { locale } = useLanguage()
  const navigate = useNavigate()
  const { eventDate } = useWords()
  const task = useTask(async (form: FormData) => {
    const text = (name: string) => String(form.get(name)).trim()
    const gallery = await createGallery({ title: text('title'), event_date: text('date') || null, locale })
    await navigate({ to: '/galleries/$slug', params: { slug: gallery.slug } })
  })
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    void task.run(new FormData(event.currentTarget))
  }
  return (
    <Dialog title={words.newGallery} close={close}>
      <form className="stack" onSubmit={submit}>
        <Field name="title" label={words.galleryTitle} placeholder={words.titleExample} autoComplete="off" />
        <Field name="date" type="date" label={eventDate} optional />
        {task.refusal && <Trouble refusal={task.refusal} />}
        <div className="actions end">
          <button type="submit" className="button main" disabled={task.busy}>
            {words.create}
          </button>
        </div>
      </form>
    </Dialog>
  )
}
