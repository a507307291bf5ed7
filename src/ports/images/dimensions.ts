/** The size a picture's header claims, read without decoding: enough to refuse a bomb at the door. */
import type { Size } from './port.ts'

/** Width and height as stored, or null when these bytes do not tell. */
export function dimensions(head: Uint8Array): Size | null {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength)
  try {
    return readers.reduce<Size | null>((size, read) => size ?? read(view), null)
  } catch (error) {
    // DataView throws a RangeError where the head ends too early
    if (error instanceof RangeError) return null
    throw error
  }
}

const text = (view: DataView, at: number, wanted: string): boolean =>
  view.byteLength >= at + wanted.length && [...wanted].every((c, i) => view.getUint8(at + i) === c.charCodeAt(0))

/** 24 bits, little-endian */
const uint24 = (view: DataView, at: number): number => view.getUint16(at, true) | (view.getUint8(at + 2) << 16)

/** PNG 11.2.1: IHDR is the first chunk. */
const png = (view: DataView): Size | null =>
  text(view, 1, 'PNG\r\n\x1a\n') && text(view, 12, 'IHDR') ? { width: view.getUint32(16), height: view.getUint32(20) } : null

/** GIF89a 18: logical screen descriptor. */
const gif = (view: DataView): Size | null =>
  text(view, 0, 'GIF8') ? { width: view.getUint16(6, true), height: view.getUint16(8, true) } : null

/** RFC 9649: lossy (VP8), lossless (VP8L) or extended (VP8X). */
function webp(view: DataView): Size | null {
  if (!text(view, 0, 'RIFF') || !text(view, 8, 'WEBPVP8')) return null
  if (text(view, 15, 'X')) return { width: uint24(view, 24) + 1, height: uint24(view, 27) + 1 }
  if (text(view, 15, ' ')) return { width: view.getUint16(26, true) & 0x3fff, height: view.getUint16(28, true) & 0x3fff }
  const bits = view.getUint32(21, true)
  return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 }
}

/** ITU-T T.81 B.2.2: the frame header, found by walking the segments before it. */
function jpeg(view: DataView): Size | null {
  if (view.getUint16(0) !== 0xffd8) return null
  let at = 2
  while (view.getUint8(at) === 0xff) {
    const marker = view.getUint8(at + 1)
    // SOF0 to SOF15, without DHT, JPG and DAC, which lie between them
    if (marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc) {
      return { width: view.getUint16(at + 7), height: view.getUint16(at + 5) }
    }
    // B.1.1.2: any marker may be preceded by fill bytes
    at += marker === 0xff ? 1 : 2 + view.getUint16(at + 2)
  }
  return null
}

const readers = [png, gif, webp, jpeg]
