/** The helper process: decodes one picture at a time, so that a hostile one can only end this process. */

import { rmSync, writeFileSync } from 'node:fs'
import { setPriority } from 'node:os'
import process from 'node:process'
import sharp, { type OutputInfo } from 'sharp'
import type { Rendered } from './port.ts'

/** From the service. */
export interface Ask {
  file: string
  maxPixels: number
}
/** To the service; `started` comes before the picture is touched. */
export type Answer = { ready: true } | { started: true } | (Outcome & { rss: number })
export type Outcome = { rendered: Rendered } | { refused: 'media_type' | 'picture_too_large'; reason: string }

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
  tell({ ...(await render(ask)), rss: process.memoryUsage.rss() })
})
tell({ ready: true })

function tell(answer: Answer): void {
  // If the service has gone there is nobody to tell; 'disconnect' ends us.
  process.send!(answer, undefined, undefined, () => {})
}

async function render({ file, maxPixels }: Ask): Promise<Outcome> {
  try {
    const header = await sharp(file, { limitInputPixels: false }).metadata()
    const { width, height } = header.autoOrient
    if (width * height > maxPixels) return { refused: 'picture_too_large', reason: `${width} × ${height} pixels` }
    // Decoded once, to the preview's size; a truncated picture fails, one with a mere warning does not.
    const { data, info } = await sharp(file, { limitInputPixels: maxPixels, failOn: 'error' })
      .autoOrient()
      .resize(2048, 2048, { fit: 'inside', withoutEnlargement: true })
      .flatten({ background: '#fff' })
      .toColourspace('srgb')
      .raw()
      .toBuffer({ resolveWithObject: true })
    const pixels = sharp(data, { raw: { width: info.width, height: info.height, channels: info.channels } })
    const preview = await pixels.clone().jpeg({ quality: 82, chromaSubsampling: '4:2:0' }).toBuffer({ resolveWithObject: true })
    const smaller = (side: number, quality: number) =>
      pixels.clone().resize(side, side, { fit: 'inside', withoutEnlargement: true }).webp({ quality }).toBuffer({ resolveWithObject: true })
    const medium = await smaller(1200, 74)
    const thumbnail = await smaller(400, 78)
    const size = (made: OutputInfo) => ({ width: made.width, height: made.height })
    return {
      rendered: {
        width,
        height,
        preview: preview.data,
        previewSize: size(preview.info),
        medium: medium.data,
        mediumSize: size(medium.info),
        thumbnail: thumbnail.data,
        thumbnailSize: size(thumbnail.info),
      },
    }
  } catch (error) {
    const reason = String(error instanceof Error ? error.message : error).replaceAll(file, 'the picture')
    return { refused: /pixel limit/i.test(reason) ? 'picture_too_large' : 'media_type', reason: reason.slice(0, 500) }
  }
}
