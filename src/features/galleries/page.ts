/** The page of guests as HTML: cover and title of the gallery stand in it, so a phone shows them before any program has come. */
import type { GuestBoot, GuestCover, GuestHead } from '../../../sdk/src/wire.ts'
import type { Locale } from '../../domain/gallery.ts'
import { formatDay, formatSize, shared } from '../../domain/letters/words.ts'
import { escapeHtml, fillPage } from '../../http/html.ts'

/** `html` is the built page. */
export function guestPage(html: string, boot: GuestBoot | null): string {
  if (!boot) return html
  // as data and not as a script: no policy for scripts concerns it
  const data = `<script type="application/json" id="boot">${JSON.stringify(boot).replaceAll('<', '\\u003c')}</script>`
  if ('locked' in boot) return fillPage(html, boot.locked, { root: '', after: data })
  const { head, photo } = boot
  return fillPage(html, head.locale, { title: photo ? `${photo} · ${head.title}` : head.title, root: coverOf(head), after: data })
}

/** What web/src/guest/Cover.tsx draws: the program finds it and takes it over as it stands. */
function coverOf(head: GuestHead): string {
  const { cover, locale } = head
  const by = [head.photographer, head.event_date && formatDay(new Date(head.event_date), locale)]
  const until = head.expires_at && open[locale](formatDay(new Date(head.expires_at), locale))
  const facts = head.photos ? [shared[locale].photos(head.photos), formatSize(head.bytes, locale), until] : []
  const line = (parts: (string | null)[]) => `<p>${escapeHtml(parts.filter(Boolean).join(' · '))}</p>`
  return `<header class="${cover ? 'cover' : 'cover bare'}">${cover ? picture(cover) : ''}<div class="cover-text">${line(by)}<h1>${escapeHtml(head.title)}</h1>${facts.length ? line(facts) : ''}</div></header>`
}

/** The place that stays in sight is a class and not a style: our content policy allows no styles in the page. */
function picture({ preview, medium, width, height, x, y }: GuestCover): string {
  const wide = (side: number) => Math.round(width * Math.min(1, side / Math.max(width, height)))
  const sources = medium ? ` srcset="${medium} ${wide(1200)}w, ${preview} ${wide(2048)}w" sizes="100vw"` : ''
  const step = (part: number) => Math.round(part * 20) * 5
  return `<img class="fx-${step(x)} fy-${step(y)}" src="${preview}"${sources} alt="" fetchpriority="high">`
}

const open: Record<Locale, (day: string) => string> = {
  en: (day) => `available until ${day}`,
  de: (day) => `verfügbar bis ${day}`,
  ru: (day) => `доступна до ${day}`,
}
