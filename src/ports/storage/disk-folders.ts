/** Folders whose names are on stable storage: a synced file is lost in a power cut when the folder naming it is not. */

import { mkdir, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { systemCode, unless } from './disk-errors.ts'

export interface Folders {
  /** Makes the folder and its parents below the root, each one's name durable. */
  ensure(folder: string): Promise<void>
  /** Makes the names in the folder durable. */
  sync(folder: string): Promise<void>
  /** Trusts no folder any more: something was removed behind our back. */
  forget(): void
}

/** Remembered so that each write need not sync all its parents; a restart asks again. */
const remembered = 10_000

export function foldersIn(root: string): Folders {
  const durable = new Set<string>()
  const running = new Map<string, Promise<void>>()
  const waiting = new Map<string, Promise<void>>()

  function start(folder: string): Promise<void> {
    const work = syncFolder(folder).finally(() => running.delete(folder))
    running.set(folder, work)
    return work
  }

  const folders: Folders = {
    async ensure(folder) {
      if (durable.has(folder)) return
      if (folder !== root) {
        const parent = dirname(folder)
        await folders.ensure(parent)
        await unless('EEXIST', mkdir(folder))
        // Also when it existed: whoever made it may not have synced yet.
        await folders.sync(parent)
      }
      if (durable.size >= remembered) durable.clear()
      durable.add(folder)
    },

    // Writers that come while a sync is running share the next one: many uploads, few syncs.
    sync(folder) {
      const shared = waiting.get(folder)
      if (shared) return shared
      const current = running.get(folder)
      if (!current) return start(folder)
      const next = current.then(
        () => follow(),
        () => follow(),
      )
      const follow = () => {
        waiting.delete(folder)
        return start(folder)
      }
      waiting.set(folder, next)
      return next
    },

    forget: () => durable.clear(),
  }
  return folders
}

export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } catch (error) {
    // Some network file systems cannot sync a folder and say so; PostgreSQL tolerates the same two.
    if (systemCode(error) !== 'EINVAL' && systemCode(error) !== 'EBADF') throw error
  } finally {
    await handle.close()
  }
}
