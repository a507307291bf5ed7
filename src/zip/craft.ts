/** For tests: puts a ZIP together byte by byte, so that every field can lie. */

import { Buffer } from 'node:buffer'
import { crc32, deflateRawSync } from 'node:zlib'
import type { ZipSource } from './source.ts'

/** Field name -> value, over what would be true. */
type Lies = Record<string, number>

export interface CraftedEntry {
  name: string | Buffer
  data?: Buffer
  method?: number
  /** The bytes of the data as they stand in the file, when not made from `data`. */
  packed?: Buffer
  flags?: number
  local?: Lies
  central?: Lies
  localName?: string | Buffer
  localExtra?: Buffer
  centralExtra?: Buffer
  /** Bytes before the local record. */
  before?: Buffer
  /** Bytes after the data: a data descriptor. */
  after?: Buffer
  entryComment?: Buffer
}

export interface CraftedEnd {
  comment?: Buffer
  end?: Lies
  /** Bytes between the directory and the end record. */
  beforeEnd?: Buffer
  /** Writes ZIP64 end records, with these lies. */
  zip64?: Lies
  after?: Buffer
}

// Every record as its fields in order, with their widths (APPNOTE 4.3).
const localRecord = 'signature:4 needed:2 flags:2 method:2 time:2 date:2 crc32:4 compressedSize:4 size:4 nameLength:2 extraLength:2'
const centralRecord =
  'signature:4 madeBy:2 needed:2 flags:2 method:2 time:2 date:2 crc32:4 compressedSize:4 size:4 nameLength:2 extraLength:2 ' +
  'commentLength:2 disk:2 internal:2 attributes:4 offset:4'
const end64Record = 'signature:4 recordSize:8 madeBy:2 needed:2 disk:4 startDisk:4 countHere:8 count:8 size:8 offset:8'
const locatorRecord = 'locatorSignature:4 locatorDisk:4 recordOffset:8 disks:4'
const endRecord = 'signature:4 disk:2 startDisk:2 countHere:2 count:2 size:4 offset:4 commentLength:2'

const none = Buffer.alloc(0)

export function craft(entries: readonly CraftedEntry[], o: CraftedEnd = {}): Buffer {
  const parts: Buffer[] = []
  const records: Buffer[] = []
  let at = 0
  const put = (...list: Buffer[]): void => {
    for (const b of list) {
      parts.push(b)
      at += b.length
    }
  }
  for (const entry of entries) {
    put(entry.before ?? none)
    const offset = at
    const { local, central } = bothRecords(entry, offset)
    put(...local)
    records.push(...central)
  }
  const offset = at
  put(...records)
  const count = entries.length
  const place = { countHere: count, count, size: at - offset, offset }
  put(o.beforeEnd ?? none)
  if (o.zip64) {
    const lies = { signature: 0x06064b50, recordSize: 44, locatorSignature: 0x07064b50, recordOffset: at, disks: 1, ...place, ...o.zip64 }
    put(record(end64Record, lies), record(locatorRecord, lies))
  }
  const comment = o.comment ?? none
  put(record(endRecord, { signature: 0x06054b50, ...place, commentLength: comment.length, ...o.end }), comment, o.after ?? none)
  return Buffer.concat(parts)
}

function bothRecords(entry: CraftedEntry, offset: number): { local: Buffer[]; central: Buffer[] } {
  const { data = none, method = 0, localExtra = none, centralExtra = none, entryComment = none } = entry
  const name = Buffer.from(entry.name)
  const localName = Buffer.from(entry.localName ?? name)
  const packed = entry.packed ?? (method === 8 ? deflateRawSync(data) : data)
  const flags = entry.flags ?? (name.every((byte) => byte < 0x80) ? 0 : 0x800)
  const both = { needed: 20, flags, method, date: 0x21, crc32: crc32(data), compressedSize: packed.length, size: data.length }
  const lengths = { nameLength: name.length, extraLength: centralExtra.length, commentLength: entryComment.length }
  const local = { ...both, signature: 0x04034b50, nameLength: localName.length, extraLength: localExtra.length, ...entry.local }
  const central = { ...both, signature: 0x02014b50, madeBy: 0x031e, attributes: 0o100644 * 65536, offset, ...lengths, ...entry.central }
  return {
    local: [record(localRecord, local), localName, localExtra, packed, entry.after ?? none],
    central: [record(centralRecord, central), name, centralExtra, entryComment],
  }
}

function record(format: string, values: Lies): Buffer {
  return fields(
    format.split(' ').map((field) => {
      const [name, width] = field.split(':')
      return [Number(width), values[name!] ?? 0] as const
    }),
  )
}

/** An extra field. */
export function extraField(id: number, content: Buffer): Buffer {
  return Buffer.concat([
    fields([
      [2, id],
      [2, content.length],
    ]),
    content,
  ])
}

/** Numbers of 2, 4 or 8 bytes in a row. */
export function fields(list: readonly (readonly [number, number])[]): Buffer {
  return Buffer.concat(
    list.map(([width, value]) => {
      const b = Buffer.alloc(8)
      b.writeBigUInt64LE(BigInt(value))
      return b.subarray(0, width)
    }),
  )
}

/** A ZIP in memory; `reads` counts the calls. */
export function sourceOf(bytes: Uint8Array): ZipSource & { reads: number } {
  return {
    size: bytes.length,
    reads: 0,
    async read(from, to) {
      this.reads++
      return bytes.subarray(from, to)
    },
  }
}
