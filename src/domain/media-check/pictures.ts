/** JPEG, PNG and WebP: walked from their beginning to their end, never decoded. */
import type { Found } from './found.ts'
import { unreadable } from './unreadable.ts'
import type { Steps, Tape } from './walk.ts'

/** ITU-T T.81 B.1: segments, between them the coded pixels, to the EOI marker. What stands behind that is nobody's matter. */
export function* jpeg(): Steps<Found> {
  yield { skip: 2 }
  let size: { width: number; height: number } | undefined
  let scanned = false
  for (;;) {
    // within the pixels FF is followed by 0 or by a restart marker; elsewhere by a marker, or by fill bytes
    yield { find: 0xff }
    const marker = (yield { take: 2 })[1]!
    if (marker === 0xd9) break
    if (marker === 0 || marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8)) continue
    const head = yield { peek: marker === 0xff ? 1 : 7 }
    if (marker === 0xff) {
      if (head[0] === 0xd9) break
      continue
    }
    if (head.length < 2) throw unreadable('cut')
    const isFrame = marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc
    if (isFrame && head.length === 7) size ??= { height: head.readUInt16BE(3), width: head.readUInt16BE(5) }
    scanned ||= marker === 0xda
    yield { skip: head.readUInt16BE(0) }
  }
  if (!size || !scanned) throw unreadable('damaged')
  return picture('image/jpeg', 'jpg', size)
}

/** PNG 5.3: chunks from IHDR to IEND. */
export function* png(): Steps<Found> {
  yield { skip: 8 }
  let size: { width: number; height: number } | undefined
  let pixels = false
  for (;;) {
    const head = yield { take: 8 }
    const [length, type] = [head.readUInt32BE(0), head.toString('latin1', 4, 8)]
    if (!size) {
      if (type !== 'IHDR' || length !== 13) throw unreadable('damaged')
      const header = yield { take: 17 }
      size = { width: header.readUInt32BE(0), height: header.readUInt32BE(4) }
    } else yield { skip: length + 4 }
    pixels ||= type === 'IDAT'
    if (type === 'IEND') break
  }
  if (!pixels) throw unreadable('damaged')
  return picture('image/png', 'png', size!)
}

/** RFC 9649 2.3 to 2.7: a RIFF of as many bytes as it says. */
export function* webp(tape: Tape): Steps<Found> {
  const riff = yield { take: 12 }
  const end = 8 + riff.readUInt32LE(4)
  const head = Buffer.from(yield { peek: 18 })
  if (head.length < 18) throw unreadable('cut')
  if (end < tape.at + 8) throw unreadable('damaged')
  yield { skip: end - tape.at }
  const kind = head.toString('latin1', 0, 4)
  if (kind === 'VP8X') return picture('image/webp', 'webp', { width: head.readUIntLE(12, 3) + 1, height: head.readUIntLE(15, 3) + 1 })
  if (kind === 'VP8 ')
    return picture('image/webp', 'webp', { width: head.readUInt16LE(14) & 0x3fff, height: head.readUInt16LE(16) & 0x3fff })
  if (kind !== 'VP8L') throw unreadable('damaged')
  const bits = head.readUInt32LE(9)
  return picture('image/webp', 'webp', { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 })
}

const picture = (mime: string, extension: string, size: { width: number; height: number }): Found => ({
  sort: 'picture',
  mime,
  extension,
  seconds: null,
  ...size,
})
