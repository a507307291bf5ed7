/** The end of an archived gallery for good, asked by its name. */
import { type FormEvent, useState } from 'react'
import { deleteArchived } from '../../api.ts'
import { useTask } from '../../ui/answer.ts'
import { Dialog } from '../../ui/Dialog.tsx'
import { useLanguage, useWordsOf } from '../../ui/language.tsx'
import { Trouble } from '../../ui/Trouble.tsx'
import { Field } from '../Door.tsx'
import { archivesWords } from './words.ts'

interface DeleteProps {
  /** its id */
  archive: string
  slug: string
  title: string
  close: () => void
  gone: () => void
}

export function DeleteDialog({ archive, slug, title, close, gone }: DeleteProps) {
  const words = useWordsOf(archivesWords)
  const { say } = useLanguage()
  const [typed, type] = useState('')
  const task = useTask(async () => {
    await deleteArchived(archive, slug)
    gone()
    close()
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (typed === slug) void task.run()
  }
  return (
    <Dialog title={words.deleteTitle(title)} close={close}>
      <form className="stack tight" onSubmit={submit} onInput={(event) => type((event.target as HTMLInputElement).value.trim())}>
        <p>{words.deleteText}</p>
        <Field name="confirm" label={words.deleteConfirm(slug)} autoComplete="off" />
        {task.refusal && <Trouble refusal={task.refusal} />}
        <div className="actions end">
          <button type="button" className="button" onClick={close}>
            {say.cancel}
          </button>
          <button type="submit" className="button danger" disabled={typed !== slug || task.busy}>
            {words.deleteButton}
          </button>
        </div>
      </form>
    </Dialog>
  )
}
