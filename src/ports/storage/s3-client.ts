/** Asks an S3 server: the SDK loaded when first needed, deadlines, tries, and its errors in our words. */

import type { Readable } from 'node:stream'
import type * as Sdk from '@aws-sdk/client-s3'
import { deadline } from '../../base/deadline.ts'
import { vigil } from '../vigil.ts'
import { answerOf, isDamaged, storageError } from './s3-errors.ts'

export interface S3Options {
  /** undefined: Amazon's own, by region */
  endpoint?: string | undefined
  /** where people reach the same server; undefined: they do not, and bytes pass through us */
  publicEndpoint?: string | undefined
  region: string
  bucket: string
  accessKeyId: string
  secretAccessKey: string
  /** the bucket's name in the path (most self-hosted servers), not in the host name */
  pathStyle: boolean
  /** of the objects; undefined: the bucket's own */
  storageClass?: string | undefined
  patience?: Partial<Patience>
}

/** All in milliseconds. */
export interface Patience {
  connect: number
  /** without one byte */
  idle: number
  /** a request with all its tries, besides the time its bytes need at 64 KiB/s */
  whole: number
}

const usual: Patience = { connect: 5_000, idle: 30_000, whole: 90_000 }
const slowest = 64 // bytes a millisecond
const tries = 4

export interface Asking {
  /** what goes over the line, for the deadline */
  bytes?: number
  signal?: AbortSignal | undefined
  /** HTTP statuses that the caller understands: their errors are handed on as they are */
  expected?: number[]
}

/** Makes one request, with all its tries. */
export type Ask = <T>(
  facts: Record<string, unknown>,
  request: (sdk: typeof Sdk, client: Sdk.S3Client, more: { abortSignal: AbortSignal }) => Promise<T>,
  asking?: Asking,
) => Promise<T>

export function asker(options: S3Options): Ask {
  const patience = { ...usual, ...options.patience }
  let loading: Promise<{ sdk: typeof Sdk; client: Sdk.S3Client }> | undefined

  // loading takes half a second, which a store on disk must not cost
  const load = () => {
    loading ??= import('@aws-sdk/client-s3').then((sdk) => ({ sdk, client: clientOf(sdk, options, patience) }))
    return loading
  }

  // any answer will do, also a refusal: then the server lives, and what it works at may take its time
  const probe = async (ms: number): Promise<void> => {
    const { sdk, client } = await load()
    const asked = client.send(new sdk.HeadBucketCommand({ Bucket: options.bucket }), { abortSignal: AbortSignal.timeout(ms) })
    await asked.catch((error: unknown) => {
      if (answerOf(error).status === undefined) throw error
    })
  }
  const watch = vigil({ probe })

  return async (facts, request, { bytes = 0, signal, expected = [] } = {}) => {
    signal?.throwIfAborted()
    const { sdk, client } = await load()
    const limit = deadline(patience.whole + Math.ceil(bytes / slowest), signal)
    const over = watch.waits(() => limit.end(Object.assign(new Error('the server answers nobody'), { code: 'no_answer' })))
    let body: Readable | undefined
    try {
      for (let n = 1; ; n++) {
        try {
          const answer = await request(sdk, client, { abortSignal: limit.signal })
          body = (answer as { Body?: Readable } | undefined)?.Body
          return answer
        } catch (error) {
          signal?.throwIfAborted()
          if (isDamaged(error) && n < tries) continue
          if (expected.includes(answerOf(error).status ?? 0)) throw error
          throw storageError(limit.signal.aborted ? limit.signal.reason : error, { bucket: options.bucket, ...facts })
        }
      }
    } finally {
      over()
      // what is still to be read belongs to the same time
      if (body && !body.closed) body.once('close', limit.leave)
      else limit.leave()
    }
  }
}

function clientOf(sdk: typeof Sdk, options: S3Options, patience: Patience): Sdk.S3Client {
  // many slow downloads at once, each with a connection of its own, must not keep a build waiting
  const agent = { maxSockets: 512, keepAlive: true }
  return new sdk.S3Client({
    ...(options.endpoint ? { endpoint: options.endpoint } : {}),
    region: options.region,
    forcePathStyle: options.pathStyle,
    credentials: { accessKeyId: options.accessKeyId, secretAccessKey: options.secretAccessKey },
    // old and other people's servers refuse or mishandle the trailers; bodies are buffers, whose SHA-256 is signed
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    maxAttempts: tries,
    retryMode: 'standard',
    // one more way there and back for every part
    expectContinueHeader: false,
    requestHandler: { connectionTimeout: patience.connect, socketTimeout: patience.idle, httpAgent: agent, httpsAgent: agent },
  })
}
