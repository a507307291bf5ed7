/** Where the bytes of a ZIP come from when it is read. */

import { Buffer } from 'node:buffer'
import { refusal } from './refuse.ts'

/** Random access to a file that does not change. */
export interface ZipSource {
  readonly size: number
  /** The bytes [from, to), all of them. */
  read(from: number, to: number): Promise<Uint8Array>
  /** The same as a stream, for sources where one long request is cheaper than many (S3). */
  stream?(from: number, to: number): AsyncIterable<Uint8Array>
}

const slice = 1024 * 1024
const joinGap = 32 * 1024
const readsAtOnce = 16

/** Reads [from, to) as a Buffer; a range outside the file or a short answer means the ZIP is truncated. */
export async function readExactly(source: ZipSource, from: number, to: number): Promise<Buffer> {
  if (!(from >= 0 && from <= to && to <= source.size)) throw refusal('truncated')
  const bytes = from === to ? Buffer.alloc(0) : await source.read(from, to)
  if (bytes.length !== to - from) throw refusal('truncated')
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** The bytes [from, to) in slices. */
export async function* readSlices(source: ZipSource, from: number, to: number): AsyncGenerator<Uint8Array> {
  if (from === to) return
  if (source.stream) return yield* source.stream(from, to)
  for (let at = from; at < to; at += slice) yield await readExactly(source, at, Math.min(at + slice, to))
}

/** A short stretch of the file that is wanted. */
export interface Span {
  from: number
  to: number
}

/**
 * Reads many short spans, given in ascending order of `from`, with few calls: neighbours are read together, distant ones
 * side by side. `take` gets each span's index and bytes.
 */
export async function readSpans(source: ZipSource, spans: readonly Span[], take: (index: number, bytes: Buffer) => void): Promise<void> {
  const reads: (Span & { first: number; end: number })[] = []
  spans.forEach((span, i) => {
    const last = reads.at(-1)
    if (last && span.from - last.to <= joinGap && span.to - last.from <= slice) {
      last.to = Math.max(last.to, span.to)
      last.end = i + 1
    } else reads.push({ ...span, first: i, end: i + 1 })
  })
  for (let at = 0; at < reads.length; at += readsAtOnce) {
    const batch = reads.slice(at, at + readsAtOnce)
    const buffers = await Promise.all(batch.map((read) => readExactly(source, read.from, read.to)))
    batch.forEach((read, k) => {
      for (let i = read.first; i < read.end; i++) take(i, buffers[k]!.subarray(spans[i]!.from - read.from, spans[i]!.to - read.from))
    })
  }
}
