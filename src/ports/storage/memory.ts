/** Storage in memory: the whole contract for tests, with crashes, power cuts and damage on demand. */

import { createHash, hash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import type { Clock } from '../../base/clock.ts'
import { AppError } from '../../base/errors.ts'
import { newId } from '../../base/id.ts'
import { checkKey, checkPrefix, checkRange } from './key.ts'
import type { Faults, Inode, MemoryDisk } from './memory-disk.ts'
import { memoryDisk } from './memory-disk.ts'
import { memoryPlace } from './memory-place.ts'
import { sourceOf } from './memory-source.ts'
import { memoryUploads } from './memory-uploads.ts'
import type { Piece, Room, Storage, Stored } from './port.ts'

export interface MemoryOptions {
  clock: Clock
  /** false: nothing is ever synced, so a power cut takes all; the control that shows a crash test can fail */
  sync?: boolean
}

export interface MemoryStorage extends Storage {
  /** Set `before` to see, delay or fail every effect: create, write, truncate, sync, link, unlink, syncFolder. */
  faults: Faults
  /** what `room` answers */
  space: Room | null
  /** The process dies: running operations change nothing more. */
  crash(): void
  /** The power fails: as `crash`, and what was not synced is gone. */
  powerCut(): void
  /** Flips the bits of one stored byte. */
  corrupt(key: string, offset: number): void
  truncate(key: string, size: number): void
  /** Removes the object behind the program's back. */
  lose(key: string): void
  loseMarker(): void
  /** Another storage on the same disk. */
  reopen(): MemoryStorage
}

export function memoryStorage(options: MemoryOptions): MemoryStorage {
  const faults: Faults = {}
  return storageOn(
    memoryDisk(() => options.clock.now().getTime(), faults, options.sync ?? true),
    faults,
    options.clock,
  )
}

/** Bytes are handed on in parts of this size, each one an effect. */
const part = 64 * 1024

function storageOn(disk: MemoryDisk, faults: Faults, clock: Clock): MemoryStorage {
  const place = memoryPlace(disk)

  async function writeNew(
    key: string,
    fill: (out: (bytes: Uint8Array) => Promise<void>) => Promise<void>,
    signal?: AbortSignal,
  ): Promise<Stored> {
    checkKey(key)
    signal?.throwIfAborted()
    const effects = place.writing()
    if (effects.find('objects', key)) throw new AppError('key_exists', { key })
    const name = newId(clock.now())
    const inode = await effects.create('tmp', name)
    place.living.add(name)
    const sha = createHash('sha256')
    try {
      await fill(async (bytes) => {
        for (let at = 0; at < bytes.length; at += part) {
          const some = bytes.subarray(at, at + part)
          await effects.write(inode, key, inode.bytes.length, some)
          sha.update(some)
        }
      })
      await effects.sync(inode, key)
      signal?.throwIfAborted()
      await place.publish(effects, name, key)
      return { size: inode.bytes.length, sha256: sha.digest('hex') }
    } finally {
      // As on disk: a temporary that cannot be removed now is removed by sweep.
      await effects.unlink('tmp', name).catch(() => {})
      place.living.delete(name)
    }
  }

  const storage: MemoryStorage = {
    faults,
    space: null,
    put: (key, bytes) => writeNew(key, (out) => out(bytes)),
    async size(key) {
      const inode = disk.begin().find('objects', checkKey(key))
      if (!inode) place.check()
      return inode ? inode.bytes.length : null
    },
    async open(key, from, to) {
      return sourceOf(place.object(checkKey(key)), key, from, to)
    },
    async delete(key) {
      checkKey(key)
      const effects = place.writing()
      await effects.unlink('objects', key)
      // Also when it was gone: an earlier try may have died before this sync.
      await effects.syncFolder('objects')
    },
    presign: async () => null,
    foreign: null,
    async *list(prefix) {
      checkPrefix(prefix)
      place.check()
      for (const [key, inode] of disk.entries('objects')) if (key.startsWith(prefix)) yield { key, size: inode.bytes.length }
    },
    async assemble(key, pieces, work = {}) {
      const stored = await writeNew(
        key,
        async (out) => {
          let n = 0
          for (const piece of pieces) {
            // Others get their turn, as they do while threads work for the disk.
            if (n++ % 16 === 0) await new Promise((resolve) => setImmediate(resolve))
            work.signal?.throwIfAborted()
            await out(bytesOf(piece, place.object))
          }
        },
        work.signal,
      )
      return { ...stored, moved: stored.size, requests: 0 }
    },
    async digest(key, cuts, work = {}) {
      work.signal?.throwIfAborted()
      const { bytes } = place.object(checkKey(key))
      if (bytes.length !== (cuts.at(-1) ?? 0)) throw new AppError('source_changed', { key, reason: 'size' })
      const stretches = Array.from(cuts, (cut, i) => bytes.subarray(i ? cuts[i - 1] : 0, cut))
      return {
        size: bytes.length,
        sha256: hash('sha256', bytes),
        crc32: Uint32Array.from(stretches, (stretch) => crc32(stretch)),
        sha256s: new Uint8Array(Buffer.concat(stretches.map((stretch) => hash('sha256', stretch, 'buffer')))),
      }
    },
    ...memoryUploads(place, disk, () => newId(clock.now())),
    async sweep(before) {
      const effects = place.writing()
      let swept = 0
      for (const [name, inode] of disk.entries('tmp')) {
        if (place.living.has(name) || inode.changed >= before.getTime()) continue
        if (await effects.unlink('tmp', name)) swept++
      }
      return swept
    },
    room: async () => storage.space,
    identify: (installation, known = false) => place.identify(installation, known),
    marked: async () => place.marked(),
    ready: async () => place.check(),

    crash: disk.crash,
    powerCut: disk.powerCut,
    corrupt: (key, offset) =>
      disk.damage(key, (bytes) => {
        bytes[offset] = bytes[offset]! ^ 0xff
        return bytes
      }),
    truncate: (key, size) => disk.damage(key, (bytes) => bytes.subarray(0, size)),
    lose: (key) => disk.damage(key, () => null),
    loseMarker: () => disk.lose('root', 'marker'),
    reopen: () => storageOn(disk, faults, clock),
  }
  return storage
}

function bytesOf(piece: Piece, object: (key: string) => Inode): Uint8Array {
  if (piece.kind === 'bytes') return piece.bytes
  const { key, from, to } = piece
  const { bytes } = object(checkKey(key))
  checkRange(from, to)
  if (bytes.length < to) throw new AppError('source_changed', { key, reason: 'short' })
  const range = bytes.subarray(from, to)
  if (crc32(range) !== piece.crc32) throw new AppError('source_changed', { key, reason: 'crc' })
  return range
}
