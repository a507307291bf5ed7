/** The main job with everything in a bucket: the same folder, the same ZIP byte for byte, and nothing left on this machine. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { DeleteObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3'
import { systemClock } from '../../src/base/clock.ts'
import { findArchive } from '../../src/data/archives.ts'
import { loadSealed, storagePieces } from '../../src/features/archives/sealed.ts'
import { diskStorage } from '../../src/ports/storage/disk.ts'
import { makePhotos } from '../pictures.ts'
import { testDatabase } from '../postgres.ts'
import { freshBucket, testServer } from '../s3/server.ts'
import { judgeZip, run, sha256Of, soundForAll } from './programs.ts'
import { freshInstallation } from './service.ts'

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
