/** A disk in memory that tells what is on stable storage from what is not, for tests and simulators. */

import { AppError } from '../../base/errors.ts'

export interface Inode {
  bytes: Buffer
  /** where `bytes` lie and may grow, unless they were replaced */
  room: Buffer
  /** the bytes at the last sync */
  durable: Buffer
  /** of the last write, ms */
  changed: number
}

export type Folder = 'objects' | 'uploads' | 'tmp' | 'root'

export interface Faults {
  /** Called before every effect; what it throws is what the disk answers. */
  before?: (op: string, key: string) => void | Promise<void>
}

interface Names {
  now: Map<string, Inode>
  durable: Map<string, Inode>
}

/** Each running operation holds the epoch in which it began: after a crash it changes nothing more. */
export function memoryDisk(now: () => number, faults: Faults, sync: boolean) {
  const folders: Record<Folder, Names> = { objects: names(), uploads: names(), tmp: names(), root: names() }
  let epoch = 0

  function begin() {
    const born = epoch
    async function effect(op: string, key: string): Promise<void> {
      await faults.before?.(op, key)
      if (born !== epoch) throw new AppError('storage_unreachable', { key, reason: 'crashed' })
    }
    return {
      find: (folder: Folder, name: string): Inode | undefined => folders[folder].now.get(name),
      async create(folder: Folder, name: string): Promise<Inode> {
        await effect('create', name)
        const inode = { bytes: Buffer.alloc(0), room: Buffer.alloc(1), durable: Buffer.alloc(0), changed: now() }
        folders[folder].now.set(name, inode)
        return inode
      },
      async write(inode: Inode, name: string, at: number, bytes: Uint8Array): Promise<void> {
        await effect('write', name)
        writeInto(inode, at, bytes)
        inode.changed = now()
      },
      async truncate(inode: Inode, name: string, size: number): Promise<void> {
        await effect('truncate', name)
        inode.bytes = Buffer.from(inode.bytes.subarray(0, size))
      },
      async sync(inode: Inode, name: string): Promise<void> {
        await effect('sync', name)
        if (sync) inode.durable = Buffer.from(inode.bytes)
      },
      /** Gives the file that has the name `from` at that moment a second one. */
      async link(from: [Folder, string], folder: Folder, name: string): Promise<'linked' | 'exists' | 'gone'> {
        await effect('link', name)
        const inode = folders[from[0]].now.get(from[1])
        if (!inode) return 'gone'
        if (folders[folder].now.has(name)) return 'exists'
        folders[folder].now.set(name, inode)
        return 'linked'
      },
      async unlink(folder: Folder, name: string): Promise<boolean> {
        await effect('unlink', name)
        return folders[folder].now.delete(name)
      },
      async syncFolder(folder: Folder): Promise<void> {
        await effect('syncFolder', folder)
        if (sync) folders[folder].durable = new Map(folders[folder].now)
      },
    }
  }

  return {
    begin,
    entries: (folder: Folder): [string, Inode][] => [...folders[folder].now],
    /** The process dies: nothing that runs changes anything more. What it wrote stays. */
    crash(): void {
      epoch++
    },
    /** The power fails: what was not synced is gone, too. */
    powerCut(): void {
      epoch++
      for (const folder of Object.values(folders)) {
        folder.now = new Map(folder.durable)
        for (const inode of folder.now.values()) inode.bytes = Buffer.from(inode.durable)
      }
    },
    /** Damage at rest: the disk, not the program, changes what is stored. */
    damage(key: string, change: (bytes: Buffer) => Buffer | null): void {
      const inode = folders.objects.now.get(key)
      if (!inode) throw new Error(`no object ${key}`)
      const changed = change(Buffer.from(inode.bytes))
      if (changed) {
        inode.bytes = changed
        inode.durable = Buffer.from(changed)
      } else {
        folders.objects.now.delete(key)
        folders.objects.durable.delete(key)
      }
    },
    lose(folder: Folder, name: string): void {
      folders[folder].now.delete(name)
      folders[folder].durable.delete(name)
    },
  }
}

/** Writes over the bytes from `at` on. Room for as much again is kept, so that appending stays cheap. */
function writeInto(inode: Inode, at: number, bytes: Uint8Array): void {
  const size = Math.max(inode.bytes.length, at + bytes.length)
  if (inode.bytes.buffer !== inode.room.buffer || inode.room.length < size) {
    inode.room = Buffer.alloc(2 * size)
    inode.room.set(inode.bytes)
  }
  inode.room.set(bytes, at)
  inode.bytes = inode.room.subarray(0, size)
}

const names = (): Names => ({ now: new Map(), durable: new Map() })

export type MemoryDisk = ReturnType<typeof memoryDisk>
export type Effects = ReturnType<MemoryDisk['begin']>
