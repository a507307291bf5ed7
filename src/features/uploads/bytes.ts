/** Bytes of the storage as a stream. */
import type { Source } from '../../ports/storage/port.ts'

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

/** The whole of a small source. */
export async function readWhole(source: Source): Promise<Buffer> {
  const parts: Uint8Array[] = []
  for await (const part of readAll(source)) parts.push(part)
  return Buffer.concat(parts)
}
