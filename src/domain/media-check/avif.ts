/** AVIF (ISO 23008-12, AV1 Image File Format): every box is whole, and every extent that `iloc` names lies within the file. */
import type { Found } from './found.ts'
import { believed, header } from './mp4.ts'
import { unreadable } from './unreadable.ts'
import type { Steps, Tape } from './walk.ts'

// thumbnails and tiles: more than this in a cover is made to hurt
const mostMeta = 1024 * 1024

export const isAvif = (head: Buffer): boolean =>
  /^ftyp(avif|avis|mif1.{4}.*avif)/s.test(head.toString('latin1', 4, 4 + Math.min(head.length, 64)))

export function* avif(tape: Tape): Steps<Found> {
  let meta: Buffer | null = null
  while ((yield { peek: 1 }).length) {
    const box = yield* header(tape)
    if (!/^[\x20-\x7e]{4}$/.test(box.type)) throw unreadable('damaged')
    if (box.end === null) yield { tail: 1 }
    else if (box.type === 'meta' && !meta) {
      if (box.end - tape.at > mostMeta) throw unreadable('damaged')
      meta = Buffer.from(yield { take: box.end - tape.at })
    } else yield { skip: box.end - tape.at }
  }
  if (!meta) throw unreadable('cut')
  const found = meta
  const size = { width: 0, height: 0 }
  const last = believed(() => read(found.subarray(4), size, 0))
  if (!last || last > tape.at) throw unreadable('cut')
  if (!size.width || !size.height) throw unreadable('damaged')
  return { sort: 'picture', mime: 'image/avif', extension: 'avif', seconds: null, ...size }
}

/** Answers where the last extent ends; the largest `ispe` is the picture. */
function read(boxes: Buffer, size: { width: number; height: number }, depth: number): number {
  let last = 0
  for (let at = 0; at + 8 <= boxes.length; ) {
    const length = boxes.readUInt32BE(at)
    if (length < 8 || at + length > boxes.length || depth > 3) throw unreadable('damaged')
    const type = boxes.toString('latin1', at + 4, at + 8)
    const body = boxes.subarray(at + 8, at + length)
    if (type === 'iloc') last = Math.max(last, lastExtent(body))
    else if (type === 'iprp' || type === 'ipco') last = Math.max(last, read(body, size, depth + 1))
    else if (type === 'ispe') {
      const [width, height] = [body.readUInt32BE(4), body.readUInt32BE(8)]
      if (width * height > size.width * size.height) Object.assign(size, { width, height })
    }
    at += length
  }
  return last
}

/** ISO 14496-12 8.11.3. Items within `idat` lie in the box itself, which is here. */
function lastExtent(box: Buffer): number {
  const version = box[0]!
  const [offsetSize, lengthSize] = [box[4]! >> 4, box[4]! & 15]
  const [baseSize, indexSize] = [box[5]! >> 4, version > 0 ? box[5]! & 15 : 0]
  let at = 6
  const next = (bytes: number): number => {
    if (bytes === 0) return 0
    const value = bytes === 8 ? Number(box.readBigUInt64BE(at)) : box.readUIntBE(at, bytes)
    at += bytes
    return value
  }
  let last = 0
  for (let items = next(version < 2 ? 2 : 4); items > 0; items--) {
    next(version < 2 ? 2 : 4)
    const inFile = version === 0 || (next(2) & 15) === 0
    next(2)
    const base = next(baseSize)
    for (let extents = next(2); extents > 0; extents--) {
      next(indexSize)
      const end = base + next(offsetSize) + next(lengthSize)
      if (inFile) last = Math.max(last, end)
    }
  }
  return last
}
