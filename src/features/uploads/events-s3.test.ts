/** Changes in the bucket become photos of the gallery: told over HTTP and by a queue, in floods, twice, and after a failure. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { sql } from 'kysely'
import { photoBytes } from '../../../test/pictures.ts'
import { freshBucket, testServer } from '../../../test/s3/server.ts'
import { startSqs } from '../../../test/sqs.ts'
import { type TestWorld, testSettings, testWorld } from '../../../test/world.ts'
import { makeServer } from '../../app/server.ts'
import { systemClock } from '../../base/clock.ts'
import { countGallery } from '../../data/galleries.ts'
import type { Gallery } from '../../domain/gallery.ts'
import { makeGuard } from '../../http/guard.ts'
import { sqsEvents } from '../../ports/events/sqs.ts'
import { s3Storage } from '../../ports/storage/s3.ts'
import type { S3Options } from '../../ports/storage/s3-client.ts'
import { makeAuth } from '../accounts/auth.ts'
import { createGallery } from '../galleries/edit.ts'
import { takeMessage } from './events.ts'
import { uploadRoutes } from './routes.ts'
import { registerSource } from './sources.ts'
import { syncGallery } from './sync.ts'

const server = await testServer()
const skip = typeof server === 'string' ? server : false
const secret = 'p4Wq8ZtR2mXv6NcJ9sKd3HfB7gLy5TaE'
let bucket: S3Options
let client: S3Client
let world: TestWorld
let app: Awaited<ReturnType<typeof makeServer>>

before(async () => {
  if (typeof server === 'string') return
  bucket = await freshBucket(server)
  const { endpoint, region, accessKeyId, secretAccessKey } = bucket
  client = new S3Client({ endpoint: endpoint!, region, forcePathStyle: true, credentials: { accessKeyId, secretAccessKey } })
  const storage = s3Storage({ ...bucket, clock: systemClock })
  await storage.identify('a')
  world = await testWorld({ storage, settings: { ...testSettings, eventsSecret: secret, bucket: bucket.bucket } })
  app = await makeServer({
    deps: world.deps,
    guard: makeGuard(world.deps, makeAuth(world.deps)),
    routes: [uploadRoutes],
    webDir: undefined,
    trustProxy: undefined,
  })
})
after(async () => {
  await app?.close()
  await world?.close()
  client?.destroy()
})

const put = async (Key: string, seed: number) =>
  client.send(new PutObjectCommand({ Bucket: bucket.bucket, Key, Body: await photoBytes(seed, { width: 64, height: 48 }) }))
let count = 0
async function album(): Promise<{ gallery: Gallery; at: string }> {
  const slug = `album-${++count}`
  const at = `albums/${slug}/photos/`
  await put(`${at}a.jpg`, 1)
  const gallery = await createGallery(world.deps, world.ownerId, { title: slug, slug })
  await registerSource(world.deps, gallery.id, { prefix: at, copy: false, look: false })
  await syncGallery(world.deps, gallery.id)
  return { gallery, at }
}
const records = (...keys: string[]) => ({ Records: keys.map((key) => ({ s3: { bucket: { name: bucket.bucket }, object: { key } } })) })
const post = (body: unknown, { query = '', type = 'application/json', bearer = secret as string | null } = {}) =>
  app.inject({
    method: 'POST',
    url: `/api/ingest/s3-events${query}`,
    headers: { 'content-type': type, ...(bearer === null ? {} : { authorization: `Bearer ${bearer}` }) },
    payload: typeof body === 'string' ? body : JSON.stringify(body),
  })
/** Looks that wait, with the seconds until they may begin. */
const waiting = async ({ id }: Gallery) => {
  const { rows } = await sql<{ wait: number }>`
    select extract(epoch from start_after - created_on)::float as wait from queue.job
    where name = 'gallery.sync' and singleton_key = ${id} and state < 'active'`.execute(world.deps.db)
  return rows.map(({ wait }) => Math.round(wait))
}
const runNow = () => sql`update queue.job set start_after = now() where name = 'gallery.sync' and state < 'active'`.execute(world.deps.db)

test('only who has the secret may tell of changes', { skip }, async () => {
  const { gallery, at } = await album()
  for (const wrong of [{ bearer: null }, { bearer: 'wrong' }, { bearer: null, query: '?secret=wrong' }])
    assert.equal((await post(records(`${at}b.jpg`), wrong)).statusCode, 401)
  assert.deepEqual(await waiting(gallery), [])
  assert.equal((await post(records(`${at}b.jpg`), { bearer: null, query: `?secret=${secret}` })).statusCode, 200)
  assert.deepEqual(await waiting(gallery), [10])
})

test('keys that are URL-encoded reach their gallery (X-03f)', { skip }, async () => {
  for (const name of ['my+photo+%281%29.jpg', 'my photo (1).jpg', 'Gr%C3%B6%C3%9Fe.jpg']) {
    const { gallery, at } = await album()
    const answer = await post(records(at + name))
    assert.deepEqual([answer.statusCode, answer.json()], [200, { records: 1, galleries: 1 }])
    assert.equal((await waiting(gallery)).length, 1, name)
  }
  const { gallery, at } = await album()
  assert.deepEqual((await post(records(encodeURIComponent(`${at}b.jpg`)))).json(), { records: 1, galleries: 1 })
  assert.equal((await waiting(gallery)).length, 1)
})

test('a flood of events is one look, ten seconds later (TRG-06)', { skip }, async () => {
  const { gallery, at } = await album()
  for (let n = 0; n < 30; n++) await post(records(...Array.from({ length: 10 }, (_, i) => `${at}IMG_${n}_${i}.jpg`)))
  assert.deepEqual(await waiting(gallery), [10])
})

test('ZIPs, other buckets and test events ask for nothing (TRG-05)', { skip }, async () => {
  const { gallery, at } = await album()
  const { id } = gallery
  const quiet = [
    records(`galleries/${id}/archives/1-1.zip`, `objects/galleries/${id}/archives/1-1.zip`, `${at}all.zip`, `zips/${id}.zip`),
    { Records: [{ s3: { bucket: { name: 'theirs' }, object: { key: `${at}b.jpg` } } }] },
    { Service: 'Amazon S3', Event: 's3:TestEvent', Bucket: bucket.bucket },
    { Type: 'SubscriptionConfirmation', SubscribeURL: 'https://sns.example.com/confirm' },
  ]
  for (const body of quiet) assert.equal((await post(body)).statusCode, 200)
  for (const nothing of ['{', '[]', '{}', '']) assert.equal((await post(nothing)).statusCode, 400)
  assert.equal((await post(records(`${at}b.jpg`), { type: 'application/xml' })).statusCode, 415)
  assert.deepEqual(await waiting(gallery), [])
})

test('SNS sends its JSON as text, and what is told is seen in the gallery (TRG-05)', { skip }, async () => {
  await world.work()
  const { gallery, at } = await album()
  await put(`${at}my photo.jpg`, 2)
  const Message = JSON.stringify(records(`${at}my+photo.jpg`))
  const answer = await post(
    { Type: 'Notification', Message },
    { type: 'text/plain; charset=UTF-8', bearer: null, query: `?secret=${secret}` },
  )
  assert.equal(answer.statusCode, 200)
  await runNow()
  await world.until(async () => (await countGallery(world.deps.db, gallery.id)).photos === 2, 'the second photo')
})

test('a message leaves the queue only when its look is queued in the database', { skip }, async () => {
  const queue = await startSqs()
  const { gallery, at } = await album()
  const options = { queueUrl: queue.queueUrl, endpoint: queue.endpoint, region: 'us-east-1', accessKeyId: 'id', secretAccessKey: 'secret' }
  const events = sqsEvents({ ...options, log: world.deps.log, waitSeconds: 0 })
  const failing = { ...world.deps.queue, sendAll: () => Promise.reject(new Error('the database is away')) }
  let broken = true
  try {
    queue.send(records(`${at}b%20c.jpg`))
    await events.listen((text) => takeMessage(broken ? { ...world.deps, queue: failing } : world.deps, text))
    await world.until(async () => (queue.left()[0]?.received ?? 0) >= 2, 'the second try')
    assert.equal(queue.left().length, 1, 'it stays')
    assert.deepEqual(await waiting(gallery), [])
    broken = false
    await world.until(async () => queue.left().length === 0, 'the message to go')
    assert.equal((await waiting(gallery)).length, 1)
    queue.send('no event at all')
    queue.send({ Service: 'Amazon S3', Event: 's3:TestEvent' })
    await world.until(async () => queue.left().length === 0, 'what is no event to go as well')
  } finally {
    await events.stop()
    await queue.close()
  }
})
