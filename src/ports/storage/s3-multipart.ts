/** The requests we make for multipart uploads of one bucket: an object sent or copied in parts, there only when they are joined. */

import type * as Sdk from '@aws-sdk/client-s3'
import { AppError } from '../../base/errors.ts'
import { type Attempt, copySource, described } from './s3-bucket.ts'
import type { Ask, S3Options } from './s3-client.ts'
import { answerOf, storageError } from './s3-errors.ts'

/** Bytes [from, to) of another object; with `etag` only if it is still that one. */
export interface CopySource {
  path: string
  from: number
  to: number
  etag?: string
}

export type Multipart = ReturnType<typeof multipartOf>

export function multipartOf(ask: Ask, options: Pick<S3Options, 'bucket' | 'storageClass'>) {
  const Bucket = options.bucket
  return {
    /** Begins a multipart upload; answers its id. */
    begin: async (Key: string, attempt: Attempt): Promise<string> => {
      const { onlyNew: _, ...rest } = attempt
      const input = { Bucket, Key, ...described(rest, options) }
      const begun = await ask({ path: Key }, (sdk, client, more) => client.send(new sdk.CreateMultipartUploadCommand(input), more))
      if (!begun.UploadId) throw new AppError('storage_unreachable', { path: Key, reason: 'no upload id' })
      return begun.UploadId
    },

    /** Sends part `PartNumber` (from 1); answers its ETag. */
    part: async (Key: string, UploadId: string, PartNumber: number, Body: Uint8Array, signal?: AbortSignal): Promise<string> => {
      const input = { Bucket, Key, UploadId, PartNumber, Body }
      const sent = await ask({ path: Key }, (sdk, client, more) => client.send(new sdk.UploadPartCommand(input), more), {
        bytes: Body.length,
        signal,
      })
      return sent.ETag ?? ''
    },

    /** Makes part `PartNumber` of bytes [from, to) of another object, inside the store; answers its ETag. */
    copyPart: async (Key: string, UploadId: string, PartNumber: number, source: CopySource, signal?: AbortSignal): Promise<string> => {
      const input = {
        Bucket,
        Key,
        UploadId,
        PartNumber,
        CopySource: copySource(Bucket, source.path),
        CopySourceRange: `bytes=${source.from}-${source.to - 1}`,
        ...(source.etag ? { CopySourceIfMatch: source.etag } : {}),
      }
      const made = await ask(
        { path: Key, from: source.path },
        (sdk, client, more) => client.send(new sdk.UploadPartCopyCommand(input), more),
        {
          bytes: source.to - source.from,
          signal,
        },
      )
      return made.CopyPartResult?.ETag ?? ''
    },

    /** Joins the parts. 'unknown': there is no such upload (any more); 'exists' only with `onlyNew`. */
    join: async (Key: string, UploadId: string, etags: string[], { onlyNew }: Attempt): Promise<'joined' | 'unknown' | 'exists'> => {
      const MultipartUpload = { Parts: etags.map((ETag, n) => ({ ETag, PartNumber: n + 1 })) }
      const input = { Bucket, Key, UploadId, MultipartUpload, ...described({ onlyNew: onlyNew ?? false }, options) }
      try {
        // some servers write all of it anew before they answer
        const bytes = etags.length * 8 * 1024 * 1024
        const expected = [404, 409, 412]
        await ask({ path: Key }, (sdk, client, more) => client.send(new sdk.CompleteMultipartUploadCommand(input), more), {
          bytes,
          expected,
        })
        return 'joined'
      } catch (error) {
        const { status, name } = answerOf(error)
        if (status === 404 && name !== 'NoSuchBucket') return 'unknown'
        if (onlyNew && (status === 409 || status === 412)) return 'exists'
        throw storageError(error, { bucket: Bucket, path: Key })
      }
    },

    /** Throws a multipart upload away; one that is unknown is no error. */
    abort: async (Key: string, UploadId: string): Promise<void> => {
      const input = { Bucket, Key, UploadId }
      await ask({ path: Key }, (sdk, client, more) => client.send(new sdk.AbortMultipartUploadCommand(input), more), {
        expected: [404],
      }).catch((error: unknown) => {
        if (answerOf(error).status !== 404) throw error
      })
    },

    /** Multipart uploads that were begun and neither joined nor aborted. */
    async *unfinished(Prefix: string): AsyncGenerator<{ path: string; id: string; begun: number }, void, undefined> {
      for (let marker: { KeyMarker?: string | undefined; UploadIdMarker?: string | undefined } = {}; ; ) {
        const input = { Bucket, Prefix, ...marker }
        const page: Sdk.ListMultipartUploadsCommandOutput = await ask({ prefix: Prefix }, (sdk, client, more) =>
          client.send(new sdk.ListMultipartUploadsCommand(input), more),
        )
        for (const { Key, UploadId, Initiated } of page.Uploads ?? [])
          if (Key && UploadId) yield { path: Key, id: UploadId, begun: Initiated?.getTime() ?? 0 }
        if (!page.IsTruncated || !page.NextKeyMarker) return
        marker = { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker }
      }
    },

    /** When the last part of a multipart upload arrived, by the server's clock; 0 while there is none. */
    lastPart: async (Key: string, UploadId: string): Promise<number> => {
      let last = 0
      for (let PartNumberMarker: string | undefined; ; ) {
        const input = { Bucket, Key, UploadId, PartNumberMarker }
        const page: Sdk.ListPartsCommandOutput = await ask({ path: Key }, (sdk, client, more) =>
          client.send(new sdk.ListPartsCommand(input), more),
        )
        for (const { LastModified } of page.Parts ?? []) last = Math.max(last, LastModified?.getTime() ?? 0)
        PartNumberMarker = page.IsTruncated ? page.NextPartNumberMarker : undefined
        if (!PartNumberMarker) return last
      }
    },
  }
}
