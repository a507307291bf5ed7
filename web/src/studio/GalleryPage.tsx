/** One gallery at work: upload, publish, the archive being made, photos, clients, settings. */
import { useParams } from '@tanstack/react-router'
import { ExternalLink, Link2 } from 'lucide-react'
import { useEffect, useMemo, useRef } from 'react'
import { type Gallery, publish } from '../api.ts'
import { useTask } from '../ui/answer.ts'
import { Trouble } from '../ui/Trouble.tsx'
import { ArchiveCard } from './ArchiveCard.tsx'
import { ClientsCard } from './ClientsCard.tsx'
import { CopyButton } from './CopyButton.tsx'
import { Frame, Lost } from './Frame.tsx'
import { GalleryBadge } from './GalleryBadge.tsx'
import { LinksCard } from './LinksCard.tsx'
import { PhotosCard } from './gallery/PhotosCard.tsx'
import { useArchive, useGallery, useItems, useLinks } from './questions.ts'
import { SettingsCard } from './SettingsCard.tsx'
import { UploadCard } from './UploadCard.tsx'
import { useUpload } from './uploads.tsx'
import { useWords } from './words.tsx'

export function Page() {
  const { slug } = useParams({ from: '/inside/galleries/$slug' })
  const { data, refusal, again, put } = useGallery(slug)
  if (data) return <Sheet gallery={data} changed={again} put={put} />
  return refusal?.problem.status === 404 ? <Lost /> : <Frame refusal={refusal} retry={again} />
}

function Sheet({ gallery, changed, put }: { gallery: Gallery; changed: () => void; put: (gallery: Gallery) => void }) {
  const words = useWords()
  const items = useItems(gallery.id)
  const archive = useArchive(gallery.id)
  const links = useLinks(gallery.id)
  const { queue, count, left } = useUpload(gallery.id)
  const sizes = useMemo(() => new Set(items.data?.rows.map((item) => item.size)), [items.data])
  const refresh = () => {
    changed()
    items.again()
    archive.again()
  }
  useEffect(() => {
    document.title = `${gallery.title} – Keepsake`
  }, [gallery.title])
  useArrivals(count.stored, count.state === 'done', refresh)

  const task = useTask(async () => {
    await publish(gallery.id)
    changed()
    archive.again()
  })
  const busy = count.state === 'sending' || count.state === 'offline'
  const why = !gallery.photos ? words.publishEmpty : busy ? words.publishBusy : ''
  const outdated = archive.data?.status === 'outdated' || archive.data?.status === 'none'
  const live = gallery.state === 'active'
  return (
    <main className="page">
      <header className="page-head">
        <div className="page-title">
          <h1 className="serif">{gallery.title}</h1>
          <GalleryBadge state={gallery.state} />
        </div>
        <div className="actions">
          {live && (
            <>
              {gallery.public && <CopyButton text={gallery.url} icon={<Link2 size={17} aria-hidden="true" />} label={words.copyLink} />}
              <a className="button" href={gallery.url} target="_blank" rel="noreferrer">
                <ExternalLink size={17} aria-hidden="true" />
                {words.guestPage}
              </a>
            </>
          )}
          {(!live || outdated) && (
            <>
              {why && (
                <span id="why" className="meta">
                  {why}
                </span>
              )}
              <button
                type="button"
                className="button main"
                disabled={!!why || task.busy}
                aria-describedby={why ? 'why' : undefined}
                onClick={() => task.run()}
              >
                {live ? words.publishAgain : words.publish}
              </button>
            </>
          )}
        </div>
      </header>
      {task.refusal && <Trouble refusal={task.refusal} retry={() => task.run()} />}
      <div className="columns">
        <div className="stack">
          <UploadCard queue={queue} count={count} left={left} sizes={sizes} small={gallery.photos > 0} />
          <PhotosCard gallery={gallery} items={items} changed={refresh} sending={busy} />
        </div>
        <div className="stack">
          <ArchiveCard gallery={gallery} archive={archive} />
          <ClientsCard gallery={gallery} changed={links.again} />
          <LinksCard gallery={gallery} links={links} />
          <SettingsCard key={gallery.id} gallery={gallery} put={put} />
        </div>
      </div>
    </main>
  )
}

/** Asks anew while files arrive: at most each 3 s, and once more at the end. */
function useArrivals(stored: number, done: boolean, refresh: () => void): void {
  const latest = useRef(refresh)
  latest.current = refresh
  const seen = useRef(stored)
  const last = useRef(0)
  useEffect(() => {
    if (stored === seen.current) return
    const ask = () => {
      seen.current = stored
      last.current = performance.now()
      latest.current()
    }
    const wait = done ? 0 : Math.max(0, last.current + 3000 - performance.now())
    const timer = setTimeout(ask, wait)
    return () => clearTimeout(timer)
  }, [stored, done])
}
