/** An open gallery: cover, what it holds, Download, and the wall of photos. */
import { Images } from 'lucide-react'
import { useEffect, useMemo, useState } from 'react'
import type { GuestGallery } from '../api.ts'
import { useLanguage } from '../ui/language.tsx'
import { Empty } from '../ui/Trouble.tsx'
import { Wall } from '../ui/Wall.tsx'
import { Download } from './Download.tsx'
import { Lightbox } from './Lightbox.tsx'
import { useMarks } from './marks.ts'
import { TakeHome } from './TakeHome.tsx'
import { Tile } from './Tile.tsx'
import { catalog } from './words.ts'

export function Open({ gallery }: { gallery: GuestGallery }) {
  const { locale, fmt } = useLanguage()
  const words = catalog[locale]
  const [shown, show] = useState<number | null>(null)
  const { items } = gallery
  const marks = useMarks(gallery.slug)
  const [sheet, setSheet] = useState(false)
  const cover = useMemo(
    () => items.find((item) => item.preview && (item.width ?? 0) >= (item.height ?? 0)) ?? items.find((i) => i.preview),
    [items],
  )
  useEffect(() => {
    document.title = gallery.title
  }, [gallery.title])
  const facts = [words.photos(gallery.photos), fmt.bytes(gallery.bytes), gallery.expires_at && words.until(fmt.day(gallery.expires_at))]
  const by = [gallery.photographer, gallery.event_date && fmt.day(gallery.event_date)]
  return (
    <>
      <a className="skip" href="#photos">
        {words.skip}
      </a>
      <header className={cover ? 'cover' : 'cover bare'}>
        {cover && <img src={cover.preview!} alt="" fetchPriority="high" />}
        <div className="cover-text">
          <p>{by.filter(Boolean).join(' · ')}</p>
          <h1>{gallery.title}</h1>
          {gallery.photos > 0 && <p>{facts.filter(Boolean).join(' · ')}</p>}
          {gallery.visitor && <p>{words.forYou(gallery.visitor.name ?? gallery.visitor.email)}</p>}
        </div>
      </header>
      {gallery.photos > 0 && <Download gallery={gallery} marks={marks} openSheet={() => setSheet(true)} />}
      <main id="photos" className="photos" tabIndex={-1}>
        {items.length ? (
          <Wall
            items={items}
            label={words.photos(items.length)}
            tile={(item, n) => <Tile item={item} n={n} all={items.length} open={show} marks={marks} hearts={gallery.feedback_enabled} />}
          />
        ) : (
          <Empty icon={<Images size={30} aria-hidden="true" />} title={words.emptyTitle}>
            <p>{words.empty}</p>
          </Empty>
        )}
      </main>
      {sheet && <TakeHome gallery={gallery} marks={marks} close={() => setSheet(false)} />}
      {shown !== null && <Lightbox items={items} start={shown} close={() => show(null)} />}
    </>
  )
}
