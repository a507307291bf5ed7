/** Streams a layout as ZIP bytes, from byte 0 or any later one. */

import { Buffer } from 'node:buffer'
import { crc32 } from 'node:zlib'
import { AppError } from '../base/errors.ts'
import { type Layout, pieces } from './layout.ts'

/** The bytes [from, to) of the stored data of an entry; exactly as many, in chunks of any size. */
export type OpenData = (index: number, from: number, to: number) => AsyncIterable<Uint8Array>

const joinUpTo = 65536
const joinBelow = 16384

/**
 * The bytes [from, to) of the archive. A source that is short or long, or whose CRC-32 differs when it passes whole, throws
 * `source_changed` before its last chunk is given: a broken archive always ends early and never looks complete.
 */
export async function* write(layout: Layout, from: number, to: number, open: OpenData): AsyncGenerator<Uint8Array> {
  // Small chunks leave together: a socket or a file call for each header would cost more than the copy.
  const buffer = { bytes: Buffer.allocUnsafe(joinUpTo), length: 0 }
  const release = (): Uint8Array => {
    const full = buffer.bytes.subarray(0, buffer.length)
    buffer.bytes = Buffer.allocUnsafe(joinUpTo)
    buffer.length = 0
    return full
  }
  for await (const chunk of chunks(layout, from, to, open)) {
    const small = chunk.length < joinBelow
    if (buffer.length > 0 && (!small || buffer.length + chunk.length > joinUpTo)) yield release()
    if (small) {
      buffer.bytes.set(chunk, buffer.length)
      buffer.length += chunk.length
    } else yield chunk
  }
  if (buffer.length > 0) yield release()
}

async function* chunks(layout: Layout, from: number, to: number, open: OpenData): AsyncGenerator<Uint8Array> {
  for (const piece of pieces(layout, from, to)) {
    if (piece.kind === 'bytes') yield piece.bytes
    else yield* checked(layout, piece.index, piece.from, piece.to, open)
  }
}

async function* checked(layout: Layout, index: number, from: number, to: number, open: OpenData): AsyncGenerator<Uint8Array> {
  const entry = layout.entries[index]!
  const changed = (reason: string): AppError => new AppError('source_changed', { entry: entry.name, reason })
  const whole = from === 0 && to === entry.size
  let left = to - from
  let crc = 0
  let last: Uint8Array | undefined
  for await (const chunk of open(index, from, to)) {
    if (chunk.length > left) throw changed('source_long')
    left -= chunk.length
    if (whole) crc = crc32(chunk, crc)
    if (left > 0) yield chunk
    else if (chunk.length > 0) last = chunk
  }
  if (left > 0) throw changed('source_short')
  if (whole && crc !== entry.crc32) throw changed('crc32_differs')
  yield last!
}
