/** What people say about one photo, and one's own words about it; who has no name yet gives one. */
import { Send, Trash2, X } from 'lucide-react'
import { type FormEvent, useRef } from 'react'
import { useTask } from '../ui/answer.ts'
import { useLanguage } from '../ui/language.tsx'
import { sentenceOf } from '../ui/refusal.ts'
import { leaveComment, takeComment, useComments } from './api.ts'
import { catalog } from './view-words.ts'

interface Props {
  slug: string
  item: string
  /** the photographer knows who this is */
  named: boolean
  /** something about this guest is different now */
  again: () => void
  stop: () => void
}

export function Comments({ slug, item, named, again, stop }: Props) {
  const { locale, fmt, say } = useLanguage()
  const words = catalog[locale]
  const { data, refusal, again: reload } = useComments(slug, item)
  const form = useRef<HTMLFormElement>(null)
  const send = useTask(async () => {
    const given = new FormData(form.current!)
    const name = String(given.get('name') ?? '').trim()
    await leaveComment(slug, item, { text: String(given.get('text')), ...(name ? { name } : {}) })
    form.current!.reset()
    reload()
    if (name) again()
  })
  const take = useTask(async (id: string) => {
    await takeComment(slug, item, id)
    reload()
  })
  const failed = send.refusal ?? take.refusal ?? refusal
  const submit = (event: FormEvent) => {
    event.preventDefault()
    void send.run()
  }
  return (
    // keys that are typed here turn no pages
    <section className="talk" aria-label={words.comments} onKeyDown={(event) => event.key !== 'Escape' && event.stopPropagation()}>
      <header>
        <h2>{words.comments}</h2>
        <button type="button" className="button bare square" aria-label={say.close} onClick={stop}>
          <X size={18} aria-hidden="true" />
        </button>
      </header>
      <ul>
        {data?.rows.map((comment) => (
          <li key={comment.id}>
            <p className="meta">
              {comment.own ? words.you : (comment.author ?? words.somebody)} · {fmt.moment(comment.created_at)}
              {comment.hidden && ` · ${words.hidden}`}
            </p>
            <p>{comment.text}</p>
            {comment.own && (
              <button type="button" className="button bare square" aria-label={words.remove} onClick={() => void take.run(comment.id)}>
                <Trash2 size={16} aria-hidden="true" />
              </button>
            )}
          </li>
        ))}
        {data?.rows.length === 0 && <li className="meta">{words.nobodyYet}</li>}
      </ul>
      <form ref={form} onSubmit={submit}>
        {!named && (
          <input
            className="input"
            name="name"
            required
            maxLength={100}
            autoComplete="name"
            placeholder={words.name}
            aria-label={words.name}
          />
        )}
        <textarea className="input" name="text" required maxLength={2000} rows={2} placeholder={words.write} aria-label={words.write} />
        {failed && (
          <p className="says" role="alert">
            {sentenceOf(failed.problem, say)}
          </p>
        )}
        <button type="submit" className="button main" disabled={send.busy}>
          <Send size={16} aria-hidden="true" />
          {words.send}
        </button>
      </form>
    </section>
  )
}
