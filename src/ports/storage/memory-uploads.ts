/** Uploads of the storage in memory: the same order of effects as on disk. */

import { AppError } from '../../base/errors.ts'
import { untilBroken } from './body.ts'
import { checkKey, checkUpload } from './key.ts'
import type { Effects, Inode, MemoryDisk } from './memory-disk.ts'
import type { MemoryPlace } from './memory-place.ts'
import { sourceOf } from './memory-source.ts'
import type { UploadName, Uploads } from './port.ts'

export function memoryUploads(place: MemoryPlace, disk: MemoryDisk, fresh: () => string): Uploads {
  const busy = new Set<string>()

  const nameOf = ({ id, generation }: UploadName): string => `${checkUpload(id)}~${generation}`

  async function alone<T>(upload: UploadName, work: (effects: Effects, inode: Inode | undefined, name: string) => Promise<T>): Promise<T> {
    const name = nameOf(upload)
    if (busy.has(name)) throw new AppError('upload_busy', { upload: name })
    busy.add(name)
    try {
      const effects = place.writing()
      return await work(effects, effects.find('uploads', name), name)
    } finally {
      busy.delete(name)
    }
  }

  /** Names of the lower generations, the highest first. */
  function lower({ id, generation }: UploadName): string[] {
    const names = new Set(disk.entries('uploads').map(([name]) => name))
    return Array.from({ length: generation }, (_, n) => nameOf({ id, generation: generation - 1 - n })).filter((name) => names.has(name))
  }

  async function forget(effects: Effects, names: string[]): Promise<void> {
    for (const name of names) await effects.unlink('uploads', name)
    await effects.syncFolder('uploads')
  }

  /** The first `size` bytes of `from` under a new name. */
  async function copy(effects: Effects, from: Inode, size: number, name: string): Promise<void> {
    const temporary = fresh()
    place.living.add(temporary)
    try {
      const inode = await effects.create('tmp', temporary)
      await effects.write(inode, temporary, 0, from.bytes.subarray(0, size))
      await effects.sync(inode, temporary)
      await effects.link(['tmp', temporary], 'uploads', name)
    } finally {
      await effects.unlink('tmp', temporary).catch(() => {})
      place.living.delete(temporary)
    }
  }

  const unknown = (upload: UploadName): AppError => new AppError('upload_unknown', { upload: nameOf(upload) })

  return {
    beginUpload: (upload) =>
      alone(upload, async (effects, inode, name) => {
        if (!inode) await effects.create('uploads', name)
        await effects.syncFolder('uploads')
      }),

    takeUpload: (upload, size, held = async () => true) =>
      alone(upload, async (effects, inode, name) => {
        const names = lower(upload)
        if (!names.length) return
        const from = names.map((old) => effects.find('uploads', old)).find((old) => old && old.bytes.length >= size)
        if (!(await held())) throw new AppError('upload_busy', { upload: name })
        if (!inode && from) await copy(effects, from, size, name)
        await effects.syncFolder('uploads')
        await forget(effects, names)
      }),

    appendUpload: (upload, offset, body, limit) =>
      alone(upload, async (effects, inode, name) => {
        if (!inode) throw unknown(upload)
        if (offset > inode.bytes.length) throw new AppError('upload_offset', { upload: name, offset: inode.bytes.length })
        if (offset > limit) throw new AppError('upload_too_large', { upload: name, limit })
        if (inode.bytes.length > offset) await effects.truncate(inode, name, offset)
        try {
          for await (const chunk of untilBroken(body)) {
            const end = inode.bytes.length
            if (end + chunk.length > limit) throw new AppError('upload_too_large', { upload: name, limit })
            await effects.write(inode, name, end, chunk)
          }
          await effects.sync(inode, name)
          return inode.bytes.length
        } catch (error) {
          await effects.truncate(inode, name, offset)
          await effects.sync(inode, name)
          throw error
        }
      }),

    async openUpload(upload, from, to) {
      const name = nameOf(upload)
      const inode = disk.begin().find('uploads', name)
      if (inode) return sourceOf(inode, name, from, to)
      place.check()
      throw unknown(upload)
    },

    finishUpload: (upload, key) =>
      alone(upload, async (effects, inode, name) => {
        checkKey(key)
        if (inode) {
          await effects.sync(inode, name)
          const done = await effects.link(['uploads', name], 'objects', key)
          const object = effects.find('objects', key)
          if (done === 'exists' && !(object && (object === inode || object.bytes.equals(inode.bytes))))
            throw new AppError('key_exists', { key })
        }
        if (!effects.find('objects', key)) throw unknown(upload)
        await effects.syncFolder('objects')
        await forget(effects, inode ? [name] : [])
      }),

    dropUpload: (upload) => alone(upload, (effects, _, name) => forget(effects, [name, ...lower(upload)])),
  }
}
