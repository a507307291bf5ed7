/** What the parts of the S3 adapter share: the bucket, its marker, and how an object is written once. */

import type { Clock } from '../../base/clock.ts'
import { AppError } from '../../base/errors.ts'
import { newToken } from '../../base/id.ts'
import { isForeign, readForeign } from '../../domain/foreign.ts'
import { checkKey } from './key.ts'
import { type Attempt, type Bucket, bucketOf, type Head } from './s3-bucket.ts'
import { type Ask, asker, type S3Options } from './s3-client.ts'
import { type Marker, markerIn } from './s3-marker.ts'
import { type Multipart, multipartOf } from './s3-multipart.ts'

export interface Place {
  bucket: Bucket
  multipart: Multipart
  marker: Marker
  clock: Clock
  /** milliseconds without one byte after which a line counts as broken */
  idleMs: number
  /** multipart uploads and helpers being written by this process */
  living: Set<string>
  /** what this server has refused so far */
  ways: { copies: boolean }
  /** The same place; `requests` tells how many were made through it for parts and objects. */
  counted(): { place: Place; requests: () => number }
  /** Writes a new object: see `writeOnce`. */
  once<T>(key: string, write: (path: string, attempt: Attempt) => Promise<T>): Promise<T>
}

export const objectPath = (key: string): string => `objects/${checkKey(key)}`

// ZIPs and small pictures end soon or are read often: a class that charges for both is dearer for them (CLN-07)
const originals = /^galleries\/[^/]+\/assets\//

/** Where the bytes of a key are read: our own object, or somebody else's while it is still the one that was listed. */
export function readable(key: string): { path: string; etag: string | undefined } {
  if (!isForeign(key)) return { path: objectPath(key), etag: undefined }
  const { path, etag } = readForeign(key)
  return { path, etag: `"${etag}"` }
}

/** The object of this key; null when it is not there, or another one in its place. */
export async function headOf(bucket: Bucket, key: string, signal?: AbortSignal): Promise<Head | null> {
  const { path, etag } = readable(key)
  const found = await bucket.head(path, signal)
  return found && (etag === undefined || found.etag === etag) ? found : null
}

export function placeIn(options: S3Options, clock: Clock): Place {
  const ask = asker(options)
  const bucket = bucketOf(ask, options)
  const marker = markerIn(bucket)
  const writing = new Map<string, Promise<unknown>>()
  let conditional: boolean | undefined

  /**
   * Refuses a key that exists: asked before, and where the server has proved that it heeds `If-None-Match`, asked once more
   * by the write itself. Writers of this process wait for each other. Two processes on a server without that header could still
   * both write; so every key is made for one attempt, and which attempt counts is decided in the database.
   */
  async function writeOnce<T>(key: string, write: (path: string, attempt: Attempt) => Promise<T>): Promise<T> {
    const path = objectPath(key)
    const [, found] = await Promise.all([marker.check(), bucket.head(path)])
    if (found) throw new AppError('key_exists', { key })
    conditional ??= await heedsConditions(bucket)
    return write(path, { token: newToken(12), onlyNew: conditional, original: originals.test(key) })
  }

  const place: Place = {
    bucket,
    multipart: multipartOf(ask, options),
    marker,
    clock,
    idleMs: options.patience?.idle ?? 30_000,
    living: new Set(),
    ways: { copies: true },
    counted() {
      let n = 0
      const counting: Ask = (facts, request, asking) => {
        n++
        return ask(facts, request, asking)
      }
      return { place: { ...place, bucket: bucketOf(counting, options), multipart: multipartOf(counting, options) }, requests: () => n }
    },
    async once(key, write) {
      checkKey(key)
      const before = writing.get(key)
      const turn = (async () => {
        await before?.catch(() => {})
        return writeOnce(key, write)
      })()
      writing.set(key, turn)
      try {
        return await turn
      } finally {
        if (writing.get(key) === turn) writing.delete(key)
      }
    },
  }
  return place
}

/** Does the server refuse to replace an object when it is asked to? Only the second answer tells: the first may have made it. */
async function heedsConditions(bucket: Bucket): Promise<boolean> {
  const probe = () => bucket.put('probe', Buffer.from('Does this server heed If-None-Match?\n'), { onlyNew: true })
  const first = await probe()
  return first === 'exists' || (first === 'written' && (await probe()) === 'exists')
}

/** Is the object at `path` the one that this attempt wrote? For writes whose answer was lost. */
export async function wrote(bucket: Bucket, path: string, { token }: Attempt): Promise<boolean> {
  return (await bucket.head(path))?.token === token
}

/** An object that is not where it was: an outage when the whole store is, else lost. */
export async function missing({ marker }: Place, key: string): Promise<AppError> {
  await marker.check()
  return new AppError('source_changed', { key, reason: 'missing' })
}
