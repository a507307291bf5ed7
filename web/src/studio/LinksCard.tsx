/** What can still be used of a gallery, by whom, and how to close it; and the link to pass on. */
import { Plus, X } from 'lucide-react'
import { useId, useState } from 'react'
import { type Gallery, type Link, type NewLink, type Page, revokeLink, shareGallery } from '../api.ts'
import { type Answer, useTask } from '../ui/answer.ts'
import { useLanguage } from '../ui/language.tsx'
import { Trouble, Waiting } from '../ui/Trouble.tsx'
import { CopyButton } from './CopyButton.tsx'
import { useWords } from './words.tsx'

export function LinksCard({ gallery, links }: { gallery: Gallery; links: Answer<Page<Link>> }) {
  const words = useWords()
  const title = useId()
  const { data, refusal, again } = links
  const [made, keep] = useState<NewLink>()
  const revoking = useTask((id: string) => revokeLink(gallery.id, id))
  const sharing = useTask(async () => keep(await shareGallery(gallery.id, {})))
  const live = data?.rows.filter((link) => link.state === 'live')
  const shown = made && live?.some((link) => link.id === made.id) ? made : undefined
  return (
    <section className="card stack tight" aria-labelledby={title}>
      <div>
        <h2 id={title}>{words.linksTitle}</h2>
        <p className="meta">{words.linksText}</p>
      </div>
      {!gallery.public && (
        <>
          <p>{words.shareClosed}</p>
          {shown && (
            <div className="person">
              <span>
                <span className="address">{shown.url}</span>
                <span className="meta">{words.shareMade}</span>
              </span>
              <CopyButton text={shown.url} label={words.copyLink} bare />
            </div>
          )}
          <div className="actions">
            <button type="button" className="button" disabled={sharing.busy} onClick={() => sharing.run().then(again)}>
              <Plus size={16} aria-hidden="true" />
              {words.shareNew}
            </button>
            {live?.some((link) => link.kind === 'share' && !link.client_id) && <span className="meta">{words.shareReplaces}</span>}
          </div>
          {sharing.refusal && <Trouble refusal={sharing.refusal} />}
        </>
      )}
      {refusal && <Trouble refusal={refusal} retry={again} />}
      {!live && !refusal && <Waiting height={44} />}
      {live?.length === 0 && <p className="meta">{words.noLinks}</p>}
      {!!live?.length && (
        <ul>
          {live.map((link) => (
            <Row key={link.id} link={link} busy={revoking.busy} revoke={() => revoking.run(link.id).then(again)} />
          ))}
        </ul>
      )}
      {revoking.refusal && <Trouble refusal={revoking.refusal} />}
    </section>
  )
}

function Row({ link, busy, revoke }: { link: Link; busy: boolean; revoke: () => void }) {
  const words = useWords()
  const { fmt } = useLanguage()
  const what = [words.linkKinds[link.kind], link.file_name, link.version && `v${link.version}`].filter(Boolean).join(' · ')
  const facts = [
    words.linkEnds(fmt.moment(link.expires_at)),
    link.max_uses !== null && words.usesOf(fmt.number(link.used_count), fmt.number(link.max_uses)),
    link.kind !== 'share' && (link.last_used_at ? words.used(fmt.moment(link.last_used_at)) : words.usedNever),
  ]
  return (
    <li className="person">
      <span>
        <span>{what}</span>
        <span className="meta">{link.name ?? link.email ?? words.forAnybody}</span>
        <span className="meta" title={words.issued(fmt.moment(link.issued_at))}>
          {facts.filter(Boolean).join(' · ')}
        </span>
      </span>
      <button
        type="button"
        className="button bare square"
        aria-label={words.revokeLink([what, link.email].filter(Boolean).join(', '))}
        title={words.revoke}
        disabled={busy}
        onClick={revoke}
      >
        <X size={17} aria-hidden="true" />
      </button>
    </li>
  )
}
