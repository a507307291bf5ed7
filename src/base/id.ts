/** Identifiers: time-ordered UUIDs (RFC 9562, version 7) and unguessable tokens. */

import { hash, randomBytes } from 'node:crypto'

/** A UUIDv7 for the given moment: rows made one after the other lie side by side in the index. */
export function newId(now: Date): string {
  const b = randomBytes(16)
  b.writeUIntBE(now.getTime(), 0, 6)
  return spelled(b, 7)
}

/** The id that follows from this one (version 8), always the same: for what comes in the place of something that had it. */
export const idAfter = (id: string): string => spelled(hash('sha256', `after ${id.toLowerCase()}`, 'buffer'), 8)

function spelled(b: Buffer, version: number): string {
  b[6] = (b[6]! & 0x0f) | (version << 4)
  b[8] = (b[8]! & 0x3f) | 0x80
  const h = b.toString('hex')
  return `${h.slice(0, 8)}-${h.slice(8, 12)}-${h.slice(12, 16)}-${h.slice(16, 20)}-${h.slice(20, 32)}`
}

/** `bytes` random bytes as base64url: 24 give 32 characters that nobody guesses. */
export const newToken = (bytes = 24): string => randomBytes(bytes).toString('base64url')

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
export const isUuid = (text: string): boolean => uuid.test(text)
