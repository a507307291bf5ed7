/** MP3: every frame is walked (ISO 11172-3 2.4.1.3), and counted against what a Xing, Info or VBRI header says. */
import type { Found } from './found.ts'
import { unreadable } from './unreadable.ts'
import type { Steps, Tape } from './walk.ts'

interface Frame {
  /** bytes, header included */
  size: number
  samples: number
  rate: number
  /** version, layer and rate: the same in all frames of a stream */
  sort: number
  /** bytes between header and a Xing header */
  side: number
}

const bitrates1 = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320]
const bitrates2 = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160]
const rates = [44_100, 48_000, 32_000]
// players step over what stands between frames; a file of which it is a tenth is none
const mostJunk = 0.1
// so many in a row are no accident
const certain = 3

/** Does a frame of layer III begin here? */
export function frameAt(bytes: Buffer): Frame | null {
  if (bytes.length < 4 || bytes[0] !== 0xff || (bytes[1]! & 0xe6) !== 0xe2) return null
  const version = (bytes[1]! >> 3) & 3
  const bitrate = (version === 3 ? bitrates1 : bitrates2)[bytes[2]! >> 4]
  const rate = rates[(bytes[2]! >> 2) & 3]
  if (version === 1 || !bitrate || rate === undefined) return null
  const mono = bytes[3]! >> 6 === 3
  const real = version === 3 ? rate : version === 2 ? rate / 2 : rate / 4
  const samples = version === 3 ? 1152 : 576
  return {
    size: Math.floor((samples / 8) * ((bitrate * 1000) / real)) + ((bytes[2]! >> 1) & 1),
    samples,
    rate: real,
    sort: ((bytes[1]! & 0x1e) << 8) | (bytes[2]! & 0x0c),
    side: version === 3 ? (mono ? 17 : 32) : mono ? 9 : 17,
  }
}

export function* mp3(tape: Tape): Steps<Found> {
  // some leave room behind their tag
  if ((yield* skipTags())[0] === 0) yield { find: 0xff }
  const first = frameAt(yield { peek: 4 })
  if (!first) throw unreadable('unknown_kind')
  const from = tape.at
  const promised = promise(yield { take: first.size }, first)
  let frames = promised ? 0 : 1
  let junk = 0
  for (;;) {
    const head = yield* skipTags()
    if (!head.length) break
    const frame = frameAt(head)
    if (frame?.sort === first.sort) {
      frames += 1
      yield { skip: frame.size }
      continue
    }
    // a header that was cut, or an old tag (TAG) of 128 bytes at the end, which has to be whole as well
    if (head.length < 4 && (head[0] === 0xff || head[0] === 0x54)) throw unreadable('cut')
    if (head.toString('latin1', 0, 3) === 'TAG') {
      yield { skip: 128 }
      continue
    }
    if (frames < certain) throw unreadable('unknown_kind')
    const stood = tape.at
    yield { skip: 1 }
    yield { find: 0xff }
    junk += tape.at - stood
  }
  if (!frames || junk > (tape.at - from) * mostJunk) throw unreadable('damaged')
  if (promised && isShort(promised, frames, tape.at - from)) throw unreadable('cut', { frames, promised: promised.frames })
  return { sort: 'sound', mime: 'audio/mpeg', extension: 'mp3', seconds: (frames * first.samples) / first.rate }
}

/** Steps over ID3v2 and APE tags; answers the four bytes behind them. */
export function* skipTags(): Steps<Buffer> {
  for (;;) {
    const head = yield { peek: 4 }
    const start = head.toString('latin1')
    if (start.startsWith('ID3')) {
      const tag = yield { take: 10 }
      // id3.org v2.4 3.1: seven bits a byte, the footer apart
      const size = [6, 7, 8, 9].reduce((sum, i) => sum * 128 + (tag[i]! & 0x7f), 0)
      yield { skip: size + (tag[5]! & 0x10 ? 10 : 0) }
    } else if (start === 'APET') {
      const tag = yield { take: 32 }
      yield { skip: tag.readUInt32LE(12) }
    } else return head
  }
}

interface Promise {
  frames: number
  /** from the first frame on; null: it does not say */
  bytes: number | null
}

function promise(frame: Buffer, { side }: Frame): Promise | null {
  const at = 4 + side
  const name = frame.toString('latin1', at, at + 4)
  if ((name === 'Xing' || name === 'Info') && frame.length >= at + 16) {
    const flags = frame.readUInt32BE(at + 4)
    if (!(flags & 1)) return null
    return { frames: frame.readUInt32BE(at + 8), bytes: flags & 2 ? frame.readUInt32BE(at + 12) : null }
  }
  if (frame.toString('latin1', 36, 40) === 'VBRI' && frame.length >= 54)
    return { frames: frame.readUInt32BE(50), bytes: frame.readUInt32BE(46) }
  return null
}

/** Some writers count the header as a frame: with one less, the bytes decide. */
const isShort = (promised: Promise, frames: number, bytes: number): boolean =>
  frames < promised.frames - 1 || (frames < promised.frames && promised.bytes !== null && bytes < promised.bytes)
