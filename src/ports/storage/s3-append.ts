/** Writes the body of an upload as records: each is durable when the server has answered, and none is ever written again. */

import { AppError } from '../../base/errors.ts'
import { newToken } from '../../base/id.ts'
import { untilBroken } from './body.ts'
import type { UploadName } from './port.ts'
import { type Append, type Held, nameOf, recordPath } from './s3-log.ts'
import { partBytes } from './s3-parts.ts'
import type { Place } from './s3-place.ts'

/** Two records at most are in memory: one on its way, one being filled. */
const largest = 64 * 1024 * 1024

/** The number of the next append: later than all that is there, also where clocks differ. */
export const nextAppend = ({ clock }: Pick<Place, 'clock'>, held: Held | undefined): Append => ({
  number: Math.max(clock.now().getTime(), (held?.last ?? 0) + 1),
  token: newToken(6),
})

/** Appends at `offset`, where `held` has at least that much. Answers the new end. */
export async function append(
  place: Place,
  upload: UploadName,
  held: Held,
  { offset, body, limit }: { offset: number; body: AsyncIterable<Uint8Array>; limit: number },
): Promise<number> {
  const { bucket } = place
  const own = nextAppend(place, held)
  let n = 0
  // what an earlier try left behind `offset` goes first, so that it stays gone also when this one fails
  if (held.size > offset) await bucket.put(recordPath(upload, own, n++, offset), new Uint8Array(0))
  const written: string[] = []
  // A record ends where a part of the finished object ends, so that it can become that part inside the store.
  const step = Math.min(partBytes(limit), largest)
  const buffers: Buffer[] = []
  let start = offset
  let fill = 0
  let sending: Promise<unknown> = Promise.resolve()

  async function flush(): Promise<void> {
    const bytes = buffers[n % 2]!.subarray(0, fill)
    const path = recordPath(upload, own, n, start)
    // one after the other: a record without the one before it would not count
    await sending
    written.push(path)
    sending = bucket.put(path, bytes)
    sending.catch(() => {})
    n++
    start += fill
    fill = 0
  }

  try {
    for await (const chunk of untilBroken(body)) {
      if (start + fill + chunk.length > limit) throw new AppError('upload_too_large', { upload: nameOf(upload), limit })
      for (let at = 0; at < chunk.length; ) {
        buffers[n % 2] ??= Buffer.allocUnsafeSlow(step)
        const room = step - (start % step) - fill
        const some = chunk.subarray(at, at + room)
        buffers[n % 2]!.set(some, fill)
        fill += some.length
        at += some.length
        if (some.length === room) await flush()
      }
    }
    if (fill > 0) await flush()
    await sending
    return start
  } catch (error) {
    await sending.catch(() => {})
    // Back to what was acknowledged. What cannot be deleted now is cut off by the next append.
    for (const path of written) await bucket.delete(path).catch(() => {})
    throw error
  }
}
