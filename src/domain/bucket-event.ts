/**
 * What a store tells of changes in a bucket: S3's `Records[]`, as they are or wrapped by SNS. A hint and no more: it may be
 * repeated, late, forged by who knows the secret, or never come. So of it only the names are read, and the bucket is looked at.
 */
import { mayBePhoto } from './foreign.ts'

export interface BucketEvents {
  /** records that were told, of whatever bucket */
  records: number
  /** paths in our bucket that may be photos; each in every spelling that it may have meant */
  paths: string[]
  /** SNS wants this address to be opened before it sends anything */
  confirm: string | null
}

// what Keepsake writes itself, and what it makes of photos: a ZIP must never ask for the next one
const own = /^(?:objects|uploads|helpers|galleries|zips)\//

/** Null when it is nothing that a store says. */
export function readBucketEvents(body: unknown, bucket: string): BucketEvents | null {
  const message = asObject(body)
  if (!message) return null
  if (message.Type === 'SubscriptionConfirmation') return { records: 0, paths: [], confirm: String(message.SubscribeURL ?? '') }
  if (message.Type === 'Notification' && typeof message.Message === 'string') return readBucketEvents(parsed(message.Message), bucket)
  // sent once when events are switched on
  if (message.Event === 's3:TestEvent') return { records: 0, paths: [], confirm: null }
  if (!Array.isArray(message.Records)) return null
  const paths = new Set<string>()
  for (const record of message.Records) {
    const s3 = asObject(asObject(record)?.s3)
    const key = asObject(s3?.object)?.key
    if (typeof key !== 'string' || key.length > 3100 || asObject(s3?.bucket)?.name !== bucket) continue
    for (const path of spellings(key)) if (mayBePhoto(path) && !own.test(path)) paths.add(path)
  }
  return { records: message.Records.length, paths: [...paths], confirm: null }
}

/** Amazon encodes keys as forms do (`my+photo.jpg`), others as addresses or not at all: all that it may mean. */
export function spellings(key: string): string[] {
  const all = [key]
  for (const text of [key.replaceAll('+', ' '), key]) {
    try {
      all.push(decodeURIComponent(text))
    } catch {
      // a % of the name itself: it was not encoded
    }
  }
  return [...new Set(all)].filter((path) => path.isWellFormed() && !path.includes('\0'))
}

function asObject(value: unknown): Record<string, unknown> | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : null
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
