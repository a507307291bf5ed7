/** Bytes of the storage as a stream. */
import { createHash } from 'node:crypto'
import type { Source } from './storage/port.ts'

const chunk = 256 * 1024

/** Every byte of an open source, then closes it. Each chunk is its own: who gets it may keep it. */
export async function* readAll(source: Source): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    for (;;) {
      const buffer = Buffer.allocUnsafeSlow(chunk)
      const n = await source.read(buffer)
      if (n === 0) return
      yield buffer.subarray(0, n)
    }
  } finally {
    await source.close()
  }
}

/** All `size` bytes of a small source, then closes it. */
export async function readWhole(source: Source, size: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafeSlow(size)
  try {
    for (let at = 0; at < size; ) {
      const n = await source.read(bytes.subarray(at))
      if (n === 0) break
      at += n
    }
    return bytes
  } finally {
    await source.close()
  }
}

/** SHA-256 of every byte of an open source, then closes it. `onRead` hears of the bytes as they come, and may end it by throwing. */
export async function hashOf(source: Source, onRead?: (bytes: number) => void): Promise<Buffer> {
  const sum = createHash('sha256')
  for await (const bytes of readAll(source)) {
    sum.update(bytes)
    onRead?.(bytes.length)
  }
  return sum.digest()
}

/** The next chunk of a body; null at the end, and also where it breaks off: what came until then counts, and its sender goes on from there. */
export async function nextChunk(chunks: AsyncIterator<Uint8Array>): Promise<Uint8Array | null> {
  try {
    const { done, value } = await chunks.next()
    return done ? null : value
  } catch {
    return null
  }
}
