/** Where photos are dropped, and how far they are. */
import { FolderUp, Pause, Play, RefreshCw, TriangleAlert, X } from 'lucide-react'
import { type ChangeEvent, type DragEvent, useRef, useState } from 'react'
import { useLanguage } from '../ui/language.tsx'
import { Bar } from '../ui/Progress.tsx'
import { sentenceOf } from '../ui/refusal.ts'
import { Note } from '../ui/Trouble.tsx'
import { filesOfDrop, filesOfInput } from './files.ts'
import { type Known, SameNames, sameNamed } from './gallery/SameNames.tsx'
import type { Count, Queue, Source } from './upload-queue.ts'
import { useWords } from './words.tsx'

interface Props {
  queue: Queue
  count: Count
  left: number
  /** by name: what is in the gallery */
  known: Known
  small: boolean
}

export function UploadCard({ queue, count, left, known, small }: Props) {
  const words = useWords()
  const folder = useRef<HTMLInputElement>(null)
  const files = useRef<HTMLInputElement>(null)
  const [step, set] = useState<'ready' | 'over' | 'reading' | 'nothing' | 'unread'>('ready')
  const [asked, ask] = useState<{ sources: Source[]; same: Source[] } | null>(null)
  const add = (sources: Source[]) => queue.add(sources, new Set([...known.values()].flatMap((items) => items.map(({ size }) => size))))
  const take = (sources: Source[]) => {
    set(sources.length ? 'ready' : 'nothing')
    const same = sameNamed(sources, known)
    if (same.length) ask({ sources, same })
    else add(sources)
  }
  const decide = (what: 'skip' | 'new' | 'both') => {
    const same = new Set(asked!.same)
    const wanted = asked!.sources.filter((source) => what !== 'skip' || !same.has(source))
    add(
      what === 'new'
        ? wanted.map((source) => (same.has(source) ? { ...source, replaces: known.get(source.name)![0]!.id } : source))
        : wanted,
    )
    ask(null)
  }
  const drop = async (event: DragEvent) => {
    event.preventDefault()
    set('reading')
    const found = await filesOfDrop(event.dataTransfer).catch(() => null)
    if (found) take(found)
    else set('unread')
  }
  const pick = (event: ChangeEvent<HTMLInputElement>) => {
    take(filesOfInput(event.target.files!))
    // The same folder may be chosen again.
    event.target.value = ''
  }
  return (
    <section className="stack" aria-label={words.uploadStates.idle}>
      {left > 0 && count.state === 'idle' && <Note kind="warn">{words.interrupted(left)}</Note>}
      {/* biome-ignore lint/a11y/noStaticElementInteractions: dropping is a way of the mouse; the buttons inside are the way of the keyboard */}
      <div
        className={`drop ${small ? 'small' : ''} ${step === 'over' ? 'over' : ''}`}
        onDragOver={(event) => {
          event.preventDefault()
          if (step !== 'over') set('over')
        }}
        onDragLeave={(event) => !event.currentTarget.contains(event.relatedTarget as Node) && set('ready')}
        onDrop={drop}
      >
        <FolderUp size={28} aria-hidden="true" />
        <div className="drop-text">
          <p className="drop-title">{words.dropTitle}</p>
          <p className="meta" role="status">
            {{ ready: words.drop, over: words.drop, reading: words.reading, nothing: words.nothingFound, unread: words.notAllRead }[step]}
          </p>
        </div>
        <div className="actions">
          <button type="button" className={small ? 'button' : 'button main'} onClick={() => folder.current!.click()}>
            {words.chooseFolder}
          </button>
          <button type="button" className="button" onClick={() => files.current!.click()}>
            {words.chooseFiles}
          </button>
        </div>
        <input ref={folder} type="file" hidden multiple {...{ webkitdirectory: '' }} onChange={pick} data-pick="folder" />
        <input ref={files} type="file" hidden multiple onChange={pick} data-pick="files" />
      </div>
      {asked && <SameNames same={asked.same} close={() => ask(null)} decide={decide} />}
      {count.state !== 'idle' && <Progress queue={queue} count={count} />}
    </section>
  )
}

function Progress({ queue, count }: { queue: Queue; count: Count }) {
  const words = useWords()
  const { fmt, say } = useLanguage()
  const failed = count.failed.length
  const facts = [
    count.files > 0 && words.filesOf(fmt.number(count.stored + count.duplicates), fmt.number(count.files)),
    count.files > 0 && words.sizeOf(fmt.bytes(count.sent), fmt.bytes(count.bytes)),
    count.seconds !== null && words.about(fmt.duration(count.seconds)),
    count.duplicates > 0 && words.duplicates(count.duplicates),
    count.already > 0 && words.already(count.already),
  ].filter(Boolean)
  // Ended with failures it is neither full nor on its way: then the numbers below say more than a share.
  const ended = count.state === 'done' && failed > 0
  const share = count.files > 0 && !ended
  const title = ended ? words.uploadSome : words.uploadStates[count.state]
  return (
    <div className="card stack tight">
      <div className="progress-head">
        <h2 aria-live="polite">{title}</h2>
        {share && <p className="progress-number">{fmt.percent(count.percent)}</p>}
      </div>
      {share && <Bar label={words.uploadStates.idle} percent={count.percent} />}
      <div className="progress-foot">
        <ul className="facts meta">
          {facts.map((fact) => (
            <li key={String(fact)}>{fact}</li>
          ))}
        </ul>
        {(count.state === 'sending' || count.state === 'offline') && (
          <button type="button" className="button" onClick={queue.pause}>
            <Pause size={16} aria-hidden="true" />
            {words.pause}
          </button>
        )}
        {count.state === 'done' && (
          <button type="button" className="button bare square" aria-label={say.close} onClick={queue.clear}>
            <X size={17} aria-hidden="true" />
          </button>
        )}
        {count.state === 'paused' && (
          <button type="button" className="button main" onClick={queue.resume}>
            <Play size={16} aria-hidden="true" />
            {words.resume}
          </button>
        )}
      </div>
      {failed > 0 && <Failures queue={queue} count={count} />}
    </div>
  )
}

function Failures({ queue, count }: { queue: Queue; count: Count }) {
  const words = useWords()
  const { say } = useLanguage()
  return (
    <div className="note bad" role="alert">
      <TriangleAlert size={18} aria-hidden="true" />
      <details open={count.failed.length <= 3}>
        <summary>{words.failedFiles(count.failed.length)}</summary>
        <ul className="failures">
          {count.failed.slice(0, 50).map(({ path, problem }) => (
            <li key={path}>
              <strong>{path}</strong> {sentenceOf(problem, say)}
            </li>
          ))}
        </ul>
      </details>
      <button type="button" className="button" onClick={queue.retry}>
        <RefreshCw size={16} aria-hidden="true" />
        {count.failed.length === 1 ? say.retry : words.retryAll}
      </button>
    </div>
  )
}
