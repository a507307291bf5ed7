/** The page of one gallery, in whichever state its guest finds it. */
import { Clock, ImageOff, Images, Link2Off, RefreshCw, Unplug } from 'lucide-react'
import { useEffect, useState } from 'react'
import type { GuestBoot } from '../api.ts'
import { Catch } from '../ui/Catch.tsx'
import { languageOf, Speak, useLanguage } from '../ui/language.tsx'
import { type Refusal, sentenceOf } from '../ui/refusal.ts'
import { useGallery } from './api.ts'
import { Locked } from './Locked.tsx'
import { Open } from './Open.tsx'
import { Plate } from './Plate.tsx'
import { catalog } from './words.ts'

export function GalleryPage({ slug, boot }: { slug: string; boot: GuestBoot | null }) {
  const [locked, setLocked] = useState(boot !== null && 'locked' in boot ? boot.locked : null)
  if (locked)
    return (
      <Speak locale={locked}>
        <Locked slug={slug} opened={() => setLocked(null)} />
      </Speak>
    )
  return <Found slug={slug} boot={boot} />
}

function Found({ slug, boot }: { slug: string; boot: GuestBoot | null }) {
  const { data, refusal, again } = useGallery(slug, boot && 'gallery' in boot ? boot.gallery : undefined)
  const [ended, end] = useState<Refusal>()
  const open = () => {
    end(undefined)
    again()
  }
  // Until the gallery has told its language, the browser's is the best guess.
  const locale = data?.locale ?? languageOf(navigator.languages)
  useBack(refusal?.problem.code === 'unreachable', again)
  return (
    <Speak locale={locale}>
      {data && !ended ? (
        <Catch instead={<Broken />}>
          <Open gallery={data} refusal={refusal} again={again} close={end} />
        </Catch>
      ) : (ended ?? refusal) ? (
        <Closed slug={slug} refusal={(ended ?? refusal)!} again={open} />
      ) : (
        <Loading />
      )}
    </Speak>
  )
}

function Broken() {
  const { say, locale } = useLanguage()
  const words = catalog[locale]
  return (
    <Plate icon={<Images size={26} aria-hidden="true" />} title={words.failedTitle} text={words.broken}>
      <button type="button" className="button main" onClick={() => location.reload()}>
        <RefreshCw size={16} aria-hidden="true" />
        {say.retry}
      </button>
    </Plate>
  )
}

/** A phone that comes back from a tunnel needs nobody to press Retry. */
function useBack(away: boolean, again: () => void): void {
  useEffect(() => {
    if (!away) return
    addEventListener('online', again)
    return () => removeEventListener('online', again)
  }, [away, again])
}

function Loading() {
  const { say, locale } = useLanguage()
  return (
    <main className="loading" aria-busy="true">
      <h1 className="unseen">{catalog[locale].gallery}</h1>
      <p className="unseen" role="status">
        {say.loading}
      </p>
      <div className="cover waiting" />
    </main>
  )
}

function Closed({ slug, refusal, again }: { slug: string; refusal: Refusal; again: () => void }) {
  const { say, locale } = useLanguage()
  const words = catalog[locale]
  const { status, code } = refusal.problem
  if (status === 401) return <Locked slug={slug} opened={again} />
  if (code === 'access_ended') return <Plate icon={<Clock size={26} aria-hidden="true" />} title={words.accessTitle} text={words.access} />
  if (code === 'link_revoked' || code === 'link_expired')
    return <Plate icon={<Link2Off size={26} aria-hidden="true" />} title={words.linkTitle} text={words.link} />
  if (status === 410) return <Plate icon={<Clock size={26} aria-hidden="true" />} title={words.expiredTitle} text={words.expired} />
  if (status === 404) return <Plate icon={<ImageOff size={26} aria-hidden="true" />} title={words.lostTitle} text={words.lost} />
  const offline = code === 'unreachable' && !navigator.onLine
  return (
    <Plate
      icon={offline ? <Unplug size={26} aria-hidden="true" /> : <Images size={26} aria-hidden="true" />}
      title={offline ? words.offlineTitle : words.failedTitle}
      text={sentenceOf(refusal.problem, say)}
    >
      <button type="button" className="button main" onClick={again}>
        <RefreshCw size={16} aria-hidden="true" />
        {say.retry}
      </button>
    </Plate>
  )
}
