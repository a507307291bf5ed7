/** The extra fields we write or read: ZIP64 (0x0001), extended time (0x5455) and the Unicode path (0x7075). */

import type { Buffer } from 'node:buffer'
import { max32, readUint64, writeUint64 } from './numbers.ts'
import { refusal } from './refuse.ts'
import { inTimeField } from './time.ts'

export const fieldId = { zip64: 0x0001, time: 0x5455, unicodePath: 0x7075 }

/** APPNOTE 4.5.3: only the values whose own field is full, in the order size, compressed size, offset. */
export function writeZip64(b: Buffer, at: number, values: readonly number[]): number {
  b.writeUInt16LE(fieldId.zip64, at)
  b.writeUInt16LE(values.length * 8, at + 2)
  values.forEach((value, i) => void writeUint64(b, value, at + 4 + i * 8))
  return at + 4 + values.length * 8
}

/** Info-ZIP's extended time (APPNOTE 4.6.1): the modification time in unix seconds, alike in both records. */
export function writeTimeField(b: Buffer, at: number, mtime: number): number {
  if (!inTimeField(mtime)) return at
  b.writeUInt16LE(fieldId.time, at)
  b.writeUInt16LE(5, at + 2)
  b[at + 4] = 1
  b.writeInt32LE(Math.floor(mtime / 1000), at + 5)
  return at + 9
}

/** Puts the ZIP64 values in place of those that are full. */
export function readZip64(extra: Buffer, values: readonly number[], name: Buffer): number[] {
  if (!values.includes(max32)) return values as number[]
  const field = findField(extra, fieldId.zip64)
  let at = 0
  return values.map((value) => {
    if (value !== max32) return value
    if (!field || field.length < at + 8) throw refusal('zip64_extra_missing', name.toString('utf8'))
    at += 8
    return readUint64(field, at - 8)
  })
}

/** The modification time in milliseconds, when the extra fields have it. */
export function readTimeField(extra: Buffer): number | undefined {
  const field = findField(extra, fieldId.time)
  return field && field.length >= 5 && field[0]! & 1 ? field.readInt32LE(1) * 1000 : undefined
}

/**
 * The content of the field with this id. A field that is there twice could be read in two ways, so it counts as damage;
 * fewer than 4 bytes at the end are alignment (zipalign writes them).
 */
export function findField(extra: Buffer, id: number): Buffer | undefined {
  let found: Buffer | undefined
  for (let at = 0; at + 4 <= extra.length; ) {
    const end = at + 4 + extra.readUInt16LE(at + 2)
    if (end > extra.length) throw refusal('extra_damaged')
    if (extra.readUInt16LE(at) === id) {
      if (found) throw refusal('extra_damaged')
      found = extra.subarray(at + 4, end)
    }
    at = end
  }
  return found
}
