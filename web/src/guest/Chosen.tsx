/** What can be done with the photos that are chosen: stays at the foot of the page while somebody chooses. */
import { Download, Heart, X } from 'lucide-react'
import type { GuestGallery } from '../api.ts'
import { useLanguage } from '../ui/language.tsx'
import type { Marks } from './marks.ts'
import { catalog } from './words.ts'

export function Chosen({ gallery, marks, download }: { gallery: GuestGallery; marks: Marks; download: () => void }) {
  const words = catalog[useLanguage().locale]
  const chosen = marks.chosen ?? new Set()
  return (
    <section className="chosen" aria-label={words.choose}>
      <p role="status">{words.chosen(chosen.size)}</p>
      {gallery.feedback_enabled && (
        <button
          type="button"
          className="button"
          aria-label={words.favorite}
          disabled={!chosen.size}
          onClick={() => marks.favoriteAll(chosen)}
        >
          <Heart size={16} aria-hidden="true" />
          <span>{words.favorite}</span>
        </button>
      )}
      <button type="button" className="button main" disabled={!chosen.size} onClick={download}>
        <Download size={16} aria-hidden="true" />
        {words.download}
      </button>
      <button type="button" className="button bare square" aria-label={words.stopChoosing} onClick={() => marks.choose(false)}>
        <X size={18} aria-hidden="true" />
      </button>
    </section>
  )
}
