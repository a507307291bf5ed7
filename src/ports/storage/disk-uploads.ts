/** Uploads on disk: files that grow, synced before each answer, linked to their key at the end. */

import type { FileHandle } from 'node:fs/promises'
import { open, stat, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { AppError, isCode } from '../../base/errors.ts'
import { translated, unless } from './disk-errors.ts'
import type { Place } from './disk-place.ts'
import { needRoom, objectPath, publish } from './disk-place.ts'
import { openRange } from './disk-source.ts'
import { writeBack } from './disk-writeback.ts'
import { checkUpload } from './key.ts'
import type { Storage } from './port.ts'

/** Small network chunks are gathered into writes of this size. */
const gathered = 256 * 1024

type Uploads = Pick<Storage, 'beginUpload' | 'appendUpload' | 'openUpload' | 'finishUpload' | 'dropUpload'>

export function uploadsAt(place: Place): Uploads {
  /** uploads being written by this process: two writers would write over each other */
  const busy = new Set<string>()

  const pathOf = (upload: string): string => join(place.uploads, checkUpload(upload))

  async function unknown(upload: string): Promise<AppError> {
    await place.marker.check()
    return new AppError('upload_unknown', { upload })
  }

  /** Alone with the upload, on a store that is ours. */
  async function alone<T>(upload: string, work: (path: string) => Promise<T>): Promise<T> {
    const path = pathOf(upload)
    return translated({ upload }, async () => {
      if (busy.has(upload)) throw new AppError('upload_busy', { upload })
      busy.add(upload)
      try {
        await place.marker.check()
        return await work(path)
      } finally {
        busy.delete(upload)
      }
    })
  }

  return {
    beginUpload: (upload) =>
      alone(upload, async (path) => {
        await needRoom(place, 0)
        await (await open(path, 'a')).close()
        await place.folders.sync(place.uploads)
      }),

    appendUpload: (upload, offset, body, limit) =>
      alone(upload, async (path) => {
        const file = await unless('ENOENT', open(path, 'r+'))
        if (!file) throw await unknown(upload)
        try {
          const { size } = await file.stat()
          if (offset > size) throw new AppError('upload_offset', { upload, offset: size })
          if (offset > limit) throw new AppError('upload_too_large', { upload, limit })
          await needRoom(place, 0)
          if (size > offset) await file.truncate(offset)
          return await append(file, offset, body, limit)
        } catch (error) {
          if (isCode(error, 'upload_too_large')) throw new AppError('upload_too_large', { upload, limit })
          throw error
        } finally {
          await file.close()
        }
      }),

    openUpload: async (upload, from, to) => openRange(pathOf(upload), upload, from, to, () => unknown(upload)),

    // At every crash in between the upload, the object or both (one file) are there, and the next call goes on.
    finishUpload: (upload, key) =>
      alone(upload, async (path) => {
        const final = objectPath(place, key)
        const file = await unless('ENOENT', open(path, 'r+'))
        const object = await unless('ENOENT', stat(final))
        if (!file && !object) throw await unknown(upload)
        try {
          const same = !file || (object && (await sameFile(file, object)))
          if (object && !same) throw new AppError('key_exists', { key })
          await file?.datasync()
        } finally {
          await file?.close()
        }
        if (!object) await publish(place, path, key)
        // An earlier call may have died before this sync.
        else await place.folders.sync(dirname(final))
        await unless('ENOENT', unlink(path))
        await place.folders.sync(place.uploads)
      }),

    dropUpload: (upload) =>
      alone(upload, async (path) => {
        await unless('ENOENT', unlink(path))
        await place.folders.sync(place.uploads)
      }),
  }
}

async function sameFile(file: FileHandle, object: { dev: number; ino: number }): Promise<boolean> {
  const { dev, ino } = await file.stat()
  return dev === object.dev && ino === object.ino
}

/** Writes the body from `offset` on and syncs it. Answers how far it came, also when the body breaks off. */
async function append(file: FileHandle, offset: number, body: AsyncIterable<Uint8Array>, limit: number): Promise<number> {
  const out = gatherer(file, offset)
  const early = writeBack(file.fd, offset)
  const chunks = body[Symbol.asyncIterator]()
  try {
    for (;;) {
      const chunk = await next(chunks)
      if (!chunk) break
      if (out.end() + chunk.length > limit) throw new AppError('upload_too_large')
      await out.write(chunk)
      early.watch(out.written())
    }
    await out.flush()
    await early.settled()
    await file.datasync()
    return out.end()
  } catch (error) {
    // Back to what was acknowledged: a disk that is full has room again, and the upload can go on from there.
    await early.settled().catch(() => {})
    await file.truncate(offset)
    await file.datasync()
    throw error
  } finally {
    await chunks.return?.().catch(() => {})
  }
}

/** The next chunk; null at the end, and also where the body breaks off: what came until then counts. */
async function next(chunks: AsyncIterator<Uint8Array>): Promise<Uint8Array | null> {
  try {
    const { done, value } = await chunks.next()
    return done ? null : value
  } catch {
    return null
  }
}

function gatherer(file: FileHandle, offset: number) {
  const buffer = Buffer.allocUnsafeSlow(gathered)
  let fill = 0
  let position = offset

  async function writeAll(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; ) {
      const { bytesWritten } = await file.write(bytes, at, bytes.length - at, position)
      at += bytesWritten
      position += bytesWritten
    }
  }

  async function flush(): Promise<void> {
    const filled = fill
    fill = 0
    await writeAll(buffer.subarray(0, filled))
  }

  return {
    end: () => position + fill,
    written: () => position,
    flush,
    async write(chunk: Uint8Array): Promise<void> {
      if (fill + chunk.length > gathered) await flush()
      if (chunk.length >= gathered) return writeAll(chunk)
      buffer.set(chunk, fill)
      fill += chunk.length
    },
  }
}
