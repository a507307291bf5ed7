/** The central directory of any ZIP, found from the end of the file and read in chunks; it trusts nothing it says. */

import { Buffer } from 'node:buffer'
import { isCode } from '../base/errors.ts'
import { readTimeField } from './extra.ts'
import type { Limits } from './limits.ts'
import { readName } from './names.ts'
import { max16, max32, readUint64 } from './numbers.ts'
import {
  type CentralRecord,
  centralLength,
  type EndRecord,
  fixedSize,
  flag,
  readCentralRecord,
  readEnd64,
  readEndRecord,
  signature,
} from './records.ts'
import { type Fault, type Reason, refusal } from './refuse.ts'
import { readExactly, type ZipSource } from './source.ts'
import { fromDosTime } from './time.ts'

/** One entry as the central directory tells it. */
export interface DirectoryEntry {
  name: string
  /** The name as it stands in the file; the local record must hold the same bytes. */
  nameBytes: Uint8Array
  /** True for the entry of a folder: its name ends in a slash. */
  folder: boolean
  flags: number
  method: number
  crc32: number
  compressedSize: number
  size: number
  mtime: number
  madeBy: number
  externalAttributes: number
  /** Of the local record. */
  offset: number
  /** Of the data; -1 until the local record was read and agrees. */
  dataOffset: number
}

/** The directory of a ZIP. */
export interface ZipDirectory {
  /** In the order of the directory. */
  entries: DirectoryEntry[]
  /** Of the central directory. */
  offset: number
  size: number
  zip64: boolean
  comment: Uint8Array
  /** What is wrong with single entries; empty when the ZIP was accepted. */
  faults: Fault[]
}

const chunk = 1024 * 1024

/** Reads the directory. A fault of one entry is noted, one of the structure is thrown. */
export async function parseDirectory(source: ZipSource, limits: Limits): Promise<ZipDirectory> {
  const { end, zip64 } = await findEnd(source)
  if (end.count > limits.entries) throw refusal('too_many_entries')
  if (end.size > limits.directoryBytes) throw refusal('directory_too_large')
  if (limits.gapless && end.comment.length > 0) throw refusal('hidden_data')
  const directory: ZipDirectory = { entries: [], offset: end.offset, size: end.size, zip64, comment: end.comment, faults: [] }
  let count = 0
  let rest: Buffer = Buffer.alloc(0)
  for (let at = end.offset; at < end.offset + end.size; ) {
    const to = Math.min(at + chunk, end.offset + end.size)
    const bytes = Buffer.concat([rest, await readExactly(source, at, to)])
    at = to
    let p = 0
    for (let length = 0; p + fixedSize.central <= bytes.length; p += length) {
      length = centralLength(bytes, p)
      if (length === 0) throw refusal('directory_damaged')
      if (p + length > bytes.length) break
      count++
      if (count > end.count) throw refusal('count_differs')
      addEntry(directory, bytes, p)
    }
    rest = bytes.subarray(p)
  }
  if (rest.length > 0) throw refusal('directory_damaged')
  if (count !== end.count) throw refusal('count_differs')
  return directory
}

function addEntry(directory: ZipDirectory, bytes: Buffer, at: number): void {
  try {
    const record = readCentralRecord(bytes, at)
    if (record.disk !== 0 && record.disk !== max16) throw refusal('multi_disk')
    const { entry, fault } = toEntry(record)
    directory.entries.push(entry)
    if (fault) directory.faults.push({ entry: entry.name, reason: fault })
  } catch (error) {
    if (!isCode(error, 'zip_invalid')) throw error
    const name = bytes.toString('utf8', at + fixedSize.central, at + fixedSize.central + bytes.readUInt16LE(at + 28))
    directory.faults.push({ entry: name, reason: error.facts.reason as Reason })
  }
}

function toEntry(record: CentralRecord): { entry: DirectoryEntry; fault: Reason | null } {
  const { name, fault } = readName(record.name, (record.flags & flag.utf8) !== 0, record.extra)
  const { flags, method, crc32, compressedSize, size, madeBy, externalAttributes, offset } = record
  const entry: DirectoryEntry = {
    name,
    // A copy: a view would keep the whole chunk of the directory in memory.
    nameBytes: Uint8Array.from(record.name),
    folder: name.endsWith('/'),
    flags,
    method,
    crc32,
    compressedSize,
    size,
    mtime: readTimeField(record.extra) ?? fromDosTime(record.dosTime, record.dosDate),
    madeBy,
    externalAttributes,
    offset,
    dataOffset: -1,
  }
  return { entry, fault }
}

/** The end record: the last one whose comment fills the file exactly, so a signature inside a comment does not mislead. */
async function findEnd(source: ZipSource): Promise<{ end: EndRecord; zip64: boolean }> {
  const from = Math.max(0, source.size - fixedSize.end - max16 - fixedSize.locator)
  const bytes = await readExactly(source, from, source.size)
  const at = lastEnd(bytes)
  const classic = readEndRecord(bytes, at)
  const locatorAt = at - fixedSize.locator
  const zip64 = locatorAt >= 0 && bytes.readUInt32LE(locatorAt) === signature.locator
  const place = zip64 ? await readZip64End(source, bytes, locatorAt, from, classic) : { end: classic, at: from + at }
  const { end } = place
  if (end.disks.some((disk) => disk !== 0) || end.countHere !== end.count) throw refusal('multi_disk')
  if (end.offset + end.size > place.at) throw refusal('truncated')
  if (end.offset + end.size !== place.at) throw refusal('directory_misplaced')
  return { end, zip64 }
}

function lastEnd(bytes: Buffer): number {
  let reason: Reason = 'no_end_record'
  for (let at = bytes.length - fixedSize.end; at >= 0; at--) {
    if (bytes[at] !== 0x50 || bytes.readUInt32LE(at) !== signature.end) continue
    const commentEnd = at + fixedSize.end + bytes.readUInt16LE(at + 20)
    if (commentEnd === bytes.length) return at
    if (reason === 'no_end_record') reason = commentEnd > bytes.length ? 'truncated' : 'trailing_data'
  }
  throw refusal(reason)
}

/** The ZIP64 record must lie right before its locator and agree with every classic field that is not full. */
async function readZip64End(source: ZipSource, bytes: Buffer, locatorAt: number, from: number, classic: EndRecord) {
  if (bytes.readUInt32LE(locatorAt + 4) !== 0 || bytes.readUInt32LE(locatorAt + 16) > 1) throw refusal('multi_disk')
  const at = readUint64(bytes, locatorAt + 8)
  const limit = from + locatorAt
  if (at + fixedSize.end64 > limit) throw refusal('zip64_record_missing')
  const record = await readExactly(source, at, at + fixedSize.end64)
  if (record.readUInt32LE(0) !== signature.end64) throw refusal('zip64_record_missing')
  const real = readEnd64(record, 0)
  if (at + real.length !== limit) throw refusal('zip64_record_missing')
  const agree = (small: number, big: number, full: number): boolean => small === full || small === big
  const agrees =
    agree(classic.count, real.count, max16) &&
    agree(classic.countHere, real.countHere, max16) &&
    agree(classic.size, real.size, max32) &&
    agree(classic.offset, real.offset, max32) &&
    classic.disks.every((disk, i) => agree(disk, real.disks[i]!, max16))
  if (!agrees) throw refusal('zip64_disagrees')
  return { end: { ...real, comment: classic.comment }, at }
}
