/** Checks the CRC-32 of copied ranges as their bytes pass: beside SHA-256, while they are in the processor's cache. */

import { crc32 } from 'node:zlib'
import { Changed } from './disk-changed.ts'
import type { Batch } from './disk-work.ts'

/**
 * Which thread checks the nth copy: the one that copies it takes every third, the one that hashes the others. SHA-256 takes
 * about as long as reading and writing; with all CRC-32 beside it the copying thread would wait for it (12 % of a build).
 */
export const checkedByCopier = (nth: number): boolean => nth % 3 === 0

/** `outlines` says what the bytes are, in their order; it is asked only for what has bytes. */
export function rangeChecker(outlines: Iterator<Batch>): (bytes: Buffer) => void {
  let rows = new Float64Array(0)
  let row = 0
  /** copies begun so far */
  let copies = 0
  /** are these bytes for us to check? */
  let ours = false
  let expected = 0
  let left = 0
  let sum = 0

  function begin(): void {
    if (row === rows.length) {
      const { value, done } = outlines.next()
      if (done) throw new Error('more bytes than pieces')
      rows = value.rows
      row = 0
      return
    }
    const copied = rows[row]! >= 0
    left = copied ? rows[row + 1]! - rows[row]! : rows[row + 1]!
    expected = rows[row + 2]!
    ours = copied && !checkedByCopier(copies)
    if (copied) copies++
    sum = 0
    row += 3
  }

  return (bytes) => {
    for (let at = 0; at < bytes.length; ) {
      while (left === 0) begin()
      const n = Math.min(left, bytes.length - at)
      if (ours) sum = crc32(bytes.subarray(at, at + n), sum)
      at += n
      left -= n
      if (ours && left === 0 && sum !== expected) throw new Changed('', 'crc', copies - 1)
    }
  }
}
