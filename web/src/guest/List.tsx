/** The list of favourites on its way to the photographer: still open, sent, or changed since. */
import { Check, Heart, Send } from 'lucide-react'
import { type FormEvent, useRef } from 'react'
import { useTask } from '../ui/answer.ts'
import { useLanguage } from '../ui/language.tsx'
import { sentenceOf } from '../ui/refusal.ts'
import type { Marks } from './marks.ts'
import { catalog } from './words.ts'

export function List({ marks }: { marks: Marks }) {
  const { locale, fmt, say } = useLanguage()
  const words = catalog[locale]
  const name = useRef<HTMLInputElement>(null)
  const task = useTask((who: string) => marks.send(who))
  const nameless = task.refusal?.problem.code === 'guest_unnamed'
  const { at, changed } = marks.sent
  const submit = (event: FormEvent) => {
    event.preventDefault()
    void task.run(name.current?.value.trim() ?? '')
  }
  if (at && !changed)
    return (
      <p className="line ok" role="status">
        <Check size={17} aria-hidden="true" />
        <span>{words.listSent(fmt.moment(at))}</span>
      </p>
    )
  return (
    <form className="line list" onSubmit={submit}>
      <Heart size={17} aria-hidden="true" />
      <span>{at ? words.listChanged : words.listOpen}</span>
      {nameless && (
        <input
          ref={name}
          className="input"
          required
          maxLength={100}
          autoComplete="name"
          placeholder={words.yourName}
          aria-label={words.yourName}
        />
      )}
      <button type="submit" className="button main" disabled={task.busy}>
        <Send size={16} aria-hidden="true" />
        {words.listSend}
      </button>
      {task.refusal && !nameless && (
        <p className="says" role="alert">
          {sentenceOf(task.refusal.problem, say)}
        </p>
      )}
    </form>
  )
}
