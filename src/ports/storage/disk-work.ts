/** What the event loop and the storage threads tell each other. */

import type { Ring } from './disk-ring.ts'

/** Pieces in a compact form, so that tens of thousands cost little to hand over. */
export interface Batch {
  /** three numbers a piece: from, to and CRC-32 of a copy; or -1, length and 0 of literal bytes */
  rows: Float64Array<ArrayBuffer>
  /** the keys of the copies in their order, one a line */
  keys: string
  /** the literal bytes, one piece after the other */
  literals: Uint8Array<ArrayBuffer>
  last: boolean
}

export type Job =
  | { role: 'sums'; ring: Ring; cuts: Float64Array }
  | { role: 'hash'; ring: Ring }
  | { role: 'assemble'; ring: Ring; objects: string; fd: number }
  | { role: 'digest'; ring: Ring; fd: number; cuts: Float64Array }

/** What a thread found; each role answers its own part. */
export interface Findings {
  sha256?: string
  size?: number
  crc32?: Uint32Array
  sha256s?: Uint8Array
}

/** Why a thread gave up, in a form that survives the way to the other thread. */
export interface Failure {
  kind: 'stopped' | 'source' | 'system' | 'fault'
  message: string
  /** of the system error */
  code?: string
  key?: string
  /** of a source that is not what it should be */
  reason?: string
}

export type Message = { kind: 'taken' } | { kind: 'found'; findings: Findings } | { kind: 'failed'; failure: Failure }
