/** Reads a range of a file: small ranges with synchronous calls, which are faster than a promise each. */

import { close, closeSync, fstat, fstatSync, open, openSync, read, readSync } from 'node:fs'
import { promisify } from 'node:util'
import { AppError } from '../../base/errors.ts'
import { storageError, systemCode } from './disk-errors.ts'
import { checkRange } from './key.ts'
import type { Source } from './port.ts'

const opened = promisify(open)
const stated = promisify(fstat)
const closed = promisify(close)

/** Measured: up to here a synchronous read costs less than handing it to another thread. */
const small = 64 * 1024

/** Opens [from, to) of the file. `absent` makes the error for a file that is not there. */
export async function openRange(path: string, key: string, from: number, to: number, absent: () => Promise<AppError>): Promise<Source> {
  checkRange(from, to)
  const quick = to - from <= small
  let fd = -1
  try {
    fd = quick ? openSync(path, 'r') : await opened(path, 'r')
    const stats = quick ? fstatSync(fd) : await stated(fd)
    if (!stats.isFile()) throw await absent()
    if (stats.size < to) throw new AppError('source_changed', { key, reason: 'short', size: stats.size, to })
  } catch (error) {
    if (fd !== -1) closeSync(fd)
    if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR') throw await absent()
    throw storageError(error, { key })
  }
  return sourceOf(fd, key, from, to, quick)
}

function sourceOf(fd: number, key: string, from: number, to: number, quick: boolean): Source {
  let position = from
  let shut: Promise<void> | null = null
  let pending: Promise<number> = Promise.resolve(0)

  async function fill(into: Uint8Array): Promise<number> {
    const want = Math.min(into.byteLength, to - position)
    let got = 0
    while (got < want) {
      const n = quick ? readSync(fd, into, got, want - got, position) : await readInto(fd, into, got, want - got, position)
      if (n === 0) throw new AppError('source_changed', { key, reason: 'short', size: position, to })
      got += n
      position += n
    }
    return got
  }

  return {
    async read(into) {
      if (shut) throw new Error(`read of ${key} after close`)
      pending = fill(into)
      try {
        return await pending
      } catch (error) {
        throw storageError(error, { key })
      }
    },
    close() {
      // Not under a running read: the number would soon name another file.
      shut ??= quick
        ? Promise.resolve(closeSync(fd))
        : pending.then(
            () => closed(fd),
            () => closed(fd),
          )
      return shut
    },
  }
}

function readInto(fd: number, into: Uint8Array, at: number, length: number, position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    read(fd, into, at, length, position, (error, n) => (error ? reject(error) : resolve(n)))
  })
}
