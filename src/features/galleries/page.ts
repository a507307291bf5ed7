/** The page of guests as HTML: cover, title and first photos of the gallery stand in it, so a phone shows them before any program has come. */
import type { GuestBoot, GuestCover, GuestGallery } from '../../../sdk/src/wire.ts'
import type { Locale } from '../../domain/gallery.ts'
import { formatDay, formatSize, shared } from '../../domain/letters/words.ts'
import { escapeHtml, fillPage } from '../../http/html.ts'
import { photosOf } from './first-photos.ts'

/** `html` is the built page. */
export function guestPage(html: string, boot: GuestBoot | null, now: Date): string {
  if (!boot) return html
  // as data and not as a script: no policy for scripts concerns it
  const data = `<script type="application/json" id="boot">${JSON.stringify(boot).replaceAll('<', '\\u003c')}</script>`
  if ('locked' in boot) return fillPage(html, boot.locked, { root: '', after: data })
  const { gallery, photo } = boot
  const title = photo ? `${photo} · ${gallery.title}` : gallery.title
  return fillPage(html, gallery.locale, { title, root: coverOf(gallery) + photosOf(gallery, now), after: data })
}

/** What web/src/guest/Cover.tsx draws: the program finds it and takes it over as it stands. */
function coverOf(head: GuestGallery): string {
  const { cover, locale, visitor } = head
  const by = [head.photographer, head.event_date && formatDay(new Date(head.event_date), locale)]
  const until = head.expires_at && open[locale](formatDay(new Date(head.expires_at), locale))
  const facts = head.photos ? [shared[locale].photos(head.photos), formatSize(head.bytes, locale), until] : []
  const line = (parts: (string | null)[]) => `<p>${escapeHtml(parts.filter(Boolean).join(' · '))}</p>`
  return `<header class="${cover ? 'cover' : 'cover bare'}">${cover ? picture(cover) : ''}<div class="cover-text">${line(by)}<h1>${escapeHtml(head.title)}</h1>${facts.length ? line(facts) : ''}${visitor ? line([forYou[locale](visitor.name ?? visitor.email)]) : ''}</div></header>`
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
const forYou: Record<Locale, (who: string) => string> = {
  en: (who) => `Opened for ${who}`,
  de: (who) => `Geöffnet für ${who}`,
  ru: (who) => `Открыта для: ${who}`,
}
