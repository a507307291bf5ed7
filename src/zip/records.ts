/** The records of the ZIP format, written and read field by field (APPNOTE 6.3.10). */

import type { Buffer } from 'node:buffer'
import { readZip64, writeTimeField, writeZip64 } from './extra.ts'
import { max16, max32, readUint64, writeUint64 } from './numbers.ts'
import { dosTime, inTimeField } from './time.ts'

export const signature = {
  local: 0x04034b50,
  central: 0x02014b50,
  end: 0x06054b50,
  end64: 0x06064b50,
  locator: 0x07064b50,
  descriptor: 0x08074b50,
}
export const fixedSize = { local: 30, central: 46, end: 22, end64: 56, locator: 20 }
export const flag = { encrypted: 0x1, descriptor: 0x8, strongEncryption: 0x40, utf8: 0x800, maskedHeaders: 0x2000 }
export const method = { stored: 0, deflated: 8 } as const

/** APPNOTE 4.4.2: unix (3), written by version 3.0 of the specification, as Info-ZIP does. */
const madeBy = 0x031e
/** APPNOTE 4.4.15: a regular file with mode 0644 in the upper half, as Info-ZIP does for unix. */
const regularFile0644 = 0o100644 * 0x10000

/** What the records of an entry say about it when we write them. */
export interface EntryFields {
  name: Uint8Array
  ascii: boolean
  method: 0 | 8
  mtime: number
  crc32: number
  compressedSize: number
  size: number
  offset: number
}

type Sizes = Pick<EntryFields, 'size' | 'compressedSize'>

// Both sizes move into the ZIP64 field together: the local record must hold both anyway (APPNOTE 4.5.3).
const bigSizes = (f: Sizes): boolean => f.size >= max32 || f.compressedSize >= max32
const timeLength = (mtime: number): number => (inTimeField(mtime) ? 9 : 0)
const centralZip64 = (f: Sizes & { offset: number }): number => {
  const values = (bigSizes(f) ? 16 : 0) + (f.offset >= max32 ? 8 : 0)
  return values && values + 4
}
// APPNOTE 4.4.3.2: 4.5 for ZIP64, 2.0 for deflate, 1.0 otherwise.
const versionNeeded = (zip64: boolean, how: 0 | 8): number => (zip64 ? 45 : how === method.deflated ? 20 : 10)

export function localHeaderLength(nameLength: number, f: Sizes & { mtime: number }): number {
  return fixedSize.local + nameLength + (bigSizes(f) ? 20 : 0) + timeLength(f.mtime)
}

export function centralRecordLength(nameLength: number, f: Sizes & { mtime: number; offset: number }): number {
  return fixedSize.central + nameLength + centralZip64(f) + timeLength(f.mtime)
}

/** APPNOTE 4.3.7. Returns the offset behind what it wrote. */
export function writeLocalHeader(b: Buffer, at: number, f: EntryFields): number {
  const big = bigSizes(f)
  b.writeUInt32LE(signature.local, at)
  b.writeUInt16LE(versionNeeded(big, f.method), at + 4)
  writeShared(b, at + 6, f, (big ? 20 : 0) + timeLength(f.mtime))
  b.set(f.name, at + fixedSize.local)
  let p = at + fixedSize.local + f.name.length
  if (big) p = writeZip64(b, p, [f.size, f.compressedSize])
  return writeTimeField(b, p, f.mtime)
}

/** APPNOTE 4.3.12. Returns the offset behind what it wrote. */
export function writeCentralRecord(b: Buffer, at: number, f: EntryFields): number {
  const zip64 = centralZip64(f)
  b.writeUInt32LE(signature.central, at)
  b.writeUInt16LE(madeBy, at + 4)
  b.writeUInt16LE(versionNeeded(zip64 > 0, f.method), at + 6)
  writeShared(b, at + 8, f, zip64 + timeLength(f.mtime))
  b.writeUInt32LE(0, at + 32) // no comment, first disk
  b.writeUInt16LE(0, at + 36) // internal attributes
  b.writeUInt32LE(regularFile0644, at + 38)
  b.writeUInt32LE(Math.min(f.offset, max32), at + 42)
  b.set(f.name, at + fixedSize.central)
  let p = at + fixedSize.central + f.name.length
  if (zip64) p = writeZip64(b, p, [...(bigSizes(f) ? [f.size, f.compressedSize] : []), ...(f.offset >= max32 ? [f.offset] : [])])
  return writeTimeField(b, p, f.mtime)
}

/** The 24 bytes from flags to extra length that both records of an entry share. */
function writeShared(b: Buffer, at: number, f: EntryFields, extraLength: number): void {
  const dos = dosTime(f.mtime)
  const big = bigSizes(f)
  b.writeUInt16LE(f.ascii ? 0 : flag.utf8, at)
  b.writeUInt16LE(f.method, at + 2)
  b.writeUInt16LE(dos.time, at + 4)
  b.writeUInt16LE(dos.date, at + 6)
  b.writeUInt32LE(f.crc32, at + 8)
  b.writeUInt32LE(big ? max32 : f.compressedSize, at + 12)
  b.writeUInt32LE(big ? max32 : f.size, at + 16)
  b.writeUInt16LE(f.name.length, at + 20)
  b.writeUInt16LE(extraLength, at + 22)
}

/** Where the central directory lies and how many records it holds. */
export interface DirectoryPlace {
  count: number
  size: number
  offset: number
}

export const needsZip64 = (d: DirectoryPlace): boolean => d.count >= max16 || d.size >= max32 || d.offset >= max32

export const endRecordsLength = (d: DirectoryPlace): number => (needsZip64(d) ? fixedSize.end64 + fixedSize.locator : 0) + fixedSize.end

/** APPNOTE 4.3.14, 4.3.15 (when needed) and 4.3.16. Returns the offset behind what it wrote. */
export function writeEndRecords(b: Buffer, at: number, d: DirectoryPlace): number {
  let p = at
  if (needsZip64(d)) {
    b.fill(0, p, p + fixedSize.end64 + fixedSize.locator)
    b.writeUInt32LE(signature.end64, p)
    b.writeUInt32LE(fixedSize.end64 - 12, p + 4)
    b.writeUInt16LE(madeBy, p + 12)
    b.writeUInt16LE(45, p + 14)
    for (const [value, to] of [
      [d.count, 24],
      [d.count, 32],
      [d.size, 40],
      [d.offset, 48],
    ] as const)
      writeUint64(b, value, p + to)
    p += fixedSize.end64
    b.writeUInt32LE(signature.locator, p)
    writeUint64(b, d.offset + d.size, p + 8)
    b.writeUInt32LE(1, p + 16)
    p += fixedSize.locator
  }
  b.fill(0, p, p + fixedSize.end)
  b.writeUInt32LE(signature.end, p)
  b.writeUInt16LE(Math.min(d.count, max16), p + 8)
  b.writeUInt16LE(Math.min(d.count, max16), p + 10)
  b.writeUInt32LE(Math.min(d.size, max32), p + 12)
  b.writeUInt32LE(Math.min(d.offset, max32), p + 16)
  return p + fixedSize.end
}

/** What a local record says (APPNOTE 4.3.7). */
export interface LocalHeader {
  flags: number
  method: number
  crc32: number
  compressedSize: number
  size: number
  name: Buffer
  extra: Buffer
  length: number
}

/** The whole length of the local record that begins at `at`, from its first 30 bytes; 0 if there is none. */
export function localLength(b: Buffer, at: number): number {
  if (b.readUInt32LE(at) !== signature.local) return 0
  return fixedSize.local + b.readUInt16LE(at + 26) + b.readUInt16LE(at + 28)
}

export function readLocalHeader(b: Buffer, at: number): LocalHeader {
  const name = b.subarray(at + fixedSize.local, at + fixedSize.local + b.readUInt16LE(at + 26))
  const length = localLength(b, at)
  const extra = b.subarray(at + fixedSize.local + name.length, at + length)
  const sizes = readZip64(extra, [b.readUInt32LE(at + 22), b.readUInt32LE(at + 18)], name)
  return {
    flags: b.readUInt16LE(at + 6),
    method: b.readUInt16LE(at + 8),
    crc32: b.readUInt32LE(at + 14),
    compressedSize: sizes[1]!,
    size: sizes[0]!,
    name,
    extra,
    length,
  }
}

/** What a record of the central directory says (APPNOTE 4.3.12). */
export interface CentralRecord {
  madeBy: number
  flags: number
  method: number
  dosTime: number
  dosDate: number
  crc32: number
  compressedSize: number
  size: number
  offset: number
  disk: number
  externalAttributes: number
  name: Buffer
  extra: Buffer
  length: number
}

/** The whole length of the central record that begins at `at`, from its first 46 bytes; 0 if there is none. */
export function centralLength(b: Buffer, at: number): number {
  if (b.readUInt32LE(at) !== signature.central) return 0
  return fixedSize.central + b.readUInt16LE(at + 28) + b.readUInt16LE(at + 30) + b.readUInt16LE(at + 32)
}

export function readCentralRecord(b: Buffer, at: number): CentralRecord {
  const nameEnd = at + fixedSize.central + b.readUInt16LE(at + 28)
  const name = b.subarray(at + fixedSize.central, nameEnd)
  const extra = b.subarray(nameEnd, nameEnd + b.readUInt16LE(at + 30))
  const disk = b.readUInt16LE(at + 34)
  const [size, compressedSize, offset] = readZip64(extra, [b.readUInt32LE(at + 24), b.readUInt32LE(at + 20), b.readUInt32LE(at + 42)], name)
  return {
    madeBy: b.readUInt16LE(at + 4),
    flags: b.readUInt16LE(at + 8),
    method: b.readUInt16LE(at + 10),
    dosTime: b.readUInt16LE(at + 12),
    dosDate: b.readUInt16LE(at + 14),
    crc32: b.readUInt32LE(at + 16),
    compressedSize: compressedSize!,
    size: size!,
    offset: offset!,
    disk,
    externalAttributes: b.readUInt32LE(at + 38),
    name,
    extra,
    length: centralLength(b, at),
  }
}

/** What the end record says (APPNOTE 4.3.16). */
export interface EndRecord extends DirectoryPlace {
  disks: number[]
  countHere: number
  comment: Buffer
}

export function readEndRecord(b: Buffer, at: number): EndRecord {
  return {
    disks: [b.readUInt16LE(at + 4), b.readUInt16LE(at + 6)],
    countHere: b.readUInt16LE(at + 8),
    count: b.readUInt16LE(at + 10),
    size: b.readUInt32LE(at + 12),
    offset: b.readUInt32LE(at + 16),
    comment: b.subarray(at + fixedSize.end, at + fixedSize.end + b.readUInt16LE(at + 20)),
  }
}

/** The ZIP64 end record (APPNOTE 4.3.14) with its own length. */
export function readEnd64(b: Buffer, at: number): Omit<EndRecord, 'comment'> & { length: number } {
  return {
    length: 12 + readUint64(b, at + 4),
    disks: [b.readUInt32LE(at + 16), b.readUInt32LE(at + 20)],
    countHere: readUint64(b, at + 24),
    count: readUint64(b, at + 32),
    size: readUint64(b, at + 40),
    offset: readUint64(b, at + 48),
  }
}
