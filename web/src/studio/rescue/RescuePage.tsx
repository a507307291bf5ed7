/** Tracks that a provider will delete: how many are saved, how much time is left, what needs somebody. */
import { FolderPlus, LifeBuoy, Plus } from 'lucide-react'
import { useState } from 'react'
import type { AddedTrack, RescueRun, RescueRunInput, RescueStatistics, RescueWork, Track } from '../../api.ts'
import { useTask } from '../../ui/answer.ts'
import { List } from '../../ui/List.tsx'
import { useLanguage, useReason, useWordsOf } from '../../ui/language.tsx'
import { useListState } from '../../ui/list-state.ts'
import { Progress } from '../../ui/Progress.tsx'
import { Note, Trouble, Waiting } from '../../ui/Trouble.tsx'
import { PageHead } from '../PageHead.tsx'
import { useTimeLeft } from '../WorkProgress.tsx'
import { AddTrackDialog } from './AddTrackDialog.tsx'
import { useColumns } from './columns.tsx'
import { IntoGalleryDialog } from './IntoGalleryDialog.tsx'
import { intoWords } from './into-words.ts'
import { DaysLeft, Tiles } from './Numbers.tsx'
import { Placements } from './Placements.tsx'
import { runRescue, usePlacements, useSaving, useStatistics, useTracks } from './questions.ts'
import { TrackDialog } from './TrackDialog.tsx'
import { rescueWords } from './words.ts'

/** What the server is asked for each choice. */
const filters: Record<string, string> = {
  open: 'scheduled,rescuing,retrying,partial',
  failing: 'retrying,partial',
  lost: 'lost',
  saved: 'rescued',
  all: '',
}

export function Page() {
  const words = useWordsOf(rescueWords)
  const into = useWordsOf(intoWords)
  const numbers = useStatistics()
  const state = useListState({ sort: 'expires', order: 'asc', limit: 50 })
  const filter = filters[state.filter('show')] === undefined ? 'open' : state.filter('show')
  const answer = useTracks(queryOf(state.query, filters[filter]!))
  const [opened, open] = useState<Track>()
  const [told, tell] = useState<RescueRun>()
  const [adding, add] = useState(false)
  const [added, note] = useState<{ track: AddedTrack; title: string }>()
  const [putting, put] = useState<{ tracks: Track[]; begun: () => void }>()
  const placements = usePlacements()
  const saving = useSaving(() => {
    answer.again()
    numbers.again()
  })
  const run = useTask(async (input: RescueRunInput) => {
    tell(await runRescue(input))
    answer.again()
    numbers.again()
  })
  const empty = numbers.data?.total_tracks === 0
  const columns = useColumns({ open, put: (track) => put({ tracks: [track], begun: () => {} }), run })
  const intoGallery = (tracks: Track[], none: () => void) => (
    <button type="button" className="button" onClick={() => put({ tracks, begun: none })}>
      <FolderPlus size={16} aria-hidden="true" />
      {into.into}
    </button>
  )
  const addButton = (
    <button type="button" className={empty ? 'button main' : 'button'} onClick={() => add(true)}>
      <Plus size={17} aria-hidden="true" />
      {into.addTrack}
    </button>
  )
  return (
    <main className="page">
      <PageHead title={words.title} text={words.text}>
        {!empty && addButton}
        {!!numbers.data?.pending_archive && (
          <button type="button" className="button main" disabled={run.busy} onClick={() => run.run({ limit: 200 })}>
            <LifeBuoy size={17} aria-hidden="true" />
            {words.runAll}
          </button>
        )}
      </PageHead>
      {run.refusal && <Trouble refusal={run.refusal} />}
      {told && <Told run={told} tracks={answer.data?.rows ?? []} />}
      {added && <Added track={added.track} title={added.title} />}
      {placements.data && <Placements placements={placements.data.placements} again={placements.again} />}
      {!!numbers.data?.passed_over.total && <PassedOver numbers={numbers.data} />}
      {saving && <Saving work={saving} />}
      {numbers.refusal && !numbers.data && <Trouble refusal={numbers.refusal} retry={numbers.again} />}
      {!numbers.data && !numbers.refusal && <Waiting height={360} />}
      {numbers.data && !empty && (
        <>
          <Tiles numbers={numbers.data} />
          <DaysLeft numbers={numbers.data} />
        </>
      )}
      {(!empty || !numbers.data) && <h2>{filter === 'open' ? words.attention : words.filters[filter]}</h2>}
      <List
        label={words.attention}
        answer={answer}
        columns={columns}
        id={(track) => track.id}
        name={(track) => track.title}
        state={state}
        {...(filter === 'saved' || filter === 'all' ? { chosen: intoGallery } : {})}
        {...(empty ? {} : { search: words.search })}
        filters={
          !empty && (
            <select
              className="input filter"
              aria-label={words.show}
              value={filter}
              onChange={(event) => state.wish({ show: event.target.value === 'open' ? undefined : event.target.value })}
            >
              {Object.keys(filters).map((one) => (
                <option key={one} value={one}>
                  {words.filters[one]}
                </option>
              ))}
            </select>
          )
        }
        empty={{
          icon: <LifeBuoy size={28} aria-hidden="true" />,
          title: empty ? words.none : filter === 'open' ? words.allSaved : words.noneHere,
          ...(empty ? { text: words.noneText, action: addButton } : {}),
        }}
      />
      {adding && (
        <AddTrackDialog
          close={() => add(false)}
          added={(track, title) => {
            add(false)
            note({ track, title })
            answer.again()
            numbers.again()
          }}
        />
      )}
      {putting && (
        <IntoGalleryDialog
          tracks={putting.tracks}
          close={() => put(undefined)}
          begun={() => {
            put(undefined)
            putting.begun()
            placements.again()
          }}
        />
      )}
      {opened && (
        <TrackDialog
          track={opened}
          close={() => open(undefined)}
          saved={() => {
            answer.again()
            numbers.again()
          }}
          gone={() => {
            open(undefined)
            answer.again()
            numbers.again()
          }}
        />
      )}
    </main>
  )
}

/** The list is searched by `search`, and narrowed to these states. */
function queryOf(query: string, states: string): string {
  const asked = new URLSearchParams(query)
  const q = asked.get('q')
  asked.delete('q')
  asked.delete('order')
  if (q) asked.set('search', q)
  if (states) asked.set('state', states)
  return `?${asked}`
}

/** What providers made and is not saved here: nobody is to believe that it is. */
function PassedOver({ numbers: { passed_over } }: { numbers: RescueStatistics }) {
  const words = useWordsOf(rescueWords)
  const shown = passed_over.latest.slice(0, 5)
  const named = shown.map(({ provider, provider_ref, reason }) => `${provider} ${provider_ref} (${words.reasons[reason]})`)
  return (
    <Note kind="warn">
      {words.passedOver(passed_over.total)} {named.join(', ')}
      {passed_over.total > shown.length && ' …'}
    </Note>
  )
}

/** Tracks that are fetched now, by a click or by themselves. */
function Saving({ work: { saving, due, saved, total } }: { work: RescueWork }) {
  const words = useWordsOf(rescueWords)
  const { fmt } = useLanguage()
  const seconds = useTimeLeft(saved, saved + saving + due)
  return (
    <section className="card">
      <Progress
        step={saving ? words.savingNow(saving) : words.savingSoon}
        percent={Math.floor((saved / total) * 100)}
        facts={[words.savedSoFar(fmt.number(saved), fmt.number(total)), due > 0 && words.dueMore(due)]}
        seconds={seconds}
      />
    </section>
  )
}

function Added({ track, title }: { track: AddedTrack; title: string }) {
  const words = useWordsOf(intoWords)
  if (track.state === 'deleted') return <Note kind="warn">{words.deletedBefore}</Note>
  return <Note kind="ok">{track.added ? words.added(title) : words.knownBefore(title)}</Note>
}

/** The answer has the words of 002, which know no codes; the tracks in the list do. */
function Told({ run: { results }, tracks }: { run: RescueRun; tracks: Track[] }) {
  const words = useWordsOf(rescueWords)
  const why = useReason()
  const codeOf = (id: string) => tracks.find((track) => track.id === id)?.error_code ?? null
  if (results.total === 0) return <Note kind="plain">{words.ranNone}</Note>
  return (
    <Note kind={results.failed ? 'warn' : 'ok'}>
      {results.succeeded > 0 && <p>{words.ran(results.succeeded)}</p>}
      {results.failed > 0 && (
        <p>
          {words.ranFailed(results.failed)}{' '}
          {results.errors.map(({ trackId, title, error }) => `${title}: ${why(codeOf(trackId), error)}`).join('; ')}
        </p>
      )}
    </Note>
  )
}
