/** One photo on the wall: a link to its own page; while choosing, a box to tick. With a heart where guests may mark. */
import { Check, FileImage, Heart, Music, Play } from 'lucide-react'
import { type KeyboardEvent, type MouseEvent, useRef } from 'react'
import type { Item } from '../api.ts'
import { useLanguage } from '../ui/language.tsx'
import type { Box } from '../ui/Wall.tsx'
import type { Marks } from './marks.ts'
import { photoPath } from './photo.ts'
import { pictureOf } from './picture.ts'
import { catalog } from './words.ts'

interface Props {
  item: Item
  n: number
  all: number
  slug: string
  box: Box
  open: (n: number) => void
  marks: Marks
  hearts: boolean
}

export function Tile({ item, n, all, slug, box, open, marks, hearts }: Props) {
  const words = catalog[useLanguage().locale]
  const picture = pictureOf(item)
  // what flew past is not fetched; what is there stays
  const seen = useRef(false)
  seen.current ||= !box.flying
  const chosen = marks.chosen?.has(item.id)
  const marked = marks.favorites.has(item.id)
  const act = () => (marks.chosen ? marks.pick(item.id) : open(n))
  const click = (event: MouseEvent) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.button) return
    event.preventDefault()
    act()
  }
  const space = (event: KeyboardEvent) => {
    if (event.key !== ' ' || !marks.chosen) return
    event.preventDefault()
    act()
  }
  const role = marks.chosen
    ? { role: 'checkbox', 'aria-checked': !!chosen, 'aria-label': words.pick(n + 1, all, item.name) }
    : { 'aria-label': words.open(n + 1, all, item.name) }
  return (
    <>
      <a className="tile" href={photoPath(slug, item.id)} onClick={click} onKeyDown={space} {...role}>
        {picture ? (
          seen.current && <img loading={n ? 'lazy' : undefined} {...picture} alt="" decoding="async" draggable={false} />
        ) : (
          <span className="no-picture">
            {item.kind === 'photo' && <FileImage size={22} aria-hidden="true" />}
            {item.title ?? item.name}
          </span>
        )}
      </a>
      {item.kind !== 'photo' && (
        <span className="kind">
          {item.kind === 'video' ? <Play size={18} aria-hidden="true" /> : <Music size={18} aria-hidden="true" />}
        </span>
      )}
      {marks.chosen && (
        <span className={chosen ? 'tick on' : 'tick'}>{chosen && <Check size={15} strokeWidth={3} aria-hidden="true" />}</span>
      )}
      {hearts && !marks.chosen && (
        <button
          type="button"
          className="heart"
          aria-label={words.mark(item.name)}
          aria-pressed={marked}
          onClick={() => marks.favorite(item.id, !marked)}
        >
          <Heart size={20} aria-hidden="true" />
        </button>
      )}
    </>
  )
}
