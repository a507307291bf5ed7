/** Ogg with Vorbis or Opus (RFC 3533): every page is whole, and every stream in it has its last page. */
import type { Found } from './found.ts'
import { unreadable } from './unreadable.ts'
import type { Steps } from './walk.ts'

interface Stream {
  /** samples a second */
  rate: number
  /** samples before the sound begins */
  skipped: number
  granule: bigint
  ended: boolean
}

// of a page on which no packet ends
const noGranule = 0xffff_ffff_ffff_ffffn

export function* ogg(): Steps<Found> {
  // streams follow each other in a chain; one that was heard to its end may have its number again
  const all: Stream[] = []
  const open = new Map<number, Stream>()
  while ((yield { peek: 1 }).length) {
    const head = Buffer.from(yield { take: 27 })
    if (head.toString('latin1', 0, 4) !== 'OggS' || head[4] !== 0) throw unreadable('damaged')
    const lengths = yield { take: head[26]! }
    const size = lengths.reduce((sum, n) => sum + n, 0)
    const [begins, ends, serial] = [head[5]! & 2, head[5]! & 4, head.readUInt32LE(14)]
    if (begins) {
      const stream = streamOf(yield { peek: Math.min(size, 40) })
      all.push(stream)
      open.set(serial, stream)
    }
    const stream = open.get(serial)
    if (!stream || stream.ended) throw unreadable('damaged')
    const granule = head.readBigUInt64LE(6)
    if (granule !== noGranule) stream.granule = granule
    stream.ended = ends !== 0
    yield { skip: size }
  }
  if (all.some(({ ended }) => !ended)) throw unreadable('cut')
  const sounds = all.filter(({ rate }) => rate > 0)
  if (!sounds.length) throw unreadable('unknown_kind')
  const seconds = sounds.reduce((sum, { granule, skipped, rate }) => sum + Math.max(0, Number(granule) - skipped) / rate, 0)
  return { sort: 'sound', mime: 'audio/ogg', extension: 'ogg', seconds }
}

/** RFC 7845 5.1: Opus counts at 48 kHz, whatever went in; Vorbis I 4.2.2. What else may lie in an Ogg has the rate 0. */
function streamOf(packet: Buffer): Stream {
  const stream = { rate: 0, skipped: 0, granule: 0n, ended: false }
  if (packet.toString('latin1', 0, 8) === 'OpusHead' && packet.length >= 12)
    return { ...stream, rate: 48_000, skipped: packet.readUInt16LE(10) }
  if (packet.toString('latin1', 0, 7) === '\x01vorbis' && packet.length >= 16) return { ...stream, rate: packet.readUInt32LE(12) }
  return stream
}
