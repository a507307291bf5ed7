/** What a photographer sees first: what needs them, what ends soon, what was taken, and how much room is left. */
import { Link } from '@tanstack/react-router'
import { CircleCheck, Images, TriangleAlert } from 'lucide-react'
import { useEffect } from 'react'
import { call, type Overview, type Usage } from '../../api.ts'
import { useAsk } from '../../ui/ask.ts'
import { daysUntil } from '../../ui/format.ts'
import { useLanguage, useReason, useWordsOf } from '../../ui/language.tsx'
import { Empty, Trouble, Waiting } from '../../ui/Trouble.tsx'
import { Part } from '../Part.tsx'
import { overviewWords } from './words.ts'

const useOverview = () =>
  useAsk(['overview'], (signal) => call<Overview>('GET', '/api/overview', undefined, signal), { every: () => 30_000 })

export function Page() {
  const words = useWordsOf(overviewWords)
  const { data, refusal, again } = useOverview()
  useEffect(() => {
    document.title = `${words.title} – Keepsake`
  }, [words])
  return (
    <main className="page">
      <header className="page-head">
        <h1>{words.title}</h1>
      </header>
      {refusal && <Trouble refusal={refusal} retry={again} />}
      {!data && !refusal && <Waiting height={420} />}
      {data?.totals.all === 0 ? (
        <Empty icon={<Images size={28} aria-hidden="true" />} title={words.welcome}>
          <p>{words.welcomeText}</p>
          <Link to="/galleries" className="button main">
            {words.toGalleries}
          </Link>
        </Empty>
      ) : (
        data && <Found overview={data} />
      )}
    </main>
  )
}

function Found({ overview }: { overview: Overview }) {
  return (
    <>
      <Tiles totals={overview.totals} />
      <div className="columns even">
        <div className="stack">
          <Attention troubles={overview.troubles} />
          <Taken rows={overview.taken} />
        </div>
        <div className="stack">
          <Ending galleries={overview.ending} />
          <Room />
        </div>
      </div>
    </>
  )
}

const kinds = ['draft', 'active', 'ended', 'archived'] as const

function Tiles({ totals }: { totals: Overview['totals'] }) {
  const words = useWordsOf(overviewWords)
  const { fmt } = useLanguage()
  return (
    <ul className="tiles">
      {kinds.map((kind) => (
        <li key={kind}>
          <Link to="/galleries" search={{ state: kind } as never} className="card tile">
            <span className="meta">{words.kinds[kind]}</span>
            <strong>{fmt.number(totals[kind])}</strong>
          </Link>
        </li>
      ))}
    </ul>
  )
}

function Attention({ troubles }: { troubles: Overview['troubles'] }) {
  const words = useWordsOf(overviewWords)
  const why = useReason()
  return (
    <Part title={words.attention}>
      {!troubles.length && (
        <p className="good">
          <CircleCheck size={17} aria-hidden="true" />
          {words.fine}
        </p>
      )}
      <ul className="lined">
        {troubles.map((trouble) => (
          <li key={`${trouble.slug} ${trouble.what}`}>
            <TriangleAlert size={18} className="bad-sign" aria-hidden="true" />
            <span className="two-lines">
              <Link to="/galleries/$slug" params={{ slug: trouble.slug }}>
                {trouble.title}
              </Link>
              <span className="meta">
                {words.what[trouble.what]} {why(trouble.code, trouble.detail)}
              </span>
            </span>
          </li>
        ))}
      </ul>
    </Part>
  )
}

function Ending({ galleries }: { galleries: Overview['ending'] }) {
  const words = useWordsOf(overviewWords)
  const { fmt } = useLanguage()
  return (
    <Part title={words.ending}>
      {!galleries.length && <p className="meta">{words.noneEnding}</p>}
      <ul className="lined">
        {galleries.map((gallery) => (
          <li key={gallery.id}>
            <span className="two-lines">
              <Link to="/galleries/$slug" params={{ slug: gallery.slug }}>
                {gallery.title}
              </Link>
              <span className="meta">{fmt.moment(gallery.expires_at!)}</span>
            </span>
            <span className="badge warn">{fmt.inDays(daysUntil(gallery.expires_at!, Date.now()))}</span>
          </li>
        ))}
      </ul>
    </Part>
  )
}

function Taken({ rows }: { rows: Overview['taken'] }) {
  const words = useWordsOf(overviewWords)
  const { fmt } = useLanguage()
  return (
    <Part title={words.taken}>
      {!rows.length && <p className="meta">{words.noneTaken}</p>}
      <ul className="lined">
        {rows.map((row) => (
          <li key={row.id}>
            <span className="two-lines">
              <Link to="/galleries/$slug" params={{ slug: row.slug }}>
                {row.title}
              </Link>
              <span className="meta">
                {row.who ?? words.somebody} · {words.version(fmt.number(row.version))} · {fmt.moment(row.at)}
              </span>
            </span>
            <span className={row.percent === 100 ? 'badge ok' : 'badge'}>
              {row.percent === 100 ? words.complete : words.part(fmt.percent(row.percent))}
            </span>
          </li>
        ))}
      </ul>
    </Part>
  )
}

const uses = ['originals', 'archives', 'deliveries', 'previews'] as const

function Room() {
  const words = useWordsOf(overviewWords)
  const { fmt } = useLanguage()
  const { data, refusal, again } = useAsk(['usage'], (signal) => call<Usage>('GET', '/api/usage', undefined, signal), {
    every: () => 60_000,
  })
  const used = data ? uses.reduce((sum, use) => sum + data[use], 0) : 0
  // what is free is said to those who run the installation, where the store knows it
  const all = used + (data?.free ?? 0)
  return (
    <Part title={words.storage}>
      {refusal && <Trouble refusal={refusal} retry={again} />}
      {!data && !refusal && <Waiting height={60} />}
      {data && (
        <>
          <p>
            <strong className="room-number">{fmt.bytes(used)}</strong>{' '}
            {data.free !== null && <span className="meta">{words.free(fmt.bytes(data.free))}</span>}
          </p>
          <div className="room" aria-hidden="true">
            {all > 0 && uses.map((use) => <span key={use} className={use} style={{ width: `${(data[use] / all) * 100}%` }} />)}
          </div>
          <ul className="room-legend">
            {uses.map((use) => (
              <li key={use}>
                <span className={`dot ${use}`} aria-hidden="true" />
                {words.uses[use]} <span className="meta">{fmt.bytes(data[use])}</span>
              </li>
            ))}
          </ul>
        </>
      )}
    </Part>
  )
}
