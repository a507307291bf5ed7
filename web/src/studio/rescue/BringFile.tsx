/** A file of a track that its owner has: chosen here, sent, looked at by the server, kept. */
import { Upload } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import type { MediaRole, TrackDetails } from '../../api.ts'
import { useLanguage, useWordsOf } from '../../ui/language.tsx'
import { Progress } from '../../ui/Progress.tsx'
import { type Refusal, refusalOf } from '../../ui/refusal.ts'
import { Trouble } from '../../ui/Trouble.tsx'
import { bringFile } from './questions.ts'
import { rescueWords } from './words.ts'

const accepted: Record<MediaRole, string> = { audio: 'audio/*', cover: 'image/*', video: 'video/*' }

export function BringFile({ track, role, done }: { track: TrackDetails; role: MediaRole; done: (track: TrackDetails) => void }) {
  const words = useWordsOf(rescueWords)
  const { say } = useLanguage()
  const [share, tell] = useState<number>()
  const [refusal, refuse] = useState<Refusal>()
  const input = useRef<HTMLInputElement>(null)
  const stop = useRef<AbortController>(undefined)
  // who closes the page of the track does not wait for it
  useEffect(() => () => stop.current?.abort(), [])
  const send = async (file: File) => {
    const mine = new AbortController()
    stop.current = mine
    refuse(undefined)
    tell(0)
    try {
      done(await bringFile(track.id, role, file, { sent: tell, signal: mine.signal }))
    } catch (error) {
      if (!mine.signal.aborted) refuse(refusalOf(error))
    } finally {
      tell(undefined)
    }
  }
  return (
    <div className="bring">
      {refusal && <Trouble refusal={refusal} />}
      {share === undefined ? (
        <button type="button" className="button" onClick={() => input.current!.click()}>
          <Upload size={16} aria-hidden="true" />
          {words.bring[role]}
        </button>
      ) : (
        <>
          <Progress step={share < 1 ? words.sending : words.looking} percent={Math.floor(share * 100)} />
          <button type="button" className="button" onClick={() => stop.current?.abort()}>
            {say.cancel}
          </button>
        </>
      )}
      <input
        ref={input}
        type="file"
        hidden
        aria-label={words.bring[role]}
        accept={accepted[role]}
        onChange={(event) => {
          const [file] = event.target.files ?? []
          // the same file may be chosen again
          event.target.value = ''
          if (file) void send(file)
        }}
      />
    </div>
  )
}
