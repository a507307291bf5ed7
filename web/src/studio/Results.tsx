/** What became of each of many galleries. */
import { CircleCheck, TriangleAlert } from 'lucide-react'

/** By their ids: why it could not be done; null: it was. */
export type Sentences = Map<string, string | null>

export function Results({ all, sentences }: { all: { id: string; title: string }[]; sentences: Sentences }) {
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
