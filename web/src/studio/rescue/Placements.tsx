/** Tracks on their way into galleries: how far, what is there now, and what was left out, with the reason and another try. */
import { Link } from '@tanstack/react-router'
import { CircleCheck, RefreshCw, TriangleAlert } from 'lucide-react'
import type { WatchedPlacement } from '../../api.ts'
import { useTask } from '../../ui/answer.ts'
import { useLanguage, useReason, useWordsOf } from '../../ui/language.tsx'
import { Progress } from '../../ui/Progress.tsx'
import { Note, Trouble } from '../../ui/Trouble.tsx'
import { useTimeLeft } from '../WorkProgress.tsx'
import { intoWords } from './into-words.ts'
import { retryPlacement } from './questions.ts'

export function Placements({ placements, again }: { placements: WatchedPlacement[]; again: () => void }) {
  return placements.map((one) =>
    one.state === 'working' ? (
      <Placing key={one.id} placement={one} />
    ) : one.failed ? (
      <LeftOut key={one.id} placement={one} again={again} />
    ) : (
      <Note key={one.id} kind="ok" icon={<CircleCheck size={18} aria-hidden="true" />}>
        <Come placement={one} />
      </Note>
    ),
  )
}

function Placing({ placement: { total, added, duplicates, failed, gallery } }: { placement: WatchedPlacement }) {
  const words = useWordsOf(intoWords)
  const { fmt } = useLanguage()
  const done = added + duplicates + failed
  const seconds = useTimeLeft(done, total)
  return (
    <section className="card">
      <Progress
        step={words.putting(total, gallery.title)}
        percent={total ? Math.floor((done / total) * 100) : null}
        facts={[words.doneOf(fmt.number(done), fmt.number(total))]}
        seconds={seconds}
      />
    </section>
  )
}

function LeftOut({ placement, again }: { placement: WatchedPlacement; again: () => void }) {
  const words = useWordsOf(intoWords)
  const { say } = useLanguage()
  const why = useReason()
  const task = useTask(async () => {
    await retryPlacement(placement)
    again()
  })
  const { failed, left_out, added, duplicates } = placement
  return (
    <div className="note bad" role="alert">
      <TriangleAlert size={18} aria-hidden="true" />
      <div>
        <p>
          <strong>{words.leftOut(failed)}</strong> <Place placement={placement} />:
        </p>
        <ul className="failures">
          {left_out.map(({ id, title, error, error_code }) => (
            <li key={id}>
              {title}: {words.reasons[error_code] ?? why(error_code, error)}
            </li>
          ))}
          {failed > left_out.length && <li>{words.more(failed - left_out.length)}</li>}
        </ul>
        {added + duplicates > 0 && <Come placement={placement} />}
        {task.refusal && <Trouble refusal={task.refusal} />}
      </div>
      <button type="button" className="button" disabled={task.busy} onClick={() => task.run()}>
        <RefreshCw size={16} aria-hidden="true" />
        {say.retry}
      </button>
    </div>
  )
}

function Come({ placement }: { placement: WatchedPlacement }) {
  const words = useWordsOf(intoWords)
  const { added, duplicates } = placement
  if (!added && duplicates)
    return (
      <p>
        {words.alreadyIn(duplicates)} <Place placement={placement} />.
      </p>
    )
  return (
    <p>
      {words.nowIn(added)} <Place placement={placement} />. {duplicates > 0 && words.wereIn(duplicates)}
    </p>
  )
}

function Place({ placement: { gallery } }: { placement: WatchedPlacement }) {
  return (
    <Link to="/galleries/$slug" params={{ slug: gallery.slug }}>
      {gallery.title}
    </Link>
  )
}
