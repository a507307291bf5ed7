/** The texts for guests: two pages in three languages, written in Markdown beside their preview. */
import { useEffect, useId, useState } from 'react'
import type { EditablePage, Locale } from '../../api.ts'
import { useTask } from '../../ui/answer.ts'
import { useLanguage, useWordsOf } from '../../ui/language.tsx'
import { Note, Trouble, Waiting } from '../../ui/Trouble.tsx'
import { PageHead } from '../PageHead.tsx'
import { dropPage, type PageName, savePage, usePage, usePreview } from './questions.ts'
import { Rendered } from './Rendered.tsx'
import { pagesWords } from './words.ts'

const names: PageName[] = ['gallery-expired', 'gallery-not-found']
const locales: Locale[] = ['en', 'de', 'ru']

export function Page() {
  const words = useWordsOf(pagesWords)
  const { locale: mine } = useLanguage()
  const [name, setName] = useState<PageName>('gallery-expired')
  const [locale, setLocale] = useState<Locale>(mine)
  const { data, refusal, again, put } = usePage(name, locale)
  return (
    <main className="page">
      <PageHead title={words.title} text={words.text} />
      <div className="list-head">
        <div className="tabs">
          {names.map((one) => (
            <button key={one} type="button" className="button bare" aria-pressed={name === one} onClick={() => setName(one)}>
              {words.names[one]}
            </button>
          ))}
        </div>
        <select
          className="input filter"
          aria-label={words.language}
          value={locale}
          onChange={(event) => setLocale(event.target.value as Locale)}
        >
          {locales.map((one) => (
            <option key={one} value={one}>
              {words.languages[one]}
            </option>
          ))}
        </select>
      </div>
      {refusal && !data && <Trouble refusal={refusal} retry={again} />}
      {!data && !refusal && <Waiting height={420} />}
      {data && <Editor key={`${name} ${locale}`} page={data} put={put} again={again} />}
    </main>
  )
}

function Editor({ page, put, again }: { page: EditablePage; put: (page: EditablePage) => void; again: () => void }) {
  const words = useWordsOf(pagesWords)
  const id = useId()
  const { name, locale } = page
  const [text, setText] = useState(page.markdown)
  const [done, setDone] = useState(false)
  const save = useTask(async () => {
    put(await savePage(name, locale, text))
    setDone(true)
  })
  const drop = useTask(async () => {
    setDone(false)
    await dropPage(name, locale)
    again()
  })
  // given up: our words stand there again
  useEffect(() => {
    if (!page.own) setText(page.markdown)
  }, [page.own, page.markdown])
  const changed = text.trim() !== page.markdown.trim()
  return (
    <div className="halves">
      <form
        className="stack tight"
        onSubmit={(event) => {
          event.preventDefault()
          void save.run()
        }}
      >
        <div className="section-head">
          <label htmlFor={id} className="label">
            {words.markdown}
          </label>
          <span className={`badge ${changed ? 'warn' : ''}`}>{changed ? words.unsaved : page.own ? words.own : words.ours}</span>
        </div>
        <textarea
          id={id}
          className="input markdown"
          rows={14}
          lang={locale}
          value={text}
          onChange={(event) => {
            setDone(false)
            setText(event.target.value)
          }}
        />
        <p className="meta">{words.hint}</p>
        {save.refusal && <Trouble refusal={save.refusal} />}
        {drop.refusal && <Trouble refusal={drop.refusal} />}
        {done && !changed && <Note kind="ok">{words.saved}</Note>}
        <div className="actions">
          <button type="submit" className="button main" disabled={save.busy || !changed || !text.trim()}>
            {words.save}
          </button>
          {page.own && (
            <button type="button" className="button" disabled={drop.busy} onClick={() => drop.run()}>
              {words.drop}
            </button>
          )}
        </div>
      </form>
      <section className="stack tight" aria-label={words.preview}>
        <h2 className="label">{words.preview}</h2>
        <div className="card" lang={locale}>
          <Preview markdown={text} first={page} />
        </div>
      </section>
    </div>
  )
}

/** What was saved is there already; what is typed is asked for when the hand rests. */
function Preview({ markdown, first }: { markdown: string; first: EditablePage }) {
  const [late, set] = useState(markdown)
  useEffect(() => {
    const timer = setTimeout(() => set(markdown), 300)
    return () => clearTimeout(timer)
  }, [markdown])
  return late.trim() === first.markdown.trim() || !late.trim() ? <Rendered html={first.html} /> : <Unsaved markdown={late} />
}

function Unsaved({ markdown }: { markdown: string }) {
  const { data, refusal } = usePreview(markdown)
  if (refusal) return <Trouble refusal={refusal} />
  return data ? <Rendered html={data.html} /> : <Waiting height={200} />
}
