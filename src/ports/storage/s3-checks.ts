/** Takes what passes through us on its way into an object: SHA-256 of it all, CRC-32 of every piece that passes whole. */

import { createHash } from 'node:crypto'
import { setImmediate as turn } from 'node:timers/promises'
import { crc32 } from 'node:zlib'
import { AppError } from '../../base/errors.ts'
import type { Piece } from './port.ts'
import type { Slice } from './s3-parts.ts'
import { lengthOf } from './s3-plan.ts'

/** Bytes hashed before others get their turn: about a millisecond. */
const hashedAtOnce = 1024 * 1024

export type Checks = ReturnType<typeof checking>

/** `whole`: everything passes, so its SHA-256 can be told. */
export function checking(whole: boolean) {
  const sha = whole ? createHash('sha256') : null
  /** pieces of which a part has passed */
  const begun = new Map<Piece, { sum: number; passed: number }>()
  let passed = 0

  function sum(stretch: Piece, bytes: Uint8Array): void {
    if (stretch.kind === 'bytes') return
    const so = begun.get(stretch) ?? { sum: 0, passed: 0 }
    so.sum = crc32(bytes, so.sum)
    so.passed += bytes.length
    if (so.passed < lengthOf(stretch)) return void begun.set(stretch, so)
    begun.delete(stretch)
    if (so.sum !== stretch.crc32) throw new AppError('source_changed', { key: stretch.key, reason: 'crc' })
  }

  return {
    passed: () => passed,
    /** null when not all of it has passed */
    sha256: () => sha?.digest('hex') ?? null,
    /** The next slices, in their order; `bytes` holds them. Throws `source_changed` for a copied piece whose CRC-32 differs. */
    async take(slices: Slice<Piece>[], bytes: Uint8Array): Promise<void> {
      let since = 0
      for (const { stretch, length, at } of slices)
        for (let done = 0; done < length; ) {
          const some = bytes.subarray(at + done, at + Math.min(length, done + hashedAtOnce))
          sha?.update(some)
          sum(stretch, some)
          done += some.length
          passed += some.length
          since += some.length
          if (since < hashedAtOnce) continue
          since = 0
          await turn()
        }
    },
  }
}
