/** The photos of a gallery as the photographer works with them: order, chapters, what guests do not see, the cover. */
import { ArrowDownUp, Images, SquareCheck } from 'lucide-react'
import { useMemo, useRef, useState } from 'react'
import { type Gallery, type Item, markItems, orderItems, type Page, removeItem } from '../../api.ts'
import { type Answer, useTask } from '../../ui/answer.ts'
import { chaptersOf } from '../../ui/chapters.ts'
import { Confirm } from '../../ui/Dialog.tsx'
import { useLanguage, useWordsOf } from '../../ui/language.tsx'
import { Menu } from '../../ui/Menu.tsx'
import { Empty, Trouble, Waiting } from '../../ui/Trouble.tsx'
import { Wall } from '../../ui/Wall.tsx'
import { useWords } from '../words.tsx'
import { ChapterDialog } from './ChapterDialog.tsx'
import { CoverDialog } from './CoverDialog.tsx'
import { LookDialog } from './LookDialog.tsx'
import { PhotoTile, type TileWork } from './PhotoTile.tsx'
import { galleryWords } from './words.ts'

interface Props {
  gallery: Gallery
  items: Answer<Page<Item>>
  changed: () => void
  sending: boolean
}
type Opened = { what: 'look' | 'remove' | 'cover' | 'chapter'; items: Item[] }

export function PhotosCard({ gallery, items, changed, sending }: Props) {
  const words = useWords()
  const own = useWordsOf(galleryWords)
  const { fmt } = useLanguage()
  const [opened, open] = useState<Opened | null>(null)
  const [choosing, setChoosing] = useState(false)
  const [chosen, choose] = useState<ReadonlySet<string>>(new Set())
  const { data, refusal, again } = items
  const all = data?.rows
  const chapters = useMemo(() => chaptersOf(all ?? []), [all])
  const task = useTask(async (work: () => Promise<unknown>) => {
    await work()
    open(null)
    changed()
  })
  const last = useRef<string>(undefined)
  const done = () => {
    setChoosing(false)
    choose(new Set())
    last.current = undefined
  }
  const picked = all?.filter((item) => chosen.has(item.id)) ?? []
  const mark = (some: Item[], change: { chapter?: string | null; hidden?: boolean }) =>
    task.run(() => markItems(gallery.id, { items: some.map(({ id }) => id), ...change })).then(done)
  const move = (some: string[], before: string | null) => task.run(() => orderItems(gallery.id, { items: some, before }))
  const may = gallery.state === 'draft' || gallery.state === 'active'
  const work: TileWork = {
    archived: gallery.state === 'archived',
    cover: gallery.cover_item,
    choosing,
    chosen,
    may,
    toggle(item, through) {
      const order = chapters.flatMap(({ items }) => items.map(({ id }) => id))
      const [a, b] = [order.indexOf(last.current ?? item.id), order.indexOf(item.id)]
      // with Shift all between the last one and this
      const some = through && a >= 0 ? order.slice(Math.min(a, b), Math.max(a, b) + 1) : [item.id]
      const on = !chosen.has(item.id)
      last.current = item.id
      choose((old) => new Set(on ? [...old, ...some] : [...old].filter((id) => !some.includes(id))))
    },
    open: (what, item) => open({ what, items: [item] }),
    hide: (item) => void mark([item], { hidden: !item.hidden }),
    move(item, to) {
      const beside = chapters.find(({ name }) => name === item.chapter)!.items
      const at = beside.findIndex(({ id }) => id === item.id)
      if (to === 'first') void move([item.id], all?.find(({ id }) => id !== item.id)?.id ?? null)
      else if (to === 'last') void move([item.id], null)
      else if (to === 'earlier') void move([item.id], beside[at - 1]!.id)
      // the next one of its chapter goes before it: whatever of other chapters lies between stays where it is
      else void move([beside[at + 1]!.id], item.id)
    },
    // a chosen photo takes the others with it
    drop: (dragged, target) => dragged !== target.id && void move(chosen.has(dragged) ? [...chosen] : [dragged], target.id),
  }
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
      {may && !!all?.length && (
        <div className="actions">
          <button type="button" className="button" aria-pressed={choosing} onClick={() => (choosing ? done() : setChoosing(true))}>
            <SquareCheck size={16} aria-hidden="true" />
            {choosing ? own.chooseDone : own.choose}
          </button>
          <Menu
            label={own.order}
            trigger={
              <button type="button" className="button" disabled={task.busy}>
                <ArrowDownUp size={16} aria-hidden="true" />
                {own.order}
              </button>
            }
            choices={[
              { name: own.byCapture, pick: () => void task.run(() => orderItems(gallery.id, { by: 'captured' })) },
              { name: own.byName, pick: () => void task.run(() => orderItems(gallery.id, { by: 'name' })) },
            ]}
          />
          {choosing ? (
            <>
              <button type="button" className="button bare" onClick={() => choose(new Set(all.map(({ id }) => id)))}>
                {own.chooseAll}
              </button>
              <span className="meta drag-hint">{own.rangeHint}</span>
            </>
          ) : (
            <span className="meta drag-hint">{own.dragHint}</span>
          )}
        </div>
      )}
      {picked.length > 0 && (
        <div className="chosen" role="status">
          <span>{own.chosen(picked.length)}</span>
          <button type="button" className="button" disabled={task.busy} onClick={() => open({ what: 'chapter', items: picked })}>
            {own.chapter}
          </button>
          <button
            type="button"
            className="button"
            disabled={task.busy}
            onClick={() => mark(picked, { hidden: !picked.every((item) => item.hidden) })}
          >
            {picked.every((item) => item.hidden) ? own.show : own.hide}
          </button>
          <button type="button" className="button danger" disabled={task.busy} onClick={() => open({ what: 'remove', items: picked })}>
            {own.remove}
          </button>
        </div>
      )}
      {refusal && <Trouble refusal={refusal} retry={again} />}
      {task.refusal && <Trouble refusal={task.refusal} />}
      {!data && !refusal && <Waiting height={300} />}
      {all?.length === 0 && !sending && (
        <Empty icon={<Images size={28} aria-hidden="true" />} title={words.noPhotosTitle}>
          <p>{words.noPhotos}</p>
        </Empty>
      )}
      {chapters.map((chapter) => (
        <div key={chapter.name ?? ''} className="stack tight">
          {chapter.name !== null && <h3 className="chapter serif">{chapter.name}</h3>}
          <Wall
            dense
            items={chapter.items}
            label={chapter.name ?? words.photosTitle}
            tile={(item, n) => <PhotoTile item={item} work={work} first={n === 0} last={n === chapter.items.length - 1} />}
          />
        </div>
      ))}
      {opened?.what === 'look' && <LookDialog item={opened.items[0]!} close={() => open(null)} />}
      {opened?.what === 'remove' && (
        <Confirm
          title={words.removePhotoTitle}
          text={words.removePhotoText(opened.items.length === 1 ? opened.items[0]!.name : words.photos(opened.items.length))}
          action={own.remove}
          busy={task.busy}
          close={() => open(null)}
          confirm={() =>
            task
              .run(async () => {
                for (const item of opened.items) await removeItem(gallery.id, item.id)
              })
              .then(done)
          }
        />
      )}
      {opened?.what === 'chapter' && (
        <ChapterDialog
          items={opened.items}
          known={chapters.flatMap(({ name }) => name ?? [])}
          busy={task.busy}
          refusal={task.refusal}
          close={() => open(null)}
          put={(chapter) => void mark(opened.items, { chapter })}
        />
      )}
      {opened?.what === 'cover' && (
        <CoverDialog
          gallery={gallery}
          item={opened.items[0]!}
          close={() => open(null)}
          saved={() => {
            open(null)
            changed()
          }}
        />
      )}
    </section>
  )
}
