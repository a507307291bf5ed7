/** Samples of what storage takes and gives, and how tests ask about them. */

import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { AppError } from '../../base/errors.ts'
import type { Piece, Source, Storage, Stored, UploadName } from './port.ts'

export const described = (bytes: Uint8Array): Stored => ({ size: bytes.length, sha256: hash('sha256', bytes) })

export const literal = (bytes: Uint8Array): Piece => ({ kind: 'bytes', bytes })

export function copyOf(key: string, bytes: Uint8Array, from: number, to: number): Piece & { kind: 'copy' } {
  return { kind: 'copy', key, from, to, crc32: crc32(bytes.subarray(from, to)) }
}

export const named = (id: string, generation = 0): UploadName => ({ id, generation })

/** The range as the storage reads it, `step` bytes at a time. */
export async function readRange(storage: Storage, key: string, from: number, to: number, step = 65_536): Promise<Buffer> {
  return drain(await storage.open(key, from, to), step)
}

export async function drain(source: Source, step: number): Promise<Buffer> {
  const parts: Buffer[] = []
  try {
    for (;;) {
      const into = Buffer.alloc(step)
      const n = await source.read(into)
      if (n === 0) return Buffer.concat(parts)
      parts.push(into.subarray(0, n))
    }
  } finally {
    await source.close()
  }
}

/** The bytes in chunks; breaks off, as a lost connection does, once `breakAt` bytes went out. */
export async function* bodyOf(bytes: Uint8Array, step: number, breakAt = Number.POSITIVE_INFINITY): AsyncIterable<Uint8Array> {
  for (let at = 0; at < bytes.length; at += step) {
    if (at >= breakAt) throw new Error('connection lost')
    yield bytes.subarray(at, at + step)
  }
}

/** The promise fails with this code and, where given, these facts. */
export async function refuses(code: string, work: Promise<unknown>, facts: Record<string, unknown> = {}): Promise<void> {
  await assert.rejects(work, (error) => {
    assert.ok(error instanceof AppError, String(error))
    assert.equal(error.code, code)
    for (const [name, value] of Object.entries(facts)) assert.equal(error.facts[name], value, name)
    return true
  })
}
