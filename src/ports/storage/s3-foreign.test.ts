/** Objects of other people in our bucket: read by If-Match, copied inside the store, never written, deleted or handed out. */

import assert from 'node:assert/strict'
import { hash, randomBytes } from 'node:crypto'
import { before, test } from 'node:test'
import { crc32 } from 'node:zlib'
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { freshBucket, testServer } from '../../../test/s3/server.ts'
import { systemClock } from '../../base/clock.ts'
import { isCode } from '../../base/errors.ts'
import type { Piece, Storage } from './port.ts'
import { s3Storage } from './s3.ts'

const server = await testServer()
const skip = typeof server === 'string' ? server : false
const path = "albums/a/photos/Größe #1 + (x)'s.jpg"
const bytes = randomBytes(12 * 1024 * 1024)
let storage: Storage
let put: (Body: Uint8Array, Key?: string) => Promise<unknown>

before(async () => {
  if (typeof server === 'string') return
  const bucket = await freshBucket(server)
  const { endpoint, region, accessKeyId, secretAccessKey } = bucket
  const client = new S3Client({ endpoint: endpoint!, region, forcePathStyle: true, credentials: { accessKeyId, secretAccessKey } })
  put = (Body, Key = path) => client.send(new PutObjectCommand({ Bucket: bucket.bucket, Key, Body }))
  storage = s3Storage({ ...bucket, clock: systemClock, publicEndpoint: bucket.endpoint })
  await storage.identify('a')
})

const listed = async (prefix = 'albums/') => {
  for await (const object of storage.foreign!.list(prefix)) return object
  throw new Error('nothing is there')
}
const pieces = (key: string): Piece[] => [
  { kind: 'bytes', bytes: Buffer.from('head') },
  { kind: 'copy', key, from: 0, to: bytes.length, crc32: crc32(bytes) },
]

test('an archive is made of them, inside the store', { skip }, async () => {
  await put(bytes)
  const { key, size } = await listed()
  assert.equal(size, bytes.length)
  const made = await storage.assemble('galleries/a/archives/1.zip', pieces(key))
  assert.ok(made.moved < made.size, 'most of it was copied by the store')
  const whole = Buffer.concat([Buffer.from('head'), bytes])
  assert.equal((await storage.digest('galleries/a/archives/1.zip', Float64Array.of(whole.length))).sha256, hash('sha256', whole))
})

test('one with a % in its name passes through us: an old server does not survive copying it', { skip }, async () => {
  await put(bytes, 'odd/100 %.jpg')
  const { key } = await listed('odd/')
  const made = await storage.assemble('galleries/a/archives/3.zip', pieces(key))
  const whole = Buffer.concat([Buffer.from('head'), bytes])
  assert.deepEqual([made.moved, made.sha256], [made.size, hash('sha256', whole)])
})

test('one that was replaced by other bytes of the same size is never read, copied or handed out', { skip }, async () => {
  await put(bytes)
  const { key } = await listed()
  await put(randomBytes(bytes.length))
  const refused = (error: unknown) => isCode(error, 'source_changed') && error.facts.key === key
  await assert.rejects(storage.assemble('galleries/a/archives/2.zip', pieces(key)), refused)
  await assert.rejects(storage.open(key, 5, 10), refused)
  await assert.rejects(storage.digest(key, Float64Array.of(bytes.length)), refused)
  assert.equal(await storage.size(key), null)
  assert.equal(await storage.size('galleries/a/archives/2.zip'), null)
  assert.equal(await storage.presign(key, { disposition: 'attachment', mime: 'image/jpeg', seconds: 60 }), null)
})

test('nothing writes or deletes under their keys', { skip }, async () => {
  await put(bytes)
  const { key } = await listed()
  for (const write of [
    () => storage.put(key, bytes),
    () => storage.delete(key),
    () => storage.assemble(key, []),
    () => storage.finishUpload({ id: 'u', generation: 0 }, key),
  ])
    await assert.rejects(async () => write(), TypeError)
  assert.equal(await storage.size(key), bytes.length)
})
