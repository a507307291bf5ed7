/** An open gallery: cover, the bar that stays, and the wall of photos; the photo on the whole screen and the sheet come when asked for. */
import { Heart, Images, RefreshCw } from 'lucide-react'
import { lazy, Suspense, useEffect, useMemo, useState } from 'react'
import type { GuestGallery, GuestHead } from '../api.ts'
import { useLanguage } from '../ui/language.tsx'
import { type Refusal, sentenceOf } from '../ui/refusal.ts'
import { Empty } from '../ui/Trouble.tsx'
import { Wall } from '../ui/Wall.tsx'
import { Bar, type Shown } from './Bar.tsx'
import { Chosen } from './Chosen.tsx'
import { Cover } from './Cover.tsx'
import { useMarks } from './marks.ts'
import { Notes } from './Notes.tsx'
import { usePhoto } from './photo.ts'
import { usePlace } from './place.ts'
import { Tile } from './Tile.tsx'
import { catalog } from './words.ts'

const View = lazy(async () => ({ default: (await import('./View.tsx')).View }))
const TakeHome = lazy(async () => ({ default: (await import('./TakeHome.tsx')).TakeHome }))

interface Props {
  head: GuestHead
  /** undefined until its photos are there */
  gallery: GuestGallery | undefined
  refusal: Refusal | undefined
  again: () => void
}

export function Open({ head, gallery, refusal, again }: Props) {
  const words = catalog[useLanguage().locale]
  const visitor = gallery?.visitor
  return (
    <>
      <a className="skip" href="#photos">
        {words.skip}
      </a>
      <Cover head={head} visitor={visitor && (visitor.name ?? visitor.email)} />
      {gallery ? <Photos gallery={gallery} /> : <Waiting refusal={refusal} again={again} />}
    </>
  )
}

function Waiting({ refusal, again }: { refusal: Refusal | undefined; again: () => void }) {
  const { say } = useLanguage()
  return (
    <>
      <div className="bar-top" />
      <main id="photos" className="photos" tabIndex={-1} aria-busy={!refusal}>
        {refusal ? (
          <Empty icon={<Images size={30} aria-hidden="true" />} title={sentenceOf(refusal.problem, say)}>
            <button type="button" className="button main" onClick={again}>
              <RefreshCw size={16} aria-hidden="true" />
              {say.retry}
            </button>
          </Empty>
        ) : (
          <p className="unseen" role="status">
            {say.loading}
          </p>
        )}
      </main>
    </>
  )
}

function Photos({ gallery }: { gallery: GuestGallery }) {
  const { locale } = useLanguage()
  const words = catalog[locale]
  const marks = useMarks(gallery.slug)
  const [shown, show] = useState<Shown>('all')
  const [sheet, setSheet] = useState(false)
  const { items } = gallery
  const marked = shown === 'favorites' ? marks.favorites : null
  const list = useMemo(() => {
    if (marked) return items.filter((item) => marked.has(item.id))
    return typeof shown === 'object' ? items.filter((item) => item.chapter === shown.chapter) : items
  }, [items, shown, marked])
  const photo = usePhoto(gallery, list)
  usePlace(gallery.slug)
  useEffect(() => {
    if (!photo.item) document.title = gallery.title
  }, [gallery.title, photo.item])
  return (
    <>
      {items.length > 0 && <Bar gallery={gallery} marks={marks} shown={shown} show={show} download={() => setSheet(true)} />}
      <main id="photos" className="photos" tabIndex={-1}>
        <h2 className="unseen">{words.photosTitle}</h2>
        <Notes gallery={gallery} marks={marks} shown={shown} />
        {list.length > 0 ? (
          <Wall
            items={list}
            label={words.photos(list.length)}
            reveal={photo.left}
            tile={(item, n, box) => (
              <Tile
                item={item}
                n={n}
                box={box}
                all={list.length}
                slug={gallery.slug}
                open={photo.open}
                marks={marks}
                hearts={gallery.feedback_enabled}
              />
            )}
          />
        ) : items.length > 0 ? (
          <Empty icon={<Heart size={28} aria-hidden="true" />} title={words.noFavoritesTitle}>
            <p>{words.noFavorites}</p>
          </Empty>
        ) : (
          <Empty icon={<Images size={28} aria-hidden="true" />} title={words.emptyTitle}>
            <p>{words.empty}</p>
          </Empty>
        )}
      </main>
      {marks.chosen && <Chosen gallery={gallery} marks={marks} download={() => setSheet(true)} />}
      <Suspense fallback={null}>
        {sheet && <TakeHome gallery={gallery} marks={marks} close={() => setSheet(false)} />}
        {photo.item && <View gallery={gallery} items={list} at={photo.at} go={photo.go} close={photo.close} marks={marks} />}
      </Suspense>
    </>
  )
}
