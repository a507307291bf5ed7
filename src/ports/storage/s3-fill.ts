/** Fills memory with slices of an object: literal bytes, and ranges of other objects, a few read at once. */

import type { Piece } from './port.ts'
import { eachOf } from './s3-parallel.ts'
import type { Slice } from './s3-parts.ts'
import { missing, type Place, readable } from './s3-place.ts'
import { readInto } from './s3-read.ts'

/** Of small originals many lie in one part. */
const readsAtOnce = 4

interface Range {
  from: number
  length: number
  /** in the memory */
  at: number
}

export async function fill(place: Place, slices: Slice<Piece>[], into: Buffer, signal: AbortSignal | undefined): Promise<void> {
  const reads = new Map<string, Range[]>()
  for (const { stretch, from, length, at } of slices) {
    if (stretch.kind === 'bytes') into.set(stretch.bytes.subarray(from, from + length), at)
    else {
      const ranges = reads.get(stretch.key) ?? []
      ranges.push({ from: stretch.from + from, length, at })
      reads.set(stretch.key, ranges)
    }
  }
  await eachOf(reads, readsAtOnce, async ([key, ranges]) => {
    const { path, etag } = readable(key)
    const read = (from: number, to: number, bytes: Buffer) =>
      readInto(place, { path, key, from, to }, bytes, { etag, signal, absent: () => missing(place, key) })
    const from = Math.min(...ranges.map((range) => range.from))
    const to = Math.max(...ranges.map((range) => range.from + range.length))
    const asked = ranges.reduce((sum, { length }) => sum + length, 0)
    if (ranges.length > 1 && to - from <= asked) {
      // the same bytes several times: one request in place of thousands
      const once = Buffer.allocUnsafeSlow(to - from)
      await read(from, to, once)
      for (const range of ranges) into.set(once.subarray(range.from - from, range.from - from + range.length), range.at)
    } else for (const { from, length, at } of ranges) await read(from, from + length, into.subarray(at, at + length))
  })
}
