/** One to five stars for a photo; the same star again takes them back. */
import { Star } from 'lucide-react'
import { useLanguage } from '../ui/language.tsx'
import { catalog } from './view-words.ts'

export function Stars({ rating, rate }: { rating: number | null; rate: (rating: number | null) => void }) {
  const words = catalog[useLanguage().locale]
  return (
    <fieldset className="stars" aria-label={words.rating}>
      {[1, 2, 3, 4, 5].map((n) => (
        <button
          key={n}
          type="button"
          className={rating && n <= rating ? 'on' : undefined}
          aria-label={words.stars(n)}
          aria-pressed={rating === n}
          onClick={() => rate(rating === n ? null : n)}
        >
          <Star size={20} aria-hidden="true" />
        </button>
      ))}
    </fieldset>
  )
}
