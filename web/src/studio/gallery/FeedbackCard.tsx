/** What guests have said: read, hidden or removed, and taken away as a file. */
import { Download, Eye, EyeOff, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { call, changeFeedback, type FeedbackRow, galleryPath, type Page, removeFeedback } from '../../api.ts'
import { useTask } from '../../ui/answer.ts'
import { useAsk } from '../../ui/ask.ts'
import { useLanguage, useWordsOf } from '../../ui/language.tsx'
import { Menu } from '../../ui/Menu.tsx'
import { Trouble, Waiting } from '../../ui/Trouble.tsx'
import { galleryWords } from './words.ts'

export function FeedbackCard({ gallery }: { gallery: string }) {
  const own = useWordsOf(galleryWords)
  const [limit, setLimit] = useState(8)
  const { data, refusal, again } = useAsk(
    ['feedback', gallery, limit],
    (signal) => call<Page<FeedbackRow>>('GET', `${galleryPath(gallery)}/feedback?limit=${limit}`, undefined, signal),
    { every: () => 30_000, keep: true },
  )
  const task = useTask(async (work: () => Promise<unknown>) => {
    await work()
    again()
  })
  const formats = ['csv', 'json', 'txt', 'xmp'] as const
  return (
    <section className="card stack tight">
      <div className="section-head">
        <h2>{own.feedback}</h2>
        {!!data?.rows.length && (
          <Menu
            label={own.takeAway}
            trigger={
              <button type="button" className="button bare">
                <Download size={16} aria-hidden="true" />
                {own.takeAway}
              </button>
            }
            choices={formats.map((format) => ({
              name: own.exports[format],
              href: `${galleryPath(gallery)}/feedback/export?format=${format}`,
            }))}
          />
        )}
      </div>
      {refusal && <Trouble refusal={refusal} retry={again} />}
      {task.refusal && <Trouble refusal={task.refusal} />}
      {!data && !refusal && <Waiting height={60} />}
      {data?.rows.length === 0 && <p className="meta">{own.noFeedback}</p>}
      <ul className="lined">
        {data?.rows.map((row) => (
          <Said
            key={row.id}
            row={row}
            busy={task.busy}
            hide={() => task.run(() => changeFeedback(gallery, row.id, !row.hidden))}
            remove={() => task.run(() => removeFeedback(gallery, row.id))}
          />
        ))}
      </ul>
      {data?.next && limit < 200 && (
        <button type="button" className="button more" onClick={() => setLimit(Math.min(200, limit + 24))}>
          {own.moreFeedback}
        </button>
      )}
    </section>
  )
}

function Said({ row, busy, hide, remove }: { row: FeedbackRow; busy: boolean; hide: () => void; remove: () => void }) {
  const own = useWordsOf(galleryWords)
  const { fmt } = useLanguage()
  const who = row.guest.name ?? row.guest.email ?? own.anonymous
  return (
    <li className={row.hidden ? 'said is-hidden' : 'said'}>
      <span className="two-lines">
        <span>
          <strong>{who}</strong> {own.feedbackKinds[row.kind]}
          {row.rating !== null && ` ${'★'.repeat(row.rating)}`}
          {row.comment !== null && `: ${row.comment}`}
        </span>
        <span className="meta">
          {row.file_name} · {fmt.moment(row.created_at)}
          {row.hidden && ` · ${own.hidden}`}
        </span>
      </span>
      <button
        type="button"
        className="button bare square"
        disabled={busy}
        aria-label={row.hidden ? own.showFeedback(who) : own.hideFeedback(who)}
        title={row.hidden ? own.showFeedback(who) : own.hideFeedback(who)}
        onClick={hide}
      >
        {row.hidden ? <Eye size={16} aria-hidden="true" /> : <EyeOff size={16} aria-hidden="true" />}
      </button>
      <button
        type="button"
        className="button bare square"
        disabled={busy}
        aria-label={own.removeFeedback(who)}
        title={own.removeFeedback(who)}
        onClick={remove}
      >
        <Trash2 size={16} aria-hidden="true" />
      </button>
    </li>
  )
}
