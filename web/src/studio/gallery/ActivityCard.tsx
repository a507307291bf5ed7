/** What has happened to a gallery, newest first. */
import { type Activity, call, galleryPath, type Page } from '../../api.ts'
import { useAsk } from '../../ui/ask.ts'
import { useLanguage, useWordsOf } from '../../ui/language.tsx'
import { Trouble, Waiting } from '../../ui/Trouble.tsx'
import { galleryWords } from './words.ts'

export function ActivityCard({ gallery }: { gallery: string }) {
  const own = useWordsOf(galleryWords)
  const { fmt } = useLanguage()
  const { data, refusal, again } = useAsk(
    ['activity', gallery],
    (signal) => call<Page<Activity>>('GET', `${galleryPath(gallery)}/activity?limit=12`, undefined, signal),
    { every: () => 30_000 },
  )
  return (
    <section className="card stack tight">
      <h2>{own.activity}</h2>
      {refusal && <Trouble refusal={refusal} retry={again} />}
      {!data && !refusal && <Waiting height={80} />}
      {data?.rows.length === 0 && <p className="meta">{own.noActivity}</p>}
      <ul className="lines">
        {data?.rows.map((row) => (
          <li key={row.id} className="two-lines">
            <span>
              {own.actions[row.action] ?? row.action}
              {typeof row.facts.to === 'string' && ` ${own.untilNow(fmt.shortDay(row.facts.to))}`}
            </span>
            <span className="meta">{fmt.moment(row.at)}</span>
          </li>
        ))}
      </ul>
    </section>
  )
}
