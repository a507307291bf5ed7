/** Asks a bucket for everything Keepsake needs of it: each question by itself, with what to do where the answer is wrong. */

import { randomBytes } from 'node:crypto'
import type { Clock } from '../../base/clock.ts'
import { AppError } from '../../base/errors.ts'
import { newToken } from '../../base/id.ts'
import { bucketOf } from './s3-bucket.ts'
import { asker, type S3Options } from './s3-client.ts'
import { multipartOf } from './s3-multipart.ts'
import { presignedUrl } from './s3-presign.ts'
import { readInto, readSmall } from './s3-read.ts'

export interface Probed {
  check: 'write' | 'read' | 'range' | 'copy' | 'multipart' | 'presign' | 'list' | 'delete' | 'clock'
  ok: boolean
  found: string
  /** null when all is well */
  remedy: string | null
}

type Question = () => Promise<string>

class Wrong extends Error {}
const partBytes = 5 * 1024 * 1024

/** Writes below `objects/doctor/` alone, and deletes what it wrote. About 5 MB go there and back. */
export async function probeBucket(options: S3Options & { publicEndpoint?: string | undefined; clock: Clock }): Promise<Probed[]> {
  const ask = asker(options)
  const [bucket, multipart] = [bucketOf(ask, options), multipartOf(ask, options)]
  const folder = `objects/doctor/${newToken(12)}`
  const [path, copy, joined] = [`${folder}/a`, `${folder}/b`, `${folder}/c`]
  const bytes = randomBytes(partBytes)
  const endpoint = options.publicEndpoint ?? options.endpoint ?? `https://s3.${options.region}.amazonaws.com`

  async function read(from: string, at: number, to: number): Promise<Buffer> {
    const into = Buffer.alloc(to - at)
    const absent = async () => new Wrong('what was written is not there')
    await readInto({ bucket, idleMs: 10_000 }, { path: from, key: from, from: at, to }, into, { absent: absent as never })
    return into
  }

  const questions: [Probed['check'], string, Question][] = [
    [
      'write',
      'Allow s3:PutObject on the bucket.',
      async () => {
        await bucket.put(path, bytes, { original: true })
        return options.storageClass ? `in class ${options.storageClass}` : 'in the class of the bucket'
      },
    ],
    [
      'read',
      'Allow s3:GetObject on the bucket; a store that gives other bytes than it took loses data: replace it.',
      async () => {
        if (!(await read(path, 0, bytes.length)).equals(bytes)) throw new Wrong('other bytes than were written')
        return 'the same bytes'
      },
    ],
    [
      'range',
      'Use a store, or a proxy in front of it, that answers Range and If-Match: downloads could not be resumed.',
      async () => {
        if (!(await read(path, 1000, 2000)).equals(bytes.subarray(1000, 2000))) throw new Wrong('another range than was asked for')
        const other = await bucket.get(path, 0, 10, { etag: '"00000000000000000000000000000000"' })
        if (typeof other !== 'string') {
          other.body.destroy()
          throw new Wrong('If-Match is not heeded')
        }
        return 'exact, and If-Match is heeded'
      },
    ],
    [
      'copy',
      'Allow s3:GetObject and s3:PutObject on the bucket, and CopyObject within it: finished uploads are copied there.',
      async () => {
        await bucket.copy(path, copy)
        if (!(await read(copy, 0, bytes.length)).equals(bytes)) throw new Wrong('other bytes than the original')
        return 'inside the store'
      },
    ],
    [
      'multipart',
      'Allow s3:PutObject and s3:AbortMultipartUpload on the bucket: large files and archives are written in parts.',
      async () => {
        const id = await multipart.begin(joined, {})
        try {
          const etags = [await multipart.part(joined, id, 1, bytes), await multipart.part(joined, id, 2, bytes.subarray(0, 10))]
          await multipart.join(joined, id, etags, {})
        } catch (error) {
          await multipart.abort(joined, id).catch(() => {})
          throw error
        }
        const tail = await read(joined, bytes.length, bytes.length + 10)
        if (!tail.equals(bytes.subarray(0, 10))) throw new Wrong('the parts were not joined as they were sent')
        return 'two parts joined'
      },
    ],
    [
      'presign',
      'Check S3_PUBLIC_ENDPOINT and S3_REGION, and that this machine reaches that address; leave S3_PUBLIC_ENDPOINT out to send downloads through Keepsake.',
      async () => {
        const signed = { path, disposition: 'attachment', mime: 'application/zip', seconds: 60, now: options.clock.now() }
        const answer = await fetch(presignedUrl({ ...options, endpoint }, signed), { signal: AbortSignal.timeout(20_000) })
        const got = Buffer.from(await answer.arrayBuffer())
        if (!answer.ok) throw new Wrong(`${answer.status} at ${new URL(endpoint).origin}`)
        if (!got.equals(bytes)) throw new Wrong('other bytes than were written')
        return `at ${new URL(endpoint).origin}`
      },
    ],
    [
      'list',
      'Allow s3:ListBucket on the bucket.',
      async () => {
        let n = 0
        for await (const _ of bucket.list(`${folder}/`)) n++
        if (n < 1) throw new Wrong('what was written is not listed')
        return `${n} objects`
      },
    ],
    [
      'delete',
      'Allow s3:DeleteObject on the bucket, and switch Object Lock off for it.',
      async () => {
        for (const one of [path, copy, joined]) await bucket.delete(one)
        if (await readSmall(bucket, path)) throw new Wrong('what was deleted is still there')
        return 'gone at once'
      },
    ],
    [
      'clock',
      'Set the clock of this machine (NTP): a store refuses requests that are 15 minutes off, and signed addresses end too early or too late.',
      async () => {
        const answer = await fetch(options.endpoint ?? `https://s3.${options.region}.amazonaws.com`, {
          method: 'HEAD',
          signal: AbortSignal.timeout(20_000),
        })
        const date = Date.parse(answer.headers.get('date') ?? '')
        if (Number.isNaN(date)) return 'the store does not say what time it is'
        const apart = Math.round((options.clock.now().getTime() - date) / 1000)
        if (Math.abs(apart) > 60) throw new Wrong(`ours is ${apart} s ahead of the store's`)
        return `${Math.abs(apart)} s apart`
      },
    ],
  ]
  const probed: Probed[] = []
  for (const [check, remedy, question] of questions) {
    try {
      probed.push({ check, ok: true, found: await question(), remedy: null })
    } catch (error) {
      probed.push({ check, ok: false, found: reasonOf(error), remedy: remedyOf(error) ?? remedy })
    }
  }
  return probed
}

function reasonOf(error: unknown): string {
  if (error instanceof AppError) return typeof error.facts.reason === 'string' ? `${error.code}: ${error.facts.reason}` : error.code
  return error instanceof Wrong ? error.message : `it failed (${error instanceof Error ? error.name : 'unknown'})`
}

/** What the adapter knows to say about a wrong key, bucket or region. */
function remedyOf(error: unknown): string | null {
  const remedy = error instanceof AppError ? error.facts.remedy : null
  return typeof remedy === 'string' && !/rights on the bucket/.test(remedy) ? remedy : null
}
