/** AAC in ADTS frames (ISO 13818-7 6.2): every frame is walked. How many there should be nobody says, so a promised length decides. */
import type { Found } from './found.ts'
import { unreadable } from './unreadable.ts'
import type { Steps } from './walk.ts'

interface Frame {
  /** bytes, header included */
  size: number
  samples: number
  rate: number
  /** version, profile and rate: the same in all frames of a stream */
  sort: number
}

const rates = [96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8000, 7350]
const header = 7

/** Does a frame begin here? */
export function adtsAt(bytes: Buffer): Frame | null {
  if (bytes.length < header || bytes[0] !== 0xff || (bytes[1]! & 0xf6) !== 0xf0) return null
  const rate = rates[(bytes[2]! >> 2) & 15]
  const size = ((bytes[3]! & 3) << 11) | (bytes[4]! << 3) | (bytes[5]! >> 5)
  if (rate === undefined || size < (bytes[1]! & 1 ? header : header + 2)) return null
  return { size, rate, samples: 1024 * ((bytes[6]! & 3) + 1), sort: ((bytes[1]! & 0x0e) << 8) | (bytes[2]! & 0xfc) }
}

/** From its first frame on. */
export function* aac(): Steps<Found> {
  let first: Frame | null = null
  let frames = 0
  let seconds = 0
  for (;;) {
    const head = yield { peek: header }
    if (!head.length) break
    // ID3v1, which some programs put behind everything
    if (frames && head.toString('latin1', 0, 3) === 'TAG') {
      yield { skip: 128 }
      continue
    }
    const frame = adtsAt(head)
    if (!frame && head.length < header) throw unreadable('cut')
    first ??= frame
    // an accident of two bytes is no song
    if (!frame || frame.sort !== first!.sort) throw unreadable(frames < 3 ? 'unknown_kind' : 'damaged')
    frames += 1
    seconds += frame.samples / frame.rate
    yield { skip: frame.size }
  }
  return { sort: 'sound', mime: 'audio/aac', extension: 'aac', seconds }
}
