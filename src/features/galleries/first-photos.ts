/** The first photos of a gallery's wall as HTML. web/src/guest/Tile.tsx draws the same; web/src/guest/first.ts puts them in their places. */
import type { GuestGallery, Item } from '../../../sdk/src/wire.ts'
import { after, days } from '../../base/clock.ts'
import type { Locale } from '../../domain/gallery.ts'
import { shared } from '../../domain/letters/words.ts'
import { escapeHtml } from '../../http/html.ts'

/** Everything below the cover; the bar is filled by the program. */
export function photosOf(gallery: GuestGallery, now: Date): string {
  const { items, locale, total } = gallery
  if (!items.length) return ''
  const bar = '<div class="bar-top"></div>'
  // what is said before the photos takes room that only the program knows: then it draws the photos as well
  const ends = gallery.expires_at !== null && new Date(gallery.expires_at) <= after(now, days(15))
  if (ends || !gallery.may_download) return bar
  const list = items.map((item, n) => `<li aria-posinset="${n + 1}" aria-setsize="${total}">${tile(gallery, item, n)}</li>`)
  const label = escapeHtml(shared[locale].photos(total))
  return `${bar}<main id="photos" class="photos" tabindex="-1"><h2 class="unseen">${words[locale].title}</h2><ul class="wall first" aria-label="${label}">${list.join('')}</ul></main>`
}

function tile({ slug, locale, total }: GuestGallery, item: Item, n: number): string {
  const label = escapeHtml(words[locale].open(n + 1, total, item.name))
  // only the first one may come before the cover: what is lazy waits until there are places
  const picture = item.thumbnail ?? item.preview
  const inside = picture
    ? `<img ${n ? 'loading="lazy" ' : ''}src="${picture}"${sourcesOf(item)} alt="" decoding="async" draggable="false">`
    : ''
  return `<a class="tile" href="/g/${slug}/p/${item.id}" aria-label="${label}">${inside}</a>`
}

/** Phones on their way take the small one; a large tile on a fine screen is worth the next size (web/src/guest/picture.ts). */
function sourcesOf({ thumbnail, medium, width, height }: Item): string {
  if (!thumbnail || !medium || !width || !height) return ''
  const wide = (side: number) => Math.round(width * Math.min(1, side / Math.max(width, height)))
  const at = (row: number) => Math.round((row * width) / height)
  return ` srcset="${thumbnail} ${wide(400)}w, ${medium} ${wide(1200)}w" sizes="(max-width: 639px) 1px, (max-width: 1099px) ${at(230)}px, (max-width: 1799px) ${at(280)}px, ${at(340)}px"`
}

const words: Record<Locale, { title: string; open: (n: number, all: number, name: string) => string }> = {
  en: { title: 'Photos', open: (n, all, name) => `Open photo ${n} of ${all}, ${name}` },
  de: { title: 'Fotos', open: (n, all, name) => `Foto ${n} von ${all} öffnen, ${name}` },
  ru: { title: 'Фотографии', open: (n, all, name) => `Открыть фото ${n} из ${all}, ${name}` },
}
