/**
 * One way to make a ZIP in a bucket, in a process of its own: `<one level|two levels|get and put|SDK alone|check> <options> <plan> <key>`.
 * "SDK alone" moves the same bytes, 8 at once, and does nothing else with them.
 */
import { readFileSync } from 'node:fs'
import * as sdk from '@aws-sdk/client-s3'
import { systemClock } from '../src/base/clock.ts'
import { storagePieces } from '../src/features/archives/sealed.ts'
import type { Piece } from '../src/ports/storage/port.ts'
import { s3Storage } from '../src/ports/storage/s3.ts'
import { assembleOnS3 } from '../src/ports/storage/s3-assemble.ts'
import type { S3Options } from '../src/ports/storage/s3-client.ts'
import { eachOf } from '../src/ports/storage/s3-parallel.ts'
import { placeIn } from '../src/ports/storage/s3-place.ts'
import { planInStore } from '../src/ports/storage/s3-plan.ts'
import { sealedOf } from './plan.ts'
import { watch } from './watch.ts'

const [way, given, plan, key] = process.argv.slice(2) as [string, string, string, string]
const options: S3Options = JSON.parse(readFileSync(given, 'utf8'))
const sealed = sealedOf(plan)
const pieces = [...storagePieces(sealed)]
const size = sealed.layout.total

if (way === 'SDK alone') {
  const { endpoint, region, accessKeyId, secretAccessKey, bucket: Bucket } = options
  const credentials = { accessKeyId, secretAccessKey }
  const checks = { requestChecksumCalculation: 'WHEN_REQUIRED', responseChecksumValidation: 'WHEN_REQUIRED' } as const
  const client = new sdk.S3Client({ endpoint: endpoint!, region, forcePathStyle: true, credentials, ...checks })
  await client.send(new sdk.ListObjectsV2Command({ Bucket, MaxKeys: 1 }))
  const stop = watch()
  const Key = `objects/${key}`
  const { UploadId } = await client.send(new sdk.CreateMultipartUploadCommand({ Bucket, Key }))
  const parts: { ETag: string; PartNumber: number }[] = []
  const reach = 8 * 1024 * 1024
  const ranges = pieces.flatMap((piece: Piece) =>
    piece.kind === 'bytes'
      ? []
      : Array.from({ length: Math.ceil(piece.to / reach) }, (_, i) => ({ key: piece.key, from: i * reach, to: piece.to })),
  )
  await eachOf(ranges.entries(), 8, async ([n, { key: from, from: start, to }]) => {
    const Range = `bytes=${start}-${Math.min(to, start + reach) - 1}`
    const got = await client.send(new sdk.GetObjectCommand({ Bucket, Key: `objects/${from}`, Range }))
    const Body = await got.Body!.transformToByteArray()
    const { ETag } = await client.send(new sdk.UploadPartCommand({ Bucket, Key, UploadId, PartNumber: n + 1, Body }))
    parts[n] = { ETag: ETag!, PartNumber: n + 1 }
  })
  // parts may be too small to be joined: what counts is that the bytes have gone there and back
  await client.send(new sdk.CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts: parts } })).catch(() => {})
  stop({ moved: size, requests: 2 * ranges.length + 2 })
  await client.send(new sdk.AbortMultipartUploadCommand({ Bucket, Key, UploadId })).catch(() => {})
  await client.send(new sdk.DeleteObjectCommand({ Bucket, Key }))
} else {
  const storage = s3Storage({ ...options, clock: systemClock })
  await storage.identify('bench', true)
  const place = placeIn(options, systemClock)
  await place.marker.identify('bench', true)
  if (way === 'check') {
    const stop = watch()
    stop({ sha256: (await storage.digest(key, Float64Array.of(size))).sha256 })
  } else {
    const stop = watch()
    const choose = () => (way === 'get and put' ? null : planInStore(pieces, way === 'one level' ? 1 : 2))
    const { moved, requests, sha256 } = await assembleOnS3(place, key, pieces, {}, choose)
    stop({ moved, requests, sha256, size })
    if (process.argv[6] !== 'keep') await storage.delete(key)
  }
}
