/** One photo at work: dragged to its place, chosen, and with all that can be done with it behind three dots. */
import {
  ArrowDownToLine,
  ArrowLeft,
  ArrowRight,
  ArrowUpToLine,
  BookOpen,
  CircleSlash,
  Eye,
  EyeOff,
  FileImage,
  Image,
  LoaderCircle,
  Maximize2,
  Trash2,
} from 'lucide-react'
import { useState } from 'react'
import type { Item } from '../../api.ts'
import { useWordsOf } from '../../ui/language.tsx'
import { Menu } from '../../ui/Menu.tsx'
import { useWords } from '../words.tsx'
import { galleryWords } from './words.ts'

export interface TileWork {
  /** the item that is the cover */
  cover: string | null
  choosing: boolean
  chosen: ReadonlySet<string>
  /** the gallery takes changes */
  may: boolean
  /** its photos lie inside the archive, without previews */
  archived: boolean
  /** `through`: and all between the last one and this */
  toggle: (item: Item, through: boolean) => void
  open: (what: 'look' | 'remove' | 'cover' | 'chapter', item: Item) => void
  hide: (item: Item) => void
  move: (item: Item, to: 'first' | 'earlier' | 'later' | 'last') => void
  drop: (dragged: string, target: Item) => void
}

interface TileProps {
  item: Item
  work: TileWork
  /** of its chapter */
  first: boolean
  last: boolean
}

export function PhotoTile(props: TileProps) {
  const { item, work } = props
  const own = useWordsOf(galleryWords)
  const [over, setOver] = useState(false)
  const picked = work.chosen.has(item.id)
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dragging is a way of the mouse; the menu has the ways of the keyboard
    <div
      className={['photo', item.hidden && 'is-hidden', over && 'drop-here', picked && 'is-chosen'].filter(Boolean).join(' ')}
      draggable={work.may}
      onDragStart={(event) => {
        event.dataTransfer.setData('text/keepsake-item', item.id)
        event.dataTransfer.effectAllowed = 'move'
      }}
      onDragOver={(event) => {
        if (!event.dataTransfer.types.includes('text/keepsake-item')) return
        event.preventDefault()
        setOver(true)
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        const dragged = event.dataTransfer.getData('text/keepsake-item')
        setOver(false)
        if (!dragged) return
        event.preventDefault()
        work.drop(dragged, item)
      }}
    >
      <Picture item={item} archived={work.archived} />
      <span className="photo-marks">
        {item.hidden && (
          <span className="badge">
            <EyeOff size={13} aria-hidden="true" />
            {own.hidden}
          </span>
        )}
        {item.id === work.cover && <span className="badge">{own.isCover}</span>}
      </span>
      {work.choosing ? (
        <label className="photo-box">
          <input
            type="checkbox"
            aria-label={own.choosePhoto(item.name)}
            checked={picked}
            onChange={(event) => work.toggle(item, (event.nativeEvent as MouseEvent).shiftKey)}
          />
        </label>
      ) : (
        work.may && <TileMenu {...props} />
      )}
    </div>
  )
}

function TileMenu({ item, work, first, last }: TileProps) {
  const own = useWordsOf(galleryWords)
  const sized = { size: 16, 'aria-hidden': true }
  return (
    <span className="photo-menu">
      <Menu
        label={own.more(item.name)}
        choices={[
          item.preview !== null && { name: own.look, icon: <Maximize2 {...sized} />, pick: () => work.open('look', item) },
          item.preview !== null && !item.hidden && { name: own.cover, icon: <Image {...sized} />, pick: () => work.open('cover', item) },
          { name: own.chapter, icon: <BookOpen {...sized} />, pick: () => work.open('chapter', item) },
          {
            name: item.hidden ? own.show : own.hide,
            icon: item.hidden ? <Eye {...sized} /> : <EyeOff {...sized} />,
            pick: () => work.hide(item),
          },
          { name: own.first, icon: <ArrowUpToLine {...sized} />, pick: () => work.move(item, 'first') },
          !first && { name: own.earlier, icon: <ArrowLeft {...sized} />, pick: () => work.move(item, 'earlier') },
          !last && { name: own.later, icon: <ArrowRight {...sized} />, pick: () => work.move(item, 'later') },
          { name: own.last, icon: <ArrowDownToLine {...sized} />, pick: () => work.move(item, 'last') },
          { name: own.remove, icon: <Trash2 {...sized} />, danger: true, pick: () => work.open('remove', item) },
        ]}
      />
    </span>
  )
}

function Picture({ item, archived }: { item: Item; archived: boolean }) {
  const words = useWords()
  const own = useWordsOf(galleryWords)
  const missing = item.state === 'missing'
  if (item.thumbnail && !missing) return <img src={item.thumbnail} alt={item.name} title={item.name} decoding="async" draggable={false} />
  return (
    <div className="photo-none">
      {missing ? (
        <CircleSlash size={20} aria-hidden="true" />
      ) : !archived && item.render_state === 'waiting' ? (
        <LoaderCircle size={20} className="turn" aria-hidden="true" />
      ) : (
        <FileImage size={20} aria-hidden="true" />
      )}
      <strong>{item.name}</strong>
      <span>
        {missing ? words.missing : archived ? own.inArchive : item.render_state === 'waiting' ? words.pictureWaiting : words.pictureFailed}
      </span>
    </div>
  )
}
