/** What guests get of photos: which sizes to download, and whether they see the watermark. */
import { Link } from '@tanstack/react-router'
import { Check, Info } from 'lucide-react'
import { useId, useRef, useState } from 'react'
import { changeGallery, type Gallery, type Item, type Marking, type Watermark } from '../../api.ts'
import { useTask } from '../../ui/answer.ts'
import { useLanguage, useWordsOf } from '../../ui/language.tsx'
import { Progress } from '../../ui/Progress.tsx'
import { Trouble } from '../../ui/Trouble.tsx'
import { MarkedPhoto } from '../watermark/MarkedPhoto.tsx'
import { useMarking, useWatermark } from '../watermark/questions.ts'
import { watermarkWords } from '../watermark/words.ts'

interface Props {
  gallery: Gallery
  items: Item[]
  put: (gallery: Gallery) => void
}
type Sizes = 'original' | 'screen' | 'none'
type Choices = Partial<Pick<Gallery, 'download_enabled' | 'download_size' | 'watermark'>>

export function GuestsCard({ gallery, items, put }: Props) {
  const words = useWordsOf(watermarkWords)
  const title = useId()
  const mark = useWatermark()
  const marking = useMarking(gallery.id)
  const { seen, change, saved, refusal } = useChanges(gallery, (changed) => {
    put(changed)
    marking.again()
  })
  const sizes: Sizes = seen.download_enabled ? seen.download_size : 'none'
  const take = (size: Sizes) => change(size === 'none' ? { download_enabled: false } : { download_enabled: true, download_size: size })
  const watermark = mark.data?.watermark
  return (
    <section className="card stack tight" aria-labelledby={title}>
      <div className="section-head">
        <h2 id={title}>{words.guests}</h2>
        <span className="saved" role="status">
          {saved && (
            <>
              <Check size={16} aria-hidden="true" /> {words.saved}
            </>
          )}
        </span>
      </div>
      <fieldset className="choices">
        <legend className="label">{words.downloads}</legend>
        {(['original', 'screen', 'none'] as const).map((size) => (
          <Radio
            key={size}
            group="sizes"
            title={words.sizes[size]}
            says={words.sizesFor[size]}
            on={sizes === size}
            pick={() => take(size)}
          />
        ))}
      </fieldset>
      {sizes === 'screen' && (
        <p className="aside meta">
          <Info size={16} aria-hidden="true" />
          {words.letters}
        </p>
      )}
      <fieldset className="choices" disabled={!watermark}>
        <legend className="label">{words.title}</legend>
        {(['off', 'view', 'downloads'] satisfies Marking[]).map((name) => (
          <Radio
            key={name}
            group="watermark"
            title={words.markings[name]}
            on={seen.watermark === name}
            pick={() => change({ watermark: name })}
          />
        ))}
      </fieldset>
      {refusal && <Trouble refusal={refusal} />}
      {mark.refusal && !mark.data && <Trouble refusal={mark.refusal} retry={mark.again} />}
      {gallery.watermark !== 'off' && marking.data?.drawing && <Drawing {...marking.data} />}
      {watermark && seen.watermark !== 'off' && <Sample gallery={gallery} items={items} watermark={watermark} />}
      {mark.data && (
        <p className="meta">
          {!watermark && `${words.unmade} `}
          <Link to="/settings/watermark">{words.toWatermark}</Link>
        </p>
      )}
    </section>
  )
}

/** Each choice is saved at once. Who goes over them with the arrow keys is not held up: what was chosen last is sent last. */
function useChanges(gallery: Gallery, put: (gallery: Gallery) => void) {
  const [chosen, choose] = useState<Choices>({})
  const [saved, setSaved] = useState(false)
  const waiting = useRef<Choices>({})
  const task = useTask(async () => {
    try {
      while (Object.keys(waiting.current).length) {
        const next = waiting.current
        waiting.current = {}
        put(await changeGallery(gallery.id, next))
      }
      setSaved(true)
    } finally {
      waiting.current = {}
      choose({})
    }
  })
  const change = (part: Choices) => {
    setSaved(false)
    waiting.current = { ...waiting.current, ...part }
    choose((old) => ({ ...old, ...part }))
    void task.run()
  }
  return { seen: { ...gallery, ...chosen }, change, saved, refusal: task.refusal }
}

function Radio(props: { group: string; title: string; says?: string; on: boolean; pick: () => void }) {
  return (
    <label className="choice">
      <input type="radio" name={props.group} checked={props.on} onChange={props.pick} />
      <span>
        {props.title}
        {props.says && <span className="meta">{props.says}</span>}
      </span>
    </label>
  )
}

function Drawing({ photos, marked }: { photos: number; marked: number }) {
  const words = useWordsOf(watermarkWords)
  const { fmt } = useLanguage()
  return (
    <div>
      <Progress
        step={words.drawing}
        percent={Math.floor((100 * marked) / photos)}
        facts={[words.drawn(fmt.number(marked), fmt.number(photos))]}
      />
      <p className="meta">{words.drawingNote}</p>
    </div>
  )
}

/** On the cover, or else on the first photo that can be shown. */
function Sample({ gallery, items, watermark }: { gallery: Gallery; items: Item[]; watermark: Watermark }) {
  const words = useWordsOf(watermarkWords)
  const shown = items.filter((item) => item.kind === 'photo' && item.preview && item.width && item.height)
  const item = shown.find((one) => one.id === gallery.cover_item) ?? shown.find((one) => !one.hidden)
  if (!item) return <p className="meta">{words.noSample}</p>
  const fit = Math.min(1, 2048 / Math.max(item.width!, item.height!))
  const size = { width: Math.round(item.width! * fit), height: Math.round(item.height! * fit) }
  return (
    <MarkedPhoto size={size} mark={watermark} placing={watermark} label={words.sampleOf(item.name)}>
      <image href={item.medium ?? item.preview!} width={size.width} height={size.height} preserveAspectRatio="none" />
    </MarkedPhoto>
  )
}
