/** MP4, M4A and QuickTime (ISO 14496-12): every box is whole, and every sample that the tables name lies within the file. */
import type { Found } from './found.ts'
import { unreadable } from './unreadable.ts'
import type { Steps, Tape } from './walk.ts'

interface Box {
  type: string
  /** where it ends; null: with the file */
  end: number | null
}

interface Track {
  /** vide, soun, … */
  handler: string
  width: number
  height: number
  sizes?: Buffer
  runs?: Buffer
  offsets?: { table: Buffer; wide: boolean }
}

interface Movie {
  /** units a second */
  scale: number
  seconds: number | null
  tracks: Track[]
  /** bytes of tables that are held */
  held: number
}

// moov itself, trak, mdia, minf, stbl: a file that goes deeper, or holds more, is made to hurt
const deepest = 5
const mostHeld = 64 * 1024 * 1024
const containers = new Set(['trak', 'mdia', 'minf', 'stbl', 'mvex'])

export function* mp4(tape: Tape): Steps<Found> {
  let brand = ''
  let movie: Movie | null = null
  let data = false
  let last = ''
  for (;;) {
    if (!(yield { peek: 1 }).length) break
    const box = yield* header(tape)
    // zeros behind the end
    if (!/^[\x20-\x7e\xa9]{4}$/.test(box.type)) {
      if (!movie || !data || /[^\0]/.test(box.type)) throw unreadable('damaged')
      yield { tail: 1 }
      break
    }
    const from = tape.at
    if (box.type === 'ftyp') brand = (yield { peek: 4 }).toString('latin1')
    if (box.type === 'moov') {
      if (box.end === null || movie) throw unreadable('damaged')
      movie = { scale: 0, seconds: null, tracks: [], held: 0 }
      yield* inside(tape, box.end, movie)
    }
    if (box.end === null) yield { tail: 1 }
    else if (box.end < tape.at) throw unreadable('damaged')
    else yield { skip: box.end - tape.at }
    data ||= box.type === 'mdat' && tape.at > from
    last = box.type
  }
  if (!movie || !data || last === 'moof') throw unreadable('cut')
  const { tracks } = movie
  if (believed(() => tracks.some((track) => lastByte(track) > tape.at))) throw unreadable('cut')
  return describe(movie, brand)
}

export function* header(tape: Tape): Steps<Box> {
  const start = tape.at
  const head = yield { take: 8 }
  const short = head.readUInt32BE(0)
  const type = head.toString('latin1', 4, 8)
  const size = short === 1 ? Number((yield { take: 8 }).readBigUInt64BE(0)) : short
  if (size !== 0 && start + size < tape.at) throw unreadable('damaged')
  return { type, end: size === 0 ? null : start + size }
}

function* inside(tape: Tape, end: number, movie: Movie, depth = 1): Steps<void> {
  if (depth > deepest) throw unreadable('damaged')
  while (end - tape.at >= 8) {
    const box = yield* header(tape)
    if (box.end === null || box.end > end) throw unreadable('damaged')
    if (box.type === 'trak') movie.tracks.push({ handler: '', width: 0, height: 0 })
    if (containers.has(box.type)) yield* inside(tape, box.end, movie, depth + 1)
    else if (wanted.has(box.type)) {
      movie.held += box.end - tape.at
      if (movie.held > mostHeld) throw unreadable('damaged')
      const bytes = Buffer.from(yield { take: box.end - tape.at })
      believed(() => note(movie, box.type, bytes))
    } else yield { skip: box.end - tape.at }
  }
  yield { skip: end - tape.at }
}

const wanted = new Set(['mvhd', 'mehd', 'tkhd', 'hdlr', 'stsz', 'stsc', 'stco', 'co64'])

/** A box that ends before what it must hold is damaged. */
export function believed<T>(read: () => T): T {
  try {
    return read()
  } catch (cause) {
    if (cause instanceof RangeError) throw unreadable('damaged')
    throw cause
  }
}

/** What a box inside of moov says. All of them begin with version and flags. */
function note(movie: Movie, type: string, box: Buffer): void {
  const track = movie.tracks.at(-1)
  const long = box[0] === 1
  if (type === 'mvhd') {
    movie.scale = box.readUInt32BE(long ? 20 : 12)
    movie.seconds = lasting(long ? Number(box.readBigUInt64BE(24)) : box.readUInt32BE(16), movie.scale, long)
  } else if (type === 'mehd') {
    movie.seconds = lasting(long ? Number(box.readBigUInt64BE(4)) : box.readUInt32BE(4), movie.scale, long)
  } else if (!track) return
  else if (type === 'tkhd') {
    // 16.16, the last two fields
    track.width = box.readUInt32BE(box.length - 8) >>> 16
    track.height = box.readUInt32BE(box.length - 4) >>> 16
  } else if (type === 'hdlr') track.handler ||= box.toString('latin1', 8, 12)
  else if (type === 'stsz') track.sizes = box
  else if (type === 'stsc') track.runs = box
  else track.offsets = { table: box, wide: type === 'co64' }
}

/** Zero stands in films of fragments, all ones in those of which nobody knew. */
const lasting = (units: number, scale: number, long: boolean): number | null =>
  units > 0 && units < (long ? 2 ** 63 : 0xffff_ffff) && scale > 0 ? units / scale : null

/** Where the last sample of a track ends (8.7.2 to 8.7.5): chunks hold runs of samples, one after the other. */
function lastByte({ sizes, runs, offsets }: Track): number {
  if (!sizes || !runs || !offsets) return 0
  const chunks = offsets.table.readUInt32BE(4)
  const width = offsets.wide ? 8 : 4
  const constant = sizes.readUInt32BE(4)
  const samples = sizes.readUInt32BE(8)
  const runCount = runs.readUInt32BE(4)
  if (offsets.table.length < 8 + chunks * width || runs.length < 8 + runCount * 12 || (!constant && sizes.length < 12 + samples * 4))
    throw unreadable('damaged')
  let end = 0
  let sample = 0
  let run = -1
  for (let chunk = 0; chunk < chunks; chunk++) {
    while (run + 1 < runCount && runs.readUInt32BE(8 + (run + 1) * 12) <= chunk + 1) run += 1
    if (run < 0) throw unreadable('damaged')
    const until = Math.min(samples, sample + runs.readUInt32BE(8 + run * 12 + 4))
    let at = offsets.wide ? Number(offsets.table.readBigUInt64BE(8 + chunk * 8)) : offsets.table.readUInt32BE(8 + chunk * 4)
    if (constant) at += (until - sample) * constant
    else for (let n = sample; n < until; n++) at += sizes.readUInt32BE(12 + n * 4)
    sample = until
    end = Math.max(end, at)
  }
  return end
}

function describe({ seconds, tracks }: Movie, brand: string): Found {
  const film = tracks.find(({ handler }) => handler === 'vide')
  if (!film && !tracks.some(({ handler }) => handler === 'soun')) throw unreadable('unknown_kind')
  if (!film) return { sort: 'sound', mime: 'audio/mp4', extension: 'm4a', seconds }
  const { width, height } = film
  const size = width && height ? { width, height } : {}
  const quicktime = brand === 'qt  '
  return { sort: 'film', mime: quicktime ? 'video/quicktime' : 'video/mp4', extension: quicktime ? 'mov' : 'mp4', seconds, ...size }
}
