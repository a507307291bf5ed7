/**
 * How an object is made of pieces inside the store. Pure: it says which bytes are copied there and which pass through us.
 *
 * S3 joins parts of 5 MiB to 5 GiB, 10,000 at most; only the last may be smaller. So what is smaller than that between two copied
 * files, such as the header of a ZIP entry, cannot be a part. One level: it is sent together with the first 5 MiB of the next
 * file. Two levels: a helper object is made of (the end of) the file before, copied, and of those bytes as its last part; the
 * helper is then copied as one part. Files under 5 MiB are always sent, joined to parts.
 */

import type { Piece } from './port.ts'
import { MiB, type Part, type Slice } from './s3-parts.ts'

/** The smallest part but the last; the largest; how many. */
export const least = 5 * MiB
export const largest = 5 * 1024 * MiB
export const most = 10_000

/** Bytes that are copied at once: a server that needs long for them says nothing meanwhile, and several lie side by side. */
const copiedAtOnce = 64 * MiB
/** From here on one request more is cheaper than copying the whole file into its helper. */
const splitFrom = 32 * MiB

export type Levels = 1 | 2

/** `send`: its slices pass through us. `copy`: one slice of one object. `helper`: one slice, then `tail`, which passes through us. */
export type PlannedPart = Part<Piece> & ({ kind: 'send' } | { kind: 'copy' } | { kind: 'helper'; tail: Slice<Piece>[] })

export interface InStorePlan {
  levels: Levels
  parts: PlannedPart[]
  /** bytes that pass through us */
  moved: number
  /** bytes that the store copies, those of helpers twice */
  copied: number
  /** about how many requests it takes */
  requests: number
}

/** A plan, or null: everything is moved. */
export type Choose = (pieces: Piece[], size: number) => InStorePlan | null

/** Up to here the bytes that pass through us are few enough to take the way that is ready first. */
const small = 1024 * MiB

/** Two levels for what is large, one for what is small: see docs/design.md, "Inside the store", for what was measured. */
export const usualChoice: Choose = (pieces, size) => {
  const plan = planInStore(pieces, size > small ? 2 : 1)
  return plan.moved < size ? plan : null
}

export const lengthOf = (piece: Piece): number => (piece.kind === 'bytes' ? piece.bytes.length : piece.to - piece.from)
export const sizeOf = (slices: Slice<Piece>[]): number => slices.reduce((sum, { length }) => sum + length, 0)

/** The plan that copies every file of at least 5 MiB, or as many as 10,000 parts have room for: the largest. */
export function planInStore(pieces: Piece[], levels: Levels): InStorePlan {
  const total = pieces.reduce((sum, piece) => sum + lengthOf(piece), 0)
  for (let from = least; ; from *= 2) {
    const parts = partsFrom(pieces, levels, total, from)
    if (parts.length <= most) return described(levels, parts)
  }
}

function partsFrom(pieces: Piece[], levels: Levels, total: number, copiedFrom: number): PlannedPart[] {
  const parts: PlannedPart[] = []
  // 9,000 sent parts, or 5,000 copied ones, hold all of it
  const unit = whole(least, total / 9000)
  const reach = whole(copiedAtOnce, total / 5000)
  let waiting: Slice<Piece>[] = []
  let size = 0

  const add = (part: Omit<PlannedPart, 'number'>) => parts.push({ ...part, number: parts.length + 1 } as PlannedPart)
  function wait(stretch: Piece, from: number, length: number): void {
    waiting.push({ stretch, from, length, at: size })
    size += length
  }
  function send(): void {
    for (const slices of cut(waiting, size, Math.max(1, Math.floor(size / unit)))) add({ kind: 'send', size: sizeOf(slices), slices })
    waiting = []
    size = 0
  }
  /** What waits goes behind the copied bytes before it, as a helper. */
  function append(): void {
    const { slices, size: copied } = parts.pop()!
    const [{ stretch, from }] = slices as [Slice<Piece>]
    const apart = copied >= splitFrom ? copied - least : 0
    if (apart) add({ kind: 'copy', size: apart, slices: [{ stretch, from, length: apart, at: 0 }] })
    const body = [{ stretch, from: from + apart, length: copied - apart, at: 0 }]
    add({ kind: 'helper', size: copied - apart + size, slices: body, tail: waiting } as PlannedPart)
    waiting = []
    size = 0
  }

  for (const piece of pieces) {
    const length = lengthOf(piece)
    if (length === 0) continue
    if (piece.kind === 'bytes' || length < copiedFrom) {
      wait(piece, 0, length)
      continue
    }
    // after what was sent comes what is copied, so a part before is a copied one
    if (size > 0 && size < least && levels === 2 && parts.length) append()
    const head = size > 0 ? Math.max(0, least - size) : 0
    if (length - head < least) {
      wait(piece, 0, length)
      continue
    }
    if (head) wait(piece, 0, head)
    if (size) send()
    for (const [from, to] of equal(length - head, Math.ceil((length - head) / reach)))
      add({ kind: 'copy', size: to - from, slices: [{ stretch: piece, from: head + from, length: to - from, at: 0 }] })
  }
  if (size) send()
  return parts
}

const whole = (atLeast: number, bytes: number): number => Math.max(atLeast, Math.ceil(bytes / MiB) * MiB)

/** [0, length) in `n` ranges that differ by one byte at most. */
function equal(length: number, n: number): [from: number, to: number][] {
  return Array.from({ length: n }, (_, i) => [Math.floor((length * i) / n), Math.floor((length * (i + 1)) / n)])
}

/** The slices in `n` parts of equal size. */
function cut(slices: Slice<Piece>[], size: number, n: number): Slice<Piece>[][] {
  let next = 0
  return equal(size, n).map(([start, end]) => {
    const part: Slice<Piece>[] = []
    for (; next < slices.length; next++) {
      const { stretch, from, length, at } = slices[next]!
      const [a, b] = [Math.max(at, start), Math.min(at + length, end)]
      if (b > a) part.push({ stretch, from: from + a - at, length: b - a, at: a - start })
      if (at + length > end) break
    }
    return part
  })
}

function described(levels: Levels, parts: PlannedPart[]): InStorePlan {
  const plan = { levels, parts, moved: 0, copied: 0, requests: 4 }
  const sources = new Set<string>()
  for (const part of parts) {
    const read = part.kind === 'send' ? part.slices : part.kind === 'helper' ? part.tail : []
    plan.moved += sizeOf(read)
    plan.requests += read.filter(({ stretch }) => stretch.kind === 'copy').length
    if (part.kind !== 'send') for (const { stretch } of part.slices) if (stretch.kind === 'copy') sources.add(stretch.key)
    if (part.kind === 'helper') plan.copied += part.size + sizeOf(part.slices)
    if (part.kind === 'copy') plan.copied += part.size
    // a helper is begun, its two parts made, joined, copied and deleted
    plan.requests += part.kind === 'helper' ? 6 : 1
  }
  // looked at before and after
  return { ...plan, requests: plan.requests + 2 * sources.size }
}
