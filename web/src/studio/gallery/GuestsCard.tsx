/** What guests get of photos: which sizes to download, and whether they see the watermark. */
import { Link } from '@tanstack/react-router'
import { Check, Info } from 'lucide-react'
import { useId, useState } from 'react'
import { changeGallery, type Gallery, type GalleryInput, type Item, type Marking, type Watermark } from '../../api.ts'
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

export function GuestsCard({ gallery, items, put }: Props) {
  const words = useWordsOf(watermarkWords)
  const title = useId()
  const [saved, setSaved] = useState(false)
  const mark = useWatermark()
  const marking = useMarking(gallery.id)
  const task = useTask(async (change: Partial<GalleryInput>) => {
    setSaved(false)
    put(await changeGallery(gallery.id, change))
    marking.again()
    setSaved(true)
  })
  const sizes: Sizes = gallery.download_enabled ? gallery.download_size : 'none'
  const take = (size: Sizes) => task.run(size === 'none' ? { download_enabled: false } : { download_enabled: true, download_size: size })
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
      <fieldset className="choices" disabled={task.busy}>
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
      <fieldset className="choices" disabled={task.busy || !watermark}>
        <legend className="label">{words.title}</legend>
        {(['off', 'view', 'downloads'] satisfies Marking[]).map((name) => (
          <Radio
            key={name}
            group="watermark"
            title={words.markings[name]}
            on={gallery.watermark === name}
            pick={() => task.run({ watermark: name })}
          />
        ))}
      </fieldset>
      {task.refusal && <Trouble refusal={task.refusal} />}
      {mark.refusal && !mark.data && <Trouble refusal={mark.refusal} retry={mark.again} />}
      {gallery.watermark !== 'off' && marking.data?.drawing && <Drawing {...marking.data} />}
      {watermark && gallery.watermark !== 'off' && <Sample gallery={gallery} items={items} watermark={watermark} />}
      {mark.data && (
        <p className="meta">
          {!watermark && `${words.unmade} `}
          <Link to="/settings/watermark">{words.toWatermark}</Link>
        </p>
      )}
    </section>
  )
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
