/** What a file is, by its first bytes: the types that can be kept here, and nothing else. */
import { fileTypeFromBuffer } from 'file-type'
import { capturedAt } from './captured.ts'
import type { Identified } from './port.ts'

/** Names the type of a file from its first bytes (port: `identify`). */
export async function sniff(head: Uint8Array): Promise<Identified | null> {
  // A head that ends in the middle of something, or lies about its lengths, may throw: then we do not know it.
  const found = await fileTypeFromBuffer(head).catch(() => undefined)
  const named = kept.get(found?.mime ?? beginning(head))
  return named && believable(head, named.mime) ? { ...named, ...captured(head) } : null
}

function captured(head: Uint8Array): { capturedAt?: string } {
  const time = capturedAt(head)
  return time === undefined ? {} : { capturedAt: time }
}

/** TIFF puts its directory at the end as a rule, and PNG may carry much before its pixels: both beyond any head. */
function beginning(head: Uint8Array): string {
  const start = Buffer.from(head.subarray(0, 16)).toString('latin1')
  if (start.startsWith('II*\0') || start.startsWith('MM\0*')) return 'image/tiff'
  return /^\x89PNG\r\n\x1a\n.{4}IHDR$/s.test(start) ? 'image/png' : ''
}

/** file-type is content with a few letters; a beginning that might as well be a script or a page is not. */
function believable(head: Uint8Array, mime: string): boolean {
  const start = Buffer.from(head.subarray(0, 8)).toString('latin1')
  // It looks behind these two; a browser or player may not.
  if (start.startsWith('\xef\xbb\xbf')) return false
  if (start.startsWith('ID3')) return /^ID3[\x02-\x04]/.test(start) && mime.startsWith('audio/')
  if (mime === 'image/gif') return /^GIF8[79]a/.test(start)
  if (mime === 'audio/flac') return /^fLaC[\x00\x80]/.test(start)
  if (mime === 'audio/ogg') return start.startsWith('OggS\0')
  // The length of a first box under 150 MB begins with a byte that no text has (ISO 14496-12 4.2).
  if (boxed.has(mime)) return head[0]! < 9
  return true
}

const boxed = new Set(['video/mp4', 'video/quicktime', 'audio/mp4', 'image/heic', 'image/heif', 'image/avif', 'image/x-canon-cr3'])

/** Types that our decoder reads (port: `renderable`). HEIC is missing on purpose: HEVC is not in the prebuilt libvips. */
export const renderable = (mime: string): boolean => decoded.has(mime)

const decoded = new Set(['image/jpeg', 'image/png', 'image/webp', 'image/gif', 'image/tiff', 'image/avif'])

const photo = (mime: string, ext: string): Identified => ({ mime, kind: 'photo', ext })
const video = (mime: string, ext: string): Identified => ({ mime, kind: 'video', ext })
const track = (mime: string, ext: string): Identified => ({ mime, kind: 'track', ext })

/** the name file-type gives -> the name we give */
const kept = new Map<string, Identified>([
  ['image/jpeg', photo('image/jpeg', 'jpg')],
  ['image/png', photo('image/png', 'png')],
  ['image/apng', photo('image/png', 'png')],
  ['image/webp', photo('image/webp', 'webp')],
  ['image/gif', photo('image/gif', 'gif')],
  ['image/tiff', photo('image/tiff', 'tif')],
  ['image/avif', photo('image/avif', 'avif')],
  ['image/heic', photo('image/heic', 'heic')],
  ['image/heic-sequence', photo('image/heic', 'heic')],
  ['image/heif', photo('image/heif', 'heif')],
  ['image/heif-sequence', photo('image/heif', 'heif')],
  ['image/x-canon-cr2', photo('image/x-canon-cr2', 'cr2')],
  ['image/x-canon-cr3', photo('image/x-canon-cr3', 'cr3')],
  ['image/x-nikon-nef', photo('image/x-nikon-nef', 'nef')],
  ['image/x-sony-arw', photo('image/x-sony-arw', 'arw')],
  ['image/x-adobe-dng', photo('image/x-adobe-dng', 'dng')],
  ['image/x-fujifilm-raf', photo('image/x-fujifilm-raf', 'raf')],
  ['image/x-olympus-orf', photo('image/x-olympus-orf', 'orf')],
  ['image/x-panasonic-rw2', photo('image/x-panasonic-rw2', 'rw2')],
  ['video/mp4', video('video/mp4', 'mp4')],
  ['video/x-m4v', video('video/mp4', 'mp4')],
  ['video/quicktime', video('video/quicktime', 'mov')],
  ['video/webm', video('video/webm', 'webm')],
  ['video/matroska', video('video/matroska', 'mkv')],
  ['audio/mpeg', track('audio/mpeg', 'mp3')],
  ['audio/mp4', track('audio/mp4', 'm4a')],
  ['audio/x-m4a', track('audio/mp4', 'm4a')],
  ['audio/wav', track('audio/wav', 'wav')],
  ['audio/aac', track('audio/aac', 'aac')],
  ['audio/flac', track('audio/flac', 'flac')],
  ['audio/ogg', track('audio/ogg', 'ogg')],
  ['audio/ogg; codecs=opus', track('audio/ogg', 'ogg')],
])
