/** A gallery in a bucket becomes its archive and comes back: its originals are read at their offset, and copied out inside the store. */
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { type Photo, photos, sha256 } from '../../../test/journeys/sending.ts'
import { freshBucket, testServer } from '../../../test/s3/server.ts'
import { type TestWorld, testWorld } from '../../../test/world.ts'
import { days, hours, minutes, systemClock } from '../../base/clock.ts'
import { newId } from '../../base/id.ts'
import { findArchive } from '../../data/archives.ts'
import { listStored } from '../../data/assets.ts'
import { findGallery } from '../../data/galleries.ts'
import { installationId } from '../../data/settings.ts'
import { s3Storage } from '../../ports/storage/s3.ts'
import { readRange } from '../../ports/storage/samples.ts'
import { createGallery } from '../galleries/edit.ts'
import { reconcile } from '../operations/reconcile.ts'
import { importFolder } from '../uploads/import.ts'
import { hydrate } from './hydrate.ts'
import { publish } from './publish.ts'
import { purge } from './purge.ts'
import { restore } from './restore.ts'
import { retire } from './retire.ts'

const server = await testServer()
const go = new AbortController().signal

describe('a gallery in a bucket', { skip: typeof server === 'string' ? server : false }, () => {
  let world: TestWorld
  let folder: string
  let sent: Photo[]
  let id: string
  before(async () => {
    const storage = s3Storage({ ...(await freshBucket(server as { endpoint: string })), clock: systemClock })
    world = await testWorld({ storage })
    await storage.identify(await installationId(world.deps.db, newId(systemClock.now())))
    folder = mkdtempSync('/tmp/keepsake-photos-')
    await world.work({ reconcile: async () => {}, 'gallery.purge': async () => {}, 'gallery.hydrate': async () => {} })
    sent = [...(await photos(3, 6_000_000, 0)), ...(await photos(2, 90_000, 3))]
    mkdirSync(path.join(folder, 'in'))
    for (const { name, bytes } of sent) writeFileSync(path.join(folder, 'in', name), bytes)
    const made = await createGallery(world.deps, world.ownerId, { title: 'In a bucket' })
    await importFolder(world.deps, made, path.join(folder, 'in'))
    id = made.id
    const { archive } = await publish(world.deps, id, { userId: null, source: 'publish' })
    await world.until(async () => (await findArchive(world.deps.db, archive.id))?.status === 'ready', 'the delivery')
  })
  after(async () => {
    await world.close()
    rmSync(folder, { recursive: true, force: true })
  })

  const keys = async () => (await listStored(world.deps.db, id)).map((asset) => asset.storageKey)
  /** SHA-256 of every photo where its row points. */
  async function sums(): Promise<string[]> {
    const all: string[] = []
    for (const { storageKey, storageOffset, size } of await listStored(world.deps.db, id))
      all.push(sha256(await readRange(world.deps.storage, storageKey, storageOffset, storageOffset + size)))
    return all.sort()
  }
  const wanted = () => sent.map((photo) => photo.sha256).sort()

  test('is archived, its originals go after a week, it is restored at once, and they come out byte for byte', async (t) => {
    const before = await keys()
    await retire(world.deps, id, { userId: null, source: 'manual' })
    const gallery = await world.until(async () => {
      const now = await findGallery(world.deps.db, id)
      if (now?.archiveError) throw new Error(now.archiveError)
      return now?.state === 'archived' && now
    }, 'archived')
    assert.deepEqual(await sums(), wanted())
    world.clock.advance(days(7) + minutes(1))
    await purge(world.deps, id, go)
    await reconcile(world.deps)
    for (const key of before) assert.equal(await world.deps.storage.size(key), null)
    assert.deepEqual(await sums(), wanted())

    const began = performance.now()
    await restore(world.deps, id, { expiresAt: null })
    t.diagnostic(`restored in ${Math.round(performance.now() - began)} ms`)
    assert.deepEqual(await sums(), wanted())
    await hydrate(world.deps, id, go)
    assert.equal(new Set(await keys()).size, 5)
    assert.deepEqual(await sums(), wanted())
    world.clock.advance(hours(25))
    await reconcile(world.deps)
    assert.deepEqual(await sums(), wanted())
    const final = (await findArchive(world.deps.db, gallery.finalArchiveId!))!
    assert.equal(await world.deps.storage.size(final.storageKey!), final.fileSizeBytes)
  })
})
