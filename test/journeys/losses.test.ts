/** What other gallery services lose, one test a loss, each on a disk and in a bucket: the peers' faults that we know must not be ours. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { days, hours, minutes } from '../../src/base/clock.ts'
import { findArchive } from '../../src/data/archives.ts'
import { listStored } from '../../src/data/assets.ts'
import { listSaid } from '../../src/data/feedback.ts'
import { changeGallery, findGallery } from '../../src/data/galleries.ts'
import { changeItems, pageItems } from '../../src/data/items.ts'
import { addComment, setMark } from '../../src/data/marks.ts'
import { askArchive } from '../../src/features/archives/ask.ts'
import { restoreMany, retireMany } from '../../src/features/archives/bulk.ts'
import { deleteArchived } from '../../src/features/archives/delete-archived.ts'
import { listPacked } from '../../src/features/archives/entries.ts'
import { hydrate } from '../../src/features/archives/hydrate.ts'
import { restore } from '../../src/features/archives/restore.ts'
import { retire } from '../../src/features/archives/retire.ts'
import { createGallery, deleteGallery, editGallery } from '../../src/features/galleries/edit.ts'
import { compareStore } from '../../src/features/operations/compare.ts'
import { expireGalleries } from '../../src/features/operations/expire.ts'
import { maintain } from '../../src/features/operations/maintain.ts'
import { reconcile, retryArchiving } from '../../src/features/operations/reconcile.ts'
import { importFolder } from '../../src/features/uploads/import.ts'
import { removeItem } from '../../src/features/uploads/remove.ts'
import { readRange } from '../../src/ports/storage/samples.ts'
import { mp4 } from '../media.ts'
import { type RetiredWorld, stores } from '../retired.ts'
import { photos, sha256 } from './sending.ts'

const by = { userId: null, source: 'manual' }
const go = new AbortController().signal

for (const store of await stores())
  describe(store.name, { skip: store.skip }, () => {
    let world: RetiredWorld
    before(async () => {
      world = await store.world()
    })
    after(() => world.close())

    const stateOf = async (id: string) => (await findGallery(world.deps.db, id))?.state
    const sumOf = async (key: string) => sha256(await readRange(world.deps.storage, key, 0, (await world.deps.storage.size(key))!))
    const purgesOf = (id: string) => world.deps.db.selectFrom('purges').select('key').where('galleryId', '=', id).execute()
    const failure = (id: string) =>
      world.until(async () => (await findGallery(world.deps.db, id))?.archiveError, 'the failure of the archiving')
    const restored = async (id: string) => {
      await restore(world.deps, id, { expiresAt: null })
      await hydrate(world.deps, id, go)
    }

    test('X-06: a deleted gallery keeps its archives; a version asked for again is one more, not an error; work that stands still is taken up', async () => {
      const { gallery, delivery } = await world.published(2)
      const again = await askArchive(world.deps, gallery.id, { userId: null, force: true })
      assert.notEqual(again.id, delivery.id)
      const ended = () =>
        world.until(async () => {
          const now = await findArchive(world.deps.db, again.id)
          return now?.status === 'ready' && now
        }, 'the archive that was asked for again')
      await ended()
      // as one leaves it that dies at work, and its job with it
      await world.deps.db
        .updateTable('archives')
        .set({ status: 'processing', progressAt: world.clock.now() })
        .where('id', '=', again.id)
        .execute()
      world.clock.advance(minutes(31))
      await maintain(world.deps)
      const ready = await ended()
      await deleteGallery(world.deps, gallery.id)
      await reconcile(world.deps)
      assert.equal((await findArchive(world.deps.db, again.id))!.status, 'ready')
      assert.equal(await sumOf(ready.storageKey!), ready.checksum)
    })

    test('X-11: originals are deleted only after the stored archive was read and is right, and an archive that failed is tried again', async () => {
      const { gallery, sent } = await world.published(3)
      const [victim] = await listStored(world.deps.db, gallery.id)
      const bytes = await readRange(world.deps.storage, victim!.storageKey, 0, victim!.size)
      await world.flip(victim!.storageKey, 700)
      await editGallery(world.deps, gallery.id, { expiresAt: new Date(world.clock.now().getTime() + minutes(1)) })
      world.clock.advance(minutes(2))
      await retire(world.deps, gallery.id, by)
      await failure(gallery.id)
      assert.deepEqual([await stateOf(gallery.id), await purgesOf(gallery.id)], ['expired', []])
      await world.deps.storage.delete(victim!.storageKey)
      await world.deps.storage.put(victim!.storageKey, bytes)
      await compareStore(world.deps, { repair: true })
      world.clock.advance(days(1))
      assert.ok((await retryArchiving(world.deps)) >= 1)
      await world.until(async () => (await stateOf(gallery.id)) === 'archived', 'the second try')
      assert.deepEqual(await world.sums(gallery.id), sent)
      const proofs = await world.deps.db
        .selectFrom('purges')
        .innerJoin('archiveProofs', 'archiveProofs.id', 'purges.proofId')
        .select('purges.key')
        .where('purges.galleryId', '=', gallery.id)
        .execute()
      assert.equal(proofs.length, 3)
    })

    test('X-11: an archive that is not in the store as it was made costs no original: it is made again', async () => {
      const { gallery, sent } = await world.published(2)
      const { storage } = world.deps
      const { assemble } = storage
      let made = 0
      storage.assemble = async (key, pieces, work) => {
        const done = await assemble(key, pieces, work)
        if (key.startsWith(`galleries/${gallery.id}/final/`) && made++ === 0) await world.flip(key, 20_000)
        return done
      }
      try {
        await world.archived(gallery.id)
      } finally {
        storage.assemble = assemble
      }
      assert.equal(made, 2)
      await world.purged(gallery.id)
      assert.deepEqual(await world.sums(gallery.id), sent)
    })

    test('X-11: the archive of a second time does not overwrite that of the first, and what guests said is no photo', async () => {
      const { gallery, sent } = await world.published(2)
      const [item] = await pageItems(world.deps.db, gallery.id, { limit: 1 })
      const mark = { id: gallery.id, galleryId: gallery.id, itemId: item!.id, guestIdentifier: 'guest a', createdAt: world.clock.now() }
      await world.deps.db.transaction().execute((tx) => setMark(tx, { ...mark, kind: 'rating', rating: 3 }))
      const first = await world.archived(gallery.id)
      await world.purged(gallery.id)
      await restored(gallery.id)
      assert.equal((await listStored(world.deps.db, gallery.id)).length, 2)
      const second = await world.archived(gallery.id)
      assert.notEqual(first.storageKey, second.storageKey)
      assert.equal(await sumOf(first.storageKey!), first.checksum)
      assert.equal(await sumOf(second.storageKey!), second.checksum)
      assert.deepEqual(await world.sums(gallery.id), sent)
      const known = await compareStore(world.deps)
      assert.deepEqual(
        known.unknown.rows.filter(({ key }) => key.includes(gallery.id)),
        [],
      )
    })

    test('an empty gallery is never archived over a good archive', async () => {
      const { gallery } = await world.published(2)
      const first = await world.archived(gallery.id)
      await world.purged(gallery.id)
      await restored(gallery.id)
      for (const { id } of await pageItems(world.deps.db, gallery.id, { limit: 10 })) await removeItem(world.deps, gallery.id, id)
      await assert.rejects(retire(world.deps, gallery.id, by), { code: 'gallery_empty' })
      world.clock.advance(days(40))
      await reconcile(world.deps)
      world.clock.advance(hours(25))
      await reconcile(world.deps)
      assert.equal((await findArchive(world.deps.db, first.id))!.status, 'ready')
      assert.equal(await sumOf(first.storageKey!), first.checksum)
    })

    test('galleries whose slugs are prefixes of each other: each has its own photos in its archive, and deleting one takes nothing of the others', async () => {
      const all = []
      for (const slug of ['smith', 'smith-party', 'smith-party-2', 'smithson']) all.push(await world.published(2, slug))
      const [smith, ...others] = all
      const archives = []
      for (const { gallery } of all) archives.push(await world.archived(gallery.id))
      for (const [i, { sent, gallery }] of all.entries()) {
        const { rows } = await listPacked(world.deps, archives[i]!, { limit: 100 })
        const packed = rows.filter((row) => row.asset_id)
        assert.deepEqual(packed.map((row) => row.sha256).sort(), sent)
        assert.ok(rows.every((row) => row.path.startsWith(`${gallery.slug}/`)))
      }
      await deleteArchived(world.deps, smith!.gallery.id, 'system')
      world.clock.advance(hours(25))
      await reconcile(world.deps)
      assert.deepEqual(await world.keys(`galleries/${smith!.gallery.id}/`), [])
      for (const { gallery, sent } of others) {
        await restored(gallery.id)
        assert.deepEqual(await world.sums(gallery.id), sent)
      }
    })

    test('an original that is shorter than it was is not archived, and no original of its gallery is deleted', async () => {
      const { gallery, sent } = await world.published(3)
      const all = await listStored(world.deps.db, gallery.id)
      await world.cut(all[1]!.storageKey, all[1]!.size - 1)
      await retire(world.deps, gallery.id, by)
      await failure(gallery.id)
      assert.deepEqual([await stateOf(gallery.id), await purgesOf(gallery.id)], ['active', []])
      world.clock.advance(days(9))
      await reconcile(world.deps)
      const left = await Promise.all([all[0]!, all[2]!].map(({ storageKey }) => sumOf(storageKey)))
      assert.ok(left.every((sum) => sent.includes(sum)))
    })

    test('a gallery without an address, and one with an impossible one, stop the sweep of no other', async () => {
      const all = []
      for (let i = 0; i < 4; i++) all.push((await world.published(1)).gallery)
      const soon = new Date(world.clock.now().getTime() + minutes(1))
      const addresses = ['mara@example.com', null, 'nobody@@nowhere\r\nBcc: all@example.com', 'jonas@example.com']
      for (const [i, gallery] of all.entries()) {
        await world.deps.db.transaction().execute((tx) => changeGallery(tx, gallery.id, { customerEmail: addresses[i]! }))
        await editGallery(world.deps, gallery.id, { expiresAt: soon })
      }
      world.clock.advance(minutes(2))
      await expireGalleries(world.deps)
      for (const gallery of all) assert.equal(await stateOf(gallery.id), 'expired')
      world.clock.advance(days(1))
      await reconcile(world.deps)
      for (const gallery of all) await world.until(async () => (await stateOf(gallery.id)) === 'archived', 'archived by itself')
    })

    test('a restore doubles no row and drops no video, heading, hidden photo or word', async () => {
      const { gallery } = await world.published(3)
      const folder = mkdtempSync('/tmp/keepsake-film-')
      writeFileSync(path.join(folder, 'film.mp4'), mp4({ seconds: 3 }))
      await importFolder(world.deps, gallery, folder)
      rmSync(folder, { recursive: true })
      const [one, two] = await pageItems(world.deps.db, gallery.id, { limit: 2 })
      await world.deps.db.transaction().execute(async (tx) => {
        const said = { galleryId: gallery.id, itemId: one!.id, guestIdentifier: 'guest b', createdAt: world.clock.now() }
        await addComment(tx, { ...said, id: one!.id, comment: 'the best' })
        await changeItems(tx, gallery.id, [one!.id], { chapter: 'Church' })
        await changeItems(tx, gallery.id, [two!.id], { chapter: 'Party', hidden: true })
      })
      const look = async () => ({
        items: await world.deps.db.selectFrom('items').selectAll().where('galleryId', '=', gallery.id).orderBy('id').execute(),
        assets: (await listStored(world.deps.db, gallery.id)).map(({ storageKey: _, storageOffset: __, renderState: ___, ...row }) => row),
        said: await listSaid(world.deps.db, gallery.id, {}),
        sums: await world.sums(gallery.id),
      })
      await world.until(async () => (await listStored(world.deps.db, gallery.id)).every((a) => a.renderState !== 'waiting'), 'previews')
      const was = await look()
      assert.deepEqual(new Set(was.items.map(({ kind }) => kind)), new Set(['photo', 'video']))
      await world.archived(gallery.id)
      await world.purged(gallery.id)
      await restored(gallery.id)
      assert.deepEqual(await look(), was)
    })

    test('of a gallery that was deleted for good nothing is left in the store, wherever it stood in its life', async () => {
      const inGrace = (await world.published(2)).gallery.id
      await world.archived(inGrace)
      const twice = (await world.published(2)).gallery.id
      await world.archived(twice)
      await world.purged(twice)
      await restore(world.deps, twice, { expiresAt: null })
      await world.archived(twice)
      // whoever packed a delivery of it has died, and would be followed by another one
      const { gallery: packing, delivery } = await world.published(2)
      await world.deps.db.updateTable('archives').set({ status: 'processing' }).where('id', '=', delivery.id).execute()
      await world.archived(packing.id)
      const all = [inGrace, twice, packing.id]
      for (const id of all) {
        assert.ok((await world.keys(`galleries/${id}/`)).length > 0)
        await deleteArchived(world.deps, id, 'system')
      }
      world.clock.advance(minutes(31))
      await maintain(world.deps)
      assert.equal((await findArchive(world.deps.db, delivery.id))!.status, 'deleted')
      world.clock.advance(hours(25))
      await reconcile(world.deps)
      for (const id of all) assert.deepEqual(await world.keys(`galleries/${id}/`), [])
    })

    // what a bucket adds is told by a fifth of them
    const bulk = store.name === 'on a disk' ? 100 : 20
    test(`a bulk run of ${bulk} with ${bulk / 10} that cannot be, asked for twice at once: a verdict for each, the others archived once, and restored`, async () => {
      const [photo] = await photos(1, 9_000, 5)
      const folder = mkdtempSync('/tmp/keepsake-bulk-')
      writeFileSync(path.join(folder, 'a.jpg'), photo!.bytes)
      const asked: { id: string; galleryId: string | null }[] = []
      await tenAtOnce(bulk, async (i) => {
        const gallery = await createGallery(world.deps, world.ownerId, { title: `Bulk ${i}` })
        if (i % 10 !== 3) await importFolder(world.deps, gallery, folder)
        await world.deps.db
          .transaction()
          .execute((tx) => changeGallery(tx, gallery.id, { state: 'active', publishedAt: world.clock.now() }))
        asked[i] = { id: gallery.slug, galleryId: gallery.id }
      })
      const runs = await Promise.all([retireMany(world.deps, asked, by), retireMany(world.deps, asked, by)])
      for (const results of runs) {
        assert.deepEqual(
          results.map(({ id, status, error }) => [id, error?.code ?? status]),
          asked.map(({ id }, i) => [id, i % 10 === 3 ? 'gallery_empty' : 'archiving']),
        )
      }
      assert.deepEqual(
        runs[0]!.map(({ archive_id }) => archive_id),
        runs[1]!.map(({ archive_id }) => archive_id),
      )
      const ids = asked.flatMap(({ galleryId }, i) => (i % 10 === 3 ? [] : [galleryId!]))
      for (const id of ids) await world.until(async () => (await stateOf(id)) === 'archived', 'one of the archives')

      // and back: one of twenty was never archived, and the archive of one more is gone
      const gone = asked.filter((_, i) => i % 20 === 3)
      for (const { galleryId } of gone) {
        await importFolder(world.deps, (await findGallery(world.deps.db, galleryId!))!, folder)
        await world.deps.storage.delete((await world.archived(galleryId!)).storageKey!)
      }
      rmSync(folder, { recursive: true })
      const expiresAt = new Date(world.clock.now().getTime() + days(30))
      const results = await restoreMany(world.deps, asked, { expiresAt, by: 'system' })
      const wanted = (i: number) => (i % 20 === 3 ? 'archive_damaged' : i % 20 === 13 ? 'not_archived' : 'restored')
      assert.deepEqual(
        results.map(({ id, status, error }) => [id, error?.code ?? status]),
        asked.map(({ id }, i) => [id, wanted(i)]),
      )
      assert.equal(results.filter(({ status }) => status === 'restored').length, bulk * 0.9)
      await tenAtOnce(ids.length, async (i) => {
        const gallery = (await findGallery(world.deps.db, ids[i]!))!
        assert.deepEqual([gallery.state, gallery.expiresAt], ['active', expiresAt])
        await hydrate(world.deps, ids[i]!, go)
        assert.deepEqual(await world.sums(ids[i]!), [photo!.sha256])
      })
    })
  })

/** What waits for a disk, a database or a server waits together. */
async function tenAtOnce(count: number, step: (i: number) => Promise<void>): Promise<void> {
  let next = 0
  const worker = async () => {
    while (next < count) await step(next++)
  }
  await Promise.all(Array.from({ length: 10 }, worker))
}
