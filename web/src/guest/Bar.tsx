/** The bar that stays below the cover: what is shown, choosing, and Download. */
import { Check, CircleCheck, Download, Heart } from 'lucide-react'
import { useMemo } from 'react'
import type { GuestGallery, Item } from '../api.ts'
import { useLanguage } from '../ui/language.tsx'
import type { Marks } from './marks.ts'
import { catalog } from './words.ts'

/** All, the favourites, or the photos of one chapter. */
export type Shown = 'all' | 'favorites' | { chapter: string }

/** In the order of their first items. */
export const chaptersOf = (items: Item[]) => [...new Set(items.flatMap((item) => item.chapter ?? []))]

interface Props {
  gallery: GuestGallery
  marks: Marks
  shown: Shown
  show: (what: Shown) => void
  download: () => void
}

export function Bar({ gallery, marks, shown, show, download }: Props) {
  const { locale, fmt } = useLanguage()
  const words = catalog[locale]
  const count = marks.favorites.size
  const choosing = marks.chosen !== null
  // not one after the other
  const chapters = useMemo(() => (gallery.next ? [] : chaptersOf(gallery.items)), [gallery])
  return (
    <nav className="bar-top" aria-label={words.gallery}>
      <div className="chips">
        <button type="button" className="chip" aria-pressed={shown === 'all'} onClick={() => show('all')}>
          {words.all}
        </button>
        {(gallery.feedback_enabled || count > 0) && (
          <button type="button" className="chip" aria-pressed={shown === 'favorites'} onClick={() => show('favorites')}>
            <Heart size={16} className={count ? 'rose' : undefined} aria-hidden="true" />
            {words.favorites}
            {count > 0 && <span className="meta">{fmt.number(count)}</span>}
          </button>
        )}
        {chapters.map((chapter) => (
          <button
            key={chapter}
            type="button"
            className="chip"
            aria-pressed={typeof shown === 'object' && shown.chapter === chapter}
            onClick={() => show({ chapter })}
          >
            {chapter}
          </button>
        ))}
      </div>
      {gallery.may_download && (
        <>
          <button
            type="button"
            className="button bare select"
            aria-pressed={choosing}
            aria-label={choosing ? words.stopChoosing : words.choose}
            onClick={() => marks.choose(!choosing)}
          >
            {choosing ? <Check size={18} aria-hidden="true" /> : <CircleCheck size={18} aria-hidden="true" />}
            <span>{choosing ? words.stopChoosing : words.choose}</span>
          </button>
          <button type="button" className="button main" onClick={download}>
            <Download size={17} aria-hidden="true" />
            {words.download}
          </button>
        </>
      )}
    </nav>
  )
}
