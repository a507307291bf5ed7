/** The cover and its eye: the point that stays in sight however the picture is cut. */
import { type MouseEvent, useState } from 'react'
import { changeGallery, type Gallery, type Item } from '../../api.ts'
import { useTask } from '../../ui/answer.ts'
import { Dialog } from '../../ui/Dialog.tsx'
import { useLanguage, useWordsOf } from '../../ui/language.tsx'
import { Trouble } from '../../ui/Trouble.tsx'
import { galleryWords } from './words.ts'

interface CoverProps {
  gallery: Gallery
  item: Item
  close: () => void
  saved: () => void
}

export function CoverDialog({ gallery, item, close, saved }: CoverProps) {
  const own = useWordsOf(galleryWords)
  const same = gallery.cover_item === item.id
  const [x, setX] = useState(same ? gallery.cover_x : 0.5)
  const [y, setY] = useState(same ? gallery.cover_y : 0.5)
  const task = useTask(async () => {
    await changeGallery(gallery.id, { cover_item: item.id, cover_x: x, cover_y: y })
    saved()
  })
  const point = (event: MouseEvent<HTMLElement>) => {
    const box = event.currentTarget.getBoundingClientRect()
    setX(share((event.clientX - box.left) / box.width))
    setY(share((event.clientY - box.top) / box.height))
  }
  const place = `${x * 100}% ${y * 100}%`
  return (
    <Dialog title={own.coverTitle} close={close}>
      <p className="meta">{own.coverText}</p>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: pointing is a way of the mouse; the sliders are the way of the keyboard */}
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: the same */}
      <div className="eye-picture" onClick={point}>
        <img src={item.preview!} alt={item.name} draggable={false} />
        <span className="eye" style={{ left: `${x * 100}%`, top: `${y * 100}%` }} />
      </div>
      <Slider label={own.fromLeft} value={x} set={setX} />
      <Slider label={own.fromTop} value={y} set={setY} />
      <div className="cover-cuts" aria-hidden="true">
        <img src={item.preview!} alt="" className="wide-cut" style={{ objectPosition: place }} />
        <img src={item.preview!} alt="" className="tall-cut" style={{ objectPosition: place }} />
      </div>
      {task.refusal && <Trouble refusal={task.refusal} />}
      <div className="actions end">
        <button type="button" className="button main" disabled={task.busy} onClick={() => task.run()}>
          {own.save}
        </button>
      </div>
    </Dialog>
  )
}

function Slider({ label, value, set }: { label: string; value: number; set: (value: number) => void }) {
  const { fmt } = useLanguage()
  return (
    <label className="slider">
      <span>{label}</span>
      <input
        type="range"
        min={0}
        max={100}
        value={Math.round(value * 100)}
        aria-valuetext={fmt.percent(value * 100)}
        onChange={(event) => set(Number(event.target.value) / 100)}
      />
    </label>
  )
}

const share = (value: number) => Math.round(Math.min(1, Math.max(0, value)) * 1000) / 1000
