/** The owner's watermark: words or a picture, where it stands and how strong it is; seen while it is changed. */
import { Check, Trash2, Upload } from 'lucide-react'
import { type FormEvent, useEffect, useId, useRef, useState } from 'react'
import { unplaced } from '../../../../sdk/src/watermark.ts'
import type { MarkPlacing, MarkPosition, Watermark } from '../../api.ts'
import { useTask } from '../../ui/answer.ts'
import { useLanguage, useWordsOf } from '../../ui/language.tsx'
import { Note, Trouble, Waiting } from '../../ui/Trouble.tsx'
import { SettingsFrame } from '../settings/SettingsFrame.tsx'
import { type Drawn, drawFile, drawText } from './draw.ts'
import { MarkedPhoto } from './MarkedPhoto.tsx'
import { dropWatermark, placeWatermark, sendMark, useWatermark } from './questions.ts'
import { watermarkWords } from './words.ts'

export function Page() {
  const { data, refusal, put, again } = useWatermark()
  const words = useWordsOf(watermarkWords)
  return (
    <SettingsFrame tab="watermark">
      <p className="meta">{words.text}</p>
      {refusal && !data && <Trouble refusal={refusal} retry={again} />}
      {!data && !refusal && <Waiting height={520} />}
      {data && <Editor watermark={data.watermark} put={(watermark) => put({ watermark })} />}
    </SettingsFrame>
  )
}

/** A picture that is not sent yet. */
type Draft = Drawn & { image: string; text: string | null }

function Editor({ watermark, put }: { watermark: Watermark | null; put: (watermark: Watermark | null) => void }) {
  const words = useWordsOf(watermarkWords)
  const { fmt } = useLanguage()
  const ids = { text: useId(), position: useId() }
  const [text, setText] = useState(watermark?.text ?? '')
  const [draft, setDraft] = useDraft()
  const [placing, place] = useState<MarkPlacing>(watermark ?? unplaced)
  const [unreadable, setUnreadable] = useState(false)
  const [saved, setSaved] = useState(false)
  const file = useRef<HTMLInputElement>(null)
  const typed = useRef(0)
  const change = (part: Partial<MarkPlacing>) => {
    setSaved(false)
    place((old) => ({ ...old, ...part }))
  }
  const write = async (value: string) => {
    setText(value)
    setSaved(false)
    const said = value.trim()
    const turn = ++typed.current
    const next = said && said !== watermark?.text ? { ...(await drawText(said)), text: said } : null
    // who types on is drawn anew, and pictures may be ready in another order
    if (turn === typed.current) setDraft(next)
  }
  const read = async (picture: File | undefined) => {
    if (!picture) return
    setSaved(false)
    const drawn = await drawFile(picture).catch(() => null)
    setUnreadable(!drawn)
    if (!drawn) return
    setText('')
    setDraft({ ...drawn, text: null })
  }
  const saving = useTask(async () => {
    if (draft) await sendMark(draft.picture, draft.text)
    const { position, opacity, scale } = placing
    put(await placeWatermark({ position, opacity, scale }))
    setDraft(null)
    setSaved(true)
  })
  const removal = useTask(async () => {
    await dropWatermark()
    setText('')
    setDraft(null)
    put(null)
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    void saving.run()
  }
  const shown = draft ?? watermark
  return (
    <form className="watermark" onSubmit={submit}>
      <div className="watermark-sample">
        {shown ? (
          <MarkedPhoto size={{ width: 1500, height: 1000 }} mark={shown} placing={placing} label={words.sample}>
            <Landscape />
          </MarkedPhoto>
        ) : (
          <svg className="marked-photo" viewBox="0 0 1500 1000" role="img" aria-label={words.none}>
            <Landscape />
          </svg>
        )}
      </div>
      <div className="card stack">
        <div className="field">
          <label htmlFor={ids.text}>{words.words}</label>
          <input
            id={ids.text}
            className="input"
            value={text}
            maxLength={100}
            autoComplete="off"
            placeholder="© Ida Photo"
            aria-describedby={`${ids.text}-hint`}
            onChange={(event) => void write(event.target.value)}
          />
          <p id={`${ids.text}-hint`} className="meta">
            {words.wordsHint}
          </p>
        </div>
        <div className="field">
          <span className="label">{words.picture}</span>
          <div className="actions">
            <button type="button" className="button" onClick={() => file.current?.click()}>
              <Upload size={16} aria-hidden="true" />
              {words.chooseFile}
            </button>
            <input
              ref={file}
              type="file"
              accept="image/png,image/webp"
              hidden
              onChange={(event) => {
                void read(event.target.files?.[0])
                event.target.value = ''
              }}
            />
          </div>
          <p className="meta">{words.pictureHint}</p>
          {unreadable && <Note kind="warn">{words.notPicture}</Note>}
        </div>
        <div className="field">
          <label htmlFor={ids.position}>{words.position}</label>
          <select
            id={ids.position}
            className="input"
            value={placing.position}
            onChange={(event) => change({ position: event.target.value as MarkPosition })}
          >
            {Object.entries(words.positions).map(([name, says]) => (
              <option key={name} value={name}>
                {says}
              </option>
            ))}
          </select>
        </div>
        <div>
          {(['opacity', 'scale'] as const).map((name) => (
            <label key={name} className="slider">
              <span>{words[name]}</span>
              <input
                type="range"
                min={5}
                max={100}
                step={5}
                value={Math.round(placing[name] * 100)}
                aria-valuetext={fmt.percent(placing[name] * 100)}
                onChange={(event) => change({ [name]: Number(event.target.value) / 100 })}
              />
            </label>
          ))}
        </div>
        {saving.refusal && <Trouble refusal={saving.refusal} />}
        {removal.refusal && <Trouble refusal={removal.refusal} />}
        <div className="actions">
          <button type="submit" className="button main" disabled={saving.busy || !shown}>
            {words.save}
          </button>
          {watermark && (
            <button type="button" className="button bare danger" disabled={removal.busy} onClick={() => removal.run()}>
              <Trash2 size={16} aria-hidden="true" />
              {words.remove}
            </button>
          )}
        </div>
        <p className="saved" role="status">
          {saved && (
            <>
              <Check size={16} aria-hidden="true" /> {words.savedDrawing}
            </>
          )}
        </p>
      </div>
    </form>
  )
}

/** The picture in hand, with an address for as long as it is shown. */
function useDraft(): [Draft | null, (draft: Omit<Draft, 'image'> | null) => void] {
  const [draft, set] = useState<Draft | null>(null)
  useEffect(() => () => void (draft && URL.revokeObjectURL(draft.image)), [draft])
  return [draft, (next) => set(next && { ...next, image: URL.createObjectURL(next.picture) })]
}

/** Bright and dark, so that both are judged at once. */
function Landscape() {
  return (
    <>
      <defs>
        <linearGradient id="sky" x2="0" y2="1">
          <stop offset="0" stopColor="#f3e3cf" />
          <stop offset="1" stopColor="#b9c3cc" />
        </linearGradient>
        <linearGradient id="hill" x2="0" y2="1">
          <stop offset="0" stopColor="#5d6a63" />
          <stop offset="1" stopColor="#1f2624" />
        </linearGradient>
      </defs>
      <rect width="1500" height="1000" fill="url(#sky)" />
      <circle cx="1110" cy="300" r="90" fill="#fff7ea" />
      <path d="M0 640 Q320 470 720 600 T1500 520 V1000 H0Z" fill="#8b978f" />
      <path d="M0 760 Q420 620 820 730 T1500 690 V1000 H0Z" fill="url(#hill)" />
    </>
  )
}
