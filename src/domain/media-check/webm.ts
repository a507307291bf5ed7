/**
 * WebM and Matroska (RFC 9559, EBML: RFC 8794): every element is whole. Who records live leaves sizes open: such a file is walked to
 * its end, and one that ends between two elements cannot be told from a whole one but by its length.
 */
import type { Found } from './found.ts'
import { unreadable } from './unreadable.ts'
import type { Steps, Tape } from './walk.ts'

const ids = {
  header: 0x1a45dfa3,
  docType: 0x4282,
  segment: 0x18538067,
  info: 0x1549a966,
  scale: 0x2ad7b1,
  duration: 0x4489,
  tracks: 0x1654ae6b,
  entry: 0xae,
  type: 0x83,
  video: 0xe0,
  width: 0xb0,
  height: 0xba,
  cluster: 0x1f43b675,
  time: 0xe7,
  simple: 0xa3,
  group: 0xa0,
  block: 0xa1,
} as const
// what else stands directly in a segment: SeekHead, Cues, Chapters, Attachments, Tags
const others = new Set([0x114d9b74, 0x1c53bb6b, 0x1043a770, 0x1941a469, 0x1254c367])
const parents = new Set<number>([ids.info, ids.tracks, ids.entry, ids.video, ids.group])
const tops = new Set<number>([ids.info, ids.tracks, ids.cluster, ...others])
const small = new Set<number>([ids.scale, ids.duration, ids.type, ids.width, ids.height, ids.time])

interface Heard {
  doc: string
  /** nanoseconds of a unit */
  scale: number
  /** units; 0: not said */
  duration: number
  types: number[]
  width: number
  height: number
  cluster: number
  /** the latest block, units */
  latest: number
  blocks: number
}

interface Element {
  id: number
  /** where it ends; null: nobody knew when it was begun */
  end: number | null
}

export function* webm(tape: Tape): Steps<Found> {
  const heard: Heard = { doc: '', scale: 1_000_000, duration: 0, types: [], width: 0, height: 0, cluster: 0, latest: 0, blocks: 0 }
  const header = yield* element(tape)
  if (header.end === null || header.end - tape.at > 4096) throw unreadable('damaged')
  yield* docType(tape, header.end, heard)
  const segment = yield* element(tape)
  if (segment.id !== ids.segment) throw unreadable('damaged')
  yield* inside(tape, segment.end, heard, 1)
  if (!heard.blocks || !heard.types.length) throw unreadable('cut')
  return describe(heard)
}

function* docType(tape: Tape, end: number, heard: Heard): Steps<void> {
  while (tape.at < end) {
    const one = yield* element(tape)
    if (one.end === null || one.end > end) throw unreadable('damaged')
    const bytes = yield { take: one.end - tape.at }
    if (one.id === ids.docType) heard.doc = bytes.toString('latin1').replace(/\0+$/, '')
  }
  if (heard.doc !== 'webm' && heard.doc !== 'matroska') throw unreadable('unknown_kind')
}

/** Elements up to `end`; null: to the end of the file, through clusters of open size as if these were not there. */
function* inside(tape: Tape, end: number | null, heard: Heard, depth: number): Steps<void> {
  if (depth > 6) throw unreadable('damaged')
  for (;;) {
    if (end !== null && tape.at >= end) {
      if (tape.at > end) throw unreadable('damaged')
      return
    }
    if (end === null && !(yield { peek: 1 }).length) return
    const one = yield* element(tape)
    if (one.end === null) {
      // its children follow, and the next cluster is no child
      if (one.id !== ids.cluster || (end !== null && depth > 1)) throw unreadable('damaged')
      continue
    }
    if (end !== null && one.end > end) throw unreadable(depth === 1 ? 'cut' : 'damaged')
    if (end === null && !tops.has(one.id) && !within.has(one.id)) throw unreadable('damaged')
    if (one.id === ids.entry) heard.types.push(0)
    if (parents.has(one.id) || one.id === ids.cluster) yield* inside(tape, one.end, heard, depth + 1)
    else if (small.has(one.id)) note(heard, one.id, yield { take: Math.min(one.end - tape.at, 1024) })
    else if (one.id === ids.simple || one.id === ids.block) yield* block(heard)
    yield { skip: Math.max(0, one.end - tape.at) }
  }
}

// in a cluster: its time, blocks, groups, PrevSize, Position; Void and CRC-32 anywhere
const within = new Set<number>([ids.time, ids.simple, ids.group, 0xab, 0xa7, 0xec, 0xbf])

/** 10.1: number of the track, then its time within the cluster. */
function* block(heard: Heard): Steps<void> {
  const head = yield { peek: 12 }
  const length = Math.clz32(head[0] ?? 0) - 23
  if (length > 8 || head.length < length + 3) throw unreadable('cut')
  heard.blocks += 1
  heard.latest = Math.max(heard.latest, heard.cluster + head.readInt16BE(length))
}

function* element(tape: Tape): Steps<Element> {
  const id = yield* variable(4, false)
  const size = yield* variable(8, true)
  return { id, end: size === Number.POSITIVE_INFINITY ? null : tape.at + size }
}

/** RFC 8794 4: the zeros before the first one tell how many bytes there are. All ones in a size: not known. */
function* variable(most: number, bare: boolean): Steps<number> {
  const first = (yield { peek: 1 })[0]
  if (first === undefined) throw unreadable('cut')
  const length = Math.clz32(first) - 23
  if (length > most) throw unreadable('damaged')
  const bytes = yield { take: length }
  let value = bare ? bytes[0]! & (0xff >> length) : bytes[0]!
  let ones = value === 0xff >> length
  for (const byte of bytes.subarray(1)) {
    value = value * 256 + byte
    ones &&= byte === 0xff
  }
  return bare && ones ? Number.POSITIVE_INFINITY : value
}

function note(heard: Heard, id: number, bytes: Buffer): void {
  const whole = bytes.length <= 6 && bytes.length > 0 ? bytes.readUIntBE(0, bytes.length) : 0
  if (id === ids.scale) heard.scale = whole || heard.scale
  else if (id === ids.duration) heard.duration = bytes.length === 4 ? bytes.readFloatBE() : bytes.length === 8 ? bytes.readDoubleBE() : 0
  else if (id === ids.type && heard.types.length) heard.types[heard.types.length - 1] = whole
  else if (id === ids.width) heard.width = whole
  else if (id === ids.height) heard.height = whole
  else if (id === ids.time) heard.cluster = whole
}

function describe({ doc, types, scale, duration, latest, width, height }: Heard): Found {
  const units = duration > 0 ? duration : latest
  const seconds = units > 0 ? (units * scale) / 1e9 : null
  const [kind, extension] = doc === 'webm' ? (['webm', 'webm'] as const) : (['matroska', 'mkv'] as const)
  // 5.1.4.1.3: 1 is a picture track, 2 sound
  if (types.includes(1)) return { sort: 'film', mime: `video/${kind}`, extension, seconds, ...(width && height ? { width, height } : {}) }
  if (types.includes(2)) return { sort: 'sound', mime: `audio/${kind}`, extension, seconds }
  throw unreadable('unknown_kind')
}
