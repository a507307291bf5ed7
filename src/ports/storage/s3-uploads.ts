/**
 * Uploads in a bucket: records that grow in number (s3-log.ts says how they are read), copied inside the store to become the
 * object. A multipart upload alone would not do: its parts cannot be read before they are joined, its key must be known when it
 * begins, and a part that arrives late takes the place of the one that was acknowledged.
 */

import { AppError, isCode } from '../../base/errors.ts'
import { checkKey, checkRange } from './key.ts'
import type { Source, UploadName, Uploads } from './port.ts'
import { append, nextAppend } from './s3-append.ts'
import { write } from './s3-assemble.ts'
import type { Attempt, Listed } from './s3-bucket.ts'
import { compose } from './s3-compose.ts'
import { beginPath, type Held, nameOf, placeOf, prefixOf, readLog, recordPath, type Segment } from './s3-log.ts'
import { eachOf } from './s3-parallel.ts'
import { partBytes, partsOf, type Slice } from './s3-parts.ts'
import { missing, objectPath, type Place } from './s3-place.ts'
import { openRange, readInto } from './s3-read.ts'

/** Requests at once where the server does the work. */
const atOnce = 8
/** A record up to here is copied whole. */
const compareBytes = 1024 * 1024

type Ask = () => Promise<void>

export function uploadsIn(place: Place): Uploads {
  const { bucket, marker } = place
  const reading = { bucket, idleMs: place.idleMs }
  /** generations being written by this process */
  const busy = new Set<string>()

  /** All generations that there is anything of, by their number. */
  async function generations({ id }: UploadName): Promise<Map<number, Held>> {
    const found = new Map<number, Listed[]>()
    for await (const object of bucket.list(prefixOf(id))) {
      const generation = placeOf(object.path)?.generation
      if (generation === undefined) continue
      found.set(generation, [...(found.get(generation) ?? []), object])
    }
    return new Map([...found].map(([generation, objects]) => [generation, readLog(objects)]))
  }

  /** Alone with this generation of the upload, on a store that is ours. */
  async function alone<T>(upload: UploadName, work: (all: Map<number, Held>, held: Held | undefined) => Promise<T>): Promise<T> {
    const name = nameOf(upload)
    if (busy.has(name)) throw new AppError('upload_busy', { upload: name })
    busy.add(name)
    try {
      const [all] = await Promise.all([generations(upload), marker.check()])
      const own = all.get(upload.generation)
      return await work(all, own?.begun ? own : undefined)
    } finally {
      busy.delete(name)
    }
  }

  const unknown = (upload: UploadName): AppError => new AppError('upload_unknown', { upload: nameOf(upload) })
  const lost = (upload: UploadName) => () => missing(place, nameOf(upload))

  /** The generation is unknown first, so that a crash leaves only what `sweep` removes. */
  async function forget(upload: UploadName, paths: string[]): Promise<void> {
    await bucket.delete(beginPath(upload))
    await eachOf(
      paths.filter((path) => path !== beginPath(upload)),
      atOnce,
      (path) => bucket.delete(path),
    )
  }

  /** Copies what makes up the first `size` bytes under a new generation, which is there when all of it is. */
  async function copyStart(from: Held, size: number, to: UploadName, before: Held | undefined, goOn: Ask): Promise<void> {
    const own = nextAppend(place, before)
    const segments = from.segments.filter((segment) => segment.from < size)
    await eachOf(segments.entries(), atOnce, async ([n, segment]) => {
      await goOn()
      await bucket.copy(segment.path, recordPath(to, own, n, segment.from))
    })
    // a record may reach further than what was acknowledged: the next one cuts it off
    if (before || segments.some((segment) => segment.from + segment.stored > size))
      await bucket.put(recordPath(to, own, segments.length, size), new Uint8Array(0))
    await goOn()
  }

  /** Makes the object of the upload's bytes, inside the store wherever a part lies in one record. */
  async function make(upload: UploadName, held: Held, key: string, goOn: Ask): Promise<void> {
    await place.once(key, async (path, attempt) => {
      const { size } = held
      const bytes = partBytes(size)
      const [only] = held.segments
      if (only && held.segments.length === 1 && only.stored === size) return copyWhole(path, only, attempt)
      const parts = partsOf(held.segments, ({ from, to }) => to - from, bytes)
      if (size <= bytes) {
        const into = Buffer.allocUnsafeSlow(size)
        for (const part of parts) await fill(upload, part.slices, into)
        return write(place, { path, key, attempt, signal: undefined }, into)
      }
      await compose(place, { path, key, attempt, partBytes: bytes, size }, parts, async (part, sending) => {
        await goOn()
        const [slice] = part.slices
        if (slice && part.slices.length === 1)
          return sending.copy({ path: slice.stretch.path, from: slice.from, to: slice.from + slice.length })
        const into = sending.buffer()
        await fill(upload, part.slices, into, sending.signal)
        await sending.send(into)
      })
    })
  }

  async function copyWhole(path: string, { path: from, stored }: Segment, attempt: Attempt): Promise<void> {
    await bucket.copy(from, path, { ...attempt, onlyNew: false })
    const found = await bucket.head(path)
    if (found?.size !== stored) throw new AppError('storage_unreachable', { path, reason: 'copied to another size', size: found?.size })
  }

  async function fill(upload: UploadName, slices: Slice<Segment>[], into: Buffer, signal?: AbortSignal): Promise<void> {
    const options = { signal, absent: lost(upload) }
    for (const { stretch, from, length, at } of slices)
      await readInto(reading, { path: stretch.path, key: nameOf(upload), from, to: from + length }, into.subarray(at, at + length), options)
  }

  /** Opens bytes [from, to), which `held` has. */
  function sourceOf(upload: UploadName, held: Held, from: number, to: number): Source {
    const parts = held.segments.filter((segment) => segment.to > from && segment.from < to)
    let at = from
    let open: Source | null = null
    let closed = false
    return {
      async read(into) {
        if (closed) throw new Error(`read of ${nameOf(upload)} after close`)
        let got = 0
        while (got < into.length && at < to) {
          const [{ path, from: start, to: end }] = parts as [Segment]
          const until = Math.min(end, to)
          const wanted = { path, key: nameOf(upload), from: at - start, to: until - start }
          open ??= await openRange(reading, wanted, { absent: lost(upload) })
          const n = await open.read(into.subarray(got))
          got += n
          at += n
          if (at < until) continue
          await open.close()
          open = null
          parts.shift()
        }
        return got
      },
      async close() {
        closed = true
        await open?.close()
      },
    }
  }

  /** Is the object under this key made of these very bytes? */
  async function same(upload: UploadName, held: Held, key: string, goOn: Ask): Promise<boolean> {
    const found = await bucket.head(objectPath(key))
    if (found?.size !== held.size) return false
    const ours = sourceOf(upload, held, 0, held.size)
    const theirs = await openRange(reading, { path: objectPath(key), key, from: 0, to: held.size }, { absent: () => missing(place, key) })
    try {
      const [a, b] = [Buffer.alloc(compareBytes), Buffer.alloc(compareBytes)]
      for (;;) {
        await goOn()
        const n = await ours.read(a)
        const m = await theirs.read(b)
        if (!a.subarray(0, n).equals(b.subarray(0, m))) return false
        if (n === 0) return true
      }
    } finally {
      await Promise.all([ours.close(), theirs.close()])
    }
  }

  const asking = (upload: UploadName, held: () => Promise<boolean>): Ask => {
    return async () => {
      if (!(await held())) throw new AppError('upload_busy', { upload: nameOf(upload) })
    }
  }

  return {
    beginUpload: (upload) =>
      alone(upload, async (_, held) => {
        if (!held) await bucket.put(beginPath(upload), new Uint8Array(0))
      }),

    takeUpload: (upload, size, held = async () => true) =>
      alone(upload, async (all, own) => {
        const lower = [...all].filter(([generation, { begun }]) => begun && generation < upload.generation).sort(([a], [b]) => b - a)
        if (!lower.length) return
        const goOn = asking(upload, held)
        // There already: an earlier call came this far.
        const from = lower.find(([, old]) => old.size >= size)
        if (!own && from) {
          await copyStart(from[1], size, upload, all.get(upload.generation), goOn)
          await bucket.put(beginPath(upload), new Uint8Array(0))
        } else await goOn()
        for (const [generation, { paths }] of lower) await forget({ ...upload, generation }, paths)
      }),

    appendUpload: (upload, offset, body, limit) =>
      alone(upload, async (_, held) => {
        if (!held) throw unknown(upload)
        if (offset > held.size) throw new AppError('upload_offset', { upload: nameOf(upload), offset: held.size })
        if (offset > limit) throw new AppError('upload_too_large', { upload: nameOf(upload), limit })
        return append(place, upload, held, { offset, body, limit })
      }),

    async openUpload(upload, from, to) {
      checkRange(from, to)
      const held = (await generations(upload)).get(upload.generation)
      if (!held?.begun) {
        await marker.check()
        throw unknown(upload)
      }
      if (held.size < to) throw new AppError('source_changed', { key: nameOf(upload), reason: 'short', size: held.size, to })
      return sourceOf(upload, held, from, to)
    },

    // At every crash in between the records, the object or both are there, and the next call goes on.
    finishUpload: (upload, key, held = async () => true) =>
      alone(upload, async (_, own) => {
        checkKey(key)
        if (!own) {
          // Finished by an earlier call, or taken over and finished by somebody else.
          if (!(await bucket.head(objectPath(key)))) throw unknown(upload)
          return
        }
        const goOn = asking(upload, held)
        try {
          await make(upload, own, key, goOn)
        } catch (error) {
          if (!isCode(error, 'key_exists') || !(await same(upload, own, key, goOn))) throw error
        }
        await forget(upload, own.paths)
      }),

    dropUpload: (upload) =>
      alone(upload, async (all) => {
        for (const [generation, { paths }] of all) if (generation <= upload.generation) await forget({ ...upload, generation }, paths)
      }),
  }
}
