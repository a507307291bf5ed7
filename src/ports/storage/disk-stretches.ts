/** Reads a file once through the ring and digests each stretch of it. Runs in its own thread. */

import { createHash, hash as digestOf } from 'node:crypto'
import { fstatSync, readSync } from 'node:fs'
import { crc32 } from 'node:zlib'
import { Changed, readOrChanged } from './disk-changed.ts'
import type { Ring } from './disk-ring.ts'
import { fillerOf, slotBytes } from './disk-ring.ts'
import type { Findings } from './disk-work.ts'

const digestBytes = 32

export function digestStretches(ring: Ring, fd: number, cuts: Float64Array): Findings {
  const size = fstatSync(fd).size
  if (size !== (cuts.at(-1) ?? 0)) throw new Changed('', 'size')
  const filler = fillerOf(ring)
  const stretches = stretchesOf(cuts)
  for (let at = 0; at < size; ) {
    const base = filler.claim()
    const length = Math.min(slotBytes, size - at)
    let got = 0
    while (got < length) {
      const n = readOrChanged(() => readSync(fd, filler.memory, base + got, length - got, at + got), '')
      if (n === 0) throw new Changed('', 'short')
      got += n
    }
    // The follower only reads, so both work on the slot at once; it is claimed again when both are through.
    filler.give(length)
    stretches.take(filler.memory.subarray(base, base + length))
    at += length
  }
  filler.end()
  return { size, ...stretches.found() }
}

/** The SHA-256 of each stretch that ends at one of `cuts`. */
export function stretchesOf(cuts: Float64Array) {
  const digests = new Uint8Array(cuts.length * digestBytes)
  let index = 0
  let at = 0
  let hash = createHash('sha256')
  let begun = false

  function finish(digest: Uint8Array): void {
    digests.set(digest, index * digestBytes)
    index++
  }

  return {
    take(bytes: Buffer): void {
      for (let done = 0; done < bytes.length; ) {
        const left = cuts[index]! - at
        const part = bytes.subarray(done, done + Math.min(left, bytes.length - done))
        done += part.length
        at += part.length
        if (part.length < left) {
          hash.update(part)
          begun = true
        } else if (begun) {
          finish(hash.update(part).digest())
          hash = createHash('sha256')
          begun = false
        } else {
          // A stretch within one slot: the single call is cheaper than a hash object, and there may be tens of thousands.
          finish(digestOf('sha256', part, 'buffer'))
        }
      }
    },

    found(): Findings {
      // Empty stretches at the very end meet no byte.
      while (index < cuts.length) finish(digestOf('sha256', new Uint8Array(0), 'buffer'))
      return { sha256s: digests }
    },
  }
}

/** The CRC-32 of each stretch, for the thread that follows: so both have the same to do. */
export function stretchSums(cuts: Float64Array) {
  const crcs = new Uint32Array(cuts.length)
  let index = 0
  let at = 0
  return {
    take(bytes: Buffer): void {
      for (let done = 0; done < bytes.length; ) {
        while (cuts[index] === at) index++
        const part = bytes.subarray(done, done + Math.min(cuts[index]! - at, bytes.length - done))
        crcs[index] = crc32(part, crcs[index])
        done += part.length
        at += part.length
      }
    },
    found: (): Findings => ({ crc32: crcs }),
  }
}
