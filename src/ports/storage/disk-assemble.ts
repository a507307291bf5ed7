/** Assembles and digests objects in threads of their own, so that the event loop never waits for the disk. */

import type { FileHandle } from 'node:fs/promises'
import { open } from 'node:fs/promises'
import { AppError, isCode } from '../../base/errors.ts'
import { batchesOf } from './disk-batches.ts'
import { translated, unless } from './disk-errors.ts'
import type { Place } from './disk-place.ts'
import { missing, needRoom, objectPath, roomOf, writeNew } from './disk-place.ts'
import { makeRing } from './disk-ring.ts'
import { runThreads } from './disk-threads.ts'
import { writeBack } from './disk-writeback.ts'
import type { Assembled, Digests, LongWork, Piece, Stored } from './port.ts'

export async function assembleOnDisk(place: Place, key: string, pieces: Iterable<Piece>, work: LongWork): Promise<Assembled> {
  work.signal?.throwIfAborted()
  await translated({ key }, () => needRoom(place, 0))
  const stored = await writeNew(place, key, fill, work.signal)
  return { ...stored, moved: stored.size, requests: 0 }

  async function fill(file: FileHandle): Promise<Stored> {
    const ring = makeRing()
    const early = writeBack(file.fd)
    const room = roomGuard(place)
    try {
      const found = await runThreads(
        place.pool,
        ring,
        [
          { role: 'assemble', ring, objects: place.objects, fd: file.fd },
          { role: 'hash', ring },
        ],
        {
          key,
          work,
          batches: batchesOf(pieces),
          watch(bytes) {
            early.watch(bytes)
            room.watch()
          },
        },
      )
      const { size } = await file.stat()
      if (size !== found.size) throw new AppError('source_changed', { key, reason: 'size', size })
      return { size, sha256: found.sha256! }
    } catch (error) {
      if (isCode(error, 'source_changed') && error.facts.reason === 'missing') throw await missing(place, String(error.facts.key))
      throw error
    } finally {
      await early.settled()
    }
  }
}

export async function digestOnDisk(place: Place, key: string, cuts: Float64Array, work: LongWork): Promise<Digests> {
  const path = objectPath(place, key)
  return translated({ key }, async () => {
    const file = await unless('ENOENT', open(path))
    if (!file) throw await missing(place, key)
    try {
      const ring = makeRing()
      const found = await runThreads(
        place.pool,
        ring,
        [
          { role: 'digest', ring, fd: file.fd, cuts },
          { role: 'sums', ring, cuts },
        ],
        { key, work },
      )
      return { size: found.size!, sha256: found.sha256!, crc32: found.crc32!, sha256s: found.sha256s! }
    } finally {
      await file.close()
    }
  })
}

/** Ends the build before it eats the reserve. */
function roomGuard(place: Place) {
  let short: AppError | null = null
  let asking = false
  return {
    watch(): void {
      if (short) throw short
      if (asking || place.reserve === 0) return
      asking = true
      roomOf(place)
        .then(({ free }) => {
          if (free === 0) short = new AppError('storage_full', { free })
        })
        // A disk that cannot say its space fails at the next write, with its own error.
        .catch(() => {})
        .finally(() => (asking = false))
    },
  }
}
