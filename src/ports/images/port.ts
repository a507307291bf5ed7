/**
 * Images: looks at a picture and makes the small ones that pages show.
 *
 * - Work happens outside the service's process: hostile bytes can end that process, never the service.
 * - A picture that cannot be decoded, ends the process or takes longer than its adapter allows is `media_type`; one with more
 *   than `maxPixels` is `picture_too_large`: both final. Everything else (no process, no disk, closing) may be tried again.
 * - `draw` is the exception: what it is given is ours, so it needs no process of its own.
 * - What is made carries no metadata (no GPS, no serial number); colours are sRGB; the orientation is applied.
 * - What a file is, its first bytes say; its name says nothing. A JPEG that is also a ZIP or a page is a JPEG.
 */

/** Most pixels a picture may have: 100 megapixels. */
export const maxPixels = 100_000_000

/** As much of a file's beginning as `identify` and `dimensions` want to see; a shorter file is given whole. */
export const headBytes = 256 * 1024

export interface Size {
  width: number
  height: number
}

export interface Rendered extends Size {
  /** at most 2048 px on the long side, JPEG */
  preview: Uint8Array
  previewSize: Size
  /** at most 1200 px on the long side, WebP: covers on a phone, large tiles on a fine screen */
  medium: Uint8Array
  mediumSize: Size
  /** at most 400 px on the long side, WebP */
  thumbnail: Uint8Array
  thumbnailSize: Size
}

/** A preview that bears a watermark, and the medium picture made from it. */
export type Marked = Pick<Rendered, 'preview' | 'previewSize' | 'medium' | 'mediumSize'>

/** What is drawn into a picture: `image` (PNG) at each of these places, which are of one size and may reach over its edge. */
export interface Stamp {
  image: Uint8Array
  /** 0 to 1 */
  opacity: number
  places: (Size & { left: number; top: number })[]
}

export interface Mark extends Size {
  /** PNG with transparency, at most 1200 px on the long side, its empty borders cut off */
  image: Uint8Array
}

export interface Identified {
  mime: string
  kind: 'photo' | 'video' | 'track'
  /** without dot */
  ext: string
  /** when the camera says it was taken, without zone, ISO 8601; of JPEG only */
  capturedAt?: string
}

export interface Images {
  /** What the file is, or null when it is nothing that can be kept here. */
  identify(head: Uint8Array): Promise<Identified | null>
  /** Size by the header, nothing decoded, orientation not applied; null when the head does not tell. Enough to refuse a bomb. */
  dimensions(head: Uint8Array): Size | null
  /** Is there a preview for this type? RAW, HEIC, video and sound are kept without one. */
  renderable(mime: string): boolean
  /** Makes preview, medium and thumbnail from the bytes of a picture. */
  render(original: AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<Rendered>
  /** Draws a watermark into a preview that `render` has made. */
  mark(preview: AsyncIterable<Uint8Array>, stamp: Stamp, signal?: AbortSignal): Promise<Marked>
  /** A picture that somebody uploaded as their watermark, as `mark` takes it; PNG and WebP. Throws also `watermark_empty`. */
  asMark(picture: Uint8Array): Promise<Mark>
  /** A drawing of our own (SVG, never anybody else's) as JPEG. */
  draw(svg: string): Promise<Uint8Array>
  /** Ends the helper processes; what they had in work fails and may be tried again. */
  close(): Promise<void>
}
