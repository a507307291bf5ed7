/** How an object is cut into parts: all equal but the last (some servers demand it), few enough for the largest object. */

export const MiB = 1024 * 1024
/** S3: at most 10,000 parts. */
const most = 10_000
const least = 8 * MiB

/** Bytes of each part but the last of an object of `total` bytes: 8 MiB up to 80,000 MiB, then as many MiB as it takes. */
export const partBytes = (total: number): number => Math.max(least, Math.ceil(total / most / MiB) * MiB)

/** `length` bytes of a stretch from its byte `from` on; they stand at `at` in the part. */
export interface Slice<T> {
  stretch: T
  from: number
  length: number
  at: number
}

export interface Part<T> {
  /** from 1 */
  number: number
  size: number
  slices: Slice<T>[]
}

/** The parts, of `size` bytes each, of an object made of stretches one after the other. */
export function* partsOf<T>(stretches: Iterable<T>, lengthOf: (stretch: T) => number, size: number): Generator<Part<T>> {
  let part: Part<T> = { number: 1, size: 0, slices: [] }
  for (const stretch of stretches) {
    const all = lengthOf(stretch)
    for (let from = 0; from < all; ) {
      if (part.size === size) {
        yield part
        part = { number: part.number + 1, size: 0, slices: [] }
      }
      const length = Math.min(all - from, size - part.size)
      part.slices.push({ stretch, from, length, at: part.size })
      part.size += length
      from += length
    }
  }
  if (part.size > 0) yield part
}
