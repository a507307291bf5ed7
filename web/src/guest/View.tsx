/** One photo, film or track on the whole screen: arrows, keys, swipe and zoom by the lightbox; hearts, stars and comments by us. */
import { Download, Heart, MessageCircle } from 'lucide-react'
import { type ReactNode, useEffect, useMemo, useState } from 'react'
import Lightbox, { type GenericSlide } from 'yet-another-react-lightbox'
import Zoom from 'yet-another-react-lightbox/plugins/zoom'
import 'yet-another-react-lightbox/styles.css'
import './view.css'
import type { GuestGallery, Item } from '../api.ts'
import { useTask } from '../ui/answer.ts'
import { useLanguage } from '../ui/language.tsx'
import { type Refusal, refusalOf, sentenceOf } from '../ui/refusal.ts'
import { askDownload, setRating, useFeedback } from './api.ts'
import { Comments } from './Comments.tsx'
import type { Marks } from './marks.ts'
import { Player } from './Player.tsx'
import { Stars } from './Stars.tsx'
import { catalog } from './view-words.ts'

declare module 'yet-another-react-lightbox' {
  interface SlideTypes {
    own: OwnSlide
  }
}
/** What is no picture: a film, a track, a file of which there is nothing to show. */
interface OwnSlide extends GenericSlide {
  type: 'own'
  item: Item
}

interface Props {
  gallery: GuestGallery
  items: Item[]
  /** how many there will be */
  all: number
  at: number
  go: (n: number) => void
  close: () => void
  marks: Marks
}

export function View({ gallery, items, all, at, go, close, marks }: Props) {
  const { locale, fmt, say } = useLanguage()
  const words = catalog[locale]
  const [talking, talk] = useState(false)
  const item = items[at]!
  const slides = useMemo(() => items.map(slideOf), [items])
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const to = { Home: 0, End: items.length - 1 }[event.key]
      if (to === undefined || (event.target as Element).closest('input, textarea, video, audio')) return
      event.preventDefault()
      go(to)
    }
    addEventListener('keydown', press)
    return () => removeEventListener('keydown', press)
  }, [items, go])
  // where guests get screen size alone, a photo is its picture, and one without a picture stays here
  const asPicture = item.kind === 'photo' && gallery.download_sizes[0] !== 'original'
  const save = useTask(async () => {
    if (asPicture) return location.assign(`/media/${item.asset_id}/screen`)
    const { download_url } = await askDownload(gallery.slug, item.id)
    if (download_url) location.assign(download_url)
  })
  const saves = words.save(fmt.bytes((asPicture && item.preview_size) || item.size))
  const [unrated, refuse] = useState<Refusal>()
  const refusal = save.refusal ?? unrated
  const buttons: ReactNode[] = []
  if (gallery.feedback_enabled)
    buttons.push(
      <button
        key="heart"
        type="button"
        className="yarl__button view-heart"
        aria-label={words.favorite}
        title={words.favorite}
        aria-pressed={marks.favorites.has(item.id)}
        onClick={() => marks.favorite(item.id, !marks.favorites.has(item.id))}
      >
        <Heart size={22} aria-hidden="true" />
      </button>,
      <button
        key="talk"
        type="button"
        className="yarl__button"
        aria-label={words.comments}
        title={words.comments}
        aria-pressed={talking}
        onClick={() => talk(!talking)}
      >
        <MessageCircle size={22} aria-hidden="true" />
      </button>,
    )
  if (gallery.may_download && item.state === 'stored' && !(asPicture && !item.preview))
    buttons.push(
      <button
        key="save"
        type="button"
        className="yarl__button"
        aria-label={saves}
        title={saves}
        disabled={save.busy}
        onClick={async () => (await save.run()) || marks.check()}
      >
        <Download size={22} aria-hidden="true" />
      </button>,
    )
  return (
    <Lightbox
      open
      className={talking ? 'talking' : ''}
      slides={slides}
      index={at}
      close={close}
      on={{ view: ({ index }) => index !== at && go(index) }}
      plugins={[Zoom]}
      zoom={{ maxZoomPixelRatio: 2, scrollToZoom: true }}
      carousel={{ finite: true, preload: 1, padding: 0, spacing: '10%' }}
      controller={{ closeOnPullDown: true }}
      animation={{ fade: 150, swipe: 220, navigation: 220, zoom: 200 }}
      labels={{
        Lightbox: item.name,
        'Photo gallery': words.photos,
        Carousel: ' ',
        Slide: ' ',
        '{index} of {total}': words.of,
        Previous: words.previous,
        Next: words.next,
        Close: say.close,
        'Zoom in': words.zoomIn,
        'Zoom out': words.zoomOut,
      }}
      toolbar={{ buttons: [...buttons, 'zoom', 'close'] }}
      render={{
        // fingers pinch
        buttonZoom: innerWidth > 640 ? undefined : () => null,
        slide: ({ slide, offset }) => (slide.type === 'own' ? <Player item={slide.item} playing={offset === 0} /> : undefined),
        controls: () => (
          <>
            <p className="view-name">
              <span>{item.title ?? item.name}</span>
              <span>{words.place(fmt.number(at + 1), fmt.number(all))}</span>
            </p>
            {refusal && (
              <p className="view-says" role="alert">
                {sentenceOf(refusal.problem, say)}
              </p>
            )}
            {gallery.feedback_enabled && (
              <Feedback gallery={gallery} item={item} talking={talking} stop={() => talk(false)} refuse={refuse} />
            )}
          </>
        ),
      }}
    />
  )
}

interface FeedbackProps {
  gallery: GuestGallery
  item: Item
  talking: boolean
  stop: () => void
  /** why the last star was not taken */
  refuse: (refusal: Refusal | undefined) => void
}

function Feedback({ gallery, item, talking, stop, refuse }: FeedbackProps) {
  const { data, put, again } = useFeedback(gallery.slug)
  const said = data?.items.find((one) => one.item === item.id)
  const rate = (rating: number | null) => {
    if (!data) return
    const none = { item: item.id, likes: 0, ratings: 0, average_rating: null, comments: 0, liked: false, favorite: false, rating: null }
    const others = data.items.filter((one) => one.item !== item.id)
    put({ ...data, items: [...others, { ...none, ...said, rating }] })
    setRating(gallery.slug, item.id, rating).then(
      () => refuse(undefined),
      (error) => {
        // what the server did not take is not shown as taken
        put(data)
        refuse(refusalOf(error))
        again()
      },
    )
  }
  return (
    <>
      <Stars rating={said?.rating ?? null} rate={rate} />
      {talking && <Comments slug={gallery.slug} item={item.id} named={!!data?.me} again={again} stop={stop} />}
    </>
  )
}

function slideOf(item: Item) {
  const { preview, medium, width, height } = item
  if (item.kind !== 'photo' || !preview || !width || !height) return { type: 'own' as const, item }
  const fit = (side: number) => {
    const scale = Math.min(1, side / Math.max(width, height))
    return { width: Math.round(width * scale), height: Math.round(height * scale) }
  }
  const large = { src: preview, ...fit(2048) }
  return { ...large, alt: item.name, srcSet: medium ? [{ src: medium, ...fit(1200) }, large] : [large] }
}
