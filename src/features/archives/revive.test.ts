import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import type { Revived } from '../../../sdk/src/wire.ts'
import { type RetiredWorld, stores } from '../../../test/retired.ts'
import { type TestWorld, testWorld } from '../../../test/world.ts'
import { findArchive } from '../../data/archives.ts'
import { listStored } from '../../data/assets.ts'
import { listSaid } from '../../data/feedback.ts'
import { findGallery } from '../../data/galleries.ts'
import { changeItems, pageItems } from '../../data/items.ts'
import { addComment, setMark } from '../../data/marks.ts'
import type { Gallery } from '../../domain/gallery.ts'
import { readRange } from '../../ports/storage/samples.ts'
import { removeItem } from '../uploads/remove.ts'
import { hydrate } from './hydrate.ts'
import { checkRestore, restore } from './restore.ts'
import { reviveAll } from './revive.ts'

const go = new AbortController().signal

for (const store of await stores())
  describe(`the database is lost, the store is left ${store.name}`, { skip: store.skip }, () => {
    let lost: RetiredWorld
    let found: TestWorld
    let back: Revived
    let was: { archived: Gallery; open: Gallery; draft: Gallery; damaged: Gallery }
    const rows = async (world: TestWorld, id: string) =>
      (await listStored(world.deps.db, id)).map(({ id, itemId, originalName, mime, size, crc32, sha256, capturedAt, state }) => ({
        id,
        itemId,
        originalName,
        mime,
        size,
        crc32,
        sha256: sha256.toString('hex'),
        capturedAt,
        state,
      }))
    let before_: Record<string, Awaited<ReturnType<typeof rows>>>
    const sent: Record<string, string[]> = {}

    before(async () => {
      lost = await store.world()
      const { db, clock } = lost.deps
      const archived = await lost.published(3, 'archived')
      const [item, other] = await pageItems(db, archived.gallery.id, { limit: 2 })
      const said = { galleryId: archived.gallery.id, itemId: item!.id, guestIdentifier: 'guest abc', createdAt: clock.now() }
      await db.transaction().execute(async (tx) => {
        await setMark(tx, { ...said, id: archived.gallery.id, kind: 'rating', rating: 4 })
        await changeItems(tx, said.galleryId, [other!.id], { hidden: true, chapter: 'Party' })
        await addComment(tx, { ...said, id: item!.id, itemId: other!.id, comment: '=lovely "one"' })
      })
      await db.updateTable('galleries').set({ downloadSize: 'screen', watermark: 'view' }).where('id', '=', archived.gallery.id).execute()
      await lost.archived(archived.gallery.id)
      await lost.purged(archived.gallery.id)
      const open = await lost.published(4, 'open')
      const [gone] = await pageItems(db, open.gallery.id, { limit: 1 })
      await removeItem(lost.deps, open.gallery.id, gone!.id)
      const draft = await lost.published(2, 'unpublished')
      await lost.deps.storage.delete(draft.delivery.storageKey!)
      const damaged = await lost.published(3, 'damaged')
      const final = await lost.archived(damaged.gallery.id)
      await lost.purged(damaged.gallery.id)
      await lost.deps.storage.delete(damaged.delivery.storageKey!)
      await lost.flip(final.storageKey!, (await listStored(db, damaged.gallery.id))[1]!.storageOffset + 50)
      await lost.deps.storage.put('galleries/0198ab00-0000-7000-8000-000000000001/archives/1-1.zip', Buffer.from('no zip at all'))
      was = { archived: archived.gallery, open: open.gallery, draft: draft.gallery, damaged: damaged.gallery }
      before_ = Object.fromEntries(await Promise.all(Object.values(was).map(async (g) => [g.id, await rows(lost, g.id)])))
      for (const g of [archived, open, draft, damaged]) sent[g.gallery.id] = g.sent
      found = await testWorld({ storage: lost.deps.storage })
      back = await reviveAll(found.deps, found.ownerId)
    })
    after(async () => {
      await found.close()
      await lost.close()
    })
    const named = (g: Gallery) => back.galleries.find(({ id }) => id === g.id)!
    const keys = async () => {
      const all: string[] = []
      for await (const { key } of found.deps.storage.list('')) all.push(key)
      return all.sort()
    }

    test('an archived gallery is archived again, with the same rows and what guests said, and can be restored', async () => {
      const { db } = found.deps
      assert.equal(named(was.archived).state, 'archived')
      const now = (await findGallery(db, was.archived.id))!
      assert.deepEqual([now.slug, now.title, now.state], ['archived', 'archived', 'archived'])
      assert.deepEqual([now.downloadEnabled, now.downloadSize, now.watermark], [true, 'screen', 'view'])
      assert.deepEqual(await rows(found, now.id), before_[now.id])
      const stand = (world: TestWorld) =>
        world.deps.db
          .selectFrom('items')
          .select(['id', 'chapter', 'hidden', 'kind'])
          .where('galleryId', '=', now.id)
          .orderBy('id')
          .execute()
      assert.deepEqual(await stand(found), await stand(lost))
      assert.ok((await stand(found)).some(({ hidden, chapter }) => hidden && chapter === 'Party'))
      const plain = (one: Awaited<ReturnType<typeof listSaid>>) =>
        // of one moment: in any order
        one.map(({ id: _, ...row }) => row).sort((a, b) => a.kind.localeCompare(b.kind))
      assert.deepEqual(plain(await listSaid(db, now.id, {})), plain(await listSaid(lost.deps.db, now.id, {})))
      assert.equal((await checkRestore(found.deps, now.id)).photos, 3)
      await restore(found.deps, now.id, { expiresAt: null })
      await hydrate(found.deps, now.id, go)
      for (const { storageKey, storageOffset, size, sha256 } of await listStored(db, now.id)) {
        const bytes = await readRange(found.deps.storage, storageKey, storageOffset, storageOffset + size)
        assert.equal(createHash('sha256').update(bytes).digest('hex'), sha256.toString('hex'))
      }
      const [one] = await db.selectFrom('archives').selectAll().where('galleryId', '=', now.id).where('status', '=', 'ready').execute()
      const old = (await findArchive(lost.deps.db, (await findGallery(lost.deps.db, now.id))!.finalArchiveId!))!
      assert.deepEqual([one!.planHash, one!.checksum, one!.imagesHash], [old.planHash, old.checksum, old.imagesHash])
    })

    test('a gallery that was open comes back as a draft with what its newest archive names, its originals where they lay', async () => {
      const { db } = found.deps
      assert.deepEqual([named(was.open).state, named(was.open).photos], ['draft', 4])
      const originals = (await keys()).filter((key) => key.startsWith(`galleries/${was.open.id}/assets/`))
      await hydrate(found.deps, was.open.id, go)
      const after = await listStored(db, was.open.id)
      assert.deepEqual(after.map(({ sha256 }) => sha256.toString('hex')).sort(), sent[was.open.id])
      // the one that was removed a week ago is in the archive alone: better back than lost
      assert.equal(originals.length, 3)
      const now = after.map(({ storageKey }) => storageKey)
      for (const key of originals) assert.ok(now.includes(key))
    })

    test('none of them opens to anybody by itself: passwords and clients were in the database alone', async () => {
      for (const { id } of Object.values(was)) assert.equal((await findGallery(found.deps.db, id))!.isPublic, false)
    })

    test('originals without an archive come back alone, under the name of their key', async () => {
      assert.deepEqual([named(was.draft).state, named(was.draft).photos, named(was.draft).archive], ['draft', 2, null])
      const now = await listStored(found.deps.db, was.draft.id)
      assert.deepEqual(now.map(({ id }) => id).sort(), before_[was.draft.id]!.map(({ id }) => id).sort())
      assert.deepEqual(now.map(({ sha256 }) => sha256.toString('hex')).sort(), sent[was.draft.id])
    })

    test('of a damaged archive what is whole comes back and the rest is named; what is no archive is skipped', async () => {
      const victim = before_[was.damaged.id]![1]!
      assert.deepEqual(named(was.damaged).missing, [victim.originalName])
      const now = await rows(found, was.damaged.id)
      assert.deepEqual(
        now,
        before_[was.damaged.id]!.map((row) => ({ ...row, state: row.id === victim.id ? 'missing' : 'stored' })),
      )
      await hydrate(found.deps, was.damaged.id, go)
      assert.ok(
        (await listStored(found.deps.db, was.damaged.id)).every(({ state, storageOffset }) => state === 'missing' || !storageOffset),
      )
      const paths = back.skipped.map(({ path }) => path)
      assert.ok(paths.includes('galleries/0198ab00-0000-7000-8000-000000000001/archives/1-1.zip'))
      assert.equal(back.galleries.length, 4)
    })

    test('the same again brings nothing new, and nothing of the store was deleted', async () => {
      const before = await keys()
      const again = await reviveAll(found.deps, found.ownerId)
      assert.deepEqual([again.galleries.length, again.known], [0, 4])
      assert.deepEqual(await keys(), before)
    })
  })
