import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { photos } from '../../../test/journeys/sending.ts'
import { type RetiredWorld, stores } from '../../../test/retired.ts'
import { days } from '../../base/clock.ts'
import { AppError } from '../../base/errors.ts'
import { newId } from '../../base/id.ts'
import { findArchive } from '../../data/archives.ts'
import { listStored } from '../../data/assets.ts'
import { changeGallery, findGallery } from '../../data/galleries.ts'
import { reconcile } from '../operations/reconcile.ts'
import { importFolder } from '../uploads/import.ts'
import { removeItem } from '../uploads/remove.ts'
import { hydrate } from './hydrate.ts'
import { purge } from './purge.ts'
import { checkRestore, restore } from './restore.ts'
import { askSalvage, salvage, viewSalvage } from './salvage.ts'

const go = new AbortController().signal

for (const store of await stores())
  describe(`a damaged archive ${store.name}`, { skip: store.skip }, () => {
    let world: RetiredWorld
    before(async () => {
      world = await store.world()
    })
    after(() => world.close())

    const stateOf = async (id: string) => (await findGallery(world.deps.db, id))!.state
    const lettersOf = async (id: string) =>
      (
        await world.deps.db.selectFrom('letters').select('facts').where('galleryId', '=', id).where('kind', '=', 'damage_found').execute()
      ).map((row) => (row.facts as { files: string[] }).files)
    /** An archived gallery whose delivery is gone as well: its final archive is all there is. */
    async function alone(count: number) {
      const made = await world.published(count)
      const final = await world.archived(made.gallery.id)
      await world.purged(made.gallery.id)
      await world.deps.db.updateTable('archives').set({ status: 'failed' }).where('id', '=', made.delivery.id).execute()
      return { ...made, id: made.gallery.id, final }
    }

    test('cut short it is refused; salvaged, the photos before the cut come back, the others are named, stay visible, and one sent again takes its place', async () => {
      const { id, final, sent } = await alone(4)
      const assets = await listStored(world.deps.db, id)
      const last = assets.toSorted((a, b) => b.storageOffset - a.storageOffset)[0]!
      await world.cut(final.storageKey!, last.storageOffset + 1000)
      await assert.rejects(restore(world.deps, id, { expiresAt: null }), { code: 'archive_damaged' })
      const dry = await checkRestore(world.deps, id, { salvage: true })
      assert.deepEqual([dry.photos, dry.lost.map(({ originalName }) => originalName)], [3, [last.originalName]])
      assert.equal(await stateOf(id), 'archived')
      const { photos: back, lost } = await restore(world.deps, id, { expiresAt: null, salvage: true })
      assert.deepEqual([back, lost.length], [3, 1])
      await hydrate(world.deps, id, go)
      const now = await listStored(world.deps.db, id)
      assert.deepEqual(
        now.map(({ id, state }) => [id, state]),
        assets.map((a) => [a.id, a.id === last.id ? 'missing' : 'stored']),
      )
      assert.ok(now.every(({ state, storageOffset }) => state === 'missing' || storageOffset === 0))
      assert.deepEqual(await lettersOf(id), [[last.originalName]])
      assert.deepEqual([await stateOf(id), (await findGallery(world.deps.db, id))!.archiveError], ['active', 'archive_damaged'])
      const folder = mkdtempSync('/tmp/keepsake-again-')
      const again = (await photos(4, 40_000, Number(/\d+/.exec(assets[0]!.originalName)![0]))).find(
        ({ name }) => name === last.originalName,
      )!
      writeFileSync(path.join(folder, again.name), again.bytes)
      await importFolder(world.deps, (await findGallery(world.deps.db, id))!, folder)
      rmSync(folder, { recursive: true })
      assert.deepEqual(await world.sums(id), sent)
    })

    test('one damaged photo is named by the originals that come out of it, the others come back', async () => {
      const { id, final } = await alone(3)
      const victim = (await listStored(world.deps.db, id))[1]!
      await world.flip(final.storageKey!, victim.storageOffset + 200)
      await restore(world.deps, id, { expiresAt: null })
      await hydrate(world.deps, id, go)
      const missing = (await listStored(world.deps.db, id)).filter(({ state }) => state === 'missing')
      assert.deepEqual(
        missing.map((asset) => asset.id),
        [victim.id],
      )
      assert.deepEqual(await lettersOf(id), [[victim.originalName]])
      assert.equal((await findGallery(world.deps.db, id))!.hydrating, false)
    })

    test('what another version has whole is taken from there, and nothing is lost', async () => {
      const { gallery, sent } = await world.published(3)
      const final = await world.archived(gallery.id)
      await world.purged(gallery.id)
      const victim = (await listStored(world.deps.db, gallery.id))[0]!
      await world.flip(final.storageKey!, victim.storageOffset + 200)
      await restore(world.deps, gallery.id, { expiresAt: null })
      await hydrate(world.deps, gallery.id, go)
      assert.deepEqual(await world.sums(gallery.id), sent)
      assert.deepEqual(await lettersOf(gallery.id), [])
    })

    test('the final archive is gone: an older version brings all of it back, within the grace and after', async () => {
      for (const late of [false, true]) {
        const { gallery, delivery, sent } = await world.published(3)
        const final = await world.archived(gallery.id)
        if (late) await world.purged(gallery.id)
        await world.deps.storage.delete(final.storageKey!)
        await assert.rejects(restore(world.deps, gallery.id, { expiresAt: null }), { code: 'archive_damaged' })
        const { photos: back } = await restore(world.deps, gallery.id, { expiresAt: null, archiveId: delivery.id })
        assert.equal(back, 3)
        assert.deepEqual(await world.sums(gallery.id), sent)
        await hydrate(world.deps, gallery.id, go)
        assert.deepEqual(await world.sums(gallery.id), sent)
        assert.ok((await listStored(world.deps.db, gallery.id)).every(({ storageOffset }) => storageOffset === 0))
      }
    })

    test('a photo that an older version has not comes from the final archive; without that it is salvaged or nothing changes', async () => {
      const { gallery, delivery, sent } = await world.published(2)
      const final = await world.archived(gallery.id)
      await world.purged(gallery.id)
      // as if one photo had come after that version
      const newer = (await listStored(world.deps.db, gallery.id))[1]!
      await world.deps.db.deleteFrom('archiveEntries').where('archiveId', '=', delivery.id).where('assetId', '=', newer.id).execute()
      const offset = newer.storageOffset
      await world.flip(final.storageKey!, offset + 1)
      const from = { archiveId: delivery.id }
      const found = await checkRestore(world.deps, gallery.id, { ...from, salvage: true })
      assert.deepEqual(
        found.lost.map(({ id }) => id),
        [newer.id],
      )
      await world.flip(final.storageKey!, offset + 1)
      const whole = await checkRestore(world.deps, gallery.id, { ...from, salvage: true })
      assert.deepEqual([whole.lost, whole.places.length], [[], 2])
      await restore(world.deps, gallery.id, { expiresAt: null, archiveId: final.id })
      assert.deepEqual(await world.sums(gallery.id), sent)
    })

    test('an older version brings nothing back while the final archive, which alone has a later photo, is damaged or gone', async () => {
      const { gallery, delivery } = await world.published(2)
      const folder = mkdtempSync('/tmp/keepsake-later-')
      const [later] = await photos(1, 40_000, 987_000)
      writeFileSync(path.join(folder, later!.name), later!.bytes)
      await importFolder(world.deps, gallery, folder)
      rmSync(folder, { recursive: true })
      const final = await world.archived(gallery.id)
      await world.purged(gallery.id)
      const [before, sent] = [await listStored(world.deps.db, gallery.id), await world.sums(gallery.id)]
      assert.deepEqual([before.length, delivery.imageCount, final.imageCount], [3, 2, 3])
      const wish = { expiresAt: null, archiveId: delivery.id }
      const refused = async () => {
        await assert.rejects(restore(world.deps, gallery.id, wish), { code: 'archive_damaged' })
        assert.deepEqual([await stateOf(gallery.id), await listStored(world.deps.db, gallery.id)], ['archived', before])
      }
      const directory = final.fileSizeBytes! - 30
      await world.flip(final.storageKey!, directory)
      await refused()
      await world.flip(final.storageKey!, directory)
      await restore(world.deps, gallery.id, wish)
      assert.deepEqual(await world.sums(gallery.id), sent)
      const places = (await listStored(world.deps.db, gallery.id)).map(({ storageKey }) => storageKey)
      assert.deepEqual(places.sort(), [delivery.storageKey, delivery.storageKey, final.storageKey].sort())
    })

    test('a version of another gallery, one that is not ready, and an archive of which nothing is left are refused', async () => {
      const [one, other] = [await alone(1), await world.published(1)]
      const refused = { code: 'archive_not_ready' }
      await assert.rejects(restore(world.deps, one.id, { expiresAt: null, archiveId: other.delivery.id }), refused)
      await assert.rejects(restore(world.deps, one.id, { expiresAt: null, archiveId: one.delivery.id }), refused)
      await world.deps.storage.delete(one.final.storageKey!)
      await assert.rejects(restore(world.deps, one.id, { expiresAt: null, salvage: true }), { code: 'archive_damaged' })
      assert.equal(await stateOf(one.id), 'archived')
      assert.equal((await findArchive(world.deps.db, one.final.id))!.status, 'ready')
      await world.deps.db.transaction().execute((tx) => changeGallery(tx, one.id, { archiveError: null }))
    })

    test('found damaged before the purge: each original goes back to its old key if that is right, else to what is whole; what is whole nowhere is missing, and nothing is deleted', async () => {
      const { gallery, delivery } = await world.published(4)
      const { id } = gallery
      const own = new Map((await listStored(world.deps.db, id)).map((asset) => [asset.id, asset.storageKey]))
      const final = await world.archived(id)
      await world.deps.db.updateTable('archives').set({ status: 'failed' }).where('id', '=', delivery.id).execute()
      const [first, second, third, fourth] = await listStored(world.deps.db, id)
      // bits turn in the archive's first and third photo, and under the old keys of the second and third
      for (const { storageOffset } of [first!, third!]) await world.flip(final.storageKey!, storageOffset + 500)
      for (const asset of [second!, third!]) await world.flip(own.get(asset.id)!, 500)
      // its job is asked for when it has been looked at
      const notSent = { ...world.deps, queue: { ...world.deps.queue, send: async () => {} } }
      world.clock.advance(days(8))
      await purge(notSent, id, go)
      const now = new Map((await listStored(world.deps.db, id)).map((asset) => [asset.id, asset]))
      const placeOf = ({ id }: { id: string }) => [now.get(id)!.storageKey, now.get(id)!.storageOffset > 0, now.get(id)!.state]
      for (const asset of [first!, fourth!]) assert.deepEqual(placeOf(asset), [own.get(asset.id), false, 'stored'])
      assert.deepEqual(placeOf(second!), [final.storageKey, true, 'stored'])
      assert.equal(now.get(third!.id)!.state, 'missing')
      assert.deepEqual(await lettersOf(id), [[third!.originalName]])
      assert.deepEqual([await stateOf(id), (await findGallery(world.deps.db, id))!.hydrating], ['active', true])
      // its grace is over, but an original lies in it
      world.clock.advance(days(2))
      await reconcile(world.deps)
      for (const key of [final.storageKey!, ...own.values()]) assert.ok(await world.deps.storage.size(key), key)
      await hydrate(world.deps, id, go)
      await removeItem(world.deps, id, third!.itemId)
      const rest = [first!, second!, fourth!].map(({ sha256 }) => sha256.toString('hex')).sort()
      assert.deepEqual(await world.sums(id), rest)
      await world.archived(id)
      await world.purged(id)
      assert.deepEqual(await world.sums(id), rest)
      // nothing lies in the damaged one any more, nor under any old key
      const left = await world.keys(`galleries/${id}/`)
      for (const key of [final.storageKey!, ...own.values()]) assert.ok(!left.includes(key), key)
    })

    const wishOf = (galleryId: string, dryRun: boolean) => ({
      galleryId,
      archiveId: null,
      expiresAt: null,
      dryRun,
      askedBy: world.ownerId,
      askedAt: world.clock.now(),
    })
    const ended = (id: string) =>
      world.until(async () => {
        const now = (await viewSalvage(world.deps.db, id))!
        return now.status !== 'queued' && now.status !== 'processing' && now
      }, 'the end of the salvage')

    test('asked for, a job reads all of it: first only to look, then the gallery is back; archived anew nothing is said of it', async () => {
      const { id, final } = await alone(3)
      const victim = (await listStored(world.deps.db, id))[1]!
      await world.flip(final.storageKey!, victim.storageOffset + 200)
      await askSalvage(world.deps, wishOf(id, true))
      const looked = await ended(id)
      assert.deepEqual([looked.status, looked.percent, looked.restored?.photos, looked.restored?.dry_run], ['done', 100, 2, true])
      assert.deepEqual(looked.restored?.missing, [victim.originalName])
      assert.equal(await stateOf(id), 'archived')
      await askSalvage(world.deps, wishOf(id, false))
      const back = await ended(id)
      assert.deepEqual({ ...back.restored, dry_run: true }, looked.restored)
      assert.deepEqual([back.status, await stateOf(id)], ['done', 'active'])
      const [restored] = await world.deps.db
        .selectFrom('activity')
        .selectAll()
        .where('galleryId', '=', id)
        .where('action', '=', 'restored')
        .execute()
      assert.equal(restored!.actor, `user ${world.ownerId}`)
      await assert.rejects(askSalvage(world.deps, wishOf(id, false)), { code: 'not_archived' })
      await hydrate(world.deps, id, go)
      await removeItem(world.deps, id, victim.itemId)
      await world.archived(id)
      assert.equal(await viewSalvage(world.deps.db, id), null)
    })

    test('of nothing that is whole the job says so, and the gallery stays archived; a version of another gallery is refused at once', async () => {
      const { id, final } = await alone(1)
      await world.flip(final.storageKey!, (await listStored(world.deps.db, id))[0]!.storageOffset + 1)
      await assert.rejects(askSalvage(world.deps, { ...wishOf(id, false), archiveId: newId(world.clock.now()) }), {
        code: 'archive_not_ready',
      })
      await askSalvage(world.deps, wishOf(id, false))
      const { status, error, restored } = await ended(id)
      assert.deepEqual([status, error?.code, restored], ['failed', 'archive_damaged', null])
      assert.equal(await stateOf(id), 'archived')
    })

    test('killed at any call it begins anew, comes back once and is done; one that was overtaken changes nothing', async () => {
      const { id, final, sent } = await alone(3)
      await world.cut(final.storageKey!, final.fileSizeBytes - 10)
      // as if its job were lost: the tests call it
      const notSent = { ...world.deps, queue: { ...world.deps.queue, send: async () => {} } }
      await askSalvage(notSent, wishOf(id, false))
      for (let at = 1; at <= 4; at++) {
        let calls = 0
        const open: typeof world.deps.storage.open = (...args) => {
          if (++calls === at) throw new Error('killed')
          return world.deps.storage.open(...args)
        }
        const dying = { ...world.deps, storage: { ...world.deps.storage, open } }
        if (at < 4) await assert.rejects(salvage(dying, id, { signal: go, last: false }), /killed/)
        else {
          // a second one begins while the first is reading, and is first
          const overtaken = {
            ...world.deps,
            storage: { ...world.deps.storage, open: once(() => salvage(world.deps, id, { signal: go, last: false })) },
          }
          await assert.rejects(salvage(overtaken, id, { signal: go, last: false }), AppError)
        }
      }
      assert.equal((await viewSalvage(world.deps.db, id))!.status, 'done')
      assert.equal(await stateOf(id), 'active')
      assert.deepEqual(await world.sums(id), sent)
      const letters = await world.deps.db
        .selectFrom('letters')
        .select('id')
        .where('galleryId', '=', id)
        .where('kind', '=', 'gallery_restored')
        .execute()
      assert.equal(letters.length, 1)
    })

    /** Reads as the storage does; before the first time it does this. */
    function once(first: () => Promise<void>): typeof world.deps.storage.open {
      let begun: Promise<void> | undefined
      return async (...args) => {
        begun ??= first()
        await begun
        return world.deps.storage.open(...args)
      }
    }
  })
