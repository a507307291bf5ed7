/** The main job with everything in a bucket: the same folder, the same ZIP byte for byte, and nothing left on this machine. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { DeleteObjectCommand, GetObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { sql } from 'kysely'
import type { DownloadResponse } from '../../sdk/src/wire.ts'
import { systemClock } from '../../src/base/clock.ts'
import { findArchive } from '../../src/data/archives.ts'
import { loadSealed, storagePieces } from '../../src/features/archives/sealed.ts'
import type { Database } from '../../src/ports/database/port.ts'
import { pgbossQueue } from '../../src/ports/queue/pgboss.ts'
import { diskStorage } from '../../src/ports/storage/disk.ts'
import { makePhotos } from '../pictures.ts'
import { quiet, testDatabase } from '../postgres.ts'
import { freshBucket, testServer } from '../s3/server.ts'
import { freshCluster } from './cluster.ts'
import { createGallery, publish, readyArchive, setUp } from './people.ts'
import { judgeZip, run, sha256Of, soundForAll } from './programs.ts'
import { photos, sendPhotos, sha256 } from './sending.ts'
import { freshInstallation, type Installation, until } from './service.ts'

const server = await testServer()
const skip = typeof server === 'string' ? server : false

interface Delivered {
  archive: string
  plan_hash: string
  sha256: string
  bytes: number
  photos: number
  link: string
  imported: number
  duplicates: number
}

test('a folder is delivered out of a bucket, as the same ZIP that a disk gives', { timeout: 600_000, skip }, async (t) => {
  if (typeof server === 'string') return
  const bucket = await freshBucket(server)
  const database = await testDatabase()
  const inBucket = await freshInstallation(
    t,
    {
      DATABASE_URL: database.url.replace('@/', '@localhost/'),
      GALLERY_TOKEN_SECRET: 'k3Jx9vQ2mZ8pL5tR7wY1nB4cD6fG0hSa',
      S3_ENDPOINT: bucket.endpoint!,
      S3_BUCKET: bucket.bucket,
      S3_ACCESS_KEY_ID: bucket.accessKeyId,
      S3_SECRET_ACCESS_KEY: bucket.secretAccessKey,
    },
    () => void database.close(),
  )
  const folder = path.join(inBucket.dir, 'wedding')
  await makePhotos(folder, { count: 6, minBytes: 1_000_000, maxBytes: 10_000_000 })
  const deliver = async () => {
    const ran = await inBucket.command('deliver', folder, '--title', 'Mara & Jonas', '--to', 'mara@example.com', '--json')
    assert.equal(ran.code, 0, ran.stderr)
    return JSON.parse(ran.stdout) as Delivered
  }

  const first = await deliver()
  assert.deepEqual([first.photos, first.imported], [6, 6])
  const service = await inBucket.start()
  const zip = path.join(inBucket.dir, 'mara.zip')
  assert.equal((await run('curl', ['-fsS', '-o', zip, first.link])).code, 0)

  await t.test('the link gives a sound ZIP, and goes on where it stopped', async () => {
    assert.equal(await sha256Of(zip), first.sha256)
    assert.deepEqual(await judgeZip(zip), soundForAll)
    const half = `${zip}.half`
    await run('curl', ['-fsS', '-r', '0-9999999', '-o', half, first.link])
    assert.equal((await run('curl', ['-fsS', '-C', '-', '-o', half, first.link])).code, 0)
    assert.equal(await sha256Of(half), first.sha256)
    assert.equal((await inBucket.command('archive', 'verify', zip)).code, 0)
  })
  await t.test('a disk gives the very same file of this gallery', async () => {
    const sealed = await loadSealed(database.db, (await findArchive(database.db, first.archive))!)
    const disk = diskStorage({ dir: path.join(inBucket.dir, 'disk'), clock: systemClock })
    await disk.identify('a')
    for (const { storageKey, path: name } of sealed.entries)
      if (storageKey) await disk.put(storageKey, readFileSync(path.join(folder, path.basename(name))))
    assert.equal((await disk.assemble('zip', storagePieces(sealed))).sha256, first.sha256)
  })
  await t.test('the same folder again brings nothing new', async () => {
    const { imported, duplicates, sha256 } = await deliver()
    assert.deepEqual({ imported, duplicates, sha256 }, { imported: 0, duplicates: 6, sha256: first.sha256 })
  })
  await t.test('all of it lies in the bucket, and nothing but it', async () => {
    assert.equal(existsSync(path.join(inBucket.dir, 'storage')), false)
    const names = await namesIn(bucket)
    const kinds = names.map((name) => name.replace(/galleries\/[^/]+/, 'galleries/…').replace(/\/[^/]*$/, ''))
    assert.deepEqual([...new Set(kinds)].sort(), [
      'marker.json',
      'objects/galleries/…/archives',
      'objects/galleries/…/assets',
      'objects/galleries/…/derivatives',
      'probe',
    ])
    assert.equal(kinds.filter((kind) => kind.endsWith('/assets')).length, 6)
  })
  await t.test('a bucket without its marker is an outage: not ready, and no photo is said to be lost', async () => {
    await asOperator(bucket, (client) => client.send(new DeleteObjectCommand({ Bucket: bucket.bucket, Key: 'marker.json' })))
    const ready = await fetch(`${inBucket.url}/readyz`)
    assert.equal(ready.status, 503)
    const again = await inBucket.command('deliver', folder, '--title', 'Mara & Jonas')
    assert.equal(again.code, 1)
    assert.match(again.stderr, /storage_unreachable.*marker missing/)
  })
  await service.stop()
})

test('a bucket that is empty, or of another installation, is an outage: not one row changes, and all goes on when it is back (P23)', {
  timeout: 300_000,
  skip,
}, async (t) => {
  if (typeof server === 'string') return
  const secret = 'Zr4kW9sT1xVbN6mQ8yLc3dHf5gJp2aEu'
  const cluster = await freshCluster(t, server, 1, { more: { CRON_SECRET: secret } })
  const [machine] = cluster.machines as [Installation]
  const { db, url } = cluster.database
  const Bucket = cluster.bucket.bucket
  const ida = await setUp(machine, await machine.start())
  const { id } = await createGallery(ida, { title: 'Kept' })
  await sendPhotos(machine, ida, id, await photos(3, 1_000_000))
  await publish(ida, id)
  const { checksum } = await readyArchive(ida, id)
  const album = await photos(2, 500_000, 10)
  const put = (Key: string, Body: Buffer | string) =>
    asOperator(cluster.bucket, (client) => client.send(new PutObjectCommand({ Bucket, Key, Body })))
  for (const { name, bytes } of album) await put(`albums/theirs/photos/${name}`, bytes)
  const theirs = await createGallery(ida, { title: 'Theirs' })
  const prefix = { prefix: 'albums/theirs/photos/' }
  assert.equal((await ida.ask(`/api/galleries/${theirs.id}/import`, { method: 'POST', body: prefix })).status, 202)
  // what would go if the store were there: garbage, and an archive whose time is over
  await put('objects/galleries/gone/assets/a.jpg', 'nobody needs this')
  const old = await createGallery(ida, { title: 'Old' })
  await sendPhotos(machine, ida, old.id, await photos(1, 500_000, 20))
  await publish(ida, old.id)
  const last = await readyArchive(ida, old.id)
  const queue = await pgbossQueue({ db, url, log: quiet })
  t.after(() => queue.stop(0))
  const idle = async () => {
    const { rows } = await sql<{ n: number }>`
      select (select count(*) from queue.job where state < 'completed' and name <> 'reconcile')
        + (select count(*) from gallery_sources where state <> 'read') + (select count(*) from assets where render_state = 'waiting') as n`.execute(
      db,
    )
    return Number(rows[0]!.n) === 0
  }
  await until(idle, { what: 'a moment without work', every: 200 })

  const objects = new Map<string, Buffer>()
  await asOperator(cluster.bucket, async (client) => {
    for (const { Key } of (await client.send(new ListObjectsV2Command({ Bucket }))).Contents ?? []) {
      const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }))
      objects.set(Key!, Buffer.from(await Body!.transformToByteArray()))
    }
  })
  const marker = objects.get('marker.json')!
  const cron = (name: string) =>
    ida.ask<{ errors: unknown[] }>(`/api/cron/${name}`, { method: 'POST', headers: { authorization: `Bearer ${secret}` } })
  const outages: Record<string, { begin: () => Promise<unknown>; end: () => Promise<unknown> }> = {
    'an empty bucket': {
      begin: () =>
        asOperator(cluster.bucket, async (client) => {
          for (const Key of objects.keys()) await client.send(new DeleteObjectCommand({ Bucket, Key }))
        }),
      end: async () => {
        for (const [Key, bytes] of objects) await put(Key, bytes)
      },
    },
    "another installation's marker": {
      begin: () => put('marker.json', JSON.stringify({ installation: 'another one' })),
      end: () => put('marker.json', marker),
    },
  }
  for (const [what, { begin, end }] of Object.entries(outages))
    await t.test(what, async (t) => {
      t.after(end)
      await begin()
      await sql`insert into garbage (key, reason, not_before) values ('galleries/gone/assets/a.jpg', 'a test', now() - interval '1 day')
        on conflict do nothing`.execute(db)
      await sql`update archives set retained_until = now() - interval '1 hour' where id = ${last.id}`.execute(db)
      const [before, names] = [await allRows(db), await namesIn(cluster.bucket)]
      assert.equal((await fetch(`${machine.url}/readyz`)).status, 503)
      const maintained = await cron('maintenance')
      assert.deepEqual([maintained.status, maintained.body.errors.length], [200, 1])
      assert.equal((await cron('cleanup')).status, 503)
      const asked = await runs(db)
      await queue.send(db, { name: 'reconcile', payload: {} })
      await queue.send(db, { name: 'gallery.sync', payload: { galleryId: theirs.id } })
      await queue.send(db, { name: 'gallery.rebuild', payload: { galleryId: id } })
      await until(async () => (await runs(db)) >= asked + 3, { what: 'the end of the jobs', every: 100 })
      assert.deepEqual([await allRows(db), await namesIn(cluster.bucket)], [before, names])
      await end()
      await until(async () => (await fetch(`${machine.url}/readyz`)).ok, { what: 'readyz', every: 100 })
    })

  await t.test('when it is back the same steps do their work, and everything is as it was', async () => {
    const cleaned = await cron('cleanup')
    assert.deepEqual([cleaned.status, cleaned.body.errors], [200, []])
    const { rows } = await sql<{ state: string }>`
      select status::text as state from archives where id = ${last.id} union all select key from garbage where reason = 'a test'`.execute(
      db,
    )
    assert.deepEqual(rows, [{ state: 'deleted' }])
    await until(idle, { what: 'a moment without work', every: 200 })
    const lost = await sql`select id from assets where state <> 'stored'`.execute(db)
    assert.deepEqual(lost.rows, [])
    const { body } = await ida.ask<DownloadResponse>(`/api/galleries/${id}/download`)
    const answer = await fetch(body.download_url!.replace('http://photos.test', machine.url))
    assert.equal(sha256(Buffer.from(await answer.arrayBuffer())), checksum)
  })
})

/** One sum of the rows of every table but what a look leaves behind: settings, and how the last look at a prefix went. */
async function allRows(db: Database): Promise<Record<string, string>> {
  const { rows } = await sql<{ name: string }>`
    select relname as name from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace and relname not in ('settings', 'throttles')
    order by 1`.execute(db)
  assert.ok(rows.length > 20)
  const sums: Record<string, string> = {}
  for (const { name } of rows) {
    const left = sql`to_jsonb(t) - '{state,error,looked_at,due_at}'::text[]`
    const row = name === 'gallery_sources' ? left : sql`to_jsonb(t)`
    const found = await sql<{ sum: string }>`
      select count(*) || ' ' || md5(coalesce(string_agg((${row})::text, ',' order by (${row})::text), '')) as sum from ${sql.table(name)} t`.execute(
      db,
    )
    sums[name] = found.rows[0]!.sum
  }
  return sums
}

/** How many looks of the jobs that are sent below have ended, well or not. */
async function runs(db: Database): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    select count(*)::int as n from queue.job where name in ('reconcile', 'gallery.sync', 'gallery.rebuild') and completed_on is not null`.execute(
    db,
  )
  return rows[0]!.n
}

async function asOperator<T>(bucket: Awaited<ReturnType<typeof freshBucket>>, work: (client: S3Client) => Promise<T>): Promise<T> {
  const { endpoint, region, accessKeyId, secretAccessKey } = bucket
  const client = new S3Client({ endpoint: endpoint!, region, forcePathStyle: true, credentials: { accessKeyId, secretAccessKey } })
  return work(client).finally(() => client.destroy())
}

const namesIn = (bucket: Awaited<ReturnType<typeof freshBucket>>): Promise<string[]> =>
  asOperator(bucket, async (client) => {
    const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: bucket.bucket }))
    return Contents.map(({ Key }) => Key!)
  })
