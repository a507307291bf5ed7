/** One thing done to one gallery or many, with what became of each: one that fails stops no other. */
import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { archiveGalleries, changeGallery, type Gallery, publish } from '../../api.ts'
import { Dialog } from '../../ui/Dialog.tsx'
import { useLanguage, useReason, useWordsOf } from '../../ui/language.tsx'
import { Progress } from '../../ui/Progress.tsx'
import { refusalOf, sentenceOf } from '../../ui/refusal.ts'
import { Results, type Sentences, Titles } from '../Results.tsx'
import { galleriesWords } from './words.ts'

export interface Bulk {
  what: 'publish' | 'extend' | 'archive'
  galleries: Gallery[]
  /** when all is done */
  ended?: () => void
}

/** Can this be done to the gallery as it is? */
export function mayBe(what: Bulk['what'], { state, photos, expires_at }: Gallery): boolean {
  if (what === 'publish') return photos > 0 && (state === 'draft' || state === 'active')
  if (what === 'extend') return expires_at !== null && (state === 'active' || state === 'expired')
  return photos > 0 && (state === 'active' || state === 'expired')
}

const month = 30 * 24 * 3600 * 1000

export function BulkDialog({ what, galleries, ended: told, close }: Bulk & { close: () => void }) {
  const words = useWordsOf(galleriesWords)
  const { say } = useLanguage()
  const why = useReason()
  const client = useQueryClient()
  const [results, set] = useState<Sentences | null>(null)
  const running = useRef(false)
  const run = async () => {
    // one job however often one clicks
    if (running.current) return
    running.current = true
    set(new Map())
    const note = (id: string, result: string | null) => set((old) => new Map(old).set(id, result))
    try {
      if (what === 'archive') {
        const { results } = await archiveGalleries(galleries.map((gallery) => gallery.id))
        for (const { id, error } of results) note(id, error && why(error.code, error.detail))
      } else
        for (const gallery of galleries) {
          const work = what === 'publish' ? publish(gallery.id) : changeGallery(gallery.id, { expires_at: later(gallery) })
          note(
            gallery.id,
            await work.then(
              () => null,
              (error: unknown) => sentenceOf(refusalOf(error).problem, say),
            ),
          )
        }
    } catch (error) {
      const sentence = sentenceOf(refusalOf(error).problem, say)
      for (const { id } of galleries) note(id, sentence)
    }
    void client.invalidateQueries()
    told?.()
  }
  // only what closes pages asks first
  const latest = useRef(run)
  latest.current = run
  useEffect(() => {
    if (what !== 'archive') void latest.current()
  }, [what])
  const title = what === 'archive' ? words.archiveTitle(galleries.length) : what === 'publish' ? words.publish : words.extend
  const ended = results !== null && results.size >= galleries.length
  const failed = [...(results?.values() ?? [])].filter((sentence) => sentence !== null).length
  return (
    <Dialog title={title} close={close} firm>
      {results === null && (
        <>
          <p>{words.archiveText}</p>
          <Titles all={galleries} />
          <div className="actions end">
            <button type="button" className="button" onClick={close}>
              {say.cancel}
            </button>
            <button type="button" className="button main" onClick={run}>
              {words.archive}
            </button>
          </div>
        </>
      )}
      {results !== null && !ended && (
        <Progress step={words.working(results.size, galleries.length)} percent={Math.floor((results.size / galleries.length) * 100)} />
      )}
      {ended && (
        <>
          <p role="status">
            <strong>{failed ? words.failedSome(failed) : words.doneAll(results.size)}</strong>
          </p>
          <Results all={galleries} sentences={results} />
          <div className="actions end">
            <button type="button" className="button main" onClick={close}>
              {say.close}
            </button>
          </div>
        </>
      )}
    </Dialog>
  )
}

/** 30 days from its end, or from today when that has passed. */
function later({ expires_at }: Gallery): string {
  return new Date(Math.max(Date.now(), Date.parse(expires_at ?? '')) + month).toISOString()
}
