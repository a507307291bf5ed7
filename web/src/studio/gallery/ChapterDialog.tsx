/** Under which heading photos stand. */
import { type FormEvent, useId } from 'react'
import type { Item } from '../../api.ts'
import { Dialog } from '../../ui/Dialog.tsx'
import { useWordsOf } from '../../ui/language.tsx'
import type { Refusal } from '../../ui/refusal.ts'
import { Trouble } from '../../ui/Trouble.tsx'
import { galleryWords } from './words.ts'

interface ChapterProps {
  items: Item[]
  /** chapters that are there */
  known: string[]
  busy: boolean
  refusal: Refusal | undefined
  close: () => void
  put: (chapter: string | null) => void
}

export function ChapterDialog({ items, known, busy, refusal, close, put }: ChapterProps) {
  const own = useWordsOf(galleryWords)
  const id = useId()
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    put(String(new FormData(event.currentTarget).get('chapter')).trim() || null)
  }
  return (
    <Dialog title={own.chapterTitle} close={close}>
      <form className="stack tight" onSubmit={submit}>
        <div className="field">
          <label htmlFor={id}>{own.chapterName}</label>
          <input
            id={id}
            className="input"
            name="chapter"
            list={`${id}-known`}
            maxLength={200}
            autoComplete="off"
            defaultValue={items[0]?.chapter ?? ''}
            aria-describedby={`${id}-hint`}
          />
          <datalist id={`${id}-known`}>
            {known.map((name) => (
              <option key={name} value={name} />
            ))}
          </datalist>
          <p id={`${id}-hint`} className="meta">
            {own.chapterHint}
          </p>
        </div>
        {refusal && <Trouble refusal={refusal} />}
        <div className="actions end">
          <button type="submit" className="button main" disabled={busy}>
            {own.save}
          </button>
        </div>
      </form>
    </Dialog>
  )
}
