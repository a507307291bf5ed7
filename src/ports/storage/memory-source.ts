/** A range of a file in memory. */

import { AppError } from '../../base/errors.ts'
import { checkRange } from './key.ts'
import type { Inode } from './memory-disk.ts'
import type { Source } from './port.ts'

/** Reads what the inode holds now: as a file that is open stays readable after its name is gone. */
export function sourceOf(inode: Inode, key: string, from: number, to: number): Source {
  checkRange(from, to)
  if (inode.bytes.length < to) throw new AppError('source_changed', { key, reason: 'short', size: inode.bytes.length, to })
  let position = from
  let shut = false
  return {
    async read(into) {
      if (shut) throw new Error(`read of ${key} after close`)
      const end = Math.min(to, position + into.length)
      if (inode.bytes.length < end) throw new AppError('source_changed', { key, reason: 'short', to })
      into.set(inode.bytes.subarray(position, end))
      const got = end - position
      position = end
      return got
    },
    async close() {
      shut = true
    },
  }
}
