/** Reads an object back once: windows of it are read at the same time and digested in their order. */

import { createHash } from 'node:crypto'
import { setImmediate as turn } from 'node:timers/promises'
import { AppError } from '../../base/errors.ts'
import { stretchesOf, stretchSums } from './disk-stretches.ts'
import type { Digests, LongWork } from './port.ts'
import { reporting } from './s3-parallel.ts'
import { headOf, missing, type Place, readable } from './s3-place.ts'
import { readInto } from './s3-read.ts'

// one line alone is often slower than the network: four of them, 32 MiB in memory
const windowBytes = 8 * 1024 * 1024
const windowsAtOnce = 4
/** Bytes digested before others get their turn: two milliseconds. */
const digestedAtOnce = 512 * 1024

export async function digestOnS3(place: Place, key: string, cuts: Float64Array, work: LongWork): Promise<Digests> {
  const { bucket, idleMs } = place
  const { path } = readable(key)
  work.signal?.throwIfAborted()
  const found = await headOf(bucket, key, work.signal)
  if (!found) throw await missing(place, key)
  const { size, etag } = found
  if (size !== (cuts.at(-1) ?? 0)) throw new AppError('source_changed', { key, reason: 'size', size })
  const stop = new AbortController()
  const signal = work.signal ? AbortSignal.any([stop.signal, work.signal]) : stop.signal
  const sha = createHash('sha256')
  const stretches = stretchesOf(cuts)
  const sums = stretchSums(cuts)
  const buffers: Buffer[] = []
  const coming: Promise<Buffer>[] = []
  const count = Math.ceil(size / windowBytes)

  async function read(n: number): Promise<Buffer> {
    buffers[n % windowsAtOnce] ??= Buffer.allocUnsafeSlow(Math.min(windowBytes, size))
    const [from, to] = [n * windowBytes, Math.min(size, (n + 1) * windowBytes)]
    const into = buffers[n % windowsAtOnce]!.subarray(0, to - from)
    await readInto({ bucket, idleMs }, { path, key, from, to }, into, { etag, signal, absent: () => missing(place, key) })
    return into
  }
  function begin(n: number): void {
    if (n >= count) return
    coming[n % windowsAtOnce] = read(n)
    coming[n % windowsAtOnce]!.catch(() => {})
  }

  let passed = 0
  const done = reporting(work.progress, () => passed)
  try {
    for (let n = 0; n < windowsAtOnce; n++) begin(n)
    for (let n = 0; n < count; n++) {
      const bytes = await coming[n % windowsAtOnce]!
      for (let at = 0; at < bytes.length; at += digestedAtOnce) {
        const some = bytes.subarray(at, at + digestedAtOnce)
        sha.update(some)
        stretches.take(some)
        sums.take(some)
        passed += some.length
        await turn()
      }
      signal.throwIfAborted()
      begin(n + windowsAtOnce)
    }
  } catch (error) {
    stop.abort(error)
    await Promise.allSettled(coming)
    throw error
  } finally {
    done()
  }
  return { size, sha256: sha.digest('hex'), crc32: sums.found().crc32!, sha256s: stretches.found().sha256s! }
}
