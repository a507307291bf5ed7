/** Digests that grow while bytes pass, kept between the requests of one upload. */
import { createHash, type Hash } from 'node:crypto'
import { crc32 } from 'node:zlib'

/** CRC-32 and SHA-256 of the first `at` bytes. */
export interface Running {
  at: number
  crc32: number
  sha256: Hash
}

export const startHash = (): Running => ({ at: 0, crc32: 0, sha256: createHash('sha256') })

export function pass(running: Running, bytes: Uint8Array): void {
  running.crc32 = crc32(bytes, running.crc32)
  running.sha256.update(bytes)
  running.at += bytes.length
}

/** Remembers digests of uploads that pause; what it forgets is made again by reading the bytes back. */
export interface Hashes {
  /** Hands over the digest of exactly the first `at` bytes, if it is known; it is not remembered any more. */
  take(upload: string, at: number): Running | undefined
  keep(upload: string, running: Running): void
}

/** Remembers the `limit` uploads used last. */
export function recentHashes(limit = 256): Hashes {
  const kept = new Map<string, Running>()
  return {
    take(upload, at) {
      const running = kept.get(upload)
      kept.delete(upload)
      return running?.at === at ? running : undefined
    },
    keep(upload, running) {
      kept.set(upload, running)
      const oldest = kept.keys().next().value
      if (kept.size > limit && oldest !== undefined) kept.delete(oldest)
    },
  }
}
