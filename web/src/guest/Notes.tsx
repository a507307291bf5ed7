/** What a guest should know before the photos: that the gallery ends soon, that they may only look, that the list is closed. */
import { Clock, Eye, Lock } from 'lucide-react'
import type { ReactNode } from 'react'
import type { GuestGallery } from '../api.ts'
import { daysUntil } from '../ui/format.ts'
import { useLanguage } from '../ui/language.tsx'
import type { Shown } from './Bar.tsx'
import { List } from './List.tsx'
import type { Marks } from './marks.ts'
import { catalog } from './words.ts'

/** Sooner than this the page says so, ms. */
const soon = 14 * 86_400_000

export function Notes({ gallery, marks, shown }: { gallery: GuestGallery; marks: Marks; shown: Shown }) {
  const { locale, fmt } = useLanguage()
  const words = catalog[locale]
  const left = gallery.expires_at ? Date.parse(gallery.expires_at) - Date.now() : Number.POSITIVE_INFINITY
  return (
    <>
      {left <= soon && left > 0 && (
        <Line kind="warn" icon={<Clock size={17} aria-hidden="true" />}>
          {words.endsSoon(fmt.inDays(daysUntil(gallery.expires_at!, Date.now())), fmt.moment(gallery.expires_at!))}
        </Line>
      )}
      {!gallery.may_download && (
        <Line kind="plain" icon={<Eye size={17} aria-hidden="true" />}>
          {gallery.download_enabled ? words.lookOnly : words.off}
        </Line>
      )}
      {shown === 'favorites' && gallery.feedback_enabled && marks.favorites.size > 0 && <List marks={marks} />}
      {shown === 'favorites' && !gallery.feedback_enabled && marks.favorites.size > 0 && (
        <Line kind="plain" icon={<Lock size={17} aria-hidden="true" />}>
          {words.listClosed}
        </Line>
      )}
    </>
  )
}

function Line({ kind, icon, children }: { kind: 'warn' | 'plain'; icon: ReactNode; children: ReactNode }) {
  return (
    <p className={`line ${kind}`}>
      {icon}
      <span>{children}</span>
    </p>
  )
}
