/** Storage in a bucket of any S3-compatible server. */

import { hash } from 'node:crypto'
import type { Clock } from '../../base/clock.ts'
import { foreignKey, isForeign } from '../../domain/foreign.ts'
import { checkPrefix, isKey } from './key.ts'
import type { Storage } from './port.ts'
import { assembleOnS3, write } from './s3-assemble.ts'
import type { S3Options } from './s3-client.ts'
import { digestOnS3 } from './s3-digest.ts'
import { headOf, missing, objectPath, placeIn, readable } from './s3-place.ts'
import { type Choose, usualChoice } from './s3-plan.ts'
import { presignedUrl } from './s3-presign.ts'
import { openRange } from './s3-read.ts'
import { sweepBucket } from './s3-sweep.ts'
import { uploadsIn } from './s3-uploads.ts'

/**
 * In the bucket: `objects/<key>`, `uploads/<id>~<n>/<record>`, `helpers/…`, `marker.json` and `probe`. An object is there, whole, from the
 * moment its PUT or its joining is answered. Nothing works before `identify`. Nothing is asked of the server before the first call.
 * `choose`: how archives are made there, for who tries or measures another way than the usual one.
 */
export function s3Storage(options: S3Options & { clock: Clock; choose?: Choose }): Storage {
  const { choose = usualChoice } = options
  const place = placeIn(options, options.clock)
  const { bucket, marker } = place
  return {
    put: (key, bytes) =>
      place.once(key, async (path, attempt) => {
        await write(place, { path, key, attempt, signal: undefined }, bytes)
        return { size: bytes.length, sha256: hash('sha256', bytes) }
      }),

    async size(key) {
      const found = await headOf(bucket, key)
      if (!found) await marker.check()
      return found?.size ?? null
    },

    async open(key, from, to) {
      const { path, etag } = readable(key)
      return openRange(place, { path, key, from, to }, { etag, absent: () => missing(place, key) })
    },

    async delete(key) {
      const path = objectPath(key)
      await marker.check()
      await bucket.delete(path)
    },

    async presign(key, as) {
      // an address cannot ask for these bytes alone: whoever replaces the object would be served in its place
      if (isForeign(key)) return null
      const path = objectPath(key)
      if (as.seconds > 900) throw new RangeError(`an address for ${as.seconds} s`)
      const { publicEndpoint: endpoint } = options
      if (!endpoint || (as.tag !== undefined && (await bucket.head(path))?.etag !== as.tag)) return null
      return presignedUrl({ ...options, endpoint }, { ...as, path, now: options.clock.now() })
    },

    async *list(prefix) {
      const path = `objects/${checkPrefix(prefix)}`
      await marker.check()
      for await (const { path: found, size } of bucket.list(path)) {
        const key = found.slice('objects/'.length)
        if (isKey(key)) yield { key, size }
      }
    },

    foreign: {
      async *list(prefix) {
        await marker.check()
        for await (const { path, size, etag, modified } of bucket.list(prefix))
          yield { key: foreignKey(path, etag), path, size, modifiedAt: new Date(modified) }
      },
    },

    assemble: (key, pieces, work = {}) => assembleOnS3(place, key, pieces, work, choose),
    digest: (key, cuts, work = {}) => digestOnS3(place, key, cuts, work),
    ...uploadsIn(place),
    sweep: (before) => sweepBucket(place, before),
    // no server says how much room it has
    room: async () => null,
    identify: (installation, known = false) => marker.identify(installation, known),
    marked: () => marker.marked(),
    ready: () => marker.read(),
  }
}
