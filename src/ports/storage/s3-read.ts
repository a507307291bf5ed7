/** Reads ranges of objects: a line that breaks or falls silent is taken up again where it stopped, from the same object. */

import { setTimeout as sleep } from 'node:timers/promises'
import { AppError } from '../../base/errors.ts'
import { checkRange } from './key.ts'
import type { Source } from './port.ts'
import type { Bucket, Opened } from './s3-bucket.ts'

/** Lines in a row that break before they bring one byte. */
const patience = 5
const firstPauseMs = 100

export interface Wanted {
  /** in the bucket */
  path: string
  /** how errors name it */
  key: string
  from: number
  /** exclusive */
  to: number
}

interface Reading {
  bucket: Bucket
  idleMs: number
}

interface Options {
  /** only of the object with this ETag */
  etag?: string | undefined
  signal?: AbortSignal | undefined
  /** makes the error for an object that is not there */
  absent: () => Promise<AppError>
}

/** Opens [from, to): the server has answered, so a missing or shorter object is known now. */
export async function openRange(reading: Reading, wanted: Wanted, options: Options): Promise<Source> {
  const { bucket } = reading
  const { path, key, from, to } = wanted
  checkRange(from, to)
  const short = (size?: number) => new AppError('source_changed', { key, reason: 'short', size, to })
  if (from === to) {
    const found = await bucket.head(path, options.signal)
    if (!found) throw await options.absent()
    if (found.size < to) throw short(found.size)
    return sourceOf(reading, wanted, options, null)
  }
  const opened = await bucket.get(path, from, to, options)
  if (opened === 'missing') throw await options.absent()
  if (opened === 'changed') throw new AppError('source_changed', { key, reason: 'changed' })
  if (opened === 'short') throw short()
  if (opened.size >= to) return sourceOf(reading, wanted, { ...options, etag: opened.etag }, opened)
  opened.body.destroy()
  throw short(opened.size)
}

function sourceOf({ bucket, idleMs }: Reading, { path, key, from, to }: Wanted, options: Options, opened: Opened | null): Source {
  let line = opened && linesOf(opened)
  let rest: Uint8Array = new Uint8Array(0)
  let at = from
  let closed = false

  async function reopen(): Promise<void> {
    const again = await bucket.get(path, at, to, options)
    if (again === 'missing') throw await options.absent()
    if (typeof again === 'string') throw new AppError('source_changed', { key, reason: again })
    line = linesOf(again)
  }

  /** The next bytes, over as many lines as it takes. */
  async function next(): Promise<Uint8Array> {
    for (let failures = 0; ; failures++) {
      if (failures > 0) await sleep(firstPauseMs * 2 ** failures, undefined, { signal: options.signal })
      if (!line) await reopen()
      const chunk = await line!.next(idleMs, options.signal)
      if (closed) throw new Error(`read of ${key} after close`)
      options.signal?.throwIfAborted()
      if (chunk) return chunk
      line!.close()
      line = null
      if (failures === patience) throw new AppError('storage_unreachable', { path, at, reason: 'the line breaks off again and again' })
    }
  }

  return {
    async read(into) {
      if (closed) throw new Error(`read of ${key} after close`)
      const want = Math.min(into.byteLength, to - at)
      for (let got = 0; got < want; ) {
        if (rest.length === 0) rest = await next()
        if (rest.length > to - at) throw new AppError('storage_unreachable', { path, reason: 'more bytes than asked for' })
        const some = rest.subarray(0, want - got)
        into.set(some, got)
        rest = rest.subarray(some.length)
        got += some.length
        at += some.length
      }
      // a line that ends as it should can be used again
      if (at === to) await line?.next(idleMs, options.signal)
      return want
    },
    async close() {
      closed = true
      line?.close()
    },
  }
}

function linesOf({ body }: Opened) {
  const chunks = body[Symbol.asyncIterator]()
  return {
    /** The next bytes; null when the line ended, broke or was silent for too long. */
    async next(idleMs: number, signal: AbortSignal | undefined): Promise<Uint8Array | null> {
      const stop = () => body.destroy()
      const timer = setTimeout(stop, idleMs)
      signal?.addEventListener('abort', stop, { once: true })
      try {
        const { done, value } = await chunks.next()
        return done ? null : (value as Uint8Array)
      } catch {
        return null
      } finally {
        clearTimeout(timer)
        signal?.removeEventListener('abort', stop)
      }
    },
    close: () => void body.destroy(),
  }
}

/** Fills `into` with the range. */
export async function readInto(reading: Reading, wanted: Wanted, into: Uint8Array, options: Options): Promise<void> {
  const source = await openRange(reading, wanted, options)
  try {
    await source.read(into.subarray(0, wanted.to - wanted.from))
  } finally {
    await source.close()
  }
}

/** A small object as a whole, or null. */
export async function readSmall(bucket: Bucket, path: string): Promise<{ bytes: Buffer; etag: string } | null> {
  const found = await bucket.head(path)
  if (!found) return bucketThere(bucket)
  const bytes = Buffer.alloc(found.size)
  const gone = async () => new AppError('storage_unreachable', { path, reason: 'it has just gone' })
  await readInto({ bucket, idleMs: 10_000 }, { path, key: path, from: 0, to: found.size }, bytes, { etag: found.etag, absent: gone })
  return { bytes, etag: found.etag }
}

/** A HEAD cannot tell a missing object from a missing bucket; a list can. */
async function bucketThere(bucket: Bucket): Promise<null> {
  for await (const _ of bucket.list('marker.json', 1)) break
  return null
}
