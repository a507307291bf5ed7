/** What the studio has to tell, behind a bell: each leads to its gallery and is read with that. */
import { useNavigate } from '@tanstack/react-router'
import { Bell as Icon } from 'lucide-react'
import { useState } from 'react'
import { createPortal } from 'react-dom'
import type { Notification } from '../../api.ts'
import { useTask } from '../../ui/answer.ts'
import { Dialog } from '../../ui/Dialog.tsx'
import { useLanguage, useWordsOf } from '../../ui/language.tsx'
import { Trouble } from '../../ui/Trouble.tsx'
import { markRead, useNotifications } from '../activity/questions.ts'
import { activityWords } from '../activity/words.ts'

export function Bell() {
  const words = useWordsOf(activityWords)
  const { fmt } = useLanguage()
  const { data, again } = useNotifications()
  const [open, setOpen] = useState(false)
  const unread = data?.unread ?? 0
  return (
    <>
      <button
        type="button"
        className="button bare square bell"
        aria-label={unread ? words.bellUnread(fmt.number(unread)) : words.bell}
        title={words.bell}
        onClick={() => setOpen(true)}
      >
        <Icon size={18} aria-hidden="true" />
        {unread > 0 && (
          <span className="bell-count" aria-hidden="true">
            {unread > 99 ? '99+' : unread}
          </span>
        )}
      </button>
      {/* not within the banner of the page, in which a dialog may have no head of its own */}
      {open && createPortal(<Notices rows={data?.rows ?? []} close={() => setOpen(false)} again={again} />, document.body)}
    </>
  )
}

function Notices({ rows, close, again }: { rows: Notification[]; close: () => void; again: () => void }) {
  const words = useWordsOf(activityWords)
  const { fmt } = useLanguage()
  const navigate = useNavigate()
  const unread = rows.filter((row) => !row.read_at)
  const read = useTask(async (some: Notification[]) => {
    for (const row of some) await markRead(row.id)
    again()
  })
  const follow = (row: Notification) => {
    if (!row.read_at) void read.run([row])
    close()
    if (row.kind === 'webhook_disabled') void navigate({ to: '/webhooks' })
    else if (row.kind === 'tracks_at_risk' || row.kind === 'tracks_lost') void navigate({ to: '/rescue' })
    else void navigate({ to: '/galleries/$slug', params: { slug: row.gallery_slug } })
  }
  return (
    <Dialog title={words.bell} close={close}>
      {rows.length === 0 && <p className="meta">{words.bellNone}</p>}
      {rows.length > 0 && (
        <ul className="notices">
          {rows.map((row) => (
            <li key={row.id}>
              <button type="button" className={row.read_at ? 'notice' : 'notice unread'} onClick={() => follow(row)}>
                <span>{words.notices[row.kind] ?? row.kind}</span>
                <span className="meta">
                  {row.gallery_title} · {fmt.moment(row.created_at)}
                </span>
              </button>
            </li>
          ))}
        </ul>
      )}
      {read.refusal && <Trouble refusal={read.refusal} />}
      {unread.length > 0 && (
        <div className="actions end">
          <button type="button" className="button" disabled={read.busy} onClick={() => read.run(unread)}>
            {words.bellAll}
          </button>
        </div>
      )}
    </Dialog>
  )
}
