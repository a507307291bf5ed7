/** How far chosen photos are packed, and then the files; a single one begins by itself. */
import { Download as Arrow, Check, TriangleAlert, X } from 'lucide-react'
import { useEffect, useState } from 'react'
import type { ExportPart, GuestGallery } from '../api.ts'
import { useTask } from '../ui/answer.ts'
import { useLanguage, useReason } from '../ui/language.tsx'
import { Trouble } from '../ui/Trouble.tsx'
import { cancelExport, type Export } from './api.ts'
import { hasEnded, type Made } from './begin.ts'
import { catalog } from './take-words.ts'

interface Props {
  gallery: GuestGallery
  id: string
  made: Made
  /** photos were chosen meanwhile: of an export that has ended nothing is shown */
  chosen: boolean
  another: () => void
}

export function Packing({ gallery, id, made: { data, refusal, again, waited }, chosen, another }: Props) {
  const { locale, fmt } = useLanguage()
  const why = useReason()
  const words = catalog[locale]
  const stop = useTask(async () => {
    await cancelExport(gallery.slug, id)
    again()
  })
  const ended = data && hasEnded(data)
  const trouble = stop.refusal ?? (data ? undefined : refusal)
  const stale = ended && chosen && !waited
  // biome-ignore lint/correctness/useExhaustiveDependencies: once
  useEffect(() => {
    if (stale) another()
  }, [stale])
  if (stale) return null
  return (
    <div className="take">
      {data && !ended && (
        <>
          <p role="status" className="packing">
            <b>{words.preparing}</b>
            <b>{fmt.percent(data.percent)}</b>
          </p>
          <div
            className="bar"
            role="progressbar"
            aria-label={words.preparing}
            aria-valuemin={0}
            aria-valuemax={100}
            aria-valuenow={data.percent}
          >
            <div style={{ width: `${data.percent}%` }} />
          </div>
          <p className="meta">
            {words.packed(fmt.number(data.processed_photos), words.photos(data.total_photos))}
            {data.eta_seconds ? ` · ${words.left(fmt.duration(data.eta_seconds))}` : ''}
          </p>
          <div className="sheet-foot">
            <button type="button" className="button" disabled={stop.busy || data.status === 'cancelling'} onClick={() => void stop.run()}>
              <X size={17} aria-hidden="true" />
              {words.stop}
            </button>
          </div>
        </>
      )}
      {data?.status === 'ready' && <Files made={data} />}
      {data?.status === 'failed' && <p role="status">{why(data.error_code, data.error_message) || words.failed}</p>}
      {data?.status === 'cancelled' && <p role="status">{words.stopped}</p>}
      {data?.status === 'expired' && <p role="status">{words.ended}</p>}
      {trouble && <Trouble refusal={trouble} />}
      {(ended || refusal) && (
        <button type="button" className="button" onClick={another}>
          {words.another}
        </button>
      )}
    </div>
  )
}

function Files({ made }: { made: Export }) {
  const { locale, fmt } = useLanguage()
  const words = catalog[locale]
  return (
    <>
      <p className="note ok" role="status">
        <Check size={18} aria-hidden="true" />
        <span>
          {words.ready} {made.expires_at && words.stays(fmt.moment(made.expires_at))}
        </span>
      </p>
      {made.missing.length > 0 && (
        <div className="note warn">
          <TriangleAlert size={18} aria-hidden="true" />
          <div>
            <p>{words.lacking(made.missing.length)}</p>
            <ul>
              {made.missing.map((name) => (
                <li key={name}>{name}</li>
              ))}
            </ul>
          </div>
        </div>
      )}
      {made.parts.map((part) => part.download_url && <OneFile key={part.name} part={part} alone={made.parts.length === 1} />)}
    </>
  )
}

/** One of several that was begun says so: nobody has to remember which they have. */
function OneFile({ part, alone }: { part: ExportPart; alone: boolean }) {
  const { locale, fmt } = useLanguage()
  const words = catalog[locale]
  const [begun, begin] = useState(false)
  const taken = begun && !alone
  return (
    <a className={taken ? 'button' : 'button main'} href={part.download_url!} onClick={() => begin(true)}>
      {taken ? <Check size={17} aria-hidden="true" /> : <Arrow size={17} aria-hidden="true" />}
      {words.save(part.name, fmt.bytes(part.file_size))}
      {taken && ` · ${words.taken}`}
    </a>
  )
}
