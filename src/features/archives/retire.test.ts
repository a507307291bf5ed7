import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { sql } from 'kysely'
import { photoBytes } from '../../../test/pictures.ts'
import { type TestWorld, testWorld } from '../../../test/world.ts'
import { days, hours, minutes } from '../../base/clock.ts'
import { newId } from '../../base/id.ts'
import { pageActivity } from '../../data/activity.ts'
import { findArchive } from '../../data/archives.ts'
import { listStored } from '../../data/assets.ts'
import { changeGallery, findGallery, listHydrating } from '../../data/galleries.ts'
import { listInside, listPurgeable } from '../../data/inside.ts'
import { pageItems } from '../../data/items.ts'
import { setMark } from '../../data/marks.ts'
import type { Archive } from '../../domain/archive.ts'
import type { Gallery } from '../../domain/gallery.ts'
import { addClient } from '../galleries/clients.ts'
import { createGallery, deleteGallery, editGallery } from '../galleries/edit.ts'
import { reconcile, retryArchiving } from '../operations/reconcile.ts'
import { clearDeleted } from '../operations/retention.ts'
import { importFolder } from '../uploads/import.ts'
import { removeItem } from '../uploads/remove.ts'
import { createWebhook } from '../webhooks/edit.ts'
import { retireMany } from './bulk.ts'
import { hydrate } from './hydrate.ts'
import { publish } from './publish.ts'
import { purge } from './purge.ts'
import { restore } from './restore.ts'
import { retire, retireByItself } from './retire.ts'
import { loadSealed } from './sealed.ts'
import { openLive } from './source.ts'

let world: TestWorld
let folder: string
before(async () => {
  world = await testWorld()
  folder = mkdtempSync('/tmp/keepsake-retire-')
  await world.work({
    reconcile: async () => {},
    'gallery.purge': async () => {},
    'gallery.hydrate': async () => {},
    maintenance: async () => {},
  })
})
after(async () => {
  await world.close()
  rmSync(folder, { recursive: true, force: true })
})

const by = { userId: null, source: 'manual' }
const go = new AbortController().signal
const fileOf = (key: string) => path.join(world.dir, 'objects', key)
const stateOf = async (id: string) => (await findGallery(world.deps.db, id))?.state
const bytesIn = (g: Gallery) => readdirSync(path.join(folder, g.slug)).map((name) => readFileSync(path.join(folder, g.slug, name)))
let count = 0

/** A published gallery with so many photos; its files lie in a folder named by its slug. */
async function gallery(photos: number, slug = `gallery-${++count}`): Promise<Gallery> {
  mkdirSync(path.join(folder, slug))
  for (let i = 0; i < photos; i++)
    writeFileSync(path.join(folder, slug, `IMG_${i}.jpg`), await photoBytes(++count * 100 + i, { width: 64, height: 48 }))
  const made = await createGallery(world.deps, world.ownerId, { title: slug, slug })
  await importFolder(world.deps, made, path.join(folder, slug))
  const { archive } = await publish(world.deps, made.id, { userId: null, source: 'publish' })
  await world.until(async () => (await findArchive(world.deps.db, archive.id))?.status === 'ready', 'the delivery')
  await world.until(async () => (await listStored(world.deps.db, made.id)).every((a) => a.renderState !== 'waiting'), 'previews')
  return (await findGallery(world.deps.db, made.id))!
}

async function archived(g: Gallery): Promise<{ gallery: Gallery; key: string }> {
  const archive = await retire(world.deps, g.id, by)
  const done = await world.until(async () => (await stateOf(g.id)) === 'archived' && findArchive(world.deps.db, archive.id), 'archived')
  return { gallery: (await findGallery(world.deps.db, g.id))!, key: done!.storageKey! }
}

async function keysOf(id: string) {
  const { rows } = await sql<{ key: string }>`select storage_key as key from assets where gallery_id = ${id} and state = 'stored'`.execute(
    world.deps.db,
  )
  return rows.map((row) => row.key)
}
const purgesOf = async (id: string) =>
  (await world.deps.db.selectFrom('purges').select('key').where('galleryId', '=', id).execute()).map((row) => row.key)

const finalsOf = async (id: string) =>
  (await world.deps.db.selectFrom('archives').select('id').where('galleryId', '=', id).where('purpose', '=', 'final').execute()).length

/** Every photo as a download of its gallery gives it, by SHA-256. */
async function sumsOf(id: string): Promise<string[]> {
  const assets = await listStored(world.deps.db, id)
  return Promise.all(
    assets.map(async ({ storageKey, storageOffset, size }) => {
      const source = await world.deps.storage.open(storageKey, storageOffset, storageOffset + size)
      const bytes = Buffer.alloc(size)
      for (let at = 0; at < size; ) at += await source.read(bytes.subarray(at))
      await source.close()
      return createHash('sha256').update(bytes).digest('hex')
    }),
  )
}
const sums = (all: Buffer[]) => all.map((bytes) => createHash('sha256').update(bytes).digest('hex')).sort()

describe('retire', () => {
  test('one ZIP with every photo and the feedback; the page closes, links end, the photographer is told, and originals wait for their time', async () => {
    const g = await gallery(4)
    const item = (await pageItems(world.deps.db, g.id, { limit: 1 }))[0]!
    await world.deps.db.transaction().execute((tx) =>
      setMark(tx, {
        id: g.id,
        galleryId: g.id,
        itemId: item.id,
        guestIdentifier: 'guest a',
        kind: 'favorite',
        rating: null,
        createdAt: world.clock.now(),
      }),
    )
    const before = await keysOf(g.id)
    const { gallery: now, key } = await archived(g)
    const out = path.join(folder, 'out')
    execFileSync('unzip', ['-q', fileOf(key), '-d', out])
    execFileSync('sha256sum', ['-c', '--quiet', 'checksums.sha256'], { cwd: path.join(out, g.slug) })
    assert.deepEqual(
      sums(readdirSync(path.join(out, g.slug, 'photos')).map((name) => readFileSync(path.join(out, g.slug, 'photos', name)))),
      sums(bytesIn(g)),
    )
    assert.match(readFileSync(path.join(out, g.slug, 'feedback/feedback_data.json'), 'utf8'), new RegExp(item.id))
    assert.ok(now.archivedAt && now.finalArchiveId)
    assert.deepEqual(new Set(await keysOf(g.id)), new Set([key]))
    assert.deepEqual((await purgesOf(g.id)).sort(), before.sort())
    for (const old of before) assert.ok(existsSync(fileOf(old)))
    assert.deepEqual((await sumsOf(g.id)).sort(), sums(bytesIn(g)))
    const live = await world.deps.db
      .selectFrom('links')
      .select('id')
      .where('galleryId', '=', g.id)
      .where('kind', '!=', 'email')
      .where('revokedAt', 'is', null)
      .execute()
    assert.deepEqual(live, [])
    const letters = await world.deps.db
      .selectFrom('letters')
      .select('kind')
      .where('galleryId', '=', g.id)
      .where('kind', '=', 'archive_complete')
      .execute()
    assert.equal(letters.length, 1)
  })

  test('two at once, and again afterwards, are one run and one archive', async () => {
    const g = await gallery(2)
    const many = await Promise.all(Array.from({ length: 6 }, () => retire(world.deps, g.id, by)))
    assert.equal(new Set(many.map((a) => a.id)).size, 1)
    await world.until(async () => (await stateOf(g.id)) === 'archived')
    assert.equal((await retire(world.deps, g.id, by)).id, many[0]!.id)
  })

  test('while it is made nothing may come, go or be said', async () => {
    const g = await gallery(1)
    await world.deps.db.transaction().execute((tx) => changeGallery(tx, g.id, { state: 'archiving' }))
    const item = (await pageItems(world.deps.db, g.id, { limit: 1 }))[0]!
    await assert.rejects(removeItem(world.deps, g.id, item.id), { code: 'gallery_not_open' })
    await assert.rejects(publish(world.deps, g.id, by), { code: 'gallery_closed' })
    const more = path.join(folder, `${g.slug}-more`)
    mkdirSync(more)
    writeFileSync(path.join(more, 'NEW.jpg'), await photoBytes(77_777, { width: 64, height: 48 }))
    await assert.rejects(importFolder(world.deps, (await findGallery(world.deps.db, g.id))!, more), { code: 'gallery_not_open' })
  })

  test('with an original lost it is refused, nothing changes, and the others of a bulk run are archived', async () => {
    const [whole, broken] = [await gallery(2), await gallery(2)]
    const [key] = await keysOf(broken.id)
    await world.deps.db.updateTable('assets').set({ state: 'missing' }).where('storageKey', '=', key!).execute()
    const draft = await createGallery(world.deps, world.ownerId, { title: 'Draft' })
    const results = await retireMany(
      world.deps,
      [broken, draft, whole].map(({ id }) => ({ id, galleryId: id })),
      by,
    )
    assert.deepEqual(
      results.map(({ status, error }) => [status, error?.code]),
      [
        ['failed', 'original_missing'],
        ['failed', 'not_retirable'],
        ['archiving', undefined],
      ],
    )
    assert.equal(await stateOf(broken.id), 'active')
    await world.until(async () => (await stateOf(whole.id)) === 'archived')
  })

  test('an original that rots before the build: nothing is deleted, the gallery stands where it stood, the photographer is told', async () => {
    const g = await gallery(3)
    const [key] = await keysOf(g.id)
    const bytes = readFileSync(fileOf(key!))
    bytes[100]! ^= 1
    rmSync(fileOf(key!))
    writeFileSync(fileOf(key!), bytes)
    await retire(world.deps, g.id, by)
    const after = await world.until(async () => {
      const now = await findGallery(world.deps.db, g.id)
      return now?.archiveError ? now : undefined
    }, 'the failure')
    assert.deepEqual([after.state, after.archiveError], ['active', 'original_missing'])
    assert.deepEqual(await purgesOf(g.id), [])
    const kinds = await world.deps.db
      .selectFrom('letters')
      .select('kind')
      .where('galleryId', '=', g.id)
      .where('kind', '=', 'archive_failed')
      .execute()
    assert.equal(kinds.length, 1)
  })

  test('a gallery whose slug begins like another one takes nothing of it', async () => {
    const [long, short] = [await gallery(2, 'smith-party'), await gallery(2, 'smith')]
    const before = await keysOf(long.id)
    await archived(short)
    world.clock.advance(days(8))
    await purge(world.deps, short.id, go)
    await reconcile(world.deps)
    world.clock.advance(hours(25))
    await reconcile(world.deps)
    assert.deepEqual(await keysOf(long.id), before)
    for (const key of before) assert.ok(existsSync(fileOf(key)))
    assert.deepEqual((await sumsOf(short.id)).sort(), sums(bytesIn(short)))
  })
})

describe('purge', () => {
  test('originals go when their grace is over, after the archive was proven anew; the archive holds every one', async () => {
    const g = await gallery(3)
    const before = await keysOf(g.id)
    const { key } = await archived(g)
    await purge(world.deps, g.id, go)
    assert.equal((await purgesOf(g.id)).length, 3)
    world.clock.advance(days(7) + minutes(1))
    await purge(world.deps, g.id, go)
    assert.deepEqual(await purgesOf(g.id), [])
    const { rows } = await sql<{
      n: number
    }>`select count(*)::int as n from archive_proofs p join galleries g on g.final_archive_id = p.archive_id where g.id = ${g.id}`.execute(
      world.deps.db,
    )
    assert.equal(rows[0]!.n, 2)
    await reconcile(world.deps)
    for (const old of before) assert.ok(!existsSync(fileOf(old)))
    assert.ok(existsSync(fileOf(key)))
    assert.deepEqual((await sumsOf(g.id)).sort(), sums(bytesIn(g)))
  })

  /** One bit of a stored file is another one. */
  const rot = (key: string) => {
    const file = readFileSync(fileOf(key))
    file[500]! ^= 1
    rmSync(fileOf(key))
    writeFileSync(fileOf(key), file)
  }

  test('an archive that rotted within the grace costs nothing: the originals are taken back, and it is archived again', async () => {
    const g = await gallery(3)
    const { key, gallery: first } = await archived(g)
    rot(key)
    world.clock.advance(days(8))
    await purge(world.deps, g.id, go)
    const again = await world.until(async () => {
      const now = await findGallery(world.deps.db, g.id)
      return now?.state === 'archived' && now.finalArchiveId !== first.finalArchiveId && now
    }, 'the second archive')
    assert.deepEqual((await sumsOf(g.id)).sort(), sums(bytesIn(g)))
    assert.equal((await findArchive(world.deps.db, first.finalArchiveId!))!.status, 'failed')
    assert.equal((await findArchive(world.deps.db, again.finalArchiveId!))!.status, 'ready')
  })

  test('a proof that a clock gave which had jumped ahead is none: the archive is read before an original goes', async () => {
    const g = await gallery(2)
    const { key, gallery: first } = await archived(g)
    const { checksum } = (await findArchive(world.deps.db, first.finalArchiveId!))!
    const verifiedAt = new Date(world.clock.now().getTime() + days(3650))
    const jumped = { id: newId(world.clock.now()), archiveId: first.finalArchiveId!, checksum: checksum!, verifiedAt }
    await world.deps.db.insertInto('archiveProofs').values(jumped).execute()
    rot(key)
    world.clock.advance(days(8))
    await purge(world.deps, g.id, go)
    assert.equal((await findArchive(world.deps.db, first.finalArchiveId!))!.status, 'failed')
    await world.until(async () => (await stateOf(g.id)) === 'archived', 'the second archive')
    assert.deepEqual((await sumsOf(g.id)).sort(), sums(bytesIn(g)))
  })

  test('who proves an archive while its gallery comes back and is archived anew touches nothing of the new one', async () => {
    const g = await gallery(2)
    await archived(g)
    world.clock.advance(days(7) + minutes(1))
    const { storage } = world.deps
    const { digest } = storage
    storage.digest = async (...asked) => {
      storage.digest = digest
      const found = await digest(...asked)
      await restore(world.deps, g.id, { expiresAt: null })
      await hydrate(world.deps, g.id, go)
      await archived(g)
      return found
    }
    await purge(world.deps, g.id, go).finally(() => {
      storage.digest = digest
    })
    const { finalArchiveId } = (await findGallery(world.deps.db, g.id))!
    const proven = await world.deps.db
      .selectFrom('purges')
      .innerJoin('archiveProofs', 'archiveProofs.id', 'purges.proofId')
      .select('archiveId')
      .where('galleryId', '=', g.id)
      .execute()
    assert.deepEqual(proven, [{ archiveId: finalArchiveId }, { archiveId: finalArchiveId }])
  })

  test('a key cannot wait for its end without a proof: the database refuses', async () => {
    const g = await gallery(1)
    const [asset] = await listStored(world.deps.db, g.id)
    await assert.rejects(
      world.deps.db
        .insertInto('purges')
        .values({ key: 'galleries/x', assetId: asset!.id, galleryId: g.id, proofId: g.id, notBefore: world.clock.now() })
        .execute(),
      { code: '23503' },
    )
  })
})

describe('restore', () => {
  test('within the grace the originals are where they were, with the same rows', async () => {
    const g = await gallery(3)
    const before = (await listStored(world.deps.db, g.id)).map(({ renderState: _, ...row }) => row)
    await archived(g)
    const end = new Date(world.clock.now().getTime() + days(30))
    await restore(world.deps, g.id, { expiresAt: end })
    assert.equal(await stateOf(g.id), 'active')
    await hydrate(world.deps, g.id, go)
    assert.deepEqual(
      (await listStored(world.deps.db, g.id)).map(({ renderState: _, ...row }) => row),
      before,
    )
    assert.deepEqual(await purgesOf(g.id), [])
    await assert.rejects(restore(world.deps, g.id, { expiresAt: null }), { code: 'not_archived' })
  })

  test('after the purge photos are read from inside the archive at once, and come out one by one, byte for byte', async () => {
    const g = await gallery(4)
    const { key, gallery: was } = await archived(g)
    world.clock.advance(days(8))
    await purge(world.deps, g.id, go)
    await reconcile(world.deps)
    await restore(world.deps, g.id, { expiresAt: null })
    assert.deepEqual(new Set(await keysOf(g.id)), new Set([key]))
    assert.deepEqual((await sumsOf(g.id)).sort(), sums(bytesIn(g)))
    await Promise.all([hydrate(world.deps, g.id, go), hydrate(world.deps, g.id, go)])
    const keys = await keysOf(g.id)
    assert.equal(new Set(keys).size, 4)
    assert.ok(!keys.includes(key) && keys.every((one) => existsSync(fileOf(one))))
    assert.deepEqual((await sumsOf(g.id)).sort(), sums(bytesIn(g)))
    // what the slower of the two had copied goes, what is needed stays, and so does the archive
    world.clock.advance(hours(25))
    await reconcile(world.deps)
    assert.equal(readdirSync(fileOf(`galleries/${g.id}/assets`)).length, 4)
    assert.ok(existsSync(fileOf(key)))
    assert.equal((await findArchive(world.deps.db, was.finalArchiveId!))!.status, 'ready')
    await world.until(async () => (await listStored(world.deps.db, g.id)).every((a) => a.renderState === 'done'), 'small pictures')
  })

  test('the delivered ZIP is the same file as before, also live from inside the archive', async () => {
    const g = await gallery(3)
    const { archive } = await publish(world.deps, g.id, by)
    await archived(g)
    world.clock.advance(days(8))
    await purge(world.deps, g.id, go)
    await reconcile(world.deps)
    await restore(world.deps, g.id, { expiresAt: null })
    const sealed = await loadSealed(world.deps.db, archive)
    const source = openLive(world.deps.storage, sealed, 0, sealed.layout.total)
    const bytes = Buffer.alloc(sealed.layout.total)
    for (let at = 0; at < bytes.length; ) at += await source.read(bytes.subarray(at))
    await source.close()
    assert.equal(createHash('sha256').update(bytes).digest('hex'), archive.checksum)
  })

  test('archived, restored and archived again, with one photo more and one less, loses nothing', async () => {
    const g = await gallery(3)
    await archived(g)
    world.clock.advance(days(8))
    await purge(world.deps, g.id, go)
    await reconcile(world.deps)
    await restore(world.deps, g.id, { expiresAt: null })
    const item = (await pageItems(world.deps.db, g.id, { limit: 1 }))[0]!
    await removeItem(world.deps, g.id, item.id)
    writeFileSync(path.join(folder, g.slug, 'NEW.jpg'), await photoBytes(99_999, { width: 64, height: 48 }))
    const more = path.join(folder, `${g.slug}-more`)
    mkdirSync(more)
    writeFileSync(path.join(more, 'NEW.jpg'), readFileSync(path.join(folder, g.slug, 'NEW.jpg')))
    await importFolder(world.deps, (await findGallery(world.deps.db, g.id))!, more)
    const wanted = (await sumsOf(g.id)).sort()
    assert.equal(wanted.length, 3)
    const second = await archived(g)
    world.clock.advance(days(8))
    await purge(world.deps, g.id, go)
    await reconcile(world.deps)
    world.clock.advance(days(60))
    await reconcile(world.deps)
    world.clock.advance(hours(25))
    await reconcile(world.deps)
    assert.deepEqual((await sumsOf(g.id)).sort(), wanted)
    assert.deepEqual(new Set(await keysOf(g.id)), new Set([second.key]))
  })

  test('archived once more while originals come out: they lie still from then on, and the archive is made', async () => {
    const g = await gallery(3)
    await archived(g)
    world.clock.advance(days(8))
    await purge(world.deps, g.id, go)
    await restore(world.deps, g.id, { expiresAt: null })
    // its build waits until the hydration has ended
    const notSent = { ...world.deps, queue: { ...world.deps.queue, send: async () => {} } }
    let archive: Archive | undefined
    const assemble: typeof world.deps.storage.assemble = async (...args) => {
      archive ??= await retire(notSent, g.id, by)
      return world.deps.storage.assemble(...args)
    }
    await hydrate({ ...world.deps, storage: { ...world.deps.storage, assemble } }, g.id, go)
    assert.equal((await listInside(world.deps.db, g.id, null, 10)).length, 3)
    await world.deps.queue.send(world.deps.db, { name: 'archive.build', payload: { archiveId: archive!.id } })
    const { state, archiveError } = await world.until(async () => {
      const now = await findGallery(world.deps.db, g.id)
      return now?.state !== 'archiving' && now
    }, 'the end of the archiving')
    assert.deepEqual([state, archiveError], ['archived', null])
    assert.deepEqual((await sumsOf(g.id)).sort(), sums(bytesIn(g)))
  })

  test('deleted while originals come out, its hydration is over', async () => {
    const g = await gallery(1)
    await archived(g)
    await restore(world.deps, g.id, { expiresAt: null })
    await deleteGallery(world.deps, g.id)
    await hydrate(world.deps, g.id, go)
    assert.ok(!(await listHydrating(world.deps.db, 500)).includes(g.id))
  })

  test('who was about to bring back an archive while its gallery came back and was archived anew leaves the new one alone', async () => {
    const g = await gallery(2)
    await archived(g)
    const { storage } = world.deps
    const { size } = storage
    storage.size = async (...asked) => {
      storage.size = size
      const found = await size(...asked)
      await restore(world.deps, g.id, { expiresAt: null })
      await hydrate(world.deps, g.id, go)
      await archived(g)
      return found
    }
    const late = restore(world.deps, g.id, { expiresAt: null }).finally(() => {
      storage.size = size
    })
    await assert.rejects(late, { code: 'not_archived' })
    const now = (await findGallery(world.deps.db, g.id))!
    assert.deepEqual([now.state, now.hydrating, await finalsOf(g.id)], ['archived', false, 2])
    assert.equal((await purgesOf(g.id)).length, 2)
  })

  test('nobody said when it ends: a gallery without an end comes back without one, and one that is over or near stays for a month', async () => {
    const g = await gallery(1)
    const from = (ms: number) => new Date(world.clock.now().getTime() + ms)
    const cases: [before: Date | null, then: Date | null][] = [
      [null, null],
      [from(days(90)), from(days(90))],
      [from(days(2)), from(days(30))],
    ]
    for (const [expiresAt, then] of cases) {
      await archived(g)
      await editGallery(world.deps, g.id, { expiresAt })
      const { expiresAt: until } = await restore(world.deps, g.id, {})
      assert.deepEqual([until, (await findGallery(world.deps.db, g.id))!.expiresAt], [then, then])
      await hydrate(world.deps, g.id, go)
    }
  })

  test('an archive that is gone or cut short is refused, and nothing changes', async () => {
    const g = await gallery(2)
    const { key } = await archived(g)
    const file = readFileSync(fileOf(key))
    rmSync(fileOf(key))
    await assert.rejects(restore(world.deps, g.id, { expiresAt: null }), { code: 'archive_damaged' })
    const damaged = Buffer.from(file)
    damaged[damaged.length - 30]! ^= 1
    writeFileSync(fileOf(key), damaged)
    await assert.rejects(restore(world.deps, g.id, { expiresAt: null }), { code: 'archive_damaged' })
    assert.equal(await stateOf(g.id), 'archived')
    rmSync(fileOf(key))
    writeFileSync(fileOf(key), file)
    await restore(world.deps, g.id, { expiresAt: null })
  })
})

describe('restore within the grace', () => {
  test('no job is sent again and again for keys that wait although the gallery is open; what was removed meanwhile goes', async () => {
    const g = await gallery(3)
    await archived(g)
    const waiting = await purgesOf(g.id)
    const [item] = await pageItems(world.deps.db, g.id, { limit: 1 })
    const gone = (await listInside(world.deps.db, g.id, null, 10)).find((asset) => asset.id === item!.assetId)!.oldKey!
    assert.ok(waiting.includes(gone))
    await restore(world.deps, g.id, { expiresAt: null })
    await removeItem(world.deps, g.id, item!.id)
    const later = new Date(world.clock.now().getTime() + days(8))
    assert.ok(!(await listPurgeable(world.deps.db, later, 100)).includes(g.id))
    await hydrate(world.deps, g.id, go)
    assert.deepEqual(await purgesOf(g.id), [])
    world.clock.advance(hours(25))
    await reconcile(world.deps)
    assert.ok(!existsSync(fileOf(gone)))
    assert.deepEqual((await keysOf(g.id)).sort(), waiting.filter((key) => key !== gone).sort())
  })

  test('who may only look and came while it was archived is told when it is open again', async () => {
    const g = await gallery(1)
    await archived(g)
    await addClient(world.deps, g.id, 'lena@example.com', null, { permission: 'view' })
    await restore(world.deps, g.id, { expiresAt: null })
    const told = () =>
      world.deps.db.selectFrom('letters').select('kind').where('galleryId', '=', g.id).where('recipient', '=', 'lena@example.com')
    await world.until(async () => (await told().execute()).some((row) => row.kind === 'published'), 'her letter')
  })
})

describe('expiry', () => {
  test('archived by hand in the minute after its end: that it ended is told all the same, once, before it is archived', async () => {
    const g = await gallery(1)
    await addClient(world.deps, g.id, 'mara@example.com', null)
    await editGallery(world.deps, g.id, { expiresAt: new Date(world.clock.now().getTime() + minutes(5)) })
    world.clock.advance(minutes(6))
    await archived(g)
    await reconcile(world.deps)
    const letters = await world.deps.db
      .selectFrom('letters')
      .select(['kind', 'recipient'])
      .where('galleryId', '=', g.id)
      .where('kind', 'in', ['gallery_expired', 'own_gallery_expired'])
      .orderBy('kind')
      .execute()
    assert.deepEqual(
      letters.map((row) => `${row.kind} ${row.recipient}`),
      ['gallery_expired mara@example.com', 'own_gallery_expired ida@example.com'],
    )
  })

  test('a gallery that ended a day ago is archived by itself; one whose archiving failed is tried again in the night, and stops no other', async () => {
    const [good, bad] = [await gallery(2), await gallery(2)]
    const [key] = await keysOf(bad.id)
    await world.deps.db.updateTable('assets').set({ state: 'missing' }).where('storageKey', '=', key!).execute()
    for (const g of [good, bad]) await editGallery(world.deps, g.id, { expiresAt: new Date(world.clock.now().getTime() + minutes(5)) })
    world.clock.advance(minutes(6))
    await reconcile(world.deps)
    // for a day its photographer may open it again with one click
    world.clock.advance(days(1) - minutes(2))
    await reconcile(world.deps)
    await world.until(async () => !(await world.deps.queue.depth())['gallery.retire'], 'an idle queue')
    assert.deepEqual([await stateOf(good.id), await finalsOf(good.id)], ['expired', 0])
    await retireByItself(world.deps, good.id, 'expiry')
    assert.equal(await stateOf(good.id), 'expired')
    world.clock.advance(minutes(2))
    await reconcile(world.deps)
    await world.until(async () => (await stateOf(good.id)) === 'archived', 'the good one')
    const after = await world.until(async () => {
      const now = await findGallery(world.deps.db, bad.id)
      return now?.archiveError ? now : undefined
    }, 'the bad one')
    assert.deepEqual([after.state, after.archiveError], ['expired', 'original_missing'])
    // the photo is back; the night asks again
    await world.deps.db.updateTable('assets').set({ state: 'stored' }).where('storageKey', '=', key!).execute()
    await retryArchiving(world.deps)
    await world.until(async () => (await stateOf(bad.id)) === 'archived', 'the second try')
  })

  test('a gallery that was given more time meanwhile is not archived', async () => {
    const g = await gallery(1)
    await retireByItself(world.deps, g.id, 'expiry')
    assert.deepEqual([await stateOf(g.id), (await findGallery(world.deps.db, g.id))!.archiveError], ['active', null])
  })

  test('one that was to be archived by hand on the day of its end, and could not be, is left alone for that day too', async () => {
    const g = await gallery(2)
    await editGallery(world.deps, g.id, { expiresAt: new Date(world.clock.now().getTime() + minutes(5)) })
    world.clock.advance(minutes(6))
    await reconcile(world.deps)
    await world.deps.db.transaction().execute((tx) => changeGallery(tx, g.id, { archiveError: 'original_missing' }))
    assert.equal(await retryArchiving(world.deps), 0)
    world.clock.advance(days(1))
    assert.equal(await retryArchiving(world.deps), 1)
    await world.until(async () => (await stateOf(g.id)) === 'archived', 'the night after')
  })

  test('a deleted gallery keeps its archive for its time, and its originals beside it a month and no longer', async () => {
    const g = await gallery(2)
    const { gallery: was, key } = await archived(g)
    const before = await purgesOf(g.id)
    assert.equal(before.length, 2)
    await deleteGallery(world.deps, g.id)
    assert.equal((await findArchive(world.deps.db, was.finalArchiveId!))!.status, 'ready')
    world.clock.advance(days(31))
    await clearDeleted(world.deps)
    world.clock.advance(hours(25))
    await reconcile(world.deps)
    for (const key of before) assert.ok(!existsSync(fileOf(key)), 'its originals are not kept for ever')
    // nobody can delete it any more, so it has its time like any other archive
    world.clock.advance(days(700))
    await reconcile(world.deps)
    assert.ok(existsSync(fileOf(key)))
    world.clock.advance(days(2))
    for (let i = 0; i < 2; i++) {
      await reconcile(world.deps)
      world.clock.advance(hours(25))
    }
    assert.ok(!existsSync(fileOf(key)), 'nor is its archive')
  })
})

test('receivers hear of the end, then of the archive, then of the return: once each', async () => {
  const g = await gallery(1)
  // nobody need be there: what is to be told is written with the fact
  const types = ['event.expired', 'event.archived', 'event.restored'] as const
  const http = { check: async () => {} }
  await createWebhook({ ...world.deps, http: { ...world.deps.http, ...http } }, world.ownerId, {
    url: 'https://example.com/hook',
    types: [...types],
  })
  await editGallery(world.deps, g.id, { expiresAt: new Date(world.clock.now().getTime() + minutes(5)) })
  world.clock.advance(minutes(6))
  const { key } = await archived(g)
  await restore(world.deps, g.id, { expiresAt: null })
  const told = await world.deps.db
    .selectFrom('webhookDeliveries')
    .select(['type', 'body'])
    .where('galleryId', '=', g.id)
    .orderBy('seq')
    .execute()
  assert.deepEqual(
    told.map((one) => one.type),
    ['event.expired', 'event.archived', 'event.restored'],
  )
  assert.equal(JSON.parse(told[1]!.body).data.event.archive_path, key)
  const written = (await pageActivity(world.deps.db, { galleryId: g.id }, { limit: 50 })).map((row) => `${row.action} ${row.actor}`)
  for (const what of ['expired system', 'archived system', 'restored system'])
    assert.equal(written.filter((w) => w === what).length, 1, what)
})
