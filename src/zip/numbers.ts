/** The numbers of the format: little-endian, and never beyond what JavaScript counts exactly. */

import type { Buffer } from 'node:buffer'
import { refusal } from './refuse.ts'

/** A field with this value has its real value in a ZIP64 field (APPNOTE 4.4.1.4). */
export const max32 = 0xffffffff
export const max16 = 0xffff

export function writeUint64(b: Buffer, value: number, at: number): void {
  b.writeUInt32LE(value % 0x100000000, at)
  b.writeUInt32LE(Math.floor(value / 0x100000000), at + 4)
}

/** Reads 8 bytes as a number; what JavaScript cannot count exactly no file can have. */
export function readUint64(b: Buffer, at: number): number {
  const high = b.readUInt32LE(at + 4)
  if (high >= 0x200000) throw refusal('number_too_large')
  return high * 0x100000000 + b.readUInt32LE(at)
}
