/** The sheet of downloads: which photos, in which size; then how far they are packed, and the files. */
import { Download as Arrow, Check } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import type { ExportSize, GuestGallery, Item } from '../api.ts'
import { useTask } from '../ui/answer.ts'
import { Dialog } from '../ui/Dialog.tsx'
import { useLanguage } from '../ui/language.tsx'
import type { Refusal } from '../ui/refusal.ts'
import { Trouble, Waiting } from '../ui/Trouble.tsx'
import { askDownload, askExport } from './api.ts'
import { chaptersOf } from './Bar.tsx'
import type { Made } from './begin.ts'
import type { Marks } from './marks.ts'
import { Packing } from './Packing.tsx'
import { catalog } from './take-words.ts'

interface Props {
  gallery: GuestGallery
  marks: Marks
}

interface Sheet extends Props {
  made: Made
  /** opened for the photos that are chosen */
  chosen: boolean
  /** while the rest of the gallery is on its way: sizes are not known before */
  whole: { refusal: Refusal | undefined; again: () => void } | undefined
  close: () => void
}

export function TakeHome({ gallery, marks, made, chosen, whole, close }: Sheet) {
  const words = catalog[useLanguage().locale]
  return (
    <Dialog title={words.title} close={close}>
      {whole?.refusal ? (
        <Trouble refusal={whole.refusal} retry={whole.again} />
      ) : whole ? (
        <Waiting height={320} />
      ) : marks.exportId ? (
        <Packing gallery={gallery} id={marks.exportId} made={made} chosen={chosen} another={() => marks.setExport(null)} />
      ) : (
        <Choice gallery={gallery} marks={marks} />
      )}
    </Dialog>
  )
}

type Which = 'all' | 'favorites' | 'chosen' | 'chapter'

function Choice({ gallery, marks }: Props) {
  const { locale, fmt } = useLanguage()
  const words = catalog[locale]
  const [which, setWhich] = useState<Which>(marks.chosen?.size ? 'chosen' : 'all')
  const chapters = chaptersOf(gallery.items)
  const [chapter, setChapter] = useState(chapters[0] ?? '')
  const sizes = gallery.download_sizes
  const [size, setSize] = useState<ExportSize>(sizes[0] ?? 'screen')
  const [parts, setParts] = useState(false)
  const [tar, setTar] = useState(false)
  const [begun, begin] = useState(false)
  const [letter, write] = useState('')
  // of a photo without a picture there is only the original
  const stored = gallery.items.filter(
    (item) => item.state === 'stored' && (sizes[0] === 'original' || item.kind !== 'photo' || item.preview),
  )
  const lists: Record<Which, Item[]> = {
    all: stored,
    favorites: stored.filter((item) => marks.favorites.has(item.id)),
    chosen: stored.filter((item) => marks.chosen?.has(item.id)),
    chapter: stored.filter((item) => item.chapter === chapter),
  }
  const list = lists[which]
  const bytes = (of: ExportSize) => list.reduce((sum, item) => sum + ((of === 'screen' && item.preview_size) || item.size), 0)
  const one = list.length === 1 ? list[0] : undefined
  // nobody waits for these, so there is nothing to be told of
  const asItIs = which === 'all' && size === 'original' && !parts && !tar
  const task = useTask(async () => {
    if (one?.kind === 'photo' && size === 'screen' && one.preview) return location.assign(`/media/${one.asset_id}/screen`)
    if (one || asItIs) {
      const answer = await askDownload(gallery.slug, one?.id)
      // what is not packed yet comes as it is being packed, so nobody waits
      if (answer.download_url) {
        begin(true)
        return location.assign(answer.download_url)
      }
    }
    const photos =
      which === 'all' ? { all: true as const } : which === 'favorites' ? { favorites: true as const } : { photoIds: list.map((i) => i.id) }
    const notify = letter.trim()
    const more = {
      size,
      format: tar ? ('tar' as const) : ('zip' as const),
      ...(parts && { parts: true as const }),
      ...(notify && { notify }),
    }
    const { export: made } = await askExport(gallery.slug, { ...photos, ...more })
    marks.setExport(made.id)
  })
  const all: [Which, string, string][] = [
    ['all', words.whole, words.photos(lists.all.length)],
    ...(gallery.feedback_enabled || lists.favorites.length
      ? [
          ['favorites', words.favorites, lists.favorites.length ? words.photos(lists.favorites.length) : words.none] as [
            Which,
            string,
            string,
          ],
        ]
      : []),
    ...(marks.chosen?.size ? [['chosen', words.chosen, words.photos(lists.chosen.length)] as [Which, string, string]] : []),
  ]
  const pick = (
    <select className="input" value={chapter} aria-label={words.chapter} onChange={(event) => setChapter(event.currentTarget.value)}>
      {chapters.map((name) => (
        <option key={name}>{name}</option>
      ))}
    </select>
  )
  return (
    <form
      className="take"
      onSubmit={(event) => {
        event.preventDefault()
        void task.run()
      }}
    >
      <fieldset>
        <legend>{words.which}</legend>
        {all.map(([name, title, says]) => (
          <Option
            key={name}
            group="which"
            title={title}
            says={says}
            on={which === name}
            off={!lists[name].length}
            pick={() => setWhich(name)}
          />
        ))}
        {chapters.length > 0 && (
          <Option
            group="which"
            title={words.chapter}
            says={which === 'chapter' ? pick : chapters.join(', ')}
            on={which === 'chapter'}
            pick={() => setWhich('chapter')}
          />
        )}
      </fieldset>
      <fieldset>
        <legend>{words.size}</legend>
        {sizes.map((name) => (
          <Option
            key={name}
            group="size"
            title={words[name]}
            says={`${fmt.bytes(bytes(name))} · ${words[`${name}For`]}`}
            on={size === name}
            pick={() => setSize(name)}
          />
        ))}
      </fieldset>
      {!one && (
        <details>
          <summary>{words.more}</summary>
          <label>
            <input type="checkbox" checked={parts} onChange={() => setParts(!parts)} />
            {words.parts}
          </label>
          <label>
            <input type="checkbox" checked={tar} onChange={() => setTar(!tar)} />
            {words.tar}
          </label>
          {!asItIs && (
            <label className="letter-to">
              {words.letter}
              <input
                className="input"
                type="email"
                autoComplete="email"
                value={letter}
                onChange={(event) => write(event.currentTarget.value)}
              />
            </label>
          )}
          {size === 'screen' && <p className="meta">{sizes[0] === 'original' ? words.screenNote : words.screenOnly}</p>}
        </details>
      )}
      {begun && (
        <p className="note ok" role="status">
          <Check size={18} aria-hidden="true" />
          <span>{words.begun}</span>
        </p>
      )}
      {task.refusal && <Trouble refusal={task.refusal} />}
      <div className="sheet-foot">
        <button type="submit" className="button main" disabled={task.busy || !list.length}>
          <Arrow size={17} aria-hidden="true" />
          {task.busy ? words.preparing : words.download(fmt.bytes(bytes(size)))}
        </button>
      </div>
    </form>
  )
}

function Option(props: { group: string; title: string; says: ReactNode; on: boolean; off?: boolean; pick: () => void }) {
  return (
    <label className={props.on ? 'option on' : 'option'}>
      <input type="radio" name={props.group} checked={props.on} disabled={props.off} onChange={props.pick} />
      <span>
        <b>{props.title}</b>
        <span className="meta">{props.says}</span>
      </span>
    </label>
  )
}
