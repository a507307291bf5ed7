/** Judges a ZIP as a whole before anybody writes a byte of it: names, kinds, local records, places. */

import type { Buffer } from 'node:buffer'
import { isCode } from '../base/errors.ts'
import type { DirectoryEntry, ZipDirectory } from './directory.ts'
import { fieldId, findField } from './extra.ts'
import { type Limits, tooFar } from './limits.ts'
import { clashes, readName, unsafeName } from './names.ts'
import { max32 } from './numbers.ts'
import { fixedSize, flag, type LocalHeader, localLength, method, readLocalHeader, signature } from './records.ts'
import type { Fault, Reason } from './refuse.ts'
import { readSpans, type Span, type ZipSource } from './source.ts'

/**
 * Every fault of the entries, at most a few for each. Entries whose local record agrees get their `dataOffset`.
 * The local records are all read, in few calls.
 */
export async function judge(source: ZipSource, directory: ZipDirectory, limits: Limits): Promise<Fault[]> {
  const { entries } = directory
  const faults: Fault[] = []
  const safe: DirectoryEntry[] = []
  for (const entry of entries) {
    const unsafe = unsafeName(entry.folder ? entry.name.slice(0, -1) : entry.name)
    const reason = unsafe ?? judgeFeatures(entry) ?? judgeKind(entry)
    if (reason) faults.push({ entry: entry.name, reason })
    if (!unsafe) safe.push(entry)
  }
  for (const { index, reason } of clashes(safe.map((entry) => entry.name))) faults.push({ entry: safe[index]!.name, reason })
  const ordered = entries.toSorted((a, b) => a.offset - b.offset)
  const fault: Note = (entry, reason) => {
    if (entry) entry.dataOffset = -1
    faults.push({ entry: entry?.name ?? null, reason })
  }
  await readLocalHeaders(source, directory, ordered, fault)
  const ends = await readDescriptors(source, directory, ordered, fault)
  judgePlaces(directory, ordered, ends, limits, fault)
  return faults
}

/** What can be said of an entry from its directory record alone: first how it is packed, then what it is. */
function judgeFeatures(entry: DirectoryEntry): Reason | null {
  if (entry.flags & (flag.encrypted | flag.strongEncryption | flag.maskedHeaders)) return 'encrypted'
  // Besides these two only the bits of the deflate level (1 and 2) say nothing that changes how we read.
  if (entry.flags & ~(flag.descriptor | flag.utf8 | 0x6)) return 'unknown_flag'
  if (entry.method !== method.stored && entry.method !== method.deflated) return 'unknown_method'
  if (entry.method === method.stored && entry.compressedSize !== entry.size) return 'stored_size_differs'
  if (tooFar(entry.size, entry.compressedSize)) return 'ratio'
  return null
}

/** The unix mode counts whoever made the ZIP: extractors look at it without asking either. */
function judgeKind(entry: DirectoryEntry): Reason | null {
  const type = (entry.externalAttributes >>> 28) & 15
  const [none, folder, regular] = [0, 0o04, 0o10]
  if (type !== none && type !== folder && type !== regular) return 'special_file'
  if (type === (entry.folder ? regular : folder)) return 'kind_disagrees'
  const dosFolder = (entry.externalAttributes & 0x10) !== 0
  if (dosFolder && !entry.folder) return 'kind_disagrees'
  // An empty deflate stream of 2 bytes is what Java writes for a folder.
  if (entry.folder && (entry.size > 0 || entry.crc32 !== 0 || entry.compressedSize > 2)) return 'directory_with_data'
  return null
}

/** Notes a fault; of the whole ZIP when no entry is named. */
type Note = (entry: DirectoryEntry | null, reason: Reason) => void

async function readLocalHeaders(source: ZipSource, directory: ZipDirectory, ordered: DirectoryEntry[], fault: Note): Promise<void> {
  const here = ordered.filter((entry) => {
    const inside = entry.offset + fixedSize.local + entry.nameBytes.length <= directory.offset
    if (!inside) fault(entry, 'local_header_missing')
    return inside
  })
  // Room for the usual extra fields; a record that has more is read once again, whole.
  const usual = 64
  const spans = here.map((entry) => ({
    from: entry.offset,
    to: Math.min(entry.offset + fixedSize.local + entry.nameBytes.length + usual, directory.offset),
  }))
  const longer: { entry: DirectoryEntry; span: Span }[] = []
  const accept = (entry: DirectoryEntry, bytes: Buffer): void => {
    const reason = compareLocal(entry, bytes)
    if (reason) fault(entry, reason)
    else entry.dataOffset = entry.offset + localLength(bytes, 0)
  }
  await readSpans(source, spans, (i, bytes) => {
    const entry = here[i]!
    const length = localLength(bytes, 0)
    if (length === 0 || entry.offset + length > directory.offset) fault(entry, 'local_header_missing')
    else if (length > bytes.length) longer.push({ entry, span: { from: entry.offset, to: entry.offset + length } })
    else accept(entry, bytes)
  })
  const longSpans = longer.map(({ span }) => span)
  await readSpans(source, longSpans, (i, bytes) => accept(longer[i]!.entry, bytes))
}

function compareLocal(entry: DirectoryEntry, bytes: Buffer): Reason | null {
  try {
    const local = readLocalHeader(bytes, 0)
    if (!local.name.equals(entry.nameBytes) || local.flags !== entry.flags || local.method !== entry.method) return 'local_header_differs'
    if (!sameSizes(entry, local)) return 'local_header_differs'
    if (!findField(local.extra, fieldId.unicodePath)) return null
    const { name, fault } = readName(local.name, (local.flags & flag.utf8) !== 0, local.extra)
    return fault ?? (name === entry.name ? null : 'unicode_path_differs')
  } catch (error) {
    if (isCode(error, 'zip_invalid')) return error.facts.reason as Reason
    throw error
  }
}

/** With flag 3 the writer did not know sizes and CRC-32 yet and may have left each of them 0 (APPNOTE 4.4.4). */
function sameSizes(entry: DirectoryEntry, local: LocalHeader): boolean {
  const later = (entry.flags & flag.descriptor) !== 0
  const same = (theirs: number, ours: number): boolean => theirs === ours || (later && theirs === 0)
  return same(local.crc32, entry.crc32) && same(local.compressedSize, entry.compressedSize) && same(local.size, entry.size)
}

/** Where each entry ends, its data descriptor included (APPNOTE 4.3.9). */
async function readDescriptors(
  source: ZipSource,
  directory: ZipDirectory,
  ordered: DirectoryEntry[],
  fault: Note,
): Promise<Map<DirectoryEntry, number>> {
  const ends = new Map<DirectoryEntry, number>()
  const described: DirectoryEntry[] = []
  for (const entry of ordered) {
    if (entry.dataOffset < 0) continue
    const end = entry.dataOffset + entry.compressedSize
    ends.set(entry, end)
    if (end > directory.offset) fault(entry, 'data_runs_into_directory')
    else if (entry.flags & flag.descriptor) described.push(entry)
  }
  described.sort((a, b) => ends.get(a)! - ends.get(b)!)
  const spans = described.map((entry) => ({ from: ends.get(entry)!, to: Math.min(ends.get(entry)! + 24, directory.offset) }))
  await readSpans(source, spans, (i, bytes) => {
    const entry = described[i]!
    const length = descriptorLength(entry, bytes)
    if (length > 0) ends.set(entry, ends.get(entry)! + length)
    // Some writers set the flag for folders and empty files, and then have nothing to add.
    else if (entry.compressedSize > 0) fault(entry, 'descriptor_differs')
  })
  return ends
}

/** With or without signature, with sizes of 4 or of 8 bytes: the one that says what the directory says; 0 if none does. */
function descriptorLength(entry: DirectoryEntry, bytes: Buffer): number {
  for (const start of [4, 0]) {
    for (const width of [4, 8]) {
      const length = start + 4 + 2 * width
      if (bytes.length < length || (start && bytes.readUInt32LE(0) !== signature.descriptor)) continue
      const value = (at: number): number => (width === 4 ? bytes.readUInt32LE(at) : Number(bytes.readBigUInt64LE(at)))
      const expected = (size: number): number => (width === 4 && size > max32 ? -1 : size)
      const agrees =
        bytes.readUInt32LE(start) === entry.crc32 &&
        value(start + 4) === expected(entry.compressedSize) &&
        value(start + 4 + width) === expected(entry.size)
      if (agrees) return length
    }
  }
  return 0
}

/** In the order of the file: no two entries share a byte, and (gapless) no byte belongs to none. */
function judgePlaces(
  directory: ZipDirectory,
  ordered: DirectoryEntry[],
  ends: Map<DirectoryEntry, number>,
  limits: Limits,
  fault: Note,
): void {
  let at = 0
  let known = true
  for (const entry of ordered) {
    if (entry.offset < at) fault(entry, 'overlap')
    else if (limits.gapless && known && entry.offset > at) fault(entry, 'hidden_data')
    const end = ends.get(entry)
    known = end !== undefined
    at = Math.max(at, end ?? entry.offset + fixedSize.local)
  }
  if (limits.gapless && known && at < directory.offset) fault(null, 'hidden_data')
}
