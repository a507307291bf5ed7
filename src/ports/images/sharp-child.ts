/** The helper process: decodes one picture at a time, so that a hostile one can only end this process. */

import { rmSync, writeFileSync } from 'node:fs'
import { setPriority } from 'node:os'
import process from 'node:process'
import sharp, { type OutputInfo, type Region, type Sharp } from 'sharp'
import type { Mark, Marked, Rendered, Stamp } from './port.ts'

/** From the service: which picture, and what is to be made of it. */
export type Ask = { file: string; maxPixels: number } & (
  | { make: 'rendered' | 'mark' }
  | { make: 'marked'; stamp: Omit<Stamp, 'image'> & { file: string } }
)
export interface Made {
  rendered: Rendered
  marked: Marked
  mark: Mark
}
/** To the service; `started` comes before the picture is touched. */
export type Answer = { ready: true } | { started: true } | (Outcome & { rss: number })
export type Refusal = 'media_type' | 'picture_too_large' | 'watermark_empty'
export type Outcome = Partial<Made> | { refused: Refusal; reason: string }

sharp.cache(false)
// uploads, builds and downloads go first: previews take what the processor has left
setPriority(10)
sharp.concurrency(1)
// Decoders for six formats, from files; SVG, PDF and libvips' own format among others are never tried.
sharp.block({ operation: ['VipsForeignLoad'] })
const formats = ['Jpeg', 'Png', 'Webp', 'Nsgif', 'Tiff', 'Heif']
sharp.unblock({ operation: formats.map((format) => `VipsForeignLoad${format}File`) })

// When memory runs out Linux ends us before the service; elsewhere there is no such file.
try {
  writeFileSync('/proc/self/oom_score_adj', '1000')
} catch {}

// Ctrl-C and a stopping service signal the whole process group: the service decides when we end, not they.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {})
process.on('disconnect', () => {
  rmSync(process.argv[2]!, { recursive: true, force: true })
  process.exit()
})

process.on('message', async (ask: Ask) => {
  tell({ started: true })
  tell({ ...(await work(ask)), rss: process.memoryUsage.rss() })
})
tell({ ready: true })

function tell(answer: Answer): void {
  // If the service has gone there is nobody to tell; 'disconnect' ends us.
  process.send!(answer, undefined, undefined, () => {})
}

async function work(ask: Ask): Promise<Outcome> {
  const { file, maxPixels } = ask
  try {
    const header = await sharp(file, { limitInputPixels: false }).metadata()
    const { width, height } = header.autoOrient
    if (width * height > maxPixels) return { refused: 'picture_too_large', reason: `${width} × ${height} pixels` }
    if (ask.make === 'marked') return { marked: await stamp(file, ask.stamp) }
    if (ask.make === 'rendered') return { rendered: { width, height, ...(await render(file, maxPixels)) } }
    const mark = await asMark(file, maxPixels)
    return mark ? { mark } : { refused: 'watermark_empty', reason: 'no pixel of it can be seen' }
  } catch (error) {
    const reason = String(error instanceof Error ? error.message : error).replaceAll(file, 'the picture')
    return { refused: /pixel limit/i.test(reason) ? 'picture_too_large' : 'media_type', reason: reason.slice(0, 500) }
  }
}

/** Decoded once, to the preview's size; a truncated picture fails, one with a mere warning does not. */
async function render(file: string, maxPixels: number): Promise<Omit<Rendered, 'width' | 'height'>> {
  const { data, info } = await sharp(file, { limitInputPixels: maxPixels, failOn: 'error' })
    .autoOrient()
    .resize(2048, 2048, { fit: 'inside', withoutEnlargement: true })
    .flatten({ background: '#fff' })
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true })
  const pixels = sharp(data, { raw: { width: info.width, height: info.height, channels: info.channels } })
  const thumbnail = await smaller(pixels, 400, 78)
  return { ...(await large(pixels)), thumbnail: thumbnail.data, thumbnailSize: size(thumbnail.info) }
}

/** What guests look at with a watermark: the preview it is made from is our own, and has the size already. */
async function stamp(file: string, { file: image, opacity, places }: Omit<Stamp, 'image'> & { file: string }): Promise<Marked> {
  const [{ width, height } = { width: 1, height: 1 }] = places
  const ink = await sharp(image)
    .resize(width, height, { fit: 'fill' })
    .ensureAlpha()
    .linear([1, 1, 1, opacity], [0, 0, 0, 0])
    .raw()
    .toBuffer({ resolveWithObject: true })
  const raw = { width: ink.info.width, height: ink.info.height, channels: ink.info.channels }
  const { data, info } = await sharp(file, { failOn: 'error' })
    .composite(places.map(({ left, top }) => ({ input: ink.data, raw, left, top })))
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true })
  return large(sharp(data, { raw: { width: info.width, height: info.height, channels: info.channels } }))
}

async function large(pixels: Sharp): Promise<Marked> {
  const preview = await pixels.clone().jpeg({ quality: 82, chromaSubsampling: '4:2:0' }).toBuffer({ resolveWithObject: true })
  const medium = await smaller(pixels, 1200, 74)
  return { preview: preview.data, previewSize: size(preview.info), medium: medium.data, mediumSize: size(medium.info) }
}

const smaller = (pixels: Sharp, side: number, quality: number) =>
  pixels.clone().resize(side, side, { fit: 'inside', withoutEnlargement: true }).webp({ quality }).toBuffer({ resolveWithObject: true })
const size = (made: OutputInfo) => ({ width: made.width, height: made.height })

/** Undefined where it is so transparent that its owner would believe in a mark which nobody sees. */
async function asMark(file: string, maxPixels: number): Promise<Mark | undefined> {
  const { data, info } = await sharp(file, { limitInputPixels: maxPixels, failOn: 'error' })
    .autoOrient()
    .resize(1200, 1200, { fit: 'inside', withoutEnlargement: true })
    .toColourspace('srgb')
    .ensureAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true })
  const box = seen(data, info.width, info.height)
  if (!box) return undefined
  const image = await sharp(data, { raw: { width: info.width, height: info.height, channels: 4 } })
    .extract(box)
    .png()
    .toBuffer()
  return { image, width: box.width, height: box.height }
}

/** The smallest box around all that is at least a tenth opaque; RGBA. */
function seen(pixels: Buffer, width: number, height: number): Region | undefined {
  let [left, top, right, bottom] = [width, height, -1, -1]
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      if (pixels[(y * width + x) * 4 + 3]! < 26) continue
      left = Math.min(left, x)
      right = Math.max(right, x)
      top = Math.min(top, y)
      bottom = y
    }
  return right < 0 ? undefined : { left, top, width: right - left + 1, height: bottom - top + 1 }
}
