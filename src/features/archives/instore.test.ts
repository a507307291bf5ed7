/** Archives made inside a bucket: proven when they are read back, and no damaged original gets into one. */
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { PutObjectCommand } from '@aws-sdk/client-s3'
import { photos } from '../../../test/journeys/sending.ts'
import { behind, freshBucket, testServer } from '../../../test/s3/server.ts'
import { type TestWorld, testWorld } from '../../../test/world.ts'
import { systemClock } from '../../base/clock.ts'
import { newId } from '../../base/id.ts'
import { findArchive } from '../../data/archives.ts'
import { listStored } from '../../data/assets.ts'
import { findGallery } from '../../data/galleries.ts'
import { installationId } from '../../data/settings.ts'
import type { Gallery } from '../../domain/gallery.ts'
import { diskStorage } from '../../ports/storage/disk.ts'
import { s3Storage } from '../../ports/storage/s3.ts'
import type { S3Options } from '../../ports/storage/s3-client.ts'
import { planInStore } from '../../ports/storage/s3-plan.ts'
import { readRange } from '../../ports/storage/samples.ts'
import { createGallery } from '../galleries/edit.ts'
import { importFolder } from '../uploads/import.ts'
import { publish } from './publish.ts'
import { loadSealed, storagePieces } from './sealed.ts'
import { archiveStatus, viewArchive } from './status.ts'

const server = await testServer()
const by = { userId: null, source: 'publish' }

describe('an archive made inside a bucket', { skip: typeof server === 'string' ? server : false }, () => {
  let world: TestWorld
  let options: S3Options
  let folder: string
  before(async () => {
    options = await freshBucket(server as { endpoint: string })
    // as a gallery above 1 GiB is
    const storage = s3Storage({ ...options, clock: systemClock, choose: (pieces) => planInStore(pieces, 2) })
    world = await testWorld({ storage })
    await storage.identify(await installationId(world.deps.db, newId(systemClock.now())))
    folder = mkdtempSync('/tmp/keepsake-photos-')
    await world.work()
  })
  after(async () => {
    await world.close()
    rmSync(folder, { recursive: true, force: true })
  })

  async function gallery(title: string, first: number): Promise<Gallery> {
    const dir = path.join(folder, title)
    mkdirSync(dir)
    for (const { name, bytes } of [...(await photos(3, 6_000_000, first)), ...(await photos(2, 90_000, first + 3))])
      writeFileSync(path.join(dir, name), bytes)
    const made = await createGallery(world.deps, world.ownerId, { title })
    assert.equal((await importFolder(world.deps, made, dir)).imported, 5)
    return (await findGallery(world.deps.db, made.id))!
  }
  const ready = (id: string) =>
    world.until(async () => {
      const archive = await findArchive(world.deps.db, id)
      if (archive?.status === 'failed') throw new Error(`failed: ${archive.errorMessage}`)
      return archive?.status === 'ready' && archive
    }, `archive ${id}`)

  test('has the SHA-256 of the one that a disk makes, and says how little was moved', async () => {
    const g = await gallery('whole', 100)
    const done = await ready((await publish(world.deps, g.id, by)).archive.id)
    const sealed = await loadSealed(world.deps.db, done)
    const disk = diskStorage({ dir: path.join(folder, 'disk'), clock: systemClock })
    await disk.identify('a')
    for (const { storageKey, size } of sealed.entries)
      if (storageKey) await disk.put(storageKey, await readRange(world.deps.storage, storageKey, 0, size))
    assert.equal((await disk.assemble('zip', storagePieces(sealed))).sha256, done.checksum)
    assert.ok(done.movedBytes! < done.fileSizeBytes / 2)
    const view = await viewArchive(world.deps.db, done)
    assert.deepEqual([view.moved_bytes, view.store_requests], [done.movedBytes, done.storeRequests])
    assert.ok(view.store_requests! > 5)
  })

  test('an original whose bytes have changed is found when the archive is read back, named missing, and left out', async () => {
    const g = await gallery('damaged', 200)
    const bad = (await listStored(world.deps.db, g.id)).filter(({ size }) => size > 5_500_000)[1]!
    const bytes = await readRange(world.deps.storage, bad.storageKey, 0, bad.size)
    bytes[3_000_000]! ^= 1
    const client = behind(options)
    await client.send(new PutObjectCommand({ Bucket: options.bucket, Key: `objects/${bad.storageKey}`, Body: bytes }))
    client.destroy()
    const done = await ready((await publish(world.deps, g.id, by)).archive.id)
    assert.deepEqual([done.imageCount, done.missingCount], [4, 1])
    const { archive } = await archiveStatus(world.deps.db, (await findGallery(world.deps.db, g.id))!)
    assert.deepEqual(archive!.missing, [`damaged/photos/${bad.originalName}`])
  })
})
