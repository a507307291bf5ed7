/** Puts words into a built page: its language, its title, and what it shows before any program has come. */
import type { Locale } from '../domain/gallery.ts'

export const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`)

/** `title` undefined leaves the page's own; `root` is what stands in it, `after` what follows. */
export function fillPage(
  html: string,
  locale: Locale,
  { title, root, after = '' }: { title?: string; root: string; after?: string },
): string {
  // by functions: a title may hold `$&`
  return html
    .replace('<html lang="en">', () => `<html lang="${locale}">`)
    .replace(/<title>.*?<\/title>/, (old) => (title === undefined ? old : `<title>${escapeHtml(title)}</title>`))
    .replace('<div id="root"></div>', () => `<div id="root">${root}</div>${after}`)
}
