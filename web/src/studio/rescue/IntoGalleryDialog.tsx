/** Chosen tracks go into a gallery, which is searched for by its name. */
import { Link } from '@tanstack/react-router'
import { type FormEvent, useEffect, useId, useState } from 'react'
import type { Gallery, Track } from '../../api.ts'
import { useTask } from '../../ui/answer.ts'
import { Dialog } from '../../ui/Dialog.tsx'
import { useLanguage, useWordsOf } from '../../ui/language.tsx'
import { Note, Trouble, Waiting } from '../../ui/Trouble.tsx'
import { GalleryBadge } from '../GalleryBadge.tsx'
import { Titles } from '../Results.tsx'
import { intoWords } from './into-words.ts'
import { putIntoGallery, useOpenGalleries } from './questions.ts'

interface IntoProps {
  tracks: Track[]
  close: () => void
  /** it is on its way */
  begun: () => void
}

export function IntoGalleryDialog({ tracks, close, begun }: IntoProps) {
  const words = useWordsOf(intoWords)
  // the list behind is asked anew meanwhile
  const [saved] = useState(() => tracks.filter(({ archived_to_storage }) => archived_to_storage))
  const [text, type] = useState('')
  const q = useLater(text.trim())
  const { data: found, refusal, again } = useOpenGalleries(q)
  const [chosen, choose] = useState<Gallery>()
  const id = useId()
  const task = useTask(async (gallery: Gallery) => {
    await putIntoGallery(
      gallery.id,
      saved.map((track) => track.id),
    )
    begun()
  })
  const gallery = found?.find((one) => one.id === chosen?.id)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    // Enter in the search takes the only one that was found
    const wanted = gallery ?? (found?.length === 1 ? found[0] : undefined)
    if (wanted && saved.length) void task.run(wanted)
  }
  const unsaved = tracks.length - saved.length
  return (
    <Dialog title={words.intoTitle(saved.length || tracks.length)} close={close}>
      <form className="stack tight" onSubmit={submit}>
        {unsaved > 0 && <Note kind="warn">{saved.length ? words.unsaved(unsaved) : words.nothingSaved}</Note>}
        {saved.length > 0 && <Titles all={saved} />}
        <p className="meta">{words.intoText}</p>
        <div className="field">
          <label htmlFor={id}>{words.searchGallery}</label>
          <input id={id} className="input" type="search" autoComplete="off" value={text} onChange={(event) => type(event.target.value)} />
        </div>
        {refusal && <Trouble refusal={refusal} retry={again} />}
        {!found && !refusal && <Waiting height={200} />}
        {found && <Found galleries={found} chosen={gallery} choose={choose} searched={q !== ''} />}
        {task.refusal && <Trouble refusal={task.refusal} />}
        <div className="actions end">
          <button type="submit" className="button main" disabled={task.busy || !saved.length || !gallery}>
            {gallery ? words.put(gallery.title) : words.choose}
          </button>
        </div>
      </form>
    </Dialog>
  )
}

interface FoundProps {
  galleries: Gallery[]
  chosen: Gallery | undefined
  choose: (gallery: Gallery) => void
  searched: boolean
}

function Found({ galleries, chosen, choose, searched }: FoundProps) {
  const words = useWordsOf(intoWords)
  const { fmt } = useLanguage()
  if (!galleries.length)
    return (
      <div role="status">
        <p>{searched ? words.noGallery : words.noGalleries}</p>
        {!searched && (
          <Link to="/galleries" className="button">
            {words.toGalleries}
          </Link>
        )}
      </div>
    )
  return (
    <fieldset className="choices pick-gallery">
      <legend className="unseen">{words.galleries}</legend>
      {galleries.map((gallery) => (
        <label key={gallery.id} className="choice">
          <input type="radio" name="gallery" checked={gallery.id === chosen?.id} onChange={() => choose(gallery)} />
          <span className="pick-title">
            {gallery.title}
            <span className="meta">{fmt.shortDay(gallery.event_date ?? gallery.created_at)}</span>
          </span>
          <GalleryBadge state={gallery.state} />
        </label>
      ))}
    </fieldset>
  )
}

/** The text as it was a quarter of a second ago: not every letter is a question. */
function useLater(text: string): string {
  const [late, set] = useState(text)
  useEffect(() => {
    const timer = setTimeout(() => set(text), 250)
    return () => clearTimeout(timer)
  }, [text])
  return late
}
