/** Photos that lie in the bucket already are delivered from there by commands, over the API, and after an event. */
import assert from 'node:assert/strict'
import path from 'node:path'
import { test } from 'node:test'
import { ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import type { GallerySource, Item, Page, SourceAnswer } from '../../sdk/src/wire.ts'
import { photoBytes } from '../pictures.ts'
import { testDatabase } from '../postgres.ts'
import { freshBucket, testServer } from '../s3/server.ts'
import { createGallery, setUp } from './people.ts'
import { freshInstallation, until } from './service.ts'

const server = await testServer()
const skip = typeof server === 'string' ? server : false
const secret = 'p4Wq8ZtR2mXv6NcJ9sKd3HfB7gLy5TaE'

test('photos that lie in the bucket are delivered from where they lie', { timeout: 300_000, skip }, async (t) => {
  if (typeof server === 'string') return
  const bucket = await freshBucket(server)
  const database = await testDatabase()
  const { endpoint, region, accessKeyId, secretAccessKey } = bucket
  const client = new S3Client({ endpoint: endpoint!, region, forcePathStyle: true, credentials: { accessKeyId, secretAccessKey } })
  const put = async (Key: string, seed: number) =>
    client.send(new PutObjectCommand({ Bucket: bucket.bucket, Key, Body: await photoBytes(seed, { width: 64, height: 48 }) }))
  const here = await freshInstallation(
    t,
    {
      DATABASE_URL: database.url.replace('@/', '@localhost/'),
      GALLERY_TOKEN_SECRET: 'k3Jx9vQ2mZ8pL5tR7wY1nB4cD6fG0hSa',
      S3_ENDPOINT: endpoint!,
      S3_BUCKET: bucket.bucket,
      S3_ACCESS_KEY_ID: accessKeyId,
      S3_SECRET_ACCESS_KEY: secretAccessKey,
      S3_EVENTS_SECRET: secret,
    },
    () => void database.close(),
  )
  for (const n of [1, 2, 3]) await put(`albums/summer/photos/IMG ${n}.jpg`, n)

  await t.test('by command', async () => {
    const ran = await here.command('import', '--prefix', 'albums/summer/photos/', '--json')
    assert.equal(ran.code, 0, ran.stderr)
    const { gallery, photos, added } = JSON.parse(ran.stdout)
    assert.deepEqual({ gallery, photos, added }, { gallery: 'summer', photos: 3, added: 3 })
    const again = await here.command('import', '--prefix', 'albums/summer/photos', '--gallery', 'summer', '--json')
    assert.equal(JSON.parse(again.stdout).added, 0)
    assert.equal((await here.command('import', '--prefix', 'objects/', '--gallery', 'summer')).code, 1)
    assert.equal((await here.command('import', '--prefix', 'anywhere/')).code, 2)
  })

  await t.test('the bucket is set up and probed by command', async () => {
    const setup = await here.command('storage', 'setup', '--json')
    assert.equal(setup.code, 0, setup.stderr)
    const outcomes = JSON.parse(setup.stdout).steps.map(({ part, outcome }: { part: string; outcome: string }) => `${part} ${outcome}`)
    assert.deepEqual(outcomes, ['cors done', 'lifecycle done', 'tiering left out', 'events done'])
    const doctor = await here.command('doctor', '--json')
    const bucketFindings = JSON.parse(doctor.stdout).findings.filter(({ check }: { check: string }) => check === 'bucket')
    assert.deepEqual([bucketFindings.length, bucketFindings.every(({ ok }: { ok: boolean }) => ok)], [9, true], doctor.stdout)
  })

  const service = await here.start()
  await t.test('over the API, and after an event', async () => {
    const person = await setUp(here, service)
    await put('albums/winter/photos/a.jpg', 4)
    const gallery = await createGallery(person, { title: 'Winter', slug: 'winter' })
    const asked = await person.ask<GallerySource>(`/api/galleries/${gallery.id}/import`, {
      method: 'POST',
      body: { prefix: 'albums/winter/photos/' },
    })
    assert.deepEqual([asked.status, asked.body.prefix], [202, 'albums/winter/photos/'])
    const photos = async () => (await person.ask<Page<Item>>(`/api/galleries/${gallery.id}/items`)).body.rows.length
    await until(async () => (await photos()) === 1, { what: 'the first photo' })
    await put('albums/winter/photos/b c.jpg', 5)
    const event = { Records: [{ s3: { bucket: { name: bucket.bucket }, object: { key: 'albums/winter/photos/b+c.jpg' } } }] }
    const told = await fetch(`${here.url}/api/ingest/s3-events?secret=${secret}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(event),
    })
    assert.deepEqual([told.status, await told.json()], [200, { records: 1, galleries: 1 }])
    await until(async () => (await photos()) === 2, { what: 'the second photo', ms: 60_000 })
    const source = await person.ask<SourceAnswer>(`/api/galleries/${gallery.id}/source`)
    assert.deepEqual([source.body.source?.photos, source.body.source?.done], [2, 2])
  })
  await service.stop()

  const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: bucket.bucket, Prefix: 'objects/' }))
  assert.deepEqual(
    Contents.filter(({ Key }) => path.dirname(Key!).endsWith('/assets')),
    [],
    'no original was copied',
  )
  client.destroy()
})
