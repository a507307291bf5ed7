/** Reads any ZIP: its directory, judged whole, and then the content of its entries. */

import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { crc32, createInflateRaw } from 'node:zlib'
import { AppError } from '../base/errors.ts'
import { type DirectoryEntry, parseDirectory, type ZipDirectory } from './directory.ts'
import { judge } from './judge.ts'
import { importLimits, type Limits, tooFar } from './limits.ts'
import { method } from './records.ts'
import { refusal } from './refuse.ts'
import { readSlices, type ZipSource } from './source.ts'

/** The directory of a ZIP in which everything is in order; anything else is refused with `zip_invalid` and its reason. */
export async function readDirectory(source: ZipSource, limits: Limits = importLimits): Promise<ZipDirectory> {
  const directory = await inspectDirectory(source, limits)
  const first = directory.faults[0]
  if (first) throw refusal(first.reason, first.entry)
  return directory
}

/** The directory with the faults of its entries, for salvage and reports. Refused only when there is no readable directory. */
export async function inspectDirectory(source: ZipSource, limits: Limits = importLimits): Promise<ZipDirectory> {
  const directory = await parseDirectory(source, limits)
  directory.faults.push(...(await judge(source, directory, limits)))
  return directory
}

/**
 * The content of an entry, unpacked. It never gives more than the declared size, and throws `zip_invalid` at the end when the content
 * is shorter or its CRC-32 differs: keep nothing until it has ended well.
 */
export async function* openEntry(source: ZipSource, entry: DirectoryEntry): AsyncGenerator<Uint8Array> {
  if (entry.dataOffset < 0) throw refusal('local_header_differs', entry.name)
  if (tooFar(entry.size, entry.compressedSize)) throw refusal('ratio', entry.name)
  if (entry.folder) return
  const packed = readSlices(source, entry.dataOffset, entry.dataOffset + entry.compressedSize)
  let length = 0
  let crc = 0
  for await (const chunk of entry.method === method.deflated ? inflate(packed, entry) : packed) {
    length += chunk.length
    if (length > entry.size) throw refusal('more_than_declared', entry.name)
    crc = crc32(chunk, crc)
    yield chunk
  }
  if (length < entry.size) throw refusal('less_than_declared', entry.name)
  if (crc !== entry.crc32) throw refusal('crc32_differs', entry.name)
}

/** Inflates with backpressure: what is not asked for is not unpacked. */
async function* inflate(packed: AsyncIterable<Uint8Array>, entry: DirectoryEntry): AsyncGenerator<Uint8Array> {
  const inflater = createInflateRaw({ chunkSize: 65536 })
  const feeding = pipeline(Readable.from(packed, { objectMode: false }), inflater)
  feeding.catch(() => undefined) // the same error reaches the loop below
  try {
    for await (const chunk of inflater) yield chunk as Uint8Array
  } catch (error) {
    if (isZlibError(error)) throw refusal('deflate_damaged', entry.name, error)
    throw error
  }
  // Bytes behind the end of the stream would be hidden data inside an entry.
  if (inflater.bytesWritten !== entry.compressedSize) throw refusal('deflate_damaged', entry.name)
}

const isZlibError = (error: unknown): boolean =>
  error instanceof Error && !(error instanceof AppError) && 'code' in error && String(error.code).startsWith('Z_')
