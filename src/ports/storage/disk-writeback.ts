/** Syncs a long file while it is written: the sync at the end is short, and few dirty pages wait in memory. */

import { fdatasync } from 'node:fs'

const stride = 32 * 1024 * 1024

/** Starts a sync whenever this much more was written; `from` bytes were there before. */
export function writeBack(fd: number, from = 0) {
  let begun = from
  let failure: Error | null = null
  let running: Promise<void> | null = null
  return {
    watch(bytes: number): void {
      // The kernel tells a failed write-back once: swallowed here, the sync at the end would find nothing wrong.
      if (failure) throw failure
      if (running || bytes - begun < stride) return
      begun = bytes
      running = new Promise((resolve) => {
        fdatasync(fd, (error) => {
          failure = error
          running = null
          resolve()
        })
      })
    },
    /** Waits for a sync that runs; tells its failure. */
    async settled(): Promise<void> {
      await running
      if (failure) throw failure
    },
  }
}
