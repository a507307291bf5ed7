/** The photos of a gallery as the photographer works with them. */
import { CircleSlash, FileImage, Images, LoaderCircle, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { type Gallery, type Item, type Page, removeItem } from '../../api.ts'
import { type Answer, useTask } from '../../ui/answer.ts'
import { Confirm } from '../../ui/Dialog.tsx'
import { useLanguage } from '../../ui/language.tsx'
import { Empty, Trouble, Waiting } from '../../ui/Trouble.tsx'
import { Wall } from '../../ui/Wall.tsx'
import { useWords } from '../words.tsx'

interface Props {
  gallery: Gallery
  items: Answer<Page<Item>>
  changed: () => void
  sending: boolean
}

export function PhotosCard({ gallery, items, changed, sending }: Props) {
  const words = useWords()
  const { fmt } = useLanguage()
  const [leaving, leave] = useState<Item | null>(null)
  const task = useTask(async (item: Item) => {
    await removeItem(gallery.id, item.id)
    leave(null)
    changed()
  })
  const { data, refusal, again } = items
  return (
    <section className="stack tight">
      <div className="section-head">
        <h2>{words.photosTitle}</h2>
        {gallery.photos > 0 && (
          <p className="meta">
            {words.photos(gallery.photos)} · {fmt.bytes(gallery.bytes)}
          </p>
        )}
      </div>
      {refusal && <Trouble refusal={refusal} retry={again} />}
      {task.refusal && <Trouble refusal={task.refusal} />}
      {!data && !refusal && <Waiting height={300} />}
      {data?.rows.length === 0 && !sending && (
        <Empty icon={<Images size={28} aria-hidden="true" />} title={words.noPhotosTitle}>
          <p>{words.noPhotos}</p>
        </Empty>
      )}
      {!!data?.rows.length && (
        <Wall dense items={data.rows} label={words.photosTitle} tile={(item) => <Tile item={item} remove={() => leave(item)} />} />
      )}
      {leaving && (
        <Confirm
          title={words.removePhotoTitle}
          text={words.removePhotoText(leaving.name)}
          action={words.remove}
          busy={task.busy}
          close={() => leave(null)}
          confirm={() => task.run(leaving)}
        />
      )}
    </section>
  )
}

function Tile({ item, remove }: { item: Item; remove: () => void }) {
  const words = useWords()
  const missing = item.state === 'missing'
  return (
    <div className="photo">
      {item.thumbnail && !missing ? (
        <img src={item.thumbnail} alt={item.name} title={item.name} decoding="async" draggable={false} />
      ) : (
        <div className="photo-none">
          {missing ? (
            <CircleSlash size={20} aria-hidden="true" />
          ) : item.render_state === 'waiting' ? (
            <LoaderCircle size={20} className="turn" aria-hidden="true" />
          ) : (
            <FileImage size={20} aria-hidden="true" />
          )}
          <strong>{item.name}</strong>
          <span>{missing ? words.missing : item.render_state === 'waiting' ? words.pictureWaiting : words.pictureFailed}</span>
        </div>
      )}
      <button type="button" className="photo-remove" aria-label={words.removePhoto(item.name)} onClick={remove}>
        <Trash2 size={17} aria-hidden="true" />
      </button>
    </div>
  )
}
