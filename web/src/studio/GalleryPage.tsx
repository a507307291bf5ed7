/** One gallery at work: upload, publish, tracks on their way, the archive being made, photos, clients, settings. */
import { Link, useParams } from '@tanstack/react-router'
import { Archive as ArchiveIcon, CalendarPlus, ExternalLink, Link2 } from 'lucide-react'
import { useEffect, useMemo, useRef, useState } from 'react'
import { type Gallery, publish } from '../api.ts'
import { useTask } from '../ui/answer.ts'
import { useLanguage, useWordsOf } from '../ui/language.tsx'
import { Menu } from '../ui/Menu.tsx'
import { useToast } from '../ui/Toasts.tsx'
import { Trouble } from '../ui/Trouble.tsx'
import { ArchiveCard } from './ArchiveCard.tsx'
import { archivesWords } from './archives/words.ts'
import { ClientsCard } from './ClientsCard.tsx'
import { CopyButton } from './CopyButton.tsx'
import { Frame, Lost } from './Frame.tsx'
import { GalleryBadge } from './GalleryBadge.tsx'
import { BulkDialog, mayBe } from './galleries/BulkDialog.tsx'
import { ActivityCard } from './gallery/ActivityCard.tsx'
import { FeedbackCard } from './gallery/FeedbackCard.tsx'
import { GuestsCard } from './gallery/GuestsCard.tsx'
import { PhotosCard } from './gallery/PhotosCard.tsx'
import { galleryWords } from './gallery/words.ts'
import { LinksCard } from './LinksCard.tsx'
import { useArchive, useGallery, useItems, useLinks, useWork } from './questions.ts'
import { Placements } from './rescue/Placements.tsx'
import { usePlacements } from './rescue/questions.ts'
import { SettingsCard } from './SettingsCard.tsx'
import { UploadCard } from './UploadCard.tsx'
import { useUpload } from './uploads.tsx'
import { WorkProgress } from './WorkProgress.tsx'
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
  const known = useMemo(() => Map.groupBy(items.data?.rows ?? [], (item) => item.name), [items.data])
  const own = useWordsOf(galleryWords)
  const archives = useWordsOf(archivesWords)
  const [started, start] = useState<'extend' | 'archive' | null>(null)
  const refresh = () => {
    changed()
    items.again()
    archive.again()
  }
  const work = useWork(gallery, refresh)
  useEffect(() => {
    document.title = `${gallery.title} – Keepsake`
  }, [gallery.title])
  useArrivals(count.stored, count.state === 'done', refresh)
  const placements = usePlacements()
  const coming = placements.data?.placements.filter((one) => one.gallery.id === gallery.id)
  const come = coming?.reduce((sum, { added }) => sum + added, 0)
  useArrivals(come, !coming?.some(({ state }) => state === 'working'), refresh)

  const live = gallery.state === 'active'
  const tell = useToast()
  const task = useTask(async () => {
    await publish(gallery.id)
    tell(live ? words.publishedAgain : words.publishedNow)
    changed()
    archive.again()
  })
  const busy = count.state === 'sending' || count.state === 'offline'
  const why = !gallery.photos ? words.publishEmpty : busy ? words.publishBusy : ''
  const outdated = archive.data?.status === 'outdated' || archive.data?.status === 'none'
  const takes = live || gallery.state === 'draft'
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
          {takes && (!live || outdated) && (
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
          {mayBe('archive', gallery) && (
            <Menu
              label={own.more(gallery.title)}
              choices={[
                mayBe('extend', gallery) && {
                  name: own.extend,
                  icon: <CalendarPlus size={16} aria-hidden="true" />,
                  pick: () => start('extend'),
                },
                { name: own.archive, icon: <ArchiveIcon size={16} aria-hidden="true" />, pick: () => start('archive') },
              ]}
            />
          )}
        </div>
      </header>
      {started && <BulkDialog what={started} galleries={[gallery]} ended={refresh} close={() => start(null)} />}
      {task.refusal && <Trouble refusal={task.refusal} retry={() => task.run()} />}
      <div className="columns">
        <div className="stack">
          {takes && <UploadCard queue={queue} count={count} left={left} known={known} small={gallery.photos > 0} />}
          {coming && <Placements placements={coming} again={placements.again} />}
          {gallery.state === 'archived' && <Archived gallery={gallery} />}
          {gallery.state === 'expired' && <Ended gallery={gallery} extend={() => start('extend')} />}
          {work.data?.restoring && (
            <div className="card">
              <WorkProgress step={archives.hydrating} far={work.data.restoring} />
            </div>
          )}
          {work.data?.reading && (
            <div className="card">
              <WorkProgress step={work.data.reading.step === 'waiting' ? own.readingWait : own.reading} far={work.data.reading} />
            </div>
          )}
          <PhotosCard gallery={gallery} items={items} changed={refresh} sending={busy} />
        </div>
        <div className="stack">
          <ArchiveCard gallery={gallery} archive={archive} work={work.data} />
          <ClientsCard gallery={gallery} changed={links.again} />
          <LinksCard gallery={gallery} links={links} />
          {takes && <GuestsCard gallery={gallery} items={items.data?.rows ?? []} put={put} />}
          {gallery.published_at && <FeedbackCard gallery={gallery.id} />}
          <ActivityCard gallery={gallery.id} />
          <SettingsCard key={gallery.id} gallery={gallery} put={put} />
        </div>
      </div>
    </main>
  )
}

/** Its guests read that it has ended; the day after it is archived by itself. */
function Ended({ gallery, extend }: { gallery: Gallery; extend: () => void }) {
  const own = useWordsOf(galleryWords)
  const { fmt } = useLanguage()
  return (
    <section className="card stack tight">
      <h2>{own.endedTitle}</h2>
      <p>{own.endedText(fmt.moment(gallery.expires_at!))}</p>
      <div className="actions">
        <button type="button" className="button main" onClick={extend}>
          <CalendarPlus size={16} aria-hidden="true" />
          {own.extend}
        </button>
      </div>
    </section>
  )
}

function Archived({ gallery }: { gallery: Gallery }) {
  const own = useWordsOf(galleryWords)
  return (
    <section className="card stack tight">
      <h2>{own.archivedTitle}</h2>
      <p>{own.archivedText}</p>
      <div className="actions">
        <Link to="/archives/$slug" params={{ slug: gallery.slug }} className="button main">
          {own.toArchive}
        </Link>
      </div>
    </section>
  )
}

/** Asks anew while files arrive: at most each 3 s, and once more at the end. `stored` is undefined until it is known. */
function useArrivals(stored: number | undefined, done: boolean, refresh: () => void): void {
  const latest = useRef(refresh)
  latest.current = refresh
  const seen = useRef(stored)
  const last = useRef(0)
  useEffect(() => {
    seen.current ??= stored
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
