/** Many galleries at once: which they are, and what became of each. */
import { CircleCheck, TriangleAlert } from 'lucide-react'

/** By their ids: why it could not be done; null: it was. */
export type Sentences = Map<string, string | null>

interface Named {
  id: string
  title: string
}

/** The first of them by name, before anything is done. */
export function Titles({ all }: { all: Named[] }) {
  return (
    <ul className="failures">
      {all.slice(0, 8).map(({ id, title }) => (
        <li key={id}>{title}</li>
      ))}
      {all.length > 8 && <li>…</li>}
    </ul>
  )
}

export function Results({ all, sentences }: { all: Named[]; sentences: Sentences }) {
  return (
    <ul className="results">
      {all.map(({ id, title }) => {
        const sentence = sentences.get(id)
        return (
          <li key={id} className={sentence ? 'bad' : 'ok'}>
            {sentence ? <TriangleAlert size={16} aria-hidden="true" /> : <CircleCheck size={16} aria-hidden="true" />}
            <span>
              {title}
              {sentence && <span className="meta">{sentence}</span>}
            </span>
          </li>
        )
      })}
    </ul>
  )
}
