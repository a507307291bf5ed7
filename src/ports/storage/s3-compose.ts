/** Makes one object out of parts: several under way at once, joined at the end, and nothing of it left when something fails. */

import { AppError } from '../../base/errors.ts'
import type { Attempt } from './s3-bucket.ts'
import type { CopySource } from './s3-multipart.ts'
import type { Part } from './s3-parts.ts'
import { type Place, wrote } from './s3-place.ts'

/** So much of an object is in memory at once (one part at least: above 625 GiB a part alone is larger). */
const memory = 64 * 1024 * 1024
const mostAtOnce = 8

/** One part on its way. */
export interface Sending {
  /** Sends these bytes as the part; they must not change until it resolves. */
  send(bytes: Uint8Array): Promise<void>
  /** Makes the part of a range of another object, inside the store. */
  copy(source: CopySource): Promise<void>
  /** memory for the part's bytes, its own until the work on the part ends */
  buffer(): Buffer
  signal: AbortSignal
}

/** What is written, and by whom. */
export interface Writing {
  path: string
  /** how errors name it */
  key: string
  attempt: Attempt
  signal?: AbortSignal | undefined
}

export interface Target extends Writing {
  /** the largest part that is sent */
  partBytes: number
  /** bytes of the whole */
  size: number
  /** asked when all parts are there, before they become the object; it may throw */
  beforeJoin?: () => Promise<void>
}

/** Works on the parts in their order, several at once. The object is there, whole, when this resolves; else it is not there. */
export async function compose<T extends Pick<Part<unknown>, 'number' | 'size'>>(
  place: Place,
  target: Target,
  parts: Iterable<T>,
  work: (part: T, sending: Sending) => Promise<void>,
): Promise<void> {
  const { multipart } = place
  const { path, attempt } = target
  const stop = new AbortController()
  const signal = target.signal ? AbortSignal.any([stop.signal, target.signal]) : stop.signal
  const id = await multipart.begin(path, attempt)
  place.living.add(id)
  const etags: string[] = []
  const slots = Math.max(1, Math.min(mostAtOnce, Math.floor(memory / target.partBytes)))
  const running: Promise<void>[] = []
  const buffers: Buffer[] = []
  const run = async (part: T, slot: number): Promise<void> => {
    const index = part.number - 1
    const buffer = () => {
      buffers[slot] ??= Buffer.allocUnsafeSlow(Math.min(target.partBytes, target.size))
      return buffers[slot].subarray(0, part.size)
    }
    const send = async (bytes: Uint8Array) => {
      etags[index] = await multipart.part(path, id, part.number, bytes, signal)
    }
    const copy = async (source: CopySource) => {
      etags[index] = await multipart.copyPart(path, id, part.number, source, signal)
    }
    try {
      await work(part, { send, copy, buffer, signal })
    } catch (error) {
      // the others need not go on; the first failure is the one that counts
      stop.abort(error)
      throw error
    }
  }
  try {
    for (const part of parts) {
      const slot = part.number % slots
      await running[slot]
      running[slot] = run(part, slot)
      running[slot].catch(() => {})
    }
    await Promise.all(running)
    await target.beforeJoin?.()
    signal.throwIfAborted()
    await join(place, target, id, etags)
  } catch (error) {
    stop.abort(error)
    // a part that arrives after the upload was thrown away would stay on some servers
    await Promise.allSettled(running)
    await multipart.abort(path, id).catch(() => {})
    throw signal.aborted ? signal.reason : error
  } finally {
    place.living.delete(id)
  }
}

/** Joins the parts, and asks what is there now: an answer may get lost, and some servers answer 200 to what failed. */
async function join({ bucket, multipart }: Place, target: Target, id: string, etags: string[]): Promise<void> {
  const { path, key, attempt, size } = target
  const done = await multipart.join(path, id, etags, attempt)
  const found = await bucket.head(path)
  if (done !== 'joined' && !(await wrote(bucket, path, attempt))) {
    if (done === 'exists') throw new AppError('key_exists', { key })
    throw new AppError('storage_unreachable', { path, reason: 'the multipart upload is gone' })
  }
  if (found?.size === size) return
  await bucket.delete(path)
  throw new AppError('storage_unreachable', { path, reason: 'joined to another size', size: found?.size, expected: size })
}
