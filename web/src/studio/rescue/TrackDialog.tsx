/** One track: its files, every try with what was said, and our copy. */
import { useState } from 'react'
import type { Track, TrackDetails } from '../../api.ts'
import { useTask } from '../../ui/answer.ts'
import { Confirm, Dialog } from '../../ui/Dialog.tsx'
import { useLanguage, useReason, useWordsOf } from '../../ui/language.tsx'
import { Trouble, Waiting } from '../../ui/Trouble.tsx'
import { BringFile } from './BringFile.tsx'
import { deleteTrack, useTrack } from './questions.ts'
import { rescueWords } from './words.ts'

export function TrackDialog({ track, close, gone, saved }: { track: Track; close: () => void; gone: () => void; saved: () => void }) {
  const words = useWordsOf(rescueWords)
  const why = useReason()
  const { data, refusal, again, put } = useTrack(track.id)
  const { error, error_code } = data ?? track
  const [asking, ask] = useState(false)
  const remove = useTask(async () => {
    await deleteTrack(track.id)
    gone()
  })
  const brought = (now: TrackDetails) => {
    put(now)
    saved()
  }
  if (asking)
    return (
      <Confirm
        title={words.removeTitle}
        text={words.removeText(track.title)}
        action={words.remove}
        busy={remove.busy}
        close={() => ask(false)}
        confirm={() => void remove.run()}
      />
    )
  return (
    <Dialog title={track.title} close={close}>
      <p className="meta">{[track.artist, track.provider, track.provider_ref].filter(Boolean).join(' · ')}</p>
      {error && <div className="note bad">{why(error_code, error)}</div>}
      {refusal && !data && <Trouble refusal={refusal} retry={again} />}
      {!data && !refusal && <Waiting height={220} />}
      {data && <Details track={data} brought={brought} />}
      {remove.refusal && <Trouble refusal={remove.refusal} />}
      <div className="actions end">
        <button type="button" className="button danger" onClick={() => ask(true)}>
          {words.remove}
        </button>
      </div>
    </Dialog>
  )
}

function Details({ track, brought }: { track: TrackDetails; brought: (track: TrackDetails) => void }) {
  const words = useWordsOf(rescueWords)
  const { fmt } = useLanguage()
  const why = useReason()
  return (
    <>
      {track.storage_audio_url && (
        // biome-ignore lint/a11y/useMediaCaption: it is music
        <audio controls preload="none" src={track.storage_audio_url} aria-label={words.listen} />
      )}
      <h3>{words.files}</h3>
      <ul className="plain-rows">
        {track.media.map((media) => (
          <li key={media.role}>
            <span>
              {words.roles[media.role]}: {words.fileStates[media.state]}
              {media.size !== null && `, ${fmt.bytes(media.size)}`}
            </span>
            {media.error && <span className="row-error">{why(media.error_code, media.error)}</span>}
            {media.state !== 'stored' && <BringFile track={track} role={media.role} done={brought} />}
          </li>
        ))}
      </ul>
      <h3>{words.history}</h3>
      {track.rounds.length === 0 && <p className="meta">{words.noTries}</p>}
      <ol className="plain-rows">
        {track.rounds.map((round) => (
          <li key={round.started_at}>
            <span>
              {fmt.moment(round.started_at)}: {round.outcome ? words.outcomes[round.outcome] : words.underWay}
            </span>
            {round.error && <span className="row-error">{why(round.error_code, round.error)}</span>}
          </li>
        ))}
      </ol>
    </>
  )
}
