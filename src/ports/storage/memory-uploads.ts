/** Uploads of the storage in memory: the same order of effects as on disk. */

import { AppError } from '../../base/errors.ts'
import { checkKey, checkUpload } from './key.ts'
import type { Effects, Inode, MemoryDisk } from './memory-disk.ts'
import type { MemoryPlace } from './memory-place.ts'
import { sourceOf } from './memory-source.ts'
import type { Storage } from './port.ts'

type Uploads = Pick<Storage, 'beginUpload' | 'appendUpload' | 'openUpload' | 'finishUpload' | 'dropUpload'>

export function memoryUploads(place: MemoryPlace, disk: MemoryDisk): Uploads {
  const busy = new Set<string>()

  async function alone<T>(upload: string, work: (effects: Effects, inode: Inode | undefined) => Promise<T>): Promise<T> {
    checkUpload(upload)
    if (busy.has(upload)) throw new AppError('upload_busy', { upload })
    busy.add(upload)
    try {
      const effects = place.writing()
      return await work(effects, effects.find('uploads', upload))
    } finally {
      busy.delete(upload)
    }
  }

  const unknown = (upload: string): AppError => new AppError('upload_unknown', { upload })

  return {
    beginUpload: (upload) =>
      alone(upload, async (effects, inode) => {
        if (!inode) await effects.create('uploads', upload)
        await effects.syncFolder('uploads')
      }),

    appendUpload: (upload, offset, body, limit) =>
      alone(upload, async (effects, inode) => {
        if (!inode) throw unknown(upload)
        if (offset > inode.bytes.length) throw new AppError('upload_offset', { upload, offset: inode.bytes.length })
        if (offset > limit) throw new AppError('upload_too_large', { upload, limit })
        if (inode.bytes.length > offset) await effects.truncate(inode, upload, offset)
        try {
          for await (const chunk of untilBroken(body)) {
            const end = inode.bytes.length
            if (end + chunk.length > limit) throw new AppError('upload_too_large', { upload, limit })
            await effects.write(inode, upload, end, chunk)
          }
          await effects.sync(inode, upload)
          return inode.bytes.length
        } catch (error) {
          await effects.truncate(inode, upload, offset)
          await effects.sync(inode, upload)
          throw error
        }
      }),

    async openUpload(upload, from, to) {
      const inode = disk.begin().find('uploads', checkUpload(upload))
      if (inode) return sourceOf(inode, upload, from, to)
      place.check()
      throw unknown(upload)
    },

    finishUpload: (upload, key) =>
      alone(upload, async (effects, inode) => {
        const object = effects.find('objects', checkKey(key))
        if (!inode && !object) throw unknown(upload)
        if (inode && object && inode !== object) throw new AppError('key_exists', { key })
        if (inode) await effects.sync(inode, upload)
        if (inode && !object) await place.publish(effects, inode, key)
        else await effects.syncFolder('objects')
        if (inode) await effects.unlink('uploads', upload)
        await effects.syncFolder('uploads')
      }),

    dropUpload: (upload) =>
      alone(upload, async (effects) => {
        await effects.unlink('uploads', upload)
        await effects.syncFolder('uploads')
      }),
  }
}

/** The body's chunks until its end, or until it breaks off. */
async function* untilBroken(body: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  try {
    yield* body
  } catch {
    // A broken connection is no fault of the store: what came until then counts.
  }
}
