/** The requests we make for objects of one bucket. */

import type { Readable } from 'node:stream'
import type * as Sdk from '@aws-sdk/client-s3'
import { AppError } from '../../base/errors.ts'
import type { Assembling } from './port.ts'
import type { Ask, S3Options } from './s3-client.ts'
import { answerOf, storageError } from './s3-errors.ts'

export interface Head {
  size: number
  etag: string
  /** who wrote it: see `Attempt` */
  token: string | undefined
}

/** The beginning of an answer; its bytes are still to be read. */
export interface Opened {
  etag: string
  /** bytes of the whole object */
  size: number
  body: Readable
}

export interface Listed {
  path: string
  size: number
  /** without its quotes */
  etag: string
  /** the server's clock, milliseconds */
  modified: number
}

/** Names one try to write, so that who lost the answer can tell its own object from another's. */
export interface Attempt {
  token?: string
  /** refuses to replace an object, where the server can */
  onlyNew?: boolean
  /** an original, so it goes into the configured storage class */
  original?: boolean
  about?: Assembling['about']
}

export type Bucket = ReturnType<typeof bucketOf>

export function bucketOf(ask: Ask, options: Pick<S3Options, 'bucket' | 'storageClass'>) {
  const Bucket = options.bucket
  return {
    /** null when there is no such object (or no such bucket: a HEAD cannot tell). */
    head: async (Key: string, signal?: AbortSignal): Promise<Head | null> => {
      try {
        const found = await ask({ path: Key }, (sdk, client, more) => client.send(new sdk.HeadObjectCommand({ Bucket, Key }), more), {
          signal,
          expected: [404],
        })
        return { size: found.ContentLength ?? 0, etag: found.ETag ?? '', token: found.Metadata?.token }
      } catch (error) {
        if (answerOf(error).status === 404) return null
        throw error
      }
    },

    /**
     * Opens bytes [from, to) of an object, fewer where it ends before. 'missing', 'short' (it ends before `from`) or 'changed'
     * (it is not the one with `etag`) instead of an answer.
     */
    get: async (
      Key: string,
      from: number,
      to: number,
      { etag, signal }: { etag?: string | undefined; signal?: AbortSignal | undefined } = {},
    ): Promise<Opened | 'missing' | 'short' | 'changed'> => {
      try {
        const Range = `bytes=${from}-${to - 1}`
        const input = { Bucket, Key, Range, ...(etag ? { IfMatch: etag } : {}) }
        const found = await ask({ path: Key }, (sdk, client, more) => client.send(new sdk.GetObjectCommand(input), more), {
          bytes: to - from,
          signal,
          expected: [404, 412, 416],
        })
        const body = found.Body as Readable
        // a line that breaks while nobody reads must not end the process
        body.on('error', () => {})
        const [, first, , size] = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(found.ContentRange ?? '') ?? []
        if (Number(first) !== from) {
          body.destroy()
          throw new AppError('storage_unreachable', { path: Key, reason: 'the server ignores ranges' })
        }
        return { etag: found.ETag ?? '', size: Number(size), body }
      } catch (error) {
        const { status, name } = answerOf(error)
        if (status === 404 && name !== 'NoSuchBucket') return 'missing'
        if (status === 412) return 'changed'
        if (status === 416) return 'short'
        throw storageError(error, { bucket: Bucket, path: Key })
      }
    },

    /** 'exists' only with `onlyNew`; 'unable' where the server does not know that wish. */
    put: async (Key: string, Body: Uint8Array, attempt: Attempt = {}, signal?: AbortSignal): Promise<'written' | 'exists' | 'unable'> => {
      try {
        const input = { Bucket, Key, Body, ...described(attempt, options) }
        const expected = attempt.onlyNew ? [412, 409, 501] : []
        await ask({ path: Key }, (sdk, client, more) => client.send(new sdk.PutObjectCommand(input), more), {
          bytes: Body.length,
          signal,
          expected,
        })
        return 'written'
      } catch (error) {
        const { status } = answerOf(error)
        if (attempt.onlyNew && (status === 412 || status === 409)) return 'exists'
        if (attempt.onlyNew && status === 501) return 'unable'
        throw error
      }
    },

    /** Copies a whole object, at most 5 GiB, inside the store. */
    copy: async (from: string, Key: string, attempt: Attempt = {}): Promise<void> => {
      const input = {
        Bucket,
        Key,
        CopySource: copySource(Bucket, from),
        ...described(attempt, options),
        MetadataDirective: 'REPLACE' as const,
      }
      await ask({ path: Key, from }, (sdk, client, more) => client.send(new sdk.CopyObjectCommand(input), more))
    },

    delete: async (Key: string): Promise<void> => {
      await ask({ path: Key }, (sdk, client, more) => client.send(new sdk.DeleteObjectCommand({ Bucket, Key }), more), {
        expected: [404],
      }).catch((error: unknown) => {
        if (answerOf(error).status !== 404 || answerOf(error).name === 'NoSuchBucket') throw storageError(error, { bucket: Bucket })
      })
    },

    /** Every object whose path begins with `Prefix`, by name; asks for at most `MaxKeys` at once. */
    async *list(Prefix: string, MaxKeys = 1000): AsyncGenerator<Listed, void, undefined> {
      for (let ContinuationToken: string | undefined; ; ) {
        const input = { Bucket, Prefix, MaxKeys, ContinuationToken }
        const page: Sdk.ListObjectsV2CommandOutput = await ask({ prefix: Prefix }, (sdk, client, more) =>
          client.send(new sdk.ListObjectsV2Command(input), more),
        )
        for (const { Key, Size, ETag = '', LastModified } of page.Contents ?? [])
          if (Key !== undefined)
            yield { path: Key, size: Size ?? 0, etag: ETag.replaceAll('"', ''), modified: LastModified?.getTime() ?? 0 }
        ContinuationToken = page.IsTruncated ? page.NextContinuationToken : undefined
        if (!ContinuationToken) return
      }
    },
  }
}

/** How a copy names its source: encoded, for paths of other people may hold any sign. */
export const copySource = (bucket: string, path: string): string => `${bucket}/${path.split('/').map(encodeURIComponent).join('/')}`

/** The headers of an attempt. */
export const described = ({ token, onlyNew, original, about }: Attempt, { storageClass }: Pick<S3Options, 'storageClass'>) => ({
  ...(token ? { Metadata: { ...about?.words, token } } : {}),
  ...(about ? { ContentType: about.mime } : {}),
  ...(onlyNew ? { IfNoneMatch: '*' } : {}),
  ...(original && storageClass ? { StorageClass: storageClass as Sdk.StorageClass } : {}),
})
