/** All galleries, newest first, and the way to a new one. */
import { Link, useNavigate } from '@tanstack/react-router'
import { ImageIcon, Images, Plus, Search } from 'lucide-react'
import { type FormEvent, useDeferredValue, useEffect, useState } from 'react'
import { createGallery, type Gallery } from '../api.ts'
import { useTask } from '../ui/answer.ts'
import { Dialog } from '../ui/Dialog.tsx'
import { useLanguage } from '../ui/language.tsx'
import { Empty, Trouble, Waiting } from '../ui/Trouble.tsx'
import { Field } from './Door.tsx'
import { GalleryBadge } from './GalleryBadge.tsx'
import { useGalleries } from './questions.ts'
import { useWords } from './words.tsx'

export function Page() {
  const words = useWords()
  const [search, setSearch] = useState('')
  const [pages, setPages] = useState(1)
  const [creating, create] = useState(false)
  const asked = useDebounced(useDeferredValue(search.trim()))
  const { data, refusal, again } = useGalleries(asked, pages)
  useEffect(() => {
    document.title = `${words.galleries} – Keepsake`
  }, [words])
  const none = data?.rows.length === 0
  return (
    <main className="page">
      <header className="page-head">
        <h1>{words.galleries}</h1>
        <button type="button" className="button main" onClick={() => create(true)}>
          <Plus size={17} aria-hidden="true" />
          {words.newGallery}
        </button>
      </header>
      {!(none && !asked) && (
        <div className="search">
          <Search size={17} aria-hidden="true" />
          <input
            className="input"
            type="search"
            aria-label={words.search}
            placeholder={words.search}
            value={search}
            onChange={(event) => setSearch(event.target.value)}
          />
        </div>
      )}
      {refusal && <Trouble refusal={refusal} retry={again} />}
      {!data && !refusal && <Waiting height={380} />}
      {none &&
        (asked ? (
          <Empty icon={<Search size={28} aria-hidden="true" />} title={words.noMatch(asked)} />
        ) : (
          <Empty icon={<Images size={28} aria-hidden="true" />} title={words.noGalleriesTitle}>
            <p>{words.noGalleries}</p>
            <button type="button" className="button" onClick={() => create(true)}>
              <Plus size={17} aria-hidden="true" />
              {words.newGallery}
            </button>
          </Empty>
        ))}
      {!!data?.rows.length && (
        <ul className="rows card">
          {data.rows.map((gallery) => (
            <GalleryRow key={gallery.id} gallery={gallery} />
          ))}
        </ul>
      )}
      {data?.next && (
        <button type="button" className="button more" onClick={() => setPages(pages + 1)}>
          {words.more}
        </button>
      )}
      {creating && <CreateDialog close={() => create(false)} />}
    </main>
  )
}

function GalleryRow({ gallery }: { gallery: Gallery }) {
  const words = useWords()
  const { fmt } = useLanguage()
  return (
    <li>
      <Link to="/galleries/$slug" params={{ slug: gallery.slug }} className="row gallery-row">
        <span className="row-cover">
          {gallery.cover ? <img src={gallery.cover} alt="" loading="lazy" /> : <ImageIcon size={20} aria-hidden="true" />}
        </span>
        <span className="row-title">
          <span className="serif">{gallery.title}</span>
          <span className="meta">{fmt.day(gallery.event_date ?? gallery.created_at)}</span>
        </span>
        <span className="row-state">
          <GalleryBadge state={gallery.state} />
        </span>
        <span className="row-number">{words.photos(gallery.photos)}</span>
        <span className="row-number">{gallery.photos ? fmt.bytes(gallery.bytes) : '–'}</span>
      </Link>
    </li>
  )
}

function CreateDialog({ close }: { close: () => void }) {
  const words = useWords()
  const { locale } = useLanguage()
  const navigate = useNavigate()
  const task = useTask(async (title: string) => {
    const gallery = await createGallery({ title, locale })
    await navigate({ to: '/galleries/$slug', params: { slug: gallery.slug } })
  })
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    void task.run(String(new FormData(event.currentTarget).get('title')).trim())
  }
  return (
    <Dialog title={words.newGallery} close={close}>
      <form className="stack" onSubmit={submit}>
        <Field name="title" label={words.title} placeholder={words.titleExample} autoComplete="off" />
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

function useDebounced(text: string): string {
  const [late, set] = useState(text)
  useEffect(() => {
    const timer = setTimeout(() => set(text), 250)
    return () => clearTimeout(timer)
  }, [text])
  return late
}
