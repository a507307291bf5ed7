/** A ZIP against what it should hold: by the digests of its segments, or entry by entry. */

import { Buffer } from 'node:buffer'
import { createHash, hash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { isCode } from '../base/errors.ts'
import type { DirectoryEntry, ZipDirectory } from './directory.ts'
import { isTrue } from './inline.ts'
import { type Layout, type Segment, segments, type ZipEntry } from './layout.ts'
import { openEntry } from './read.ts'
import { refusal } from './refuse.ts'
import type { ZipSource } from './source.ts'

/** What the segments of a file are: size of the file, and CRC-32 and SHA-256 (32 bytes each) for every segment. */
export interface SegmentDigests {
  size: number
  crc32: Uint32Array
  sha256s: Uint8Array
}

/** What they should be, and where they end. */
export interface ExpectedSegments extends SegmentDigests {
  segments: readonly Segment[]
  /** The end of each segment, ascending; the last is the size of the file. */
  cuts: Float64Array
}

/** Something in a stored ZIP that is not as it should be; entry null means the ZIP as a whole. */
export interface Problem {
  entry: string | null
  reason: string
}

/**
 * The digests that a stored ZIP must have. Headers, inline entries and directory are digested from the layout's own bytes;
 * for the data of the others `sha256Of` gives the hex recorded at upload.
 */
export function expectedSegments(layout: Layout, sha256Of: (index: number) => string): ExpectedSegments {
  const list = segments(layout)
  const cuts = new Float64Array(list.length)
  const crcs = new Uint32Array(list.length)
  const sha256s = new Uint8Array(list.length * 32)
  list.forEach((segment, i) => {
    const entry = layout.entries[segment.index]
    const bytes = segment.kind === 'header' ? layout.header(segment.index) : segment.kind === 'tail' ? layout.tail() : trueInline(entry!)
    cuts[i] = segment.to
    crcs[i] = bytes ? crc32(bytes) : entry!.crc32
    const sha256 = bytes ? hash('sha256', bytes, 'buffer') : Buffer.from(sha256Of(segment.index), 'hex')
    if (sha256.length !== 32) throw new TypeError(`not a SHA-256 in hex: ${entry?.name}`)
    sha256s.set(sha256, i * 32)
  })
  return { size: layout.total, segments: list, cuts, crc32: crcs, sha256s }
}

function trueInline(entry: ZipEntry): Uint8Array | undefined {
  const { inline } = entry
  if (inline && !isTrue({ ...entry, inline })) throw refusal('crc32_differs', entry.name)
  return inline
}

/** The problems of a stored ZIP; an empty list proves it byte for byte. `names` are those of the entries, in the order of the layout. */
export function compareSegments(expected: ExpectedSegments, actual: SegmentDigests, names: readonly string[]): Problem[] {
  const n = expected.segments.length
  if (actual.size !== expected.size) return [{ entry: null, reason: 'size_differs' }]
  if (actual.crc32.length !== n || actual.sha256s.length !== n * 32) return [{ entry: null, reason: 'digests_incomplete' }]
  const ours = Buffer.from(expected.sha256s.buffer, expected.sha256s.byteOffset, n * 32)
  const theirs = Buffer.from(actual.sha256s.buffer, actual.sha256s.byteOffset, n * 32)
  const reasons = { header: 'header_differs', data: 'content_differs', tail: 'directory_differs' }
  return expected.segments.flatMap(({ kind, index }, i) => {
    const same = actual.crc32[i] === expected.crc32[i] && ours.compare(theirs, i * 32, i * 32 + 32, i * 32, i * 32 + 32) === 0
    return same ? [] : [{ entry: names[index] ?? null, reason: reasons[kind] }]
  })
}

/** What was found when every entry of a ZIP was read. */
export interface StreamCheck {
  /** Entries proven by: the SHA-256 of a list, or their own CRC-32 alone when there is none. */
  proof: 'sha256' | 'crc32'
  good: string[]
  bad: Problem[]
  /** In the list, not in the ZIP. */
  missing: string[]
  /** In the ZIP and whole, but not in the list. */
  extra: string[]
}

/** It is held in memory: 50,000 lines are below 10 MB. */
const longestList = 256 * 1024 * 1024

/**
 * Reads every file of a ZIP and holds it against `expected` (path in the ZIP -> SHA-256 in hex), or else against the
 * `checksums.sha256` inside. Entries noted as faults by `inspectDirectory` are bad without being opened.
 */
export async function checkStream(
  source: ZipSource,
  directory: ZipDirectory,
  expected?: ReadonlyMap<string, string>,
): Promise<StreamCheck> {
  const files = directory.entries.filter((entry) => !entry.folder)
  const bad: Problem[] = directory.faults.map(({ entry, reason }) => ({ entry, reason }))
  const faulty = new Set(bad.map(({ entry }) => entry))
  const ownList = files.find((entry) => isList(entry) && !faulty.has(entry.name))
  const list = expected ?? (ownList && (await readList(source, ownList)))
  const good: string[] = []
  const extra: string[] = []
  for (const entry of files) {
    if (faulty.has(entry.name)) continue
    const listed = !list || list.has(entry.name) || entry === ownList
    const reason = await checkEntry(source, entry, list?.get(entry.name))
    if (reason) bad.push({ entry: entry.name, reason })
    else if (listed) good.push(entry.name)
    else extra.push(entry.name)
  }
  const present = new Set([...files.map((entry) => entry.name), ...faulty])
  const missing = list ? [...list.keys()].filter((name) => !present.has(name)) : []
  return { proof: list ? 'sha256' : 'crc32', good, bad, missing, extra }
}

const isList = ({ name, size }: DirectoryEntry): boolean => listOf(name) !== undefined && size <= longestList

/** For the name of a list of checksums (one of several parts is marked `-1of3`): how its text is read; else undefined. */
export function listOf(name: string): ((text: string) => Map<string, string>) | undefined {
  const file = /^(?:[^/]+\/)?(checksums(?:-\d+of\d+)?\.sha256)$/.exec(name)?.[1]
  return file === undefined ? undefined : (text) => parseChecksums(text, name.slice(0, -file.length))
}

async function checkEntry(source: ZipSource, entry: DirectoryEntry, sha256?: string): Promise<string | null> {
  const sha = createHash('sha256')
  try {
    for await (const chunk of openEntry(source, entry)) sha.update(chunk)
  } catch (error) {
    if (isCode(error, 'zip_invalid')) return String(error.facts.reason)
    throw error
  }
  return sha256 === undefined || sha.digest('hex') === sha256.toLowerCase() ? null : 'content_differs'
}

/** A list that cannot be read proves nothing; its own entry is reported as bad when its turn comes. */
async function readList(source: ZipSource, entry: DirectoryEntry): Promise<Map<string, string> | undefined> {
  const chunks: Uint8Array[] = []
  try {
    for await (const chunk of openEntry(source, entry)) chunks.push(chunk)
  } catch (error) {
    if (isCode(error, 'zip_invalid')) return undefined
    throw error
  }
  return listOf(entry.name)!(Buffer.concat(chunks).toString('utf8'))
}

/** The lines of a list for `sha256sum -c`; its names are relative to the folder it lies in. */
export function parseChecksums(text: string, folder: string): Map<string, string> {
  const list = new Map<string, string>()
  for (const line of text.split('\n')) {
    const match = /^(\\?)([0-9a-f]{64}) [ *](.+)$/i.exec(line)
    if (!match) continue
    const [, escaped, sha256, name] = match
    // coreutils marks a line whose name holds a backslash or a line break, and escapes both.
    const plain = escaped ? name!.replace(/\\([\\nr])/g, (_, c: string) => ({ n: '\n', r: '\r' })[c] ?? c) : name!
    list.set(folder + plain, sha256!.toLowerCase())
  }
  return list
}
