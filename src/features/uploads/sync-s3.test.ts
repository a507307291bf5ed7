/** Photos that lie in our bucket already, with the real server: read in place, never taken for other bytes, never deleted. */
import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { DeleteObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { sql } from 'kysely'
import { photoBytes } from '../../../test/pictures.ts'
import { freshBucket, testServer } from '../../../test/s3/server.ts'
import { type TestWorld, testWorld } from '../../../test/world.ts'
import { days, hours, after as later, minutes, systemClock } from '../../base/clock.ts'
import { isCode } from '../../base/errors.ts'
import { findArchive } from '../../data/archives.ts'
import { listStored } from '../../data/assets.ts'
import { findGallery } from '../../data/galleries.ts'
import { discard } from '../../data/garbage.ts'
import { changeSource, findSource, sourcesOf, takeDueSources } from '../../data/sources.ts'
import { isForeign, readForeign } from '../../domain/foreign.ts'
import type { Gallery } from '../../domain/gallery.ts'
import { s3Storage } from '../../ports/storage/s3.ts'
import type { S3Options } from '../../ports/storage/s3-client.ts'
import { publish } from '../archives/publish.ts'
import { createGallery, deleteGallery } from '../galleries/edit.ts'
import { registerAlbum } from '../galleries/register.ts'
import { collect } from '../operations/collect.ts'
import { reconcile } from '../operations/reconcile.ts'
import { removeItem } from './remove.ts'
import { registerSource, viewSource } from './sources.ts'
import { type Synced, syncGallery } from './sync.ts'

const server = await testServer()
const skip = typeof server === 'string' ? server : false

describe('photos in our bucket', { skip }, () => {
  let bucket: S3Options
  let client: S3Client
  let world: TestWorld
  const photo: Buffer[] = []

  before(async () => {
    if (typeof server === 'string') return
    bucket = await freshBucket(server)
    const { endpoint, region, accessKeyId, secretAccessKey } = bucket
    client = new S3Client({ endpoint: endpoint!, region, forcePathStyle: true, credentials: { accessKeyId, secretAccessKey } })
    const storage = s3Storage({ ...bucket, clock: systemClock })
    await storage.identify('a')
    world = await testWorld({ storage })
    for (let i = 0; i < 8; i++) photo.push(await photoBytes(i, { width: 64, height: 48 }))
  })
  after(async () => {
    await world?.close()
    client?.destroy()
  })

  const put = (Key: string, Body: Uint8Array | string) => client.send(new PutObjectCommand({ Bucket: bucket.bucket, Key, Body }))
  const drop = (Key: string) => client.send(new DeleteObjectCommand({ Bucket: bucket.bucket, Key }))
  const namesBelow = async (Prefix: string) =>
    ((await client.send(new ListObjectsV2Command({ Bucket: bucket.bucket, Prefix }))).Contents ?? []).map(({ Key }) => Key!)
  let count = 0
  const source = async (files: Record<string, Uint8Array | string>, copy = false): Promise<{ gallery: Gallery; at: string }> => {
    const slug = `album-${++count}`
    const at = `albums/${slug}/photos/`
    for (const [name, bytes] of Object.entries(files)) await put(at + name, bytes)
    const gallery = await createGallery(world.deps, world.ownerId, { title: slug, slug })
    await registerSource(world.deps, gallery.id, { prefix: at, copy, look: false })
    return { gallery, at }
  }
  const sync = async ({ id }: Gallery) => (await syncGallery(world.deps, id)) as Synced
  const stored = async ({ id }: Gallery) =>
    (await listStored(world.deps.db, id)).map(({ originalName, state, sha256 }) => [originalName, state, sha256.toString('hex')])
  const seen = (name: string, n: number, state = 'stored') => [name, state, hash('sha256', photo[n]!)]
  const tally = ({ added, replaced, missing, found, duplicates, skipped }: Synced) =>
    [added, replaced, missing, found, duplicates.length, skipped.length].join(' ')

  test('are read where they lie, once, and what is no photo is passed over (BLD-04)', async () => {
    const { gallery, at } = await source({
      'IMG_10.jpg': photo[1]!,
      'IMG_2.jpg': photo[0]!,
      'Größe #1 + 50%.JPG': photo[2]!,
      'day two/again.jpg': photo[0]!,
      'note.txt': 'no photo at all',
      'empty.jpg': '',
      '.keep': '',
      'folder/': '',
      '.DS_Store': 'x',
      'my.DS_Store': 'x',
      'Thumbs.db': 'x',
      'all.zip': 'x',
    })
    const first = await sync(gallery)
    assert.equal(tally(first), '3 0 0 0 1 2')
    assert.equal(first.photos, 6)
    assert.deepEqual(await stored(gallery), [seen('again.jpg', 0), seen('Größe #1 + 50%.JPG', 2), seen('IMG_10.jpg', 1)])
    assert.deepEqual(first.duplicates, [`${at}IMG_2.jpg`])
    const keys = (await listStored(world.deps.db, gallery.id)).map(({ storageKey }) => storageKey)
    assert.ok(keys.every(isForeign))
    assert.ok(keys.some((key) => readForeign(key).path === `${at}Größe #1 + 50%.JPG`))
    assert.deepEqual(await namesBelow(`objects/galleries/${gallery.id}/assets/`), [], 'nothing was copied')
    const view = (await viewSource(world.deps, gallery.id))!
    assert.deepEqual([view.state, view.photos, view.done, view.skipped.length], ['read', 6, 6, 2])

    const reads = counting(world)
    assert.equal(tally((await syncGallery({ ...world.deps, storage: reads.storage }, gallery.id))!), '0 0 0 0 0 0')
    assert.equal(reads.count(), 0, 'the second look reads no object again')
  })

  test('an object that was replaced is a new asset of the same photo; the old key never gives other bytes', async () => {
    const { gallery, at } = await source({ 'a.jpg': photo[0]!, 'b.jpg': photo[1]! })
    await sync(gallery)
    const [before] = await listStored(world.deps.db, gallery.id)
    await put(`${at}a.jpg`, photo[2]!)
    const open = world.deps.storage.open(before!.storageKey, 0, 10)
    await assert.rejects(open, (error) => isCode(error, 'source_changed') && error.facts.reason === 'changed')
    assert.equal(await world.deps.storage.size(before!.storageKey), null)
    assert.equal(tally(await sync(gallery)), '0 1 0 0 0 0')
    assert.deepEqual(await stored(gallery), [seen('a.jpg', 2), seen('b.jpg', 1)])
    const [now] = await listStored(world.deps.db, gallery.id)
    assert.deepEqual([now!.itemId, now!.id === before!.id], [before!.itemId, false])
    await put(`${at}a.jpg`, photo[0]!)
    assert.equal(tally(await sync(gallery)), '0 1 0 0 0 0', 'and back again')
    assert.deepEqual(await stored(gallery), [seen('a.jpg', 0), seen('b.jpg', 1)])
  })

  test('an object that is gone is missing, and found when the same bytes come back, also under another name', async () => {
    const { gallery, at } = await source({ 'a.jpg': photo[0]!, 'b.jpg': photo[1]! })
    await sync(gallery)
    await drop(`${at}a.jpg`)
    await drop(`${at}b.jpg`)
    assert.equal(tally(await sync(gallery)), '0 0 2 0 0 0')
    assert.deepEqual(await stored(gallery), [seen('a.jpg', 0, 'missing'), seen('b.jpg', 1, 'missing')])
    await put(`${at}a.jpg`, photo[0]!)
    await put(`${at}renamed.jpg`, photo[1]!)
    const back = await sync(gallery)
    assert.deepEqual([back.found, back.added], [1, 1])
    assert.deepEqual(await stored(gallery), [seen('a.jpg', 0), seen('renamed.jpg', 1)])
  })

  test('a duplicate becomes the photo when the one it was like is gone', async () => {
    const { gallery, at } = await source({ 'a.jpg': photo[0]!, 'b.jpg': photo[0]! })
    assert.equal(tally(await sync(gallery)), '1 0 0 0 1 0')
    await drop(`${at}a.jpg`)
    await sync(gallery)
    assert.deepEqual(await stored(gallery), [seen('b.jpg', 0)])
  })

  test('what the photographer takes out stays out', async () => {
    const { gallery, at } = await source({ 'a.jpg': photo[0]!, 'b.jpg': photo[1]! })
    await sync(gallery)
    const [one] = await listStored(world.deps.db, gallery.id)
    await removeItem(world.deps, gallery.id, one!.itemId)
    assert.equal(tally(await sync(gallery)), '0 0 0 0 0 0')
    assert.deepEqual(await stored(gallery), [seen('b.jpg', 1)])
    assert.ok((await namesBelow(at)).includes(`${at}a.jpg`))
  })

  test('the garbage collector deletes nothing that is not ours (GC)', async () => {
    const { gallery, at } = await source({ 'a.jpg': photo[0]!, 'b.jpg': photo[1]! })
    await sync(gallery)
    const { db, storage } = world.deps
    const keys = (await listStored(db, gallery.id)).map(({ storageKey }) => storageKey)
    await db.transaction().execute((tx) => discard(tx, keys, 'a mistake', world.clock.now()))
    const raw = sql`insert into garbage (key, reason, not_before) values (${keys[0]}, 'a mistake', now())`.execute(db)
    await assert.rejects(raw, /garbage_is_ours/)
    for (const refused of [
      () => storage.delete(keys[0]!),
      () => storage.put(keys[0]!, Buffer.from('x')),
      () => storage.assemble(keys[0]!, []),
    ])
      await assert.rejects(async () => refused(), TypeError)
    await deleteGallery(world.deps, gallery.id)
    world.clock.advance(days(40))
    await reconcile(world.deps)
    await db.updateTable('assets').set({ state: 'deleted' }).where('galleryId', '=', gallery.id).execute()
    await collect(world.deps)
    assert.deepEqual(await namesBelow(at), [`${at}a.jpg`, `${at}b.jpg`])
  })

  test('with copy the bytes are ours from then on', async () => {
    const { gallery, at } = await source({ 'a.jpg': photo[0]! }, true)
    assert.equal(tally(await sync(gallery)), '1 0 0 0 0 0')
    await drop(`${at}a.jpg`)
    assert.equal(tally(await sync(gallery)), '0 0 0 0 0 0')
    const [asset] = await listStored(world.deps.db, gallery.id)
    assert.equal(asset!.storageKey.startsWith(`galleries/${gallery.id}/assets/`), true)
    assert.equal((await world.deps.storage.digest(asset!.storageKey, Float64Array.of(asset!.size))).sha256, hash('sha256', photo[0]!))
  })

  test('two looks at once make each photo once', async () => {
    const { gallery } = await source({ 'a.jpg': photo[0]!, 'b.jpg': photo[1]!, 'c.jpg': photo[2]! })
    const both = await Promise.all([sync(gallery), sync(gallery)])
    assert.equal(both[0].added + both[1].added, 3)
    assert.equal((await stored(gallery)).length, 3)
  })

  test('a prefix belongs to one gallery, is not ours, and holds photos', async () => {
    const { at } = await source({ 'a.jpg': photo[0]! })
    const other = await createGallery(world.deps, world.ownerId, { title: 'other' })
    const refusal = async (prefix: string) => {
      const error = await registerSource(world.deps, other.id, { prefix, copy: false }).catch((e: unknown) => e)
      return (error as { code?: string }).code
    }
    assert.equal(await refusal(at), 'prefix_taken')
    assert.equal(await refusal('albums/'), 'prefix_taken')
    assert.equal(await refusal(`${at}below/`), 'prefix_empty')
    for (const ours of ['', '/', 'objects/', 'objects/galleries/x/', 'uploads/', 'a//b/', 'a\n/'])
      assert.equal(await refusal(ours), 'prefix_invalid')
  })

  test('a deleted gallery frees its folder, and no gallery takes what is above or below that of another', async () => {
    const { gallery, at } = await source({ 'a.jpg': photo[0]!, 'deep/down/b.jpg': photo[1]! })
    const register = (title: string, prefix: string) =>
      createGallery(world.deps, world.ownerId, { title }).then(async ({ id }) => {
        await registerSource(world.deps, id, { prefix, copy: false, look: false })
        return id
      })
    for (const prefix of [`${at}deep/`, `${at}deep/down/`, at, 'albums'])
      await assert.rejects(register('other', prefix), (error) => isCode(error, 'prefix_taken'))
    await deleteGallery(world.deps, gallery.id)
    const below = await register('below', `${at}deep/down/`)
    await put(`${at.slice(0, -1)}0/beside.jpg`, photo[2]!)
    const beside = await register('beside', `${at.slice(0, -1)}0/`)
    const paths = [`${at}deep/down/b.jpg`, `${at}a.jpg`, `${at.slice(0, -1)}0/beside.jpg`]
    assert.deepEqual((await sourcesOf(world.deps.db, paths)).sort(), [below, beside].sort())
  })

  test('a store without its marker is an outage: no photo is said to be missing', async () => {
    const { gallery } = await source({ 'a.jpg': photo[0]! })
    await sync(gallery)
    const marker = await world.deps.storage.foreign!.list('marker.json')[Symbol.asyncIterator]().next()
    assert.equal(marker.done, false)
    const fresh = s3Storage({ ...bucket, bucket: `${bucket.bucket}-none`, clock: systemClock })
    await assert.rejects(syncGallery({ ...world.deps, storage: fresh }, gallery.id), (error) => isCode(error, 'storage_unreachable'))
    assert.deepEqual(await stored(gallery), [seen('a.jpg', 0)])
    assert.deepEqual(await findSource(world.deps.db, gallery.id).then((s) => [s?.state, s?.error]), ['failed', 'storage_unreachable'])
  })

  describe('with workers', () => {
    before(() => world.work())

    test('registering an album whose photos lie in the bucket publishes it and queues its ZIP (TRG-02, DB-05)', async () => {
      const at = 'albums/summer/photos/'
      await put(`${at}a.jpg`, photo[3]!)
      await put(`${at}b.jpg`, photo[4]!)
      await put(`${at}.keep`, '')
      const album = await registerAlbum(world.deps, world.ownerId, { slug: 'summer', name: 'Summer' })
      assert.deepEqual([album.photo_count, album.zip_status], [2, 'pending'])
      const archive = await world.until(async () => {
        const gallery = await findGallery(world.deps.db, 'summer')
        if (gallery?.state !== 'active') return
        const row = await world.deps.db.selectFrom('archives').select('id').where('galleryId', '=', gallery.id).executeTakeFirst()
        const found = row && (await findArchive(world.deps.db, row.id))
        return found?.status === 'ready' && found
      }, 'the archive of the album')
      assert.deepEqual([archive.imageCount, archive.source], [2, 'registration'])
    })

    test('an object that vanished before the build is named missing, and the archive is made of the others', async () => {
      const { gallery, at } = await source({ 'a.jpg': photo[5]!, 'b.jpg': photo[6]! })
      await sync(gallery)
      await put(`${at}a.jpg`, photo[7]!)
      const { archive } = await publish(world.deps, gallery.id, { userId: null, source: 'publish' })
      const ready = await world.until(async () => {
        const found = await findArchive(world.deps.db, archive.id)
        if (found?.status === 'failed') throw new Error(String(found.errorMessage))
        return found?.status === 'ready' && found
      })
      assert.deepEqual([ready.imageCount, ready.missingCount], [1, 1])
    })

    test('a look that was killed, failed or lost its job begins again after a minute (P8)', async () => {
      for (const state of ['waiting', 'reading', 'failed'] as const) {
        const { gallery } = await source({ 'a.jpg': photo[0]! })
        const dueAt = later(world.clock.now(), minutes(1))
        await changeSource(world.deps.db, gallery.id, { state, error: state === 'failed' ? 'internal' : null, dueAt })
        await reconcile(world.deps)
        await reconcile(world.deps)
        const { rows } = await sql<{ jobs: number }>`
          select count(*)::int as jobs from queue.job where name = 'gallery.sync' and data->>'galleryId' = ${gallery.id}`.execute(
          world.deps.db,
        )
        assert.equal(rows[0]!.jobs, 0, 'who is at work shows it once a second, and has a minute')
        world.clock.advance(minutes(1))
        await reconcile(world.deps)
        await world.until(async () => (await findSource(world.deps.db, gallery.id))?.state === 'read', `the look after ${state}`)
        assert.deepEqual(await stored(gallery), [seen('a.jpg', 0)])
      }
    })

    test('a closed gallery is not looked at and holds up no other; opened again it is', async () => {
      const { gallery, at } = await source({ 'a.jpg': photo[0]! })
      await sync(gallery)
      await put(`${at}late.jpg`, photo[1]!)
      await world.deps.db.updateTable('galleries').set({ state: 'expired' }).where('id', '=', gallery.id).execute()
      world.clock.advance(hours(1))
      assert.deepEqual((await takeDueSources(world.deps.db, world.clock.now(), 500)).includes(gallery.id), false)
      const { dueAt } = (await findSource(world.deps.db, gallery.id))!
      assert.ok(dueAt > world.clock.now())
      await world.deps.db.updateTable('galleries').set({ state: 'active' }).where('id', '=', gallery.id).execute()
      world.clock.advance(hours(1))
      await reconcile(world.deps)
      await world.until(async () => (await stored(gallery)).length === 2, 'the photo that came meanwhile')
    })

    test('a prefix is looked at once an hour, whatever events say', async () => {
      const { gallery, at } = await source({ 'a.jpg': photo[0]! })
      await sync(gallery)
      await put(`${at}late.jpg`, photo[1]!)
      await reconcile(world.deps)
      world.clock.advance(hours(1))
      await reconcile(world.deps)
      await world.until(async () => (await stored(gallery)).length === 2, 'the photo that no event told of')
      // as noted by a clock that had jumped ahead
      await changeSource(world.deps.db, gallery.id, { dueAt: later(world.clock.now(), days(365)) })
      assert.ok((await takeDueSources(world.deps.db, world.clock.now(), 500)).includes(gallery.id))
    })
  })
})

/** The same storage; counts what is opened or digested. */
function counting({ deps: { storage } }: TestWorld) {
  let n = 0
  const counted = {
    ...storage,
    open: (...args: Parameters<typeof storage.open>) => {
      n++
      return storage.open(...args)
    },
    digest: (...args: Parameters<typeof storage.digest>) => {
      n++
      return storage.digest(...args)
    },
  }
  return { storage: counted, count: () => n }
}
