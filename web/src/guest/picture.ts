/** Which picture a tile shows. The server writes the very same into the page's HTML (src/features/galleries/first-photos.ts). */
import type { Item } from '../api.ts'

/** Phones on their way take the small one; a large tile on a fine screen is worth the next size. */
export function pictureOf({ thumbnail, medium, preview, width, height }: Item) {
  const src = thumbnail ?? preview
  if (!src) return null
  if (!thumbnail || !medium || !width || !height) return { src }
  const wide = (side: number) => Math.round(width * Math.min(1, side / Math.max(width, height)))
  const at = (row: number) => Math.round((row * width) / height)
  return {
    // before `src`: whichever stands first is fetched
    srcSet: `${thumbnail} ${wide(400)}w, ${medium} ${wide(1200)}w`,
    sizes: `(max-width: 639px) 1px, (max-width: 1099px) ${at(230)}px, (max-width: 1799px) ${at(280)}px, ${at(340)}px`,
    src,
  }
}
