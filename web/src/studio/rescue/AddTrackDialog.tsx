/** A track by hand: where its files lie at the provider. What is wrong is said beside its field, before anything is sent. */
import { type FormEvent, useId, useState } from 'react'
import type { AddedTrack, TrackInput } from '../../api.ts'
import { useTask } from '../../ui/answer.ts'
import { Dialog } from '../../ui/Dialog.tsx'
import { useWordsOf } from '../../ui/language.tsx'
import { Trouble } from '../../ui/Trouble.tsx'
import { Field } from '../Door.tsx'
import { intoWords } from './into-words.ts'
import { addTrack } from './questions.ts'

type Wrong = 'provider' | 'audio' | 'cover' | 'video'

export function AddTrackDialog({ close, added }: { close: () => void; added: (track: AddedTrack, title: string) => void }) {
  const words = useWordsOf(intoWords)
  const [wrong, set] = useState<Wrong[]>([])
  const known = useId()
  const task = useTask(async (input: TrackInput) => {
    const track = await addTrack(input)
    added(track, input.title ?? input.audio_url)
  })
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = event.currentTarget
    const data = new FormData(form)
    const text = (name: string) => String(data.get(name)).trim()
    const [provider, audio, cover, video] = ['provider', 'audio', 'cover', 'video'].map(text) as [string, string, string, string]
    const found: Wrong[] = []
    if (!isAddress(audio)) found.push('audio')
    if (provider && !/^[a-z0-9][a-z0-9._-]{0,49}$/i.test(provider)) found.push('provider')
    if (cover && !isAddress(cover)) found.push('cover')
    if (video && !isAddress(video)) found.push('video')
    set(found)
    if (found[0]) return form.querySelector<HTMLInputElement>(`[name=${found[0]}]`)!.focus()
    void task.run({
      audio_url: audio,
      cover_url: cover || null,
      video_url: video || null,
      ...(text('title') && { title: text('title') }),
      ...(provider && { provider: provider.toLowerCase() }),
    })
  }
  const why = (name: Wrong) => (wrong.includes(name) ? (name === 'provider' ? words.noProvider : words.noAddress) : undefined)
  return (
    <Dialog title={words.addTrack} close={close}>
      <form className="stack tight" onSubmit={submit} noValidate>
        <p>{words.addText}</p>
        <Field {...plain} name="audio" label={words.audio} wrong={why('audio')} placeholder="https://" inputMode="url" />
        <Field {...plain} name="title" label={words.trackTitle} hint={words.titleHint} maxLength={300} optional />
        <Field {...plain} name="provider" label={words.provider} hint={words.providerHint} wrong={why('provider')} list={known} optional />
        <datalist id={known}>
          {['suno', 'mureka', 'replicate'].map((name) => (
            <option key={name} value={name} />
          ))}
        </datalist>
        <Field {...plain} name="cover" label={words.cover} wrong={why('cover')} inputMode="url" optional />
        <Field {...plain} name="video" label={words.video} wrong={why('video')} inputMode="url" optional />
        {task.refusal && <Trouble refusal={task.refusal} />}
        <div className="actions end">
          <button type="submit" className="button main" disabled={task.busy}>
            {words.add}
          </button>
        </div>
      </form>
    </Dialog>
  )
}

const plain = { autoComplete: 'off', spellCheck: false, maxLength: 2000 }
const isAddress = (text: string) => /^https?:$/.test(URL.parse(text)?.protocol ?? '')
