/** Packs pieces into a few large messages for the copying thread. */

import type { Batch } from './disk-work.ts'
import { checkKey, checkRange } from './key.ts'
import type { Piece } from './port.ts'

/** A batch is at most this much, so that the few in flight stay small. */
const mostPieces = 4096
const mostBytes = 512 * 1024

/** The pieces in their order; a long literal is spread over several batches. */
export function* batchesOf(pieces: Iterable<Piece>): Generator<Batch> {
  let pack = emptyPack()
  for (const piece of pieces) {
    if (piece.kind === 'copy') {
      if (pack.full()) {
        yield pack.batch(false)
        pack = emptyPack()
      }
      pack.copy(piece.key, piece.from, piece.to, piece.crc32)
      continue
    }
    for (let at = 0; at < piece.bytes.length; ) {
      if (pack.full()) {
        yield pack.batch(false)
        pack = emptyPack()
      }
      at += pack.literal(piece.bytes, at)
    }
  }
  yield pack.batch(true)
}

function emptyPack() {
  const rows = new Float64Array(mostPieces * 3)
  const literals = new Uint8Array(mostBytes)
  const keys: string[] = []
  let row = 0
  let bytes = 0

  function add(a: number, b: number, c: number): void {
    rows[row] = a
    rows[row + 1] = b
    rows[row + 2] = c
    row += 3
  }

  return {
    full: () => row === rows.length || bytes === mostBytes,
    copy(key: string, from: number, to: number, crc32: number): void {
      checkRange(from, to)
      keys.push(checkKey(key))
      add(from, to, crc32 >>> 0)
    },
    /** Takes what fits; answers how much. */
    literal(from: Uint8Array, at: number): number {
      const n = Math.min(from.length - at, mostBytes - bytes)
      literals.set(at === 0 && n === from.length ? from : from.subarray(at, at + n), bytes)
      add(-1, n, 0)
      bytes += n
      return n
    },
    batch: (last: boolean): Batch => ({ rows: rows.slice(0, row), keys: keys.join('\n'), literals: literals.slice(0, bytes), last }),
  }
}
