/** Brings an archived gallery back: what would come back can be asked first, and how far it is stays on the page. */
import { Link } from '@tanstack/react-router'
import { CircleCheck, TriangleAlert } from 'lucide-react'
import { type FormEvent, useEffect, useRef, useState } from 'react'
import { type Restored, type Restoring, restoreGallery, type Salvage, salvageGallery } from '../../api.ts'
import { useTask } from '../../ui/answer.ts'
import { Dialog } from '../../ui/Dialog.tsx'
import { useLanguage, useReason, useWordsOf } from '../../ui/language.tsx'
import { Progress } from '../../ui/Progress.tsx'
import { Note, Trouble } from '../../ui/Trouble.tsx'
import { isAtWork, useRestoring } from './questions.ts'
import { UntilField, untilOf } from './UntilField.tsx'
import { archivesWords } from './words.ts'

interface RestoreProps {
  gallery: { id: string; slug: string; title: string }
  close: () => void
  changed: () => void
}

export function RestoreDialog({ gallery, close, changed }: RestoreProps) {
  const words = useWordsOf(archivesWords)
  const { fmt } = useLanguage()
  const why = useReason()
  const [direct, set] = useState<Restored | null>(null)
  const form = useRef<HTMLFormElement>(null)
  const { salvage, ended, asked } = useSalvage(gallery.id, changed)
  const answer = ended?.restored ?? direct
  // every photo was read, for the archive as a whole is refused: what comes back is what was found whole
  const looked = !!ended?.restored || !!answer?.missing.length
  const task = useTask(async (more: { dry_run?: boolean; salvage?: boolean }) => {
    const wish = { expires_at: untilOf(form.current!), ...more }
    if (more.salvage) return asked(await salvageGallery(gallery.id, { ...wish, salvage: true }))
    const restored = await restoreGallery(gallery.id, wish)
    asked(null)
    set(restored)
    if (!restored.dry_run) changed()
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    void task.run(looked ? { salvage: true } : {})
  }
  const damaged = task.refusal?.problem.code === 'archive_damaged'
  if (answer && !answer.dry_run)
    return (
      <Dialog title={words.restoreTitle(gallery.title)} close={close} firm>
        <Note kind="ok" icon={<CircleCheck size={18} aria-hidden="true" />}>
          {words.restored(answer.photos)}
        </Note>
        {answer.missing.length > 0 && (
          <Note kind="warn" icon={<TriangleAlert size={18} aria-hidden="true" />}>
            <Lost names={answer.missing} />
          </Note>
        )}
        <ComingOut gallery={gallery.id} all={answer.photos} />
        <div className="actions end">
          <Link to="/galleries/$slug" params={{ slug: gallery.slug }} className="button main">
            {words.toGallery}
          </Link>
        </div>
      </Dialog>
    )
  return (
    <Dialog title={words.restoreTitle(gallery.title)} close={close}>
      <form ref={form} className="stack tight" onSubmit={submit}>
        <p>{words.restoreText}</p>
        <UntilField />
        {answer && (
          <Note kind={answer.missing.length ? 'warn' : 'ok'}>
            {words.wouldComeBack(answer.photos, fmt.bytes(answer.bytes))}
            {answer.missing.length > 0 && <Lost names={answer.missing} />}
          </Note>
        )}
        {ended?.error && <Note kind="warn">{why(ended.error.code, ended.error.detail)}</Note>}
        {salvage && <Progress step={words.salvaging} percent={salvage.percent} seconds={salvage.eta_seconds} />}
        {task.refusal && !salvage && (
          <Trouble refusal={task.refusal}>
            {damaged && (
              <button type="button" className="button" disabled={task.busy} onClick={() => task.run({ dry_run: true, salvage: true })}>
                {words.lookWhole}
              </button>
            )}
          </Trouble>
        )}
        <div className="actions end">
          <button type="button" className="button" disabled={task.busy || !!salvage} onClick={() => task.run({ dry_run: true })}>
            {words.check}
          </button>
          <button type="submit" className="button main" disabled={task.busy || !!salvage}>
            {looked ? words.salvage : words.restore}
          </button>
        </div>
      </form>
    </Dialog>
  )
}

function Lost({ names }: { names: string[] }) {
  const words = useWordsOf(archivesWords)
  return (
    <>
      <p>{words.cannotComeBack(names.length)}</p>
      <ul className="failures">
        {names.slice(0, 20).map((name) => (
          <li key={name}>{name}</li>
        ))}
        {names.length > 20 && <li>…</li>}
      </ul>
    </>
  )
}

/**
 * The salvage that is at work, also one that was asked for before the page was opened, and how it ended. `asked` takes the answer
 * to a new one; null: what is shown now is not its end any more.
 */
function useSalvage(
  gallery: string,
  changed: () => void,
): { salvage: Salvage | null; ended: Salvage | null; asked: (answer: Restoring | null) => void } {
  const { data, put } = useRestoring(gallery)
  const known = data?.salvage ?? null
  const atWork = isAtWork(known)
  const [followed, follow] = useState<string | null>(null)
  useEffect(() => {
    if (atWork && known) follow(known.asked_at)
  }, [atWork, known])
  const ended = known && !atWork && known.asked_at === followed ? known : null
  const isBack = ended?.restored?.dry_run === false
  const latest = useRef(changed)
  latest.current = changed
  useEffect(() => {
    if (isBack) latest.current()
  }, [isBack])
  const asked = (answer: Restoring | null) => {
    follow(answer?.salvage?.asked_at ?? null)
    if (answer) put(answer)
  }
  return { salvage: atWork ? known : null, ended, asked }
}

/** How far the originals are with coming out of the archive; nothing when none has to. */
export function ComingOut({ gallery, all }: { gallery: string; all: number }) {
  const words = useWordsOf(archivesWords)
  const { data } = useRestoring(gallery)
  if (!data) return null
  if (!data.restoring) return <p className="meta">{words.allOut}</p>
  const percent = all ? Math.min(99, Math.floor(((all - data.files_left) / all) * 100)) : 0
  return <Progress step={words.hydrating} percent={percent} facts={[words.filesLeft(data.files_left)]} />
}
