/** The marker that tells our bucket from an empty one and from another installation's. */

import { AppError } from '../../base/errors.ts'
import { installationIn } from './marker.ts'
import type { Bucket } from './s3-bucket.ts'
import { readSmall } from './s3-read.ts'

const path = 'marker.json'
/** where an installation keeps things */
const prefixes = ['objects/', 'uploads/']

export interface Marker {
  identify(installation: string, known: boolean): Promise<void>
  /** One small request, before every write and delete: the marker is the one we read. */
  check(): Promise<void>
  /** Whose it is; null without one. */
  marked(): Promise<string | null>
  /** Reads the marker again. */
  read(): Promise<void>
}

export function markerIn(bucket: Bucket): Marker {
  let ours: string | null = null
  let seen: string | null = null

  async function read(): Promise<void> {
    if (ours === null) throw new AppError('storage_unreachable', { reason: 'not identified' })
    const found = await readSmall(bucket, path)
    if (!found) throw new AppError('storage_unreachable', { reason: 'marker missing' })
    const installation = installationIn(found.bytes.toString())
    if (installation !== ours) throw new AppError('storage_foreign', { marker: installation })
    seen = found.etag
  }

  async function create(installation: string): Promise<void> {
    for (const prefix of prefixes)
      for await (const _ of bucket.list(prefix, 1)) throw new AppError('storage_unreachable', { reason: 'marker missing' })
    // Of two processes the second may replace the first one's marker where the server cannot refuse: read() then compares.
    const bytes = Buffer.from(`${JSON.stringify({ installation })}\n`)
    if ((await bucket.put(path, bytes, { onlyNew: true })) === 'unable') await bucket.put(path, bytes)
  }

  return {
    async identify(installation, known) {
      ours = installation
      seen = null
      if (!known && !(await readSmall(bucket, path))) await create(installation)
      await read()
    },
    async check() {
      if (seen === null || (await bucket.head(path))?.etag !== seen) await read()
    },
    async marked() {
      const found = await readSmall(bucket, path)
      const installation = found && installationIn(found.bytes.toString())
      return typeof installation === 'string' ? installation : null
    },
    read,
  }
}
