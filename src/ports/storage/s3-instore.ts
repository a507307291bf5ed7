/**
 * Makes an object inside the store by a plan (s3-plan.ts): what is large is copied there, the rest is sent.
 *
 * Every copy names the ETag that its source had when the work began, so a source that changed fails it; and because some servers
 * (Ceph 18) copy without a look at that, all sources are looked at once more before the parts are joined. What is copied is never
 * seen here: neither its CRC-32 nor the SHA-256 of the whole is known before somebody reads the object back.
 *
 * Helpers lie at `helpers/<token of this attempt>/<number of the part>`, for seconds; what a crash leaves there `sweep` removes.
 */

import { AppError } from '../../base/errors.ts'
import type { Head } from './s3-bucket.ts'
import type { Checks } from './s3-checks.ts'
import { compose, type Sending, type Writing } from './s3-compose.ts'
import { answerOf } from './s3-errors.ts'
import { fill } from './s3-fill.ts'
import { helpersPrefix, makeHelper } from './s3-helper.ts'
import { eachOf } from './s3-parallel.ts'
import { headOf, missing, type Place, readable } from './s3-place.ts'
import { type InStorePlan, type PlannedPart, sizeOf } from './s3-plan.ts'

const headsAtOnce = 8

interface Making {
  /** bytes of the whole */
  size: number
  checks: Checks
  /** told of each part that is made, with its bytes */
  done: (bytes: number) => void
}

/** The object is there when this resolves. Throws as `assemble` does. */
export async function makeInStore(place: Place, target: Writing, plan: InStorePlan, { size, checks, done }: Making): Promise<void> {
  const heads = await headsOf(place, plan, target.signal)
  const largest = Math.max(1, ...plan.parts.map((part) => (part.kind === 'send' ? part.size : 0)))
  const clearing: Promise<void>[] = []
  // what passes is checked in the order of the parts while they travel in any
  let checked: Promise<unknown> = Promise.resolve()

  /** Reads what passes through us, checks it, and does `use` with it. */
  async function passing(slices: PlannedPart['slices'], into: Buffer, signal: AbortSignal, use: () => Promise<void>): Promise<void> {
    const filled = fill(place, slices, into, signal)
    checked = Promise.all([checked, filled]).then(() => checks.take(slices, into))
    // one of both fails, the other one still uses the memory
    const ends = await Promise.allSettled([checked, filled.then(use)])
    for (const end of ends) if (end.status === 'rejected') throw end.reason
  }

  function sourceOf(part: PlannedPart) {
    const [{ stretch, from, length }] = part.slices as [PlannedPart['slices'][0]]
    if (stretch.kind !== 'copy') throw new TypeError('a literal cannot be copied')
    const [key, start] = [stretch.key, stretch.from + from]
    return { key, path: readable(key).path, from: start, to: start + length, etag: heads.get(key)!.etag }
  }

  async function copied(part: PlannedPart, copy: (source: ReturnType<typeof sourceOf>) => Promise<unknown>): Promise<void> {
    const source = sourceOf(part)
    try {
      await copy(source)
    } catch (error) {
      throw await lostOr(place, source, error)
    }
  }

  async function help(part: PlannedPart & { kind: 'helper' }, sending: Sending): Promise<void> {
    const { bucket, living } = place
    const path = `${helpersPrefix}${target.attempt.token}/${part.number}`
    const tail = Buffer.allocUnsafeSlow(sizeOf(part.tail))
    living.add(path)
    try {
      await passing(part.tail, tail, sending.signal, () => copied(part, (source) => makeHelper(place, path, source, tail, sending.signal)))
      await sending.copy({ path, from: 0, to: part.size })
    } finally {
      const gone = bucket.delete(path).catch(() => {}) // what stays is swept
      clearing.push(gone.finally(() => living.delete(path)))
    }
  }

  try {
    const beforeJoin = () => stillThose(place, heads, target.signal)
    await compose(place, { ...target, partBytes: largest, size, beforeJoin }, plan.parts, async (part, sending) => {
      if (part.kind === 'helper') await help(part, sending)
      else if (part.kind === 'copy') await copied(part, (source) => sending.copy(source))
      else {
        const buffer = sending.buffer()
        await passing(part.slices, buffer, sending.signal, () => sending.send(buffer))
      }
      done(part.size)
    })
  } finally {
    await Promise.all(clearing)
  }
}

/** What every source that will be copied is now. Throws `source_changed` for one that is gone or too short. */
async function headsOf(place: Place, { parts }: InStorePlan, signal: AbortSignal | undefined): Promise<Map<string, Head>> {
  const ends = new Map<string, number>()
  for (const { kind, slices } of parts)
    for (const { stretch } of slices)
      if (kind !== 'send' && stretch.kind === 'copy') ends.set(stretch.key, Math.max(stretch.to, ends.get(stretch.key) ?? 0))
  const heads = new Map<string, Head>()
  await eachOf(ends, headsAtOnce, async ([key, to]) => {
    const found = await headOf(place.bucket, key, signal)
    if (!found) throw await missing(place, key)
    if (found.size < to) throw new AppError('source_changed', { key, reason: 'short', size: found.size, to })
    heads.set(key, found)
  })
  return heads
}

async function stillThose(place: Place, heads: Map<string, Head>, signal: AbortSignal | undefined): Promise<void> {
  await eachOf(heads, headsAtOnce, async ([key, { etag }]) => {
    const found = await headOf(place.bucket, key, signal)
    if (!found) throw await missing(place, key)
    if (found.etag !== etag) throw new AppError('source_changed', { key, reason: 'changed' })
  })
}

/** A copy that failed because its source is gone or another one now; else what was wrong. */
async function lostOr(place: Place, { key, path, etag }: { key: string; path: string; etag: string }, error: unknown): Promise<unknown> {
  const { status } = answerOf(error instanceof AppError ? error.cause : error)
  if (status !== 404 && status !== 412) return error
  const found = await place.bucket.head(path)
  if (!found) return missing(place, key)
  return found.etag === etag ? error : new AppError('source_changed', { key, reason: 'changed' })
}
