/** The rescue in numbers: four tiles, and how many days the provider still leaves. */
import { CircleCheck, Clock, TriangleAlert } from 'lucide-react'
import type { ReactNode } from 'react'
import type { RescueStatistics } from '../../api.ts'
import { useLanguage, useWordsOf } from '../../ui/language.tsx'
import { rescueWords } from './words.ts'

export function Tiles({ numbers }: { numbers: RescueStatistics }) {
  const words = useWordsOf(rescueWords)
  const { fmt } = useLanguage()
  return (
    <dl className="rescue-tiles">
      <Tile
        kind="ok"
        icon={<CircleCheck size={16} aria-hidden="true" />}
        name={words.saved}
        value={fmt.number(numbers.total_archived)}
        text={words.savedOf(fmt.percent(numbers.archive_percentage))}
      />
      <Tile
        icon={<Clock size={16} aria-hidden="true" />}
        name={words.waiting}
        value={fmt.number(numbers.pending_archive)}
        text={numbers.next_due_at ? words.nextRun(fmt.moment(numbers.next_due_at)) : words.noRun}
      />
      <Tile
        kind={numbers.urgent_archive_needed ? 'warn' : undefined}
        icon={<TriangleAlert size={16} aria-hidden="true" />}
        name={words.urgent}
        value={fmt.number(numbers.urgent_archive_needed)}
        text={words.failing(numbers.failing)}
      />
      <Tile
        kind={numbers.expired_tracks ? 'bad' : undefined}
        icon={<TriangleAlert size={16} aria-hidden="true" />}
        name={words.lost}
        value={fmt.number(numbers.expired_tracks)}
        text={words.stored(fmt.bytes(numbers.stored_bytes))}
      />
    </dl>
  )
}

function Tile({
  kind,
  icon,
  name,
  value,
  text,
}: {
  kind?: string | undefined
  icon: ReactNode
  name: string
  value: string
  text: string
}) {
  return (
    <div className="card rescue-tile">
      <dt>
        {icon}
        {name}
      </dt>
      <dd className={`rescue-value ${kind ?? ''}`}>{value}</dd>
      <dd className="meta">{text}</dd>
    </div>
  )
}

// a fortnight fits on a phone; what is further away is one column more
const shown = 14

/** Columns as HTML; a screen reader hears a list of days with their tracks. */
export function DaysLeft({ numbers }: { numbers: RescueStatistics }) {
  const words = useWordsOf(rescueWords)
  const { fmt } = useLanguage()
  const of = new Map(numbers.days_left.map((one) => [one.days, one]))
  const far = numbers.days_left.filter(({ days }) => days > shown)
  const sum = (what: 'tracks' | 'failing') => far.reduce((all, one) => all + one[what], 0)
  const columns = [
    ...Array.from({ length: shown + 1 }, (_, days) => ({
      name: String(days),
      spoken: words.days(days),
      days,
      tracks: of.get(days)?.tracks ?? 0,
      failing: of.get(days)?.failing ?? 0,
    })),
    ...(far.length ? [{ name: `${shown}+`, spoken: words.later, days: shown + 1, tracks: sum('tracks'), failing: sum('failing') }] : []),
  ]
  const most = Math.max(1, ...columns.map(({ tracks }) => tracks))
  return (
    <figure className="card chart">
      <figcaption>
        <h2>{words.chart}</h2>
      </figcaption>
      <ol className="chart-columns">
        {columns.map(({ name, spoken, days, tracks, failing }) => (
          <li key={name}>
            <span className="unseen">
              {words.chartRow(spoken, words.tracks(tracks))}
              {failing > 0 && `, ${words.failing(failing)}`}
            </span>
            <span className="chart-count" aria-hidden="true">
              {tracks ? fmt.number(tracks) : ''}
            </span>
            <svg className="chart-bar" viewBox="0 0 10 100" preserveAspectRatio="none" aria-hidden="true">
              <Column tracks={tracks} failing={failing} most={most} urgent={days < 2} />
            </svg>
            <span className="chart-day" aria-hidden="true">
              {name}
            </span>
          </li>
        ))}
      </ol>
      <p className="meta">{words.chartText}</p>
    </figure>
  )
}

/** What failed stands on top of what waits; one track among thousands is still seen. */
function Column({ tracks, failing, most, urgent }: { tracks: number; failing: number; most: number; urgent: boolean }) {
  const height = tracks ? Math.max(3, (tracks / most) * 100) : 0
  const red = failing ? Math.max(3, (height * failing) / tracks) : 0
  return (
    <>
      <rect className={urgent ? 'urgent' : ''} x="0" width="10" y={100 - height} height={height} />
      <rect className="failing" x="0" width="10" y={100 - height} height={red} />
    </>
  )
}
