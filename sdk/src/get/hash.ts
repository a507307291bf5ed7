/** SHA-256 of a whole file, to compare with what the photographer sees. */
import { createHash } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'

/** In hex. */
export async function hashOf(handle: FileHandle): Promise<string> {
  const hash = createHash('sha256')
  const stream = handle.createReadStream({ start: 0, autoClose: false, highWaterMark: 1024 * 1024 })
  for await (const chunk of stream) hash.update(chunk as Buffer)
  return hash.digest('hex')
}
