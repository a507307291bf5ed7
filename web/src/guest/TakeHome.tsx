/** The sheet of downloads: which photos, in which size; then how far they are packed, and the files. */
import { Download as Arrow, Package, X } from 'lucide-react'
import { useState } from 'react'
import { askExport, cancelExport, type Export, type GuestGallery, useExport } from '../api.ts'
import { useTask } from '../ui/answer.ts'
import { Dialog } from '../ui/Dialog.tsx'
import { useLanguage } from '../ui/language.tsx'
import { type Refusal, sentenceOf } from '../ui/refusal.ts'
import type { Marks } from './marks.ts'
import { catalog } from './words.ts'

interface Props {
  gallery: GuestGallery
  marks: Marks
}

export function TakeHome({ gallery, marks, close }: Props & { close: () => void }) {
  const words = catalog[useLanguage().locale]
  return (
    <Dialog title={words.sheetTitle} close={close}>
      {marks.exportId ? (
        <Progress gallery={gallery} id={marks.exportId} another={() => marks.setExport(null)} />
      ) : (
        <Choice gallery={gallery} marks={marks} />
      )}
    </Dialog>
  )
}

type Which = 'all' | 'favorites' | 'chosen'

function Choice({ gallery, marks }: Props) {
  const { locale, fmt } = useLanguage()
  const words = catalog[locale]
  const [which, setWhich] = useState<Which>(marks.chosen.size ? 'chosen' : marks.favorites.size ? 'favorites' : 'all')
  const [size, setSize] = useState<'original' | 'screen'>('original')
  const [parts, setParts] = useState(false)
  const [tar, setTar] = useState(false)
  const ids = { all: undefined, favorites: marks.favorites, chosen: marks.chosen }
  const itemsOf = (of: Which) => gallery.items.filter((item) => item.state === 'stored' && (ids[of]?.has(item.id) ?? true))
  const bytes = itemsOf(which).reduce((sum, item) => sum + ((size === 'screen' && item.preview_size) || item.size), 0)
  const task = useTask(async () => {
    const photos =
      which === 'all' ? { all: true as const } : which === 'favorites' ? { favorites: true as const } : { photoIds: [...marks.chosen] }
    const input = { ...photos, size, format: tar ? ('tar' as const) : ('zip' as const), ...(parts ? { parts: true as const } : {}) }
    const { export: made } = await askExport(gallery.slug, input)
    marks.setExport(made.id)
  })
  const names: [Which, string][] = [
    ['all', words.whichAll],
    ['favorites', words.whichFavorites],
    ['chosen', words.whichChosen],
  ]
  return (
    <form
      className="take"
      onSubmit={(event) => {
        event.preventDefault()
        void task.run()
      }}
    >
      <fieldset>
        <legend>{words.which}</legend>
        {names.map(([name, text]) => {
          const count = itemsOf(name).length
          return (
            <label key={name} className={count ? undefined : 'off'}>
              <input type="radio" name="which" checked={which === name} disabled={!count} onChange={() => setWhich(name)} />
              {text} ({words.photos(count)})
            </label>
          )
        })}
      </fieldset>
      <fieldset>
        <legend>{words.size}</legend>
        <label>
          <input type="radio" name="size" checked={size === 'original'} onChange={() => setSize('original')} />
          {words.sizeOriginal}
        </label>
        <label>
          <input type="radio" name="size" checked={size === 'screen'} onChange={() => setSize('screen')} />
          {words.sizeScreen}
        </label>
        {size === 'screen' && <p className="meta">{words.screenNote}</p>}
      </fieldset>
      <fieldset>
        <label>
          <input type="checkbox" checked={parts} onChange={() => setParts(!parts)} />
          {words.parts}
        </label>
        <label>
          <input type="checkbox" checked={tar} onChange={() => setTar(!tar)} />
          {words.tar}
        </label>
      </fieldset>
      <Trouble refusal={task.refusal} />
      <button type="submit" className="button main" disabled={task.busy || !itemsOf(which).length}>
        <Package size={17} aria-hidden="true" />
        {words.prepare(fmt.bytes(bytes))}
      </button>
    </form>
  )
}

function Progress({ gallery, id, another }: { gallery: GuestGallery; id: string; another: () => void }) {
  const { locale, fmt } = useLanguage()
  const words = catalog[locale]
  const { data, refusal, again } = useExport(gallery.slug, id)
  const stop = useTask(async () => {
    await cancelExport(gallery.slug, id)
    again()
  })
  const ended = data && ['ready', 'failed', 'cancelled', 'expired'].includes(data.status)
  return (
    <div className="take">
      {data && !ended && (
        <>
          <p role="status">
            {words.preparing(fmt.percent(data.percent))}
            {data.eta_seconds ? `, ${words.left(fmt.duration(data.eta_seconds))}` : ''}
          </p>
          <progress max={100} value={data.percent} aria-label={words.sheetTitle} />
          <button type="button" className="button" disabled={stop.busy || data.status === 'cancelling'} onClick={() => void stop.run()}>
            <X size={17} aria-hidden="true" />
            {words.stop}
          </button>
        </>
      )}
      {data?.status === 'ready' && <Files made={data} />}
      {data?.status === 'failed' && <p role="status">{data.error_message ?? words.failed}</p>}
      {data?.status === 'cancelled' && <p role="status">{words.stopped}</p>}
      {data?.status === 'expired' && <p role="status">{words.ended}</p>}
      <Trouble refusal={stop.refusal ?? (data ? undefined : refusal)} />
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
      <p role="status">
        {words.ready} {made.expires_at && words.stays(fmt.moment(made.expires_at))}
      </p>
      {made.missing.length > 0 && (
        <div>
          <p>{words.lacking(made.missing.length)}</p>
          <ul>
            {made.missing.map((name) => (
              <li key={name}>{name}</li>
            ))}
          </ul>
        </div>
      )}
      {made.parts.map(
        (part) =>
          part.download_url && (
            <a key={part.name} className="button main" href={part.download_url}>
              <Arrow size={17} aria-hidden="true" />
              {words.save(part.name, fmt.bytes(part.file_size))}
            </a>
          ),
      )}
    </>
  )
}

function Trouble({ refusal }: { refusal: Refusal | undefined }) {
  const { say } = useLanguage()
  return (
    <p className="says" role="alert">
      {refusal ? sentenceOf(refusal.problem, say) : ''}
    </p>
  )
}
