/** An open gallery: cover, the bar that stays, and the wall of photos; the photo on the whole screen and the sheet come when asked for. */
import { Heart, Images, LoaderCircle, RefreshCw, TriangleAlert, X } from 'lucide-react'
import { useEffect, useMemo, useState } from 'react'
import type { GuestGallery } from '../api.ts'
import { useLanguage } from '../ui/language.tsx'
import { type Refusal, sentenceOf } from '../ui/refusal.ts'
import { Empty } from '../ui/Trouble.tsx'
import { Wall } from '../ui/Wall.tsx'
import { Bar, type Shown } from './Bar.tsx'
import { useMade } from './begin.ts'
import { Chosen } from './Chosen.tsx'
import { Cover } from './Cover.tsx'
import { useMarks } from './marks.ts'
import { Notes } from './Notes.tsx'
import { usePhoto } from './photo.ts'
import { type Piece, usePiece } from './piece.ts'
import { usePlace } from './place.ts'
import { Tile } from './Tile.tsx'
import { catalog } from './words.ts'

const loadView = async () => (await import('./View.tsx')).View
const loadTakeHome = async () => (await import('./TakeHome.tsx')).TakeHome
const loadUnderWay = async () => (await import('./UnderWay.tsx')).UnderWay

interface Props {
  gallery: GuestGallery
  /** why its other photos do not come */
  refusal: Refusal | undefined
  again: () => void
  /** it has ended for this guest while they looked at it */
  close: (refusal: Refusal) => void
}

export function Open({ gallery, refusal, again, close }: Props) {
  const words = catalog[useLanguage().locale]
  const { visitor } = gallery
  return (
    <>
      <a className="skip" href="#photos">
        {words.skip}
      </a>
      <Cover head={gallery} visitor={visitor && (visitor.name ?? visitor.email)} />
      <Photos gallery={gallery} refusal={refusal} again={again} close={close} />
    </>
  )
}

function Photos({ gallery, refusal, again, close }: Props) {
  const { locale, say } = useLanguage()
  const words = catalog[locale]
  const marks = useMarks(gallery.slug)
  useEffect(() => {
    if (marks.refusal && [401, 404, 410].includes(marks.refusal.problem.status)) close(marks.refusal)
  }, [marks.refusal, close])
  const [shown, show] = useState<Shown>('all')
  const [sheet, setSheet] = useState<'closed' | 'open' | 'chosen'>('closed')
  const shut = () => setSheet('closed')
  const { items } = gallery
  const marked = shown === 'favorites' ? marks.favorites : null
  const list = useMemo(() => {
    if (marked) return items.filter((item) => marked.has(item.id))
    return typeof shown === 'object' ? items.filter((item) => item.chapter === shown.chapter) : items
  }, [items, shown, marked])
  // while others are on their way, and nothing keeps them
  const complete = !gallery.next
  const all = complete || marked || typeof shown === 'object' ? list.length : gallery.total
  const photo = usePhoto(gallery, list)
  const made = useMade(gallery.slug, marks.exportId)
  const packing = sheet === 'closed' ? marks.exportId : null
  const View = usePiece(!!photo.item, loadView, true)
  const TakeHome = usePiece(sheet !== 'closed', loadTakeHome)
  const UnderWay = usePiece(!!packing, loadUnderWay)
  usePlace(gallery.slug, complete)
  useEffect(() => {
    if (!photo.item) document.title = gallery.title
  }, [gallery.title, photo.item])
  return (
    <>
      {items.length > 0 && <Bar gallery={gallery} marks={marks} shown={shown} show={show} download={() => setSheet('open')} />}
      <main id="photos" className="photos" tabIndex={-1}>
        <h2 className="unseen">{words.photosTitle}</h2>
        <Notes gallery={gallery} marks={marks} shown={shown} />
        {list.length > 0 ? (
          <Wall
            items={list}
            total={refusal ? list.length : all}
            label={words.photos(all)}
            reveal={photo.left}
            tile={(item, n, box) => (
              <Tile
                item={item}
                n={n}
                box={box}
                all={all}
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
        {refusal && (
          <Empty icon={<Images size={30} aria-hidden="true" />} title={sentenceOf(refusal.problem, say)}>
            <button type="button" className="button main" onClick={again}>
              <RefreshCw size={16} aria-hidden="true" />
              {say.retry}
            </button>
          </Empty>
        )}
      </main>
      {marks.refused && (
        <p className="toast" role="alert">
          <TriangleAlert size={17} aria-hidden="true" />
          {sentenceOf(marks.refused.problem, say)}
        </p>
      )}
      {marks.chosen && <Chosen gallery={gallery} marks={marks} download={() => setSheet('chosen')} />}
      {UnderWay.here && packing && (
        <UnderWay.here key={packing} made={made} open={() => setSheet('open')} forget={() => marks.setExport(null)} />
      )}
      <Coming piece={View} close={photo.close} />
      <Coming piece={TakeHome} close={shut} />
      {TakeHome.here && sheet !== 'closed' && (
        <TakeHome.here
          gallery={gallery}
          marks={marks}
          made={made}
          chosen={sheet === 'chosen'}
          whole={complete ? undefined : { refusal, again }}
          close={shut}
        />
      )}
      {View.here && photo.item && (
        <View.here gallery={gallery} items={list} all={all} at={photo.at} go={photo.go} close={photo.close} marks={marks} />
      )}
    </>
  )
}

/** What was asked for is on its way, which is said when it takes a while; or it did not come. */
function Coming<P>({ piece, close }: { piece: Piece<P>; close: () => void }) {
  const { say } = useLanguage()
  if (piece.state === 'idle') return null
  if (piece.state === 'coming')
    return (
      <p className="toast late" role="status">
        <LoaderCircle size={17} className="turn" aria-hidden="true" />
        {say.loading}
      </p>
    )
  return (
    <div className="toast" role="alert">
      <TriangleAlert size={17} aria-hidden="true" />
      <p>{say.unreachable}</p>
      <button type="button" className="button" onClick={piece.again}>
        {say.retry}
      </button>
      <button type="button" className="button bare square" aria-label={say.close} onClick={close}>
        <X size={17} aria-hidden="true" />
      </button>
    </div>
  )
}
