import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { type RetiredWorld, stores } from '../../../test/retired.ts'
import { findArchive } from '../../data/archives.ts'
import { listStored } from '../../data/assets.ts'
import { findGallery } from '../../data/galleries.ts'
import { readRange } from '../../ports/storage/samples.ts'
import { restore } from '../archives/restore.ts'
import { compareStore } from './compare.ts'
import { maintain } from './maintain.ts'

for (const store of await stores())
  describe(`store and database ${store.name}`, { skip: store.skip }, () => {
    let world: RetiredWorld
    before(async () => {
      world = await store.world()
    })
    after(() => world.close())
    const counts = async (options = {}) => {
      const { unknown, missing, back } = await compareStore(world.deps, options)
      return [unknown.count, missing.count, back.count]
    }
    const all = () => world.keys('')

    test('agree while nothing is wrong, through all that a gallery goes through', async () => {
      const { gallery } = await world.published(3)
      assert.deepEqual(await counts(), [0, 0, 0])
      await world.archived(gallery.id)
      assert.deepEqual(await counts(), [0, 0, 0])
      await world.purged(gallery.id)
      const found = await compareStore(world.deps)
      assert.deepEqual([found.unknown.count, found.missing.count], [0, 0])
      assert.equal(found.objects, (await all()).length)
    })

    test('what is unknown is told and never deleted, what is gone is named; the report changes nothing, the repair notes it, and what comes back heals', async () => {
      const { gallery } = await world.published(3)
      const [lost, cut] = await listStored(world.deps.db, gallery.id)
      const [preview] = await world.keys(`galleries/${gallery.id}/derivatives/`)
      const stray = `galleries/${gallery.id}/assets/0198ab00-0000-7000-8000-000000000009.jpg`
      await world.deps.storage.put(stray, Buffer.from('nobody knows me'))
      const bytes = await readRange(world.deps.storage, lost!.storageKey, 0, lost!.size)
      await world.deps.storage.delete(lost!.storageKey)
      await world.cut(cut!.storageKey, 100)
      await world.deps.storage.delete(preview!)
      const before = await all()
      const report = await compareStore(world.deps)
      assert.deepEqual(report.unknown.rows, [{ key: stray, bytes: 15 }])
      assert.deepEqual(
        report.missing.rows.map(({ kind, key, found, gallery_slug }) => [kind, key, found, gallery_slug]).sort(),
        [
          ['original', cut!.storageKey, 100, gallery.slug],
          ['original', lost!.storageKey, null, gallery.slug],
          ['preview', preview, null, gallery.slug],
        ].sort(),
      )
      assert.ok((await listStored(world.deps.db, gallery.id)).every(({ state }) => state === 'stored'))
      assert.deepEqual(await all(), before)

      assert.equal((await compareStore(world.deps, { repair: true })).missing.count, 3)
      const states = new Map((await listStored(world.deps.db, gallery.id)).map(({ id, state }) => [id, state]))
      assert.deepEqual(
        [states.get(lost!.id), states.get(cut!.id), [...states.values()].filter((s) => s === 'stored').length],
        ['missing', 'missing', 1],
      )
      assert.ok((await all()).includes(stray))
      await world.until(async () => (await counts())[1] === 0, 'the picture that is drawn anew')

      // as long as it was, and something else: that is not it
      await world.deps.storage.put(lost!.storageKey, Buffer.alloc(lost!.size))
      assert.equal((await compareStore(world.deps)).back.count, 0)
      await world.deps.storage.delete(lost!.storageKey)
      await world.deps.storage.put(lost!.storageKey, bytes)
      assert.equal((await compareStore(world.deps, { repair: true })).back.count, 1)
      assert.equal((await listStored(world.deps.db, gallery.id)).find(({ id }) => id === lost!.id)!.state, 'stored')
    })

    test('the archive of an archived gallery that is gone stays its archive: put back, it restores', async () => {
      const { gallery, sent } = await world.published(2)
      const final = await world.archived(gallery.id)
      await world.purged(gallery.id)
      const bytes = await readRange(world.deps.storage, final.storageKey!, 0, final.fileSizeBytes)
      await world.deps.storage.delete(final.storageKey!)
      const report = await compareStore(world.deps, { repair: true })
      assert.deepEqual([...new Set(report.missing.rows.map(({ key }) => key))], [final.storageKey])
      await maintain(world.deps)
      assert.equal((await findArchive(world.deps.db, final.id))!.status, 'ready')
      assert.equal((await findGallery(world.deps.db, gallery.id))!.archiveError, 'archive_damaged')
      await world.deps.storage.put(final.storageKey!, bytes)
      await compareStore(world.deps, { repair: true })
      await restore(world.deps, gallery.id, { expiresAt: null })
      assert.deepEqual(await world.sums(gallery.id), sent)
    })
  })
