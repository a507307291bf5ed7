/** One archived gallery: its archive with every proof, the versions that clients had, and the files inside. */
import { Link, useNavigate, useParams } from '@tanstack/react-router'
import { CircleCheck, Download, FileDown, RotateCcw, Trash2 } from 'lucide-react'
import { useEffect, useState } from 'react'
import { type Archive, type Gallery, packedFile, zipOf } from '../../api.ts'
import { useLanguage, useWordsOf } from '../../ui/language.tsx'
import { listWords } from '../../ui/list-words.ts'
import { Empty, Trouble, Waiting } from '../../ui/Trouble.tsx'
import { Checksum } from '../Checksum.tsx'
import { Frame, Lost } from '../Frame.tsx'
import { GalleryBadge } from '../GalleryBadge.tsx'
import { useArchive, useGallery } from '../questions.ts'
import { DeleteDialog } from './DeleteDialog.tsx'
import { useEntries, useProofs } from './questions.ts'
import { RestoreDialog } from './RestoreDialog.tsx'
import { Versions } from './Versions.tsx'
import { archivesWords } from './words.ts'

export function Page() {
  const { slug } = useParams({ from: '/inside/archives/$slug' })
  const gallery = useGallery(slug)
  const status = useArchive(slug)
  const refusal = gallery.refusal ?? status.refusal
  if (refusal?.problem.status === 404) return <Lost />
  if (!gallery.data || !status.data) return <Frame refusal={refusal} retry={gallery.again} />
  return <Sheet gallery={gallery.data} archive={status.data.final} changed={gallery.again} />
}

function Sheet({ gallery, archive, changed }: { gallery: Gallery; archive: Archive | null; changed: () => void }) {
  const words = useWordsOf(archivesWords)
  const navigate = useNavigate()
  const [opened, open] = useState<'restore' | 'delete' | null>(null)
  useEffect(() => {
    document.title = `${gallery.title} – Keepsake`
  }, [gallery.title])
  if (gallery.state !== 'archived' && opened !== 'restore')
    return (
      <main className="page">
        <h1 className="serif">{gallery.title}</h1>
        <Empty icon={<CircleCheck size={28} aria-hidden="true" />} title={words.notArchived}>
          <p>{words.notArchivedText}</p>
          <Link to="/galleries/$slug" params={{ slug: gallery.slug }} className="button">
            {words.toGallery}
          </Link>
        </Empty>
      </main>
    )
  return (
    <main className="page">
      <header className="page-head">
        <div className="page-title">
          <h1 className="serif">{gallery.title}</h1>
          <GalleryBadge state={gallery.state} />
        </div>
        {archive && (
          <div className="actions">
            <a className="button" href={zipOf(archive)} download>
              <Download size={16} aria-hidden="true" />
              {words.download}
            </a>
            <button type="button" className="button main" onClick={() => open('restore')}>
              <RotateCcw size={16} aria-hidden="true" />
              {words.restore}
            </button>
            <button type="button" className="button bare danger" onClick={() => open('delete')}>
              <Trash2 size={16} aria-hidden="true" />
              {words.delete}
            </button>
          </div>
        )}
      </header>
      {archive && (
        <div className="columns">
          <div className="stack">
            <Files archive={archive} />
          </div>
          <div className="stack">
            <Facts archive={archive} gallery={gallery} />
            <Proofs archive={archive} />
            <section className="card stack tight">
              <h2>{words.versions}</h2>
              <Versions gallery={gallery.id} />
            </section>
          </div>
        </div>
      )}
      {opened === 'restore' && <RestoreDialog gallery={gallery} close={() => open(null)} changed={changed} />}
      {opened === 'delete' && archive && (
        <DeleteDialog
          archive={archive.id}
          slug={gallery.slug}
          title={gallery.title}
          close={() => open(null)}
          gone={() => void navigate({ to: '/archives' })}
        />
      )}
    </main>
  )
}

function Facts({ archive, gallery }: { archive: Archive; gallery: Gallery }) {
  const words = useWordsOf(archivesWords)
  const { fmt } = useLanguage()
  return (
    <section className="card stack tight">
      <h2>{words.facts}</h2>
      <dl className="lines">
        {gallery.event_date && <Fact name={words.eventDate}>{fmt.day(gallery.event_date)}</Fact>}
        {archive.completed_at && <Fact name={words.archivedAt}>{fmt.moment(archive.completed_at)}</Fact>}
        <Fact name={words.photos}>{fmt.number(archive.image_count)}</Fact>
        <Fact name={words.size}>{fmt.bytes(archive.file_size_bytes)}</Fact>
        <Fact name={words.downloads}>{fmt.number(archive.download_count)}</Fact>
        {archive.checksum && <Checksum name={words.checksum} sum={archive.checksum} />}
      </dl>
    </section>
  )
}

function Fact({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}

function Proofs({ archive }: { archive: Archive }) {
  const words = useWordsOf(archivesWords)
  const { fmt } = useLanguage()
  const { data, refusal, again } = useProofs(archive.id)
  return (
    <section className="card stack tight">
      <div>
        <h2>{words.proofs}</h2>
        <p className="meta">{words.proofsText}</p>
      </div>
      {refusal && <Trouble refusal={refusal} retry={again} />}
      {!data && !refusal && <Waiting height={40} />}
      <ul className="proofs">
        {data?.rows.map((proof) => (
          <li key={proof.verified_at} className="proof">
            <CircleCheck size={15} className="proof-sign" aria-hidden="true" />
            {fmt.moment(proof.verified_at)}
          </li>
        ))}
      </ul>
    </section>
  )
}

function Files({ archive }: { archive: Archive }) {
  const words = useWordsOf(archivesWords)
  const list = useWordsOf(listWords)
  const { fmt } = useLanguage()
  const [cursor, turn] = useState('')
  const { data, refusal, again } = useEntries(archive.id, cursor)
  return (
    <section className="card stack tight">
      <h2>{words.files}</h2>
      {refusal && <Trouble refusal={refusal} retry={again} />}
      {!data && !refusal && <Waiting height={400} />}
      <ul>
        {data?.rows.map((file) => (
          <li key={file.position} className="inside-file">
            <span className="two-lines">
              <span>{file.path}</span>
              <span className="meta">{fmt.bytes(file.size)}</span>
            </span>
            <a
              className="button bare square"
              href={packedFile(archive.id, file.position)}
              download
              aria-label={words.takeOut(file.path.split('/').at(-1)!)}
            >
              <FileDown size={16} aria-hidden="true" />
            </a>
          </li>
        ))}
      </ul>
      {(data?.next || cursor) && (
        <div className="actions end">
          {cursor && (
            <button type="button" className="button" onClick={() => turn('')}>
              {list.firstPage}
            </button>
          )}
          {data?.next && (
            <button type="button" className="button" onClick={() => turn(data.next!)}>
              {list.nextPage}
            </button>
          )}
        </div>
      )}
    </section>
  )
}
