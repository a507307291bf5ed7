/** FLAC (RFC 9639): its last frame is whole, by its CRC-16, and ends with the last sample that the header counts. */
import type { Found } from './found.ts'
import { unreadable } from './unreadable.ts'
import type { Steps } from './walk.ts'

// a frame of 65,535 samples, 8 channels and 32 bits would be larger; no encoder makes one
const longestFrame = 2 * 1024 * 1024
const usualFrame = 256 * 1024

interface Info {
  rate: number
  /** 0: not known */
  samples: number
  /** all blocks have this many samples; 0: they differ */
  block: number
  /** bytes; 0: not known */
  largest: number
}

export function* flac(): Steps<Found> {
  yield { take: 4 }
  let info: Info | null = null
  for (let last = false; !last; ) {
    const head = yield { take: 4 }
    last = head[0]! >= 0x80
    const [type, size] = [head[0]! & 0x7f, head.readUIntBE(1, 3)]
    if (!info) {
      if (type !== 0 || size < 34) throw unreadable('damaged')
      info = streamInfo(yield { take: size })
    } else yield { skip: size }
  }
  const keep = Math.min(info!.largest || usualFrame, longestFrame) + 128
  const end = yield { tail: keep }
  // ID3v1, which some programs put behind everything
  const frames = end.length > 128 && end.toString('latin1', end.length - 128, end.length - 125) === 'TAG' ? end.subarray(0, -128) : end
  if (!endsWhole(frames, info!)) throw unreadable('cut')
  const { samples, rate } = info!
  return { sort: 'sound', mime: 'audio/flac', extension: 'flac', seconds: samples && rate ? samples / rate : null }
}

/** 8.2 */
function streamInfo(block: Buffer): Info {
  const [least, most] = [block.readUInt16BE(0), block.readUInt16BE(2)]
  return {
    block: least === most ? least : 0,
    largest: block.readUIntBE(7, 3),
    rate: block.readUIntBE(10, 3) >>> 4,
    samples: (block[13]! & 0x0f) * 2 ** 32 + block.readUInt32BE(14),
  }
}

/** Is there a frame that ends with these bytes? 9.1: a sync code, the number of the frame or sample, CRC-8; 9.3: CRC-16. */
function endsWhole(bytes: Buffer, info: Info): boolean {
  for (let at = bytes.lastIndexOf(0xff); at >= 0; at = at === 0 ? -1 : bytes.lastIndexOf(0xff, at - 1)) {
    const frame = frameHead(bytes.subarray(at))
    // what is no frame fails here, but for one in 65,536
    if (!frame || crc16(bytes.subarray(at)) !== 0) continue
    if (!info.samples) return true
    const first = frame.variable ? frame.number : frame.number * info.block
    if (!frame.variable && !info.block) return true
    if (first + frame.samples === info.samples) return true
  }
  return false
}

function frameHead(bytes: Buffer): { variable: boolean; number: number; samples: number } | null {
  if (bytes.length < 9 || bytes[0] !== 0xff || (bytes[1]! & 0xfe) !== 0xf8 || bytes[3]! & 1) return null
  const [blockCode, rateCode] = [bytes[2]! >> 4, bytes[2]! & 15]
  const coded = codedNumber(bytes, 4)
  if (!blockCode || rateCode === 15 || !coded) return null
  const extra = blockCode === 6 ? 1 : blockCode === 7 ? 2 : 0
  const end = coded.end + extra + (rateCode === 12 ? 1 : rateCode > 12 ? 2 : 0)
  if (end >= bytes.length || crc8(bytes.subarray(0, end + 1)) !== 0) return null
  const samples = extra ? bytes.readUIntBE(coded.end, extra) + 1 : blockCode === 1 ? 192 : blockCode < 6 ? 144 << blockCode : 1 << blockCode
  return { variable: (bytes[1]! & 1) === 1, number: coded.number, samples }
}

/** Like UTF-8, up to 7 bytes. */
function codedNumber(bytes: Buffer, at: number): { number: number; end: number } | null {
  const ones = Math.clz32(~(bytes[at]! << 24))
  if (ones === 1 || ones > 7) return null
  const more = Math.max(0, ones - 1)
  let number = bytes[at]! & (0x7f >> ones)
  for (let i = 1; i <= more; i++) {
    const next = bytes[at + i]
    if (next === undefined || next >> 6 !== 2) return null
    number = number * 64 + (next & 0x3f)
  }
  return { number, end: at + 1 + more }
}

/** Over bytes and their checksum: 0 when they fit. Polynomials of 9.1.8 and 9.3. */
const crc8 = (bytes: Buffer): number => crc(bytes, 0x07, 8)
const crc16 = (bytes: Buffer): number => crc(bytes, 0x8005, 16)
function crc(bytes: Buffer, polynomial: number, width: 8 | 16): number {
  const [top, mask] = [1 << (width - 1), (1 << width) - 1]
  let sum = 0
  for (const byte of bytes) {
    sum ^= byte << (width - 8)
    for (let bit = 0; bit < 8; bit++) sum = (sum & top ? (sum << 1) ^ polynomial : sum << 1) & mask
  }
  return sum
}
