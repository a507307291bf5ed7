/** The parts of a store on disk that its operations share: paths, marker, folders, and how a new object gets its name. */

import type { FileHandle } from 'node:fs/promises'
import { link, open, stat, statfs, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Clock } from '../../base/clock.ts'
import { AppError } from '../../base/errors.ts'
import { newId } from '../../base/id.ts'
import { systemCode, translated, unless } from './disk-errors.ts'
import type { Folders } from './disk-folders.ts'
import { foldersIn } from './disk-folders.ts'
import type { Marker } from './disk-marker.ts'
import { markerIn } from './disk-marker.ts'
import type { ThreadPool } from './disk-pool.ts'
import { threadPool } from './disk-pool.ts'
import { checkKey } from './key.ts'
import type { Room } from './port.ts'

export interface DiskOptions {
  /** the folder of the store; Keepsake owns everything in it */
  dir: string
  clock: Clock
  /** bytes that stay free: writes are refused as `storage_full` before they eat them */
  reserveBytes?: number
}

export interface Place {
  dir: string
  objects: string
  uploads: string
  temporary: string
  clock: Clock
  reserve: number
  folders: Folders
  marker: Marker
  /** names of the temporary files this process is writing */
  living: Set<string>
  pool: ThreadPool
}

export function placeAt({ dir, clock, reserveBytes = 0 }: DiskOptions): Place {
  const objects = join(dir, 'objects')
  const uploads = join(dir, 'uploads')
  const temporary = join(dir, 'tmp')
  const marker = markerIn(dir, [objects, uploads, temporary])
  return {
    dir,
    objects,
    uploads,
    temporary,
    clock,
    reserve: reserveBytes,
    folders: foldersIn(objects),
    marker,
    living: new Set(),
    pool: threadPool(),
  }
}

export const objectPath = (place: Place, key: string): string => join(place.objects, checkKey(key))

/** What of the disk is free above the reserve; the whole as df has it: what is in use and what we could use. */
export async function roomOf(place: Place): Promise<Room> {
  const { bavail, bfree, blocks, bsize } = await statfs(place.dir)
  return { free: Math.max(0, bavail * bsize - place.reserve), total: (blocks - bfree + bavail) * bsize }
}

/** Refuses what would eat the reserve. */
export async function needRoom(place: Place, bytes: number): Promise<void> {
  if (place.reserve === 0) return
  const { free } = await roomOf(place)
  if (free <= bytes) throw new AppError('storage_full', { free, bytes })
}

/**
 * Writes a new object: temporary file, bytes, sync, name, folder sync. Whatever fails, no object and no temporary stays.
 * `signal` ends it until the name is given.
 */
export async function writeNew<T>(place: Place, key: string, fill: (file: FileHandle) => Promise<T>, signal?: AbortSignal): Promise<T> {
  const final = objectPath(place, key)
  return translated({ key }, async () => {
    await place.marker.check()
    // link() decides; this only spares the writing of gigabytes in vain.
    if (await unless('ENOENT', stat(final))) throw new AppError('key_exists', { key })
    const name = newId(place.clock.now())
    const temporary = join(place.temporary, name)
    place.living.add(name)
    try {
      const file = await open(temporary, 'wx')
      let filled: T
      try {
        filled = await fill(file)
        await file.datasync()
        signal?.throwIfAborted()
      } finally {
        await file.close()
      }
      await publish(place, temporary, key)
      return filled
    } finally {
      // A temporary that cannot be removed now is removed by sweep.
      await unlink(temporary).catch(() => {})
      place.living.delete(name)
    }
  })
}

/** Gives synced bytes their final name, durably. Refuses a name that exists. */
export async function publish(place: Place, from: string, key: string): Promise<void> {
  const final = objectPath(place, key)
  await place.folders.ensure(dirname(final))
  try {
    try {
      await link(from, final)
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') throw error
      // A folder we remember was removed by somebody: make it again, once.
      place.folders.forget()
      await place.folders.ensure(dirname(final))
      await link(from, final)
    }
  } catch (error) {
    if (systemCode(error) === 'EEXIST') throw new AppError('key_exists', { key }, { cause: error })
    throw error
  }
  try {
    await place.folders.sync(dirname(final))
  } catch (error) {
    // The name may not last, so it must not be seen; if even this fails, the sync's error is the one to tell.
    await unlink(final).catch(() => {})
    throw error
  }
}

/** A missing file on a store that is there and ours; on one that is not, that is the error. */
export async function missing(place: Place, key: string): Promise<AppError> {
  await place.marker.check()
  return new AppError('source_changed', { key, reason: 'missing' })
}
