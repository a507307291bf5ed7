/** Entries whose bytes we make ourselves: manifest, lists and letters inside the ZIP. */

import { crc32, deflateRawSync, inflateRawSync } from 'node:zlib'
import type { ZipEntry } from './layout.ts'
import { tooFar } from './limits.ts'
import { method } from './records.ts'

/** Deflates the content once, when the ZIP is planned. It stays stored when deflate gains nothing or so much that readers would suspect a bomb. */
export function inlineEntry(name: string, content: Uint8Array, mtime: number): ZipEntry {
  const deflated = deflateRawSync(content, { level: 9 })
  const entry = { name, size: content.length, crc32: crc32(content), mtime }
  const gains = deflated.length < content.length && !tooFar(content.length, deflated.length)
  return gains ? { ...entry, method: method.deflated, inline: deflated } : { ...entry, method: method.stored, inline: content }
}

/** Do the bytes of an inline entry unpack to the size and CRC-32 it declares? */
export function isTrue(entry: ZipEntry & { inline: Uint8Array }): boolean {
  try {
    const content =
      entry.method === method.deflated ? inflateRawSync(entry.inline, { maxOutputLength: Math.max(1, entry.size) }) : entry.inline
    return content.length === entry.size && crc32(content) === entry.crc32
  } catch {
    return false
  }
}
