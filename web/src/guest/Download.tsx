/** The way to the ZIP: asks for its address, waits with one poller while there is none, and begins. */
import { Download as Arrow, Check, Hourglass, MousePointerClick, RefreshCw, SlidersHorizontal, TriangleAlert } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { askDownload, followProgress, type GuestGallery } from '../api.ts'
import { useLanguage } from '../ui/language.tsx'
import { refusalOf, sentenceOf } from '../ui/refusal.ts'
import type { Marks } from './marks.ts'
import { catalog } from './words.ts'

type State = { step: 'idle' | 'asking' | 'begun' } | { step: 'packing' | 'failed'; message: string | undefined }

/** One waiting for the archive: by the stream that tells when it is ready, or every 5 seconds. Answers how to stop. */
function askLater(slug: string, ask: () => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined
  const later = () => {
    timer = setTimeout(ask, 5000)
  }
  const leave = followProgress(slug, {
    told: ({ status }) => (status === 'ready' || status === 'failed') && ask(),
    silent: later,
  })
  return () => {
    clearTimeout(timer)
    leave()
  }
}

export function Download({ gallery, marks, openSheet }: { gallery: GuestGallery; marks: Marks; openSheet: () => void }) {
  const { locale, fmt, say } = useLanguage()
  const words = catalog[locale]
  const [state, set] = useState<State>({ step: 'idle' })
  const waiting = useRef(() => {})
  const packing = useRef(false)
  useEffect(() => () => waiting.current(), [])

  const ask = async () => {
    waiting.current()
    try {
      const answer = await askDownload(gallery.slug)
      if (answer.status === 'error') return set({ step: 'failed', message: answer.message })
      if (answer.download_url) {
        set({ step: 'begun' })
        // The live ZIP works at once, so nobody waits for the stored one.
        return location.assign(answer.download_url)
      }
      packing.current = true
      set({ step: 'packing', message: answer.message })
      waiting.current = askLater(gallery.slug, ask)
    } catch (error) {
      const { problem } = refusalOf(error)
      // a line that is away for a moment ends no waiting
      if (packing.current && (problem.status === 0 || problem.status >= 502)) waiting.current = askLater(gallery.slug, ask)
      else set({ step: 'failed', message: sentenceOf(problem, say) })
    }
  }
  const start = () => {
    packing.current = false
    set({ step: 'asking' })
    void ask()
  }
  return (
    <div className="bar-top">
      <p className="bar-says" role="status">
        {!gallery.download_enabled ? words.off : !gallery.may_download && words.lookOnly}
        {marks.choosing && words.chosen(marks.chosen.size)}
        {state.step === 'begun' && !marks.choosing && (
          <>
            <Check size={17} aria-hidden="true" /> {words.begun}
          </>
        )}
        {state.step === 'packing' && (
          <>
            <Hourglass size={17} aria-hidden="true" /> {state.message ?? words.packing}
          </>
        )}
        {state.step === 'failed' && (
          <span className="failed">
            <TriangleAlert size={17} aria-hidden="true" /> {state.message ?? words.failed}
          </span>
        )}
      </p>
      {gallery.may_download && (
        <span className="bar-ways">
          <button type="button" className="button" aria-pressed={marks.choosing} onClick={() => marks.choose(!marks.choosing)}>
            {marks.choosing ? <Check size={17} aria-hidden="true" /> : <MousePointerClick size={17} aria-hidden="true" />}
            {marks.choosing ? words.stopChoosing : words.choose}
          </button>
          {!marks.choosing && (
            <button type="button" className="button" onClick={openSheet}>
              <SlidersHorizontal size={17} aria-hidden="true" />
              {words.options}
            </button>
          )}
        </span>
      )}
      {gallery.may_download && marks.choosing && (
        <button type="button" className="button main" onClick={openSheet} disabled={!marks.chosen.size}>
          <Arrow size={17} aria-hidden="true" />
          {words.take(marks.chosen.size)}
        </button>
      )}
      {gallery.may_download && !marks.choosing && (
        <button type="button" className="button main" onClick={start} disabled={state.step === 'asking' || state.step === 'packing'}>
          {state.step === 'failed' ? <RefreshCw size={17} aria-hidden="true" /> : <Arrow size={17} aria-hidden="true" />}
          {state.step === 'failed'
            ? say.retry
            : state.step === 'asking' || state.step === 'packing'
              ? words.asking
              : words.downloadSize(fmt.bytes(gallery.bytes))}
        </button>
      )}
    </div>
  )
}
