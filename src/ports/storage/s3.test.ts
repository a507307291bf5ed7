/** The S3 storage passes the contract on a real server, and keeps what only a bucket can get wrong. */

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, test } from 'node:test'
import {
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { requestProxy } from '../../../test/s3/faults.ts'
import { freshBucket, type Server, testServer } from '../../../test/s3/server.ts'
import { systemClock } from '../../base/clock.ts'
import type { Piece } from './port.ts'
import { s3Storage } from './s3.ts'
import { bodyOf, copyOf, described, drain, literal, named, readRange, refuses } from './samples.ts'
import { storageSuite } from './suite.ts'

const server = await testServer()
const clock = systemClock
const MiB = 2 ** 20

if (typeof server === 'string') test('the contract on a real S3 server', { skip: server }, () => {})
else {
  storageSuite('s3', async () => {
    const { storage, reopen, behind } = await inBucket(server)
    const loseMarker = async () =>
      void (await behind((client, Bucket) => client.send(new DeleteObjectCommand({ Bucket, Key: 'marker.json' }))))
    return { storage, cleanup: async () => {}, reopen, loseMarker }
  })
  describe('a bucket', () => tests(server))
}

/** A storage in a bucket of its own, and the same bucket as its operator sees it. */
async function inBucket(server: Server) {
  const options = await freshBucket(server)
  const { endpoint, region, bucket, accessKeyId, secretAccessKey } = options
  const reopen = () => s3Storage({ ...options, clock })
  async function behind<T>(work: (client: S3Client, Bucket: string) => Promise<T>): Promise<T> {
    const client = new S3Client({ endpoint: endpoint!, region, forcePathStyle: true, credentials: { accessKeyId, secretAccessKey } })
    return work(client, bucket).finally(() => client.destroy())
  }
  return {
    options,
    storage: reopen(),
    reopen,
    behind,
    /** everything that takes up room: objects, and multipart uploads that were not joined */
    left: () =>
      behind(async (client, Bucket) => {
        const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket }))
        const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket }))
        return [...Contents.map(({ Key }) => Key!), ...Uploads.map(({ Key }) => `unjoined ${Key}`)].sort()
      }),
  }
}

function tests(server: Server): void {
  test('an object of several parts is assembled from originals that cross them, and read back', async () => {
    const { storage, left } = await inBucket(server)
    await storage.identify('a')
    const film = randomBytes(19 * MiB)
    const photo = randomBytes(3 * MiB + 17)
    await storage.put('film', film)
    await storage.put('photo', photo)
    const pieces: Piece[] = [literal(randomBytes(100)), copyOf('film', film, 0, film.length)]
    for (let n = 0; n < 3; n++) pieces.push(literal(randomBytes(70)), copyOf('photo', photo, n, photo.length))
    const expected = Buffer.concat(pieces.map((p) => (p.kind === 'bytes' ? p.bytes : { film, photo }[p.key]!.subarray(p.from, p.to))))
    // the film is copied inside the store, so nobody has seen the whole yet
    const { size, sha256, moved } = await storage.assemble('zip', pieces)
    assert.deepEqual([size, sha256], [expected.length, null])
    assert.ok(moved < size - 10 * MiB)
    assert.ok(expected.equals(await readRange(storage, 'zip', 0, expected.length, MiB)))
    const found = await storage.digest('zip', Float64Array.of(100, 9 * MiB, expected.length))
    assert.deepEqual({ size: found.size, sha256: found.sha256 }, described(expected))
    const wrong = copyOf('photo', photo, 0, photo.length)
    await refuses('source_changed', storage.assemble('bad', [...pieces, { ...wrong, crc32: 1 }, ...pieces]), {
      reason: 'crc',
      key: 'photo',
    })
    assert.deepEqual(await left(), ['marker.json', 'objects/film', 'objects/photo', 'objects/zip', 'probe'])
  })

  test('a folder that somebody makes among our objects by hand, and what they put there, is not ours and stops no list', async () => {
    const { storage, behind } = await inBucket(server)
    await storage.identify('a')
    await storage.put('galleries/one', Buffer.from('ours'))
    for (const Key of ['objects/galleries/', 'objects/galleries/new folder/', 'objects/galleries/new folder/läuft.jpg'])
      await behind((client, Bucket) => client.send(new PutObjectCommand({ Bucket, Key, Body: '' })))
    assert.deepEqual(await Array.fromAsync(storage.list('galleries/')), [{ key: 'galleries/one', size: 4 }])
  })

  test('a long upload in uneven steps becomes an object inside the store', async () => {
    const { options, left } = await inBucket(server)
    const proxy = await requestProxy(server.endpoint)
    const storage = s3Storage({ ...options, endpoint: proxy.endpoint, clock })
    await storage.identify('a')
    const bytes = randomBytes(33 * MiB + 5)
    await storage.beginUpload(named('u'))
    let at = 0
    for (const step of [16 * MiB, 9_999_999, 1, bytes.length]) {
      const end = Math.min(bytes.length, at + step)
      assert.equal(await storage.appendUpload(named('u'), at, bodyOf(bytes.subarray(at, end), 65_536), bytes.length), end)
      at = end
    }
    const held = await drain(await storage.openUpload(named('u'), 7 * MiB, 27 * MiB), 300_000)
    assert.ok(bytes.subarray(7 * MiB, 27 * MiB).equals(held))
    await storage.takeUpload(named('u', 1), bytes.length)
    proxy.seen.length = 0
    let asked = 0
    await storage.finishUpload(named('u', 1), 'film', async () => ++asked > 0)
    assert.ok(bytes.equals(await readRange(storage, 'film', 0, bytes.length, MiB)))
    const parts = proxy.seen.filter(({ method, url }) => method === 'PUT' && url.includes('partNumber='))
    const read = proxy.seen.filter(({ method, url }) => method === 'GET' && url.includes('/uploads/') && !url.includes('?list'))
    // the part that two steps share passes through us, the other four are copied
    assert.equal(parts.length, 5)
    assert.equal(new Set(read.map(({ url }) => url)).size, 3)
    assert.ok(asked >= 5, `the lease was asked for ${asked} times`)
    assert.deepEqual(await left(), ['marker.json', 'objects/film', 'probe'])
    await proxy.close()
  })

  test('who loses the upload while it becomes an object ends, and leaves nothing half done', async () => {
    const { storage, left } = await inBucket(server)
    await storage.identify('a')
    await storage.beginUpload(named('u'))
    const bytes = randomBytes(9 * MiB)
    await storage.appendUpload(named('u'), 0, bodyOf(bytes, MiB), bytes.length)
    await refuses(
      'upload_busy',
      storage.finishUpload(named('u'), 'film', async () => false),
    )
    assert.equal(await storage.size('film'), null)
    assert.equal((await left()).filter((name) => name.startsWith('unjoined')).length, 0)
    await storage.finishUpload(named('u'), 'film')
    assert.ok(bytes.equals(await readRange(storage, 'film', 0, bytes.length, MiB)))
  })

  test('of writers in several processes one wins, where the server heeds conditions', async () => {
    const { storage, reopen } = await inBucket(server)
    await storage.identify('a')
    const bodies = Array.from({ length: 6 }, () => randomBytes(2000))
    const writers = await Promise.all(
      bodies.map(async () => {
        const other = reopen()
        await other.identify('a', true)
        await other.put(`warm-up/${randomBytes(4).toString('hex')}`, bodies[0]!)
        return other
      }),
    )
    const results = await Promise.allSettled(writers.map((writer, n) => writer.put('one', bodies[n]!)))
    const won = results.flatMap(({ status }, n) => (status === 'fulfilled' ? [n] : []))
    assert.equal(won.length, 1)
    assert.ok(bodies[won[0]!]!.equals(await readRange(storage, 'one', 0, 2000)))
  })

  test('a bucket that is not there is named and not made', async () => {
    const { options, behind } = await inBucket(server)
    const storage = s3Storage({ ...options, bucket: `${options.bucket}-none`, clock })
    for (const known of [false, true])
      await refuses('storage_unreachable', storage.identify('a', known), {
        bucket: `${options.bucket}-none`,
        remedy: 'create the bucket first, or correct S3_BUCKET: Keepsake never creates one',
      })
    await assert.rejects(
      behind((client) => client.send(new ListObjectsV2Command({ Bucket: `${options.bucket}-none` }))),
      { name: 'NoSuchBucket' },
    )
  })

  test('a bucket of another installation, or with a marker nobody can read, is left alone', async () => {
    const { storage, reopen, behind, left } = await inBucket(server)
    await storage.identify('a')
    await storage.put('k', randomBytes(10))
    const before = await left()
    const other = reopen()
    await refuses('storage_foreign', other.identify('b'))
    const works = [
      () => other.delete('k'),
      () => other.sweep(new Date(8e12)),
      () => other.dropUpload(named('u')),
      () => other.put('l', randomBytes(1)),
    ]
    for (const work of works) await refuses('storage_foreign', work())
    await behind((client, Bucket) => client.send(new PutObjectCommand({ Bucket, Key: 'marker.json', Body: 'damaged' })))
    await refuses('storage_foreign', storage.delete('k'))
    assert.deepEqual(await left(), before)
  })

  test('what killed writers left is swept, and nothing else', async () => {
    const { storage, behind, left } = await inBucket(server)
    await storage.identify('a')
    await storage.put('k', randomBytes(10))
    await storage.beginUpload(named('mine'))
    await behind(async (client, Bucket) => {
      for (const Key of ['objects/empty', 'objects/begun']) {
        const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key }))
        if (Key === 'objects/begun')
          await client.send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber: 1, Body: randomBytes(10) }))
      }
      // a stalled holder wrote on after the upload was taken from it
      for (const n of [0, 1]) await client.send(new PutObjectCommand({ Bucket, Key: `uploads/gone~0/000000000001.t.${n}.0`, Body: 'late' }))
      await client.send(new PutObjectCommand({ Bucket, Key: 'somebody/elses', Body: 'x' }))
    })
    const all = await left()
    assert.equal(await storage.sweep(new Date(0)), 0)
    assert.deepEqual(await left(), all)
    assert.equal(await storage.sweep(new Date(8e12)), 3)
    assert.deepEqual(await left(), ['marker.json', 'objects/k', 'probe', 'somebody/elses', 'uploads/mine~0/begin'])
  })
}
