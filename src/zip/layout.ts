/** Entries -> offsets and size of their ZIP. Nothing else computes a size. */

import { Buffer } from 'node:buffer'
import { clashes, unsafeName } from './names.ts'
import { max16 } from './numbers.ts'
import {
  centralRecordLength,
  type EntryFields,
  endRecordsLength,
  localHeaderLength,
  writeCentralRecord,
  writeEndRecords,
  writeLocalHeader,
} from './records.ts'
import { type Reason, refusal } from './refuse.ts'

/** A file to be put into a ZIP: all of it is known before the first byte is written. */
export interface ZipEntry {
  name: string
  /** Bytes of the file, unpacked. */
  size: number
  /** CRC-32 of the file, unpacked. */
  crc32: number
  /** Milliseconds since 1970 UTC. */
  mtime: number
  /** 0 stored (the default), 8 deflated; a deflated entry is always inline. */
  method?: 0 | 8
  /** The bytes as they stand in the archive, for text we generated; without them the data come from outside, stored. */
  inline?: Uint8Array
}

/** Every byte position of a ZIP. Two layouts of equal entries describe equal bytes. */
export interface Layout {
  readonly entries: readonly ZipEntry[]
  /** Where each local header begins; one more for the central directory. */
  readonly offsets: Float64Array
  readonly headerLengths: Uint32Array
  /** Bytes of the whole ZIP. */
  readonly total: number
  readonly zip64: boolean
  /** The local header of an entry. */
  header(index: number): Uint8Array
  /** Central directory and end records, built once. */
  tail(): Uint8Array
}

/** A stretch of the archive: bytes we know, or `from` to `to` of the stored data of an entry. */
export type Piece = { kind: 'bytes'; bytes: Uint8Array } | { kind: 'data'; index: number; from: number; to: number }

/** A stretch with one origin; all of them in order are the whole archive. */
export interface Segment {
  kind: 'header' | 'data' | 'tail'
  /** Of the entry; -1 for the tail. */
  index: number
  from: number
  to: number
}

/** Bytes that an entry takes in the archive, without its header. */
export const storedSize = (entry: ZipEntry): number => entry.inline?.length ?? entry.size

/** Lays out entries in their order. O(n). Refuses what our own reader would refuse. */
export function layout(entries: readonly ZipEntry[]): Layout {
  const n = entries.length
  const names = entries.map((entry) => Buffer.from(entry.name))
  entries.forEach((entry, i) => void refuseEntry(entry, names[i]!.length))
  const clash = clashes(entries.map((entry) => entry.name))[0]
  if (clash) throw refusal(clash.reason, entries[clash.index]!.name)

  const offsets = new Float64Array(n + 1)
  const headerLengths = new Uint32Array(n)
  let at = 0
  let directorySize = 0
  for (let i = 0; i < n; i++) {
    const entry = entries[i]!
    const nameLength = names[i]!.length
    const place = { size: entry.size, compressedSize: storedSize(entry), mtime: entry.mtime, offset: at }
    offsets[i] = at
    headerLengths[i] = localHeaderLength(nameLength, place)
    directorySize += centralRecordLength(nameLength, place)
    at += headerLengths[i]! + place.compressedSize
  }
  offsets[n] = at
  const directory = { count: n, size: directorySize, offset: at }
  const total = at + directorySize + endRecordsLength(directory)
  if (!Number.isSafeInteger(total)) throw refusal('number_too_large')

  const fields = (i: number): EntryFields => {
    const { name, size, crc32, mtime, method = 0 } = entries[i]!
    const bytes = names[i]!
    return {
      name: bytes,
      ascii: bytes.length === name.length,
      method,
      mtime,
      crc32,
      compressedSize: storedSize(entries[i]!),
      size,
      offset: offsets[i]!,
    }
  }
  let tail: Buffer | undefined
  const makeTail = (): Buffer => {
    const b = Buffer.allocUnsafe(total - directory.offset)
    let p = 0
    for (let i = 0; i < n; i++) p = writeCentralRecord(b, p, fields(i))
    writeEndRecords(b, p, directory)
    return b
  }
  return {
    entries,
    offsets,
    headerLengths,
    total,
    zip64: endRecordsLength(directory) > endRecordsLength({ count: 0, size: 0, offset: 0 }),
    header(i) {
      const b = Buffer.allocUnsafe(headerLengths[i]!)
      writeLocalHeader(b, 0, fields(i))
      return b
    },
    tail() {
      tail ??= makeTail()
      return tail
    },
  }
}

function refuseEntry(entry: ZipEntry, nameLength: number): void {
  const reason = unsafeName(entry.name) ?? wrongFact(entry, nameLength)
  if (reason) throw refusal(reason, entry.name)
}

function wrongFact(entry: ZipEntry, nameLength: number): Reason | null {
  const { size, crc32, mtime, inline } = entry
  const stored = (entry.method ?? 0) === 0
  if (nameLength > max16) return 'name_too_long'
  if (!Number.isSafeInteger(size) || size < 0) return 'size_invalid'
  if (stored && storedSize(entry) !== size) return 'stored_size_differs'
  if (!stored && !inline) return 'unknown_method'
  if (crc32 >>> 0 !== crc32 || (size === 0 && crc32 !== 0)) return 'crc32_invalid'
  if (!(Math.abs(mtime) <= 8.64e15)) return 'mtime_invalid'
  return null
}

/** Exactly the bytes [from, to) of the archive, in order. */
export function* pieces(layout: Layout, from: number, to: number): Generator<Piece> {
  if (!(Number.isSafeInteger(from) && Number.isSafeInteger(to) && 0 <= from && from <= to && to <= layout.total))
    throw new RangeError(`no bytes ${from} to ${to} in a ZIP of ${layout.total} bytes`)
  // Small headers and texts that follow each other leave as one piece.
  let held: Uint8Array[] = []
  let heldLength = 0
  const release = (): Piece => {
    const bytes = held.length === 1 ? held[0]! : Buffer.concat(held)
    held = []
    heldLength = 0
    return { kind: 'bytes', bytes }
  }
  for (const piece of rawPieces(layout, from, to)) {
    const length = piece.kind === 'bytes' ? piece.bytes.length : 0
    if (held.length && (piece.kind === 'data' || heldLength + length > joinUpTo)) yield release()
    if (piece.kind === 'data') yield piece
    else {
      held.push(piece.bytes)
      heldLength += length
    }
  }
  if (held.length) yield release()
}

const joinUpTo = 65536

function* rawPieces(layout: Layout, from: number, to: number): Generator<Piece> {
  const { entries, offsets, headerLengths } = layout
  const n = entries.length
  const tailAt = offsets[n]!
  let at = from
  for (let i = entryAt(layout, from); i < n && at < to; i++) {
    const dataAt = offsets[i]! + headerLengths[i]!
    const end = offsets[i + 1]!
    if (at < dataAt) {
      yield { kind: 'bytes', bytes: layout.header(i).subarray(at - offsets[i]!, to - offsets[i]!) }
      at = Math.min(dataAt, to)
    }
    if (at >= Math.min(end, to)) continue
    const inline = entries[i]!.inline
    const part = { from: at - dataAt, to: Math.min(end, to) - dataAt }
    yield inline ? { kind: 'bytes', bytes: inline.subarray(part.from, part.to) } : { kind: 'data', index: i, ...part }
    at = Math.min(end, to)
  }
  if (at < to) yield { kind: 'bytes', bytes: layout.tail().subarray(at - tailAt, to - tailAt) }
}

/** The entry whose header or data hold this byte, by binary search; the count of entries for a byte of the tail. */
export function entryAt(layout: Layout, position: number): number {
  let low = 0
  let high = layout.entries.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (layout.offsets[middle + 1]! <= position) low = middle + 1
    else high = middle
  }
  return low
}

/** The whole archive as stretches without gap: header and data of each entry (no data when empty), then the tail. */
export function segments(layout: Layout): Segment[] {
  const { offsets, headerLengths } = layout
  const n = layout.entries.length
  const list: Segment[] = []
  for (let index = 0; index < n; index++) {
    const dataAt = offsets[index]! + headerLengths[index]!
    list.push({ kind: 'header', index, from: offsets[index]!, to: dataAt })
    if (dataAt < offsets[index + 1]!) list.push({ kind: 'data', index, from: dataAt, to: offsets[index + 1]! })
  }
  list.push({ kind: 'tail', index: -1, from: offsets[n]!, to: layout.total })
  return list
}
