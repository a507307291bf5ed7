/** The cover of a gallery. The server draws the very same (src/features/galleries/page.ts), so that it is there before we are. */
import type { GuestCover, GuestHead } from '../api.ts'
import { useLanguage } from '../ui/language.tsx'
import { catalog } from './words.ts'

export function Cover({ head, visitor }: { head: GuestHead; visitor?: string | null | undefined }) {
  const { locale, fmt } = useLanguage()
  const words = catalog[locale]
  const { cover } = head
  const by = [head.photographer, head.event_date && fmt.day(head.event_date)]
  const facts = [words.photos(head.photos), fmt.bytes(head.bytes), head.expires_at && words.until(fmt.day(head.expires_at))]
  return (
    <header className={cover ? 'cover' : 'cover bare'}>
      {cover && <Picture cover={cover} />}
      <div className="cover-text">
        <p>{by.filter(Boolean).join(' · ')}</p>
        <h1>{head.title}</h1>
        {head.photos > 0 && <p>{facts.filter(Boolean).join(' · ')}</p>}
        {visitor && <p>{words.forYou(visitor)}</p>}
      </div>
    </header>
  )
}

function Picture({ cover: { preview, medium, width, height, x, y } }: { cover: GuestCover }) {
  const wide = (side: number) => Math.round(width * Math.min(1, side / Math.max(width, height)))
  const step = (part: number) => Math.round(part * 20) * 5
  const sources = medium ? { srcSet: `${medium} ${wide(1200)}w, ${preview} ${wide(2048)}w`, sizes: '100vw' } : {}
  return <img className={`fx-${step(x)} fy-${step(y)}`} src={preview} {...sources} alt="" fetchPriority="high" />
}
