/** Reads the files of an import: the next bytes are on their way while the last ones are hashed and written. */
import type { FileHandle } from 'node:fs/promises'

const chunk = 512 * 1024

/** One is being read while the other is in use; a pair serves one file after the other. */
export type Buffers = readonly [Buffer, Buffer]
export const newBuffers = (): Buffers => [Buffer.allocUnsafeSlow(chunk), Buffer.allocUnsafeSlow(chunk)]

/** A file being read. */
export interface Reading {
  file: FileHandle
  buffers: Buffers
  /** why it stopped early: who stores the bytes only sees their end */
  broken?: string
}

/** The first `to` bytes of a file, or all it has. A chunk is valid until the next one is asked for. */
export async function* read(reading: Reading, to: number): AsyncGenerator<Buffer, void, undefined> {
  const { file, buffers } = reading
  const readAt = (k: number, at: number) =>
    file.read(buffers[k & 1]!, 0, Math.min(chunk, to - at), at).catch((error: NodeJS.ErrnoException) => {
      reading.broken = `it cannot be read (${error.code ?? 'unknown'})`
      return { bytesRead: 0 }
    })
  let coming = readAt(0, 0)
  try {
    for (let k = 0, at = 0; at < to; k++) {
      const { bytesRead } = await coming
      if (bytesRead === 0) return
      at += bytesRead
      if (at < to) coming = readAt(k + 1, at)
      yield buffers[k & 1]!.subarray(0, bytesRead)
    }
  } finally {
    // never close the file under a running read
    await coming
  }
}

/** The first `size` bytes, to keep. */
export async function headOf(reading: Reading, size: number): Promise<Buffer> {
  const parts: Buffer[] = []
  for await (const part of read(reading, size)) parts.push(Buffer.from(part))
  return Buffer.concat(parts)
}
