/** The ZIP of a gallery from the first byte to verified, and what to do when it went wrong. */
import { CircleCheck, Download, RefreshCw, TriangleAlert } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { type Archive, type ArchiveStatus, type Far, type Gallery, type GalleryWork, packArchive, zipOf } from '../api.ts'
import { type Answer, useTask } from '../ui/answer.ts'
import { useLanguage, useReason, useWordsOf } from '../ui/language.tsx'
import { Progress } from '../ui/Progress.tsx'
import { Trouble, Waiting } from '../ui/Trouble.tsx'
import { Versions } from './archives/Versions.tsx'
import { archivesWords } from './archives/words.ts'
import { Checksum } from './Checksum.tsx'
import { galleryWords } from './gallery/words.ts'
import { WorkProgress } from './WorkProgress.tsx'
import { useWords } from './words.tsx'

interface ArchiveCardProps {
  gallery: Gallery
  archive: Answer<ArchiveStatus>
  work: GalleryWork | undefined
}

export function ArchiveCard({ gallery, archive, work }: ArchiveCardProps) {
  const words = useWords()
  const own = useWordsOf(galleryWords)
  const why = useReason()
  const { data, refusal, again, put } = archive
  const task = useTask(async (force: boolean) => put(await packArchive(gallery.id, force)))
  const made = data?.archive
  const pack = (force: boolean, main: boolean) => (
    <button type="button" className={main ? 'button main' : 'button'} disabled={task.busy} onClick={() => task.run(force).then(again)}>
      <RefreshCw size={16} aria-hidden="true" />
      {words.packAgain}
    </button>
  )
  return (
    <section className="card stack tight" aria-busy={!data}>
      <div className="section-head">
        <h2>{words.archiveTitle}</h2>
        {data && <Badge status={data} />}
      </div>
      {refusal && <Trouble refusal={refusal} retry={again} />}
      {task.refusal && <Trouble refusal={task.refusal} />}
      {!data && !refusal && <Waiting height={110} />}
      {work?.retiring && <Retiring far={work.retiring} />}
      {gallery.archive_error && gallery.state !== 'archiving' && (
        <div className="note bad">
          <div>
            {own.troubleTitle} {why(gallery.archive_error.code, gallery.archive_error.detail)}
          </div>
        </div>
      )}
      {data?.status === 'none' && <p className="meta">{words.archiveNone}</p>}
      {(data?.status === 'pending' || data?.status === 'processing') &&
        (made ? <Making archive={made} /> : <p className="step">{words.archiveQueued}</p>)}
      {data?.status === 'failed' && (
        <>
          <div className="note bad">{(made && why(made.error_code, made.error_message)) || words.archiveFailedText}</div>
          <div className="actions">{pack(true, true)}</div>
        </>
      )}
      {data?.status === 'outdated' && <div className="note warn">{words.archiveOutdatedText}</div>}
      {made?.status === 'ready' && (
        <>
          {made.missing_count > 0 && <Missing archive={made} />}
          <Facts archive={made} />
          <div className="actions">
            <a className="button" href={zipOf(made)} download>
              <Download size={16} aria-hidden="true" />
              {words.downloadZip}
            </a>
            {(data?.status === 'outdated' || (data?.status === 'ready' && made.missing_count > 0)) && pack(made.missing_count > 0, false)}
          </div>
        </>
      )}
      {made && made.version > 1 && <Earlier gallery={gallery.id} />}
    </section>
  )
}

/** Asked for when somebody wants to see them. */
function Earlier({ gallery }: { gallery: string }) {
  const words = useWordsOf(archivesWords)
  const [open, set] = useState(false)
  return (
    <details onToggle={(event) => set(event.currentTarget.open)}>
      <summary>{words.versions}</summary>
      {open && <Versions gallery={gallery} />}
    </details>
  )
}

function Badge({ status: { status, archive } }: { status: ArchiveStatus }) {
  const words = useWords()
  if (status === 'ready' && archive?.missing_count) return <Mark kind="warn">{words.archivePartial(archive.missing_count)}</Mark>
  if (status === 'ready') return <Mark kind="ok">{words.archiveReady}</Mark>
  if (status === 'outdated') return <Mark kind="warn">{words.archiveOutdated}</Mark>
  if (status === 'failed') return <Mark kind="bad">{words.archiveFailed}</Mark>
  return null
}

function Mark({ kind, children }: { kind: 'ok' | 'warn' | 'bad'; children: ReactNode }) {
  return (
    <span className={`badge ${kind}`}>
      {kind === 'ok' ? <CircleCheck size={14} aria-hidden="true" /> : <TriangleAlert size={14} aria-hidden="true" />}
      {children}
    </span>
  )
}

function Making({ archive }: { archive: Archive }) {
  const words = useWords()
  const { fmt } = useLanguage()
  const verifying = archive.status === 'verifying'
  const queued = archive.status === 'queued'
  const step = queued ? words.archiveQueued : verifying ? words.archiveVerifying : words.archivePacking
  const percent = queued ? 0 : Math.min(99, archive.percent)
  return (
    <div className="stack tight">
      <Progress
        step={step}
        percent={queued ? null : percent}
        facts={[words.filesOf(fmt.number(archive.processed_photos), fmt.number(archive.image_count))]}
        bytes={{ done: archive.processed_bytes, of: archive.file_size_bytes }}
        seconds={archive.eta_seconds}
      />
      {verifying && <p className="meta">{words.archiveVerifyingText}</p>}
    </div>
  )
}

function Retiring({ far }: { far: Far }) {
  const own = useWordsOf(galleryWords)
  const step = far.step === 'waiting' ? own.archivingWait : far.step === 'verifying' ? own.archivingVerify : own.archiving
  return <WorkProgress step={step} far={far} />
}

function Missing({ archive }: { archive: Archive }) {
  const words = useWords()
  return (
    <div className="note warn">
      <div>
        <p>{words.archivePartialText}</p>
        <ul className="failures">
          {archive.missing.slice(0, 50).map((name) => (
            <li key={name}>
              <strong>{name}</strong>
            </li>
          ))}
        </ul>
      </div>
    </div>
  )
}

function Facts({ archive }: { archive: Archive }) {
  const words = useWords()
  const { fmt } = useLanguage()
  const lines: [string, ReactNode][] = [
    [words.content, words.files(archive.image_count - archive.missing_count)],
    [words.size, fmt.bytes(archive.file_size_bytes)],
    [words.version, fmt.number(archive.version)],
  ]
  if (archive.verified_at) lines.push([words.verifiedAt, fmt.moment(archive.verified_at)])
  return (
    <dl className="lines">
      {lines.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
      {archive.checksum && <Checksum name={words.sum} sum={archive.checksum} />}
    </dl>
  )
}
