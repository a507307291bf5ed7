/** Marker and names of the storage in memory: what its operations share. */

import { AppError } from '../../base/errors.ts'
import type { Effects, Inode, MemoryDisk } from './memory-disk.ts'

export function memoryPlace(disk: MemoryDisk) {
  let ours: string | null = null

  function check(): void {
    const marker = disk.begin().find('root', 'marker')
    if (ours === null || !marker) throw new AppError('storage_unreachable', { reason: ours === null ? 'not identified' : 'marker missing' })
    if (marker.bytes.toString() !== ours) throw new AppError('storage_foreign', { marker: marker.bytes.toString() })
  }

  return {
    check,
    marked: () => disk.begin().find('root', 'marker')?.bytes.toString() ?? null,
    /** names of the temporary files being written */
    living: new Set<string>(),

    /** Effects of a new operation on a store that is ours. */
    writing(): Effects {
      check()
      return disk.begin()
    },

    object(key: string): Inode {
      const inode = disk.begin().find('objects', key)
      if (inode) return inode
      check()
      throw new AppError('source_changed', { key, reason: 'missing' })
    },

    /** Gives the temporary file its final name. */
    async publish(effects: Effects, temporary: string, key: string): Promise<void> {
      const done = await effects.link(['tmp', temporary], 'objects', key)
      if (done === 'exists') throw new AppError('key_exists', { key })
      if (done === 'gone') throw new AppError('storage_unreachable', { key, reason: 'ENOENT' })
      try {
        await effects.syncFolder('objects')
      } catch (error) {
        await effects.unlink('objects', key).catch(() => {})
        throw error
      }
    },

    async identify(installation: string, known: boolean): Promise<void> {
      ours = installation
      const effects = disk.begin()
      const used = disk.entries('objects').length + disk.entries('uploads').length > 0
      if (!known && !used && !effects.find('root', 'marker')) {
        const marker = await effects.create('root', 'marker')
        await effects.write(marker, 'marker', 0, Buffer.from(installation))
        await effects.sync(marker, 'marker')
        await effects.syncFolder('root')
      }
      check()
    },
  }
}

export type MemoryPlace = ReturnType<typeof memoryPlace>
