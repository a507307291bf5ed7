/** The list of tracks: how long each still has, what became of it, and what can be done with it. */
import { FolderPlus, RefreshCw, Upload } from 'lucide-react'
import type { RescueRunInput, Track } from '../../api.ts'
import type { Task } from '../../ui/answer.ts'
import type { Column } from '../../ui/List.tsx'
import { useLanguage, useReason, useWordsOf } from '../../ui/language.tsx'
import { intoWords } from './into-words.ts'
import { rescueWords } from './words.ts'

const kinds: Record<Track['state'], string> = { scheduled: '', rescuing: '', retrying: 'warn', partial: 'warn', rescued: 'ok', lost: 'bad' }

interface Doing {
  open: (track: Track) => void
  /** into a gallery */
  put: (track: Track) => void
  run: Task<[RescueRunInput]>
}

export function useColumns({ open, put, run }: Doing): Column<Track>[] {
  const words = useWordsOf(rescueWords)
  const into = useWordsOf(intoWords)
  const why = useReason()
  const { fmt } = useLanguage()
  return [
    { id: 'left', title: '', width: '64px', cell: (track) => <DaysBox track={track} /> },
    {
      id: 'title',
      title: words.track,
      main: true,
      width: 'minmax(0, 2fr)',
      cell: (track) => (
        <span className="two-lines">
          <button type="button" className="link-button" onClick={() => open(track)}>
            {track.title}
          </button>
          <span className="meta">
            {[track.artist, track.provider, track.bytes ? fmt.bytes(track.bytes) : null].filter(Boolean).join(' · ')}
          </span>
          {track.error && track.state !== 'rescued' && (
            <span className="row-error">
              {why(track.error_code, track.error)} · {words.tries(track.tries)}
            </span>
          )}
        </span>
      ),
    },
    {
      id: 'state',
      title: words.state,
      cell: (track) => (
        <span className="two-lines">
          <span>
            <span className={`badge ${kinds[track.state]}`}>{words.states[track.state]}</span>
          </span>
          {track.next_try_at && (
            <span className="meta">
              {track.tries ? words.nextTry(fmt.moment(track.next_try_at)) : words.dueAt(fmt.moment(track.next_try_at))}
            </span>
          )}
        </span>
      ),
    },
    {
      id: 'actions',
      title: '',
      actions: true,
      width: '300px',
      cell: (track) =>
        track.state === 'rescued' ? (
          <button type="button" className="button" onClick={() => put(track)}>
            <FolderPlus size={16} aria-hidden="true" />
            {into.into}
          </button>
        ) : (
          <>
            {isInDanger(track) && (
              <button type="button" className="button" onClick={() => open(track)}>
                <Upload size={16} aria-hidden="true" />
                {words.bringIt}
              </button>
            )}
            {track.state !== 'lost' && (
              <button type="button" className="button" disabled={run.busy} onClick={() => run.run({ trackId: track.id })}>
                <RefreshCw size={16} aria-hidden="true" />
                {words.tryNow}
              </button>
            )}
          </>
        ),
    },
  ]
}

/** Its owner may have to help: it is lost, has failed, or has less than two days left. */
const isInDanger = ({ state, days_left }: Track): boolean =>
  state === 'lost' || state === 'retrying' || state === 'partial' || days_left < 2

/** How many days are left, as large as it matters. */
function DaysBox({ track }: { track: Track }) {
  const words = useWordsOf(rescueWords)
  if (track.state === 'rescued' || track.state === 'lost') return null
  const days = Math.max(0, Math.floor(track.days_left))
  const kind = track.days_left < 1 ? 'bad' : track.days_left < 2 ? 'warn' : ''
  return (
    <span className={`days-box ${kind}`}>
      <strong>{days}</strong>
      <span>{words.dayWord(days)}</span>
    </span>
  )
}
