/** The rescue into a bucket: transfers that break are gone on with by Range, what is no song leaves nothing, and copies are made inside the store. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { ListObjectsV2Command } from '@aws-sdk/client-s3'
import { mp3, mp4, noise } from '../../../test/media.ts'
import { behind, freshBucket, testServer } from '../../../test/s3/server.ts'
import { minutes, systemClock } from '../../base/clock.ts'
import { newId } from '../../base/id.ts'
import { findAsset } from '../../data/assets.ts'
import { findGallery } from '../../data/galleries.ts'
import { findPlacement } from '../../data/placements.ts'
import { installationId } from '../../data/settings.ts'
import { s3Storage } from '../../ports/storage/s3.ts'
import type { S3Options } from '../../ports/storage/s3-client.ts'
import { readRange } from '../../ports/storage/samples.ts'
import { createGallery } from '../galleries/edit.ts'
import { askIntoGallery, place, viewPlacement } from './into.ts'
import { run } from './run.ts'
import { type Bed, bed } from './testbed.test.ts'

const server = await testServer()
const go = new AbortController().signal
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

/** A film of this many bytes: room behind its end belongs to it. */
function film(size: number): Buffer {
  const made = mp4({ seed: 5 })
  const room = Buffer.alloc(8)
  room.writeUInt32BE(size - made.length)
  room.write('free', 4)
  return Buffer.concat([made, room, noise(size - made.length - 8, 9)])
}

describe('a rescue into a bucket', { skip: typeof server === 'string' ? server : false }, () => {
  let b: Bed
  let bucket: S3Options
  before(async () => {
    bucket = await freshBucket(server as { endpoint: string })
    const storage = s3Storage({ ...bucket, clock: systemClock })
    b = await bed({ storage })
    await storage.identify(await installationId(b.world.deps.db, newId(systemClock.now())))
  })
  after(() => b.close())

  const objects = async (prefix: string) => {
    const client = behind(bucket)
    try {
      return ((await client.send(new ListObjectsV2Command({ Bucket: bucket.bucket, Prefix: prefix }))).Contents ?? []).map(
        ({ Key }) => Key!,
      )
    } finally {
      client.destroy()
    }
  }
  const quick = (ownerId: string) => run(b.world.deps, { ownerId, limit: 10 }, go, { waits: [5, 5] })
  async function stored(address: string | null): Promise<Buffer> {
    const asset = (await findAsset(b.world.deps.db, address!.split('/').at(-1)!))!
    return readRange(b.world.deps.storage, asset.storageKey, 0, asset.size)
  }

  test('a song and a film whose transfers break twice are whole, and nothing of what passed is asked for again', async () => {
    const me = await b.owner()
    const song = mp3({ frames: 2000 })
    const long = film(12_000_000)
    b.provider.media.set('/long.mp4', {
      bytes: long,
      etag: '"film"',
      faults: [
        { kind: 'cut', after: 9_000_000 },
        { kind: 'cut', after: 1_000_000 },
      ],
    })
    const [id] = await b.add(
      me,
      b.offer({ videoUrl: `${b.provider.url}/long.mp4`, audioUrl: `${b.provider.url}/song.mp3` }, { audio: null }),
    )
    b.provider.media.set('/song.mp3', { bytes: song, etag: '"song"', faults: [{ kind: 'cut', after: 300_000 }] })
    assert.equal((await quick(me)).results.succeeded, 1)
    const track = await b.see(me, id!)
    assert.equal(track.state, 'rescued', JSON.stringify(track.media))
    assert.equal(sha256(await stored(track.storage_audio_url)), sha256(song))
    assert.equal(sha256(await stored(track.storage_video_url)), sha256(long))
    for (const [path, tries] of [
      ['/song.mp3', 2],
      ['/long.mp4', 3],
    ] as const) {
      const from = b.provider.asked
        .filter((one) => one.path === path)
        .map(({ headers }) => Number(/(\d+)-$/.exec(headers.range ?? '0-')![1]))
      assert.equal(from.length, tries, path)
      // it only ever goes on
      assert.deepEqual(
        from,
        from.toSorted((x, y) => x - y),
      )
      assert.ok(from.at(-1)! > 0, path)
    }
    assert.deepEqual(await objects('uploads/'), [])
  })

  test('junk leaves nothing in the bucket, and the next try saves what is whole by then', async () => {
    const me = await b.owner()
    const track = b.offer()
    const { pathname } = new URL(track.audioUrl)
    const whole = b.provider.media.get(pathname)!
    b.provider.media.set(pathname, { ...whole, bytes: whole.bytes.subarray(0, whole.bytes.length - 100) })
    const before = await objects('objects/')
    const [id] = await b.add(me, track)
    assert.equal((await quick(me)).results.failed, 1)
    assert.equal((await b.see(me, id!)).error_code, 'remote_unreadable')
    assert.deepEqual([await objects('objects/'), await objects('uploads/')], [before, []])
    b.provider.media.set(pathname, whole)
    b.world.clock.advance(minutes(6))
    assert.equal((await quick(me)).results.succeeded, 1)
    assert.equal(sha256(await stored((await b.see(me, id!)).storage_audio_url)), sha256(whole.bytes))
  })

  test('tracks go into a gallery as copies of their own', async () => {
    const { deps } = b.world
    const me = await b.owner()
    const ids = await b.add(me, b.offer(), b.offer())
    await quick(me)
    const gallery = await createGallery(deps, me, { title: 'In a bucket' })
    const { id } = await askIntoGallery(deps, (await findGallery(deps.db, gallery.id))!, ids)
    await place(deps, id, go)
    assert.deepEqual(viewPlacement((await findPlacement(deps.db, id))!).added, ids)
    assert.equal((await objects(`objects/galleries/${gallery.id}/`)).length, 2)
  })
})
