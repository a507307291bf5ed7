/** One photo on the wall: opened or chosen by a click, with a heart where guests may mark. */
import { CircleCheck, FileImage, Heart } from 'lucide-react'
import type { Item } from '../api.ts'
import { useLanguage } from '../ui/language.tsx'
import type { Marks } from './marks.ts'
import { catalog } from './words.ts'

export function Tile(props: { item: Item; n: number; all: number; open: (n: number) => void; marks: Marks; hearts: boolean }) {
  const { item, n, all, open, marks, hearts } = props
  const words = catalog[useLanguage().locale]
  const picture = item.thumbnail ?? item.preview
  const chosen = marks.chosen.has(item.id)
  const marked = marks.favorites.has(item.id)
  const press = marks.choosing
    ? { 'aria-label': words.pick(n + 1, all, item.name), 'aria-pressed': chosen, onClick: () => marks.pick(item.id) }
    : { 'aria-label': words.open(n + 1, all, item.name), onClick: () => open(n) }
  return (
    <>
      <button type="button" className="tile" {...press}>
        {picture ? (
          <img src={picture} alt="" decoding="async" draggable={false} />
        ) : (
          <span className="no-picture">
            <FileImage size={22} aria-hidden="true" />
            {item.name}
          </span>
        )}
      </button>
      {marks.choosing && chosen && (
        <span className="picked">
          <CircleCheck size={20} aria-hidden="true" />
        </span>
      )}
      {hearts && (
        <button
          type="button"
          className="heart"
          aria-label={words.mark(item.name)}
          aria-pressed={marked}
          onClick={() => marks.favorite(item.id, !marked)}
        >
          <Heart size={18} aria-hidden="true" />
        </button>
      )}
    </>
  )
}
