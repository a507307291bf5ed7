import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { sql } from 'kysely'
import { photoBytes } from '../../../test/pictures.ts'
import { type TestWorld, testWorld } from '../../../test/world.ts'
import { days, hours, minutes } from '../../base/clock.ts'
import { AppError } from '../../base/errors.ts'
import { newId } from '../../base/id.ts'
import { findArchive, keepUntil, markDeleted } from '../../data/archives.ts'
import { listStored } from '../../data/assets.ts'
import { findExport, listParts } from '../../data/exports.ts'
import { findGallery } from '../../data/galleries.ts'
import { discard } from '../../data/garbage.ts'
import { findLetter, insertLetter } from '../../data/letters.ts'
import { databaseCalendar } from '../../data/moment.ts'
import { pageNotifications, tell } from '../../data/notifications.ts'
import { askExport } from '../archives/export-ask.ts'
import { publish } from '../archives/publish.ts'
import { addClient } from '../galleries/clients.ts'
import { createGallery, deleteGallery, editGallery } from '../galleries/edit.ts'
import { importFolder } from '../uploads/import.ts'
import { collect } from './collect.ts'
import { reconcile } from './reconcile.ts'
import { forget } from './retention.ts'

let world: TestWorld
before(async () => {
  world = await testWorld()
})
after(() => world.close())

let count = 0
async function published() {
  const folder = mkdtempSync('/tmp/keepsake-ops-')
  writeFileSync(path.join(folder, 'a.jpg'), await photoBytes(++count, { width: 60, height: 40 }))
  const gallery = await createGallery(world.deps, world.ownerId, { title: `Gallery ${count}` })
  await importFolder(world.deps, gallery, folder)
  rmSync(folder, { recursive: true })
  return { gallery, archive: (await publish(world.deps, gallery.id, { userId: null, source: 'publish' })).archive }
}
const put = (key: string) => world.deps.storage.put(key, Buffer.from('bytes'))
const throwAway = (key: string) => world.deps.db.transaction().execute((tx) => discard(tx, [key], 'test', world.clock.now()))

test('an archive in any working state without a job leaves it (P8)', async () => {
  await world.work({ reconcile: async () => {}, maintenance: async () => {} })
  for (const status of ['queued', 'processing', 'verifying'] as const) {
    const { archive } = await published()
    const done = await world.until(async () => {
      const a = await findArchive(world.deps.db, archive.id)
      return a?.status === 'ready' && a
    })
    // as a crash between two of our steps would leave it, had the job been lost
    await world.deps.db.updateTable('archives').set({ status, progressAt: world.clock.now() }).where('id', '=', archive.id).execute()
    world.clock.advance(minutes(2))
    await reconcile(world.deps)
    const again = await world.until(async () => {
      const a = await findArchive(world.deps.db, archive.id)
      return a?.status === 'ready' && a.fence > done.fence && a
    }, `an archive left in ${status}`)
    assert.equal(again.checksum, done.checksum)
  }
})

test('a gallery whose date has passed is noted as expired', async () => {
  const { gallery } = await published()
  await editGallery(world.deps, gallery.id, { expiresAt: world.clock.now() })
  await reconcile(world.deps)
  assert.equal((await findGallery(world.deps.db, gallery.id))!.state, 'expired')
})

test('garbage goes when it is due, unless a living row needs it', async () => {
  const { gallery } = await published()
  const [asset] = await listStored(world.deps.db, gallery.id)
  await put('loose/a')
  await throwAway('loose/a')
  await throwAway(asset!.storageKey)
  await collect(world.deps)
  assert.equal(await world.deps.storage.size('loose/a'), null)
  assert.equal(await world.deps.storage.size(asset!.storageKey), asset!.size)
})

test('garbage that is not due stays', async () => {
  await put('loose/b')
  await throwAway('loose/b')
  world.clock.advance(-minutes(1))
  await collect(world.deps)
  world.clock.advance(minutes(1))
  assert.ok(await world.deps.storage.size('loose/b'))
})

test('an archive whose time is over ends, but not while a link to it lives', async () => {
  const { archive } = await published()
  const { db } = world.deps
  await world.until(async () => (await findArchive(db, archive.id))?.status === 'ready')
  const now = world.clock.now()
  const link = {
    id: archive.id,
    kind: 'email' as const,
    galleryId: archive.galleryId,
    archiveId: archive.id,
    clientId: null,
    issuedAt: now,
    expiresAt: new Date(now.getTime() + days(9)),
    firstUsedAt: now,
  }
  await db.insertInto('links').values(link).execute()
  await db.updateTable('archives').set({ retainedUntil: now }).where('id', '=', archive.id).execute()
  world.clock.advance(days(8))
  await reconcile(world.deps)
  assert.equal((await findArchive(db, archive.id))!.status, 'ready')
  // a transfer that began in time may go on for 48 hours
  world.clock.advance(days(2))
  await reconcile(world.deps)
  assert.equal((await findArchive(db, archive.id))!.status, 'ready')
  world.clock.advance(days(2))
  await reconcile(world.deps)
  assert.equal((await findArchive(db, archive.id))!.status, 'deleted')
})

test('a thousand keys that a store will not delete are not all that is ever tried', async () => {
  await put('loose/behind')
  const { db, storage } = world.deps
  const due = new Date(world.clock.now().getTime() - hours(1))
  await sql`insert into garbage (key, reason, not_before) select 'locked/' || n, 'test', ${due} from generate_series(1, 1000) n`.execute(db)
  await throwAway('loose/behind')
  const locked = async (key: string) => {
    if (key.startsWith('locked/')) throw new AppError('storage_unreachable', { reason: '403 AccessDenied' })
    return storage.delete(key)
  }
  for (let n = 0; n < 2; n++) await collect({ ...world.deps, storage: { ...storage, delete: locked } })
  assert.equal(await storage.size('loose/behind'), null)
  await sql`delete from garbage where key like 'locked/%'`.execute(db)
})

test('one key that cannot be deleted holds up no other garbage', async () => {
  await put('loose/bad')
  await put('loose/good')
  await throwAway('loose/bad')
  await throwAway('loose/good')
  const broken = async (key: string) => {
    if (key === 'loose/bad') throw new Error('EIO')
    return world.deps.storage.delete(key)
  }
  await collect({ ...world.deps, storage: { ...world.deps.storage, delete: broken } })
  assert.deepEqual([await world.deps.storage.size('loose/good'), await world.deps.storage.size('loose/bad')], [null, 5])
  world.clock.advance(hours(1))
  await collect(world.deps)
  assert.equal(await world.deps.storage.size('loose/bad'), null)
})

test('an archive to which somebody gets a link just before it ends is kept', async () => {
  const { archive } = await published()
  const { db } = world.deps
  await world.until(async () => (await findArchive(db, archive.id))?.status === 'ready')
  const now = world.clock.now()
  await db.transaction().execute(async (tx) => {
    await tx
      .updateTable('archives')
      .set({ retainedUntil: new Date(now.getTime() - 1) })
      .where('id', '=', archive.id)
      .execute()
    assert.equal(await keepUntil(tx, archive.id, new Date(now.getTime() + days(7))), true)
    assert.equal(await markDeleted(tx, archive.id, now), false)
    assert.equal(await markDeleted(tx, archive.id, new Date(now.getTime() + days(6))), false)
    assert.equal(await markDeleted(tx, archive.id, new Date(now.getTime() + days(8))), true)
    assert.equal(await keepUntil(tx, archive.id, new Date(now.getTime() + days(9))), false)
  })
})

test('a link is forgotten a year after its end, its letter is not, and a clock that lies forgets none', async () => {
  const { archive } = await published()
  const { db } = world.deps
  const real = world.clock.now().getTime()
  const ended = async (daysAgo: number) => {
    const id = newId(new Date(real))
    const at = new Date(real - days(daysAgo))
    await db
      .insertInto('links')
      .values({ id, kind: 'email', galleryId: archive.galleryId, archiveId: archive.id, issuedAt: at, expiresAt: at })
      .execute()
    return id
  }
  const [old, recent, living] = [await ended(366), await ended(364), await ended(-1)]
  await db.transaction().execute((tx) =>
    insertLetter(tx, {
      id: old,
      dedupeKey: old,
      kind: 'archive_ready',
      galleryId: archive.galleryId,
      archiveId: archive.id,
      linkId: old,
      recipient: 'mara@example.com',
      locale: 'en',
      createdAt: new Date(real),
    }),
  )
  const left = async () => (await db.selectFrom('links').select('id').where('id', 'in', [old, recent, living]).execute()).map((r) => r.id)
  for (const wrong of [days(3650), -days(30)]) {
    const calendar = databaseCalendar(db, { now: () => new Date(Date.now() + wrong) })
    await assert.rejects(forget({ db, calendar }), { code: 'clock_unsure' })
  }
  assert.equal((await left()).length, 3)
  await forget(world.deps)
  assert.deepEqual(new Set(await left()), new Set([recent, living]))
  assert.equal((await findLetter(db, old))?.linkId, null)
})

test('what the studio told is forgotten after 90 days', async () => {
  const { gallery } = await published()
  const { db, clock } = world.deps
  const at = (age: number) =>
    db.transaction().execute((tx) => tell(tx, gallery, 'archive_complete', new Date(clock.now().getTime() - days(age)), { age }))
  for (const age of [89, 91]) await at(age)
  await forget(world.deps)
  const left = await pageNotifications(db, gallery.ownerId, { limit: 50 })
  assert.deepEqual(
    left.filter((row) => row.galleryId === gallery.id).map((row) => row.facts),
    [{ age: 89 }],
  )
})

test('the link in a client’s letter leads to a new one for as long as the gallery is there, or an archive of it is kept', async () => {
  const { gallery, archive } = await published()
  const { db } = world.deps
  await world.until(async () => (await findArchive(db, archive.id))?.status === 'ready')
  const client = await addClient(world.deps, gallery.id, 'mara@example.com', null)
  const now = world.clock.now()
  const made = async (kind: 'email' | 'client') => {
    const at = new Date(now.getTime() - days(400))
    const link = { id: newId(now), kind, galleryId: gallery.id, archiveId: archive.id, clientId: client.id, issuedAt: at, expiresAt: at }
    await db.insertInto('links').values(link).execute()
    return link.id
  }
  const [letter, page] = [await made('email'), await made('client')]
  const left = async () => (await db.selectFrom('links').select('id').where('id', 'in', [letter, page]).execute()).map((r) => r.id)
  await forget(world.deps)
  assert.deepEqual(await left(), [letter], 'only what stands in a letter can be asked anew')
  await deleteGallery(world.deps, gallery.id)
  await forget(world.deps)
  assert.deepEqual(await left(), [letter], 'its archive is still kept')
  await db.updateTable('archives').set({ status: 'deleted' }).where('galleryId', '=', gallery.id).execute()
  await forget(world.deps)
  assert.deepEqual(await left(), [])
})

test('previews that an older Keepsake has drawn are proven, so that exports can pack them', async () => {
  const { gallery } = await published()
  await world.until(async () => (await listStored(world.deps.db, gallery.id)).every((a) => a.renderState === 'done'), 'previews')
  const previews = () => world.deps.db.selectFrom('derivatives').selectAll().where('kind', '=', 'preview').orderBy('assetId').execute()
  const before = await previews()
  assert.ok(before.length && before.every((row) => row.crc32 !== null))
  await world.deps.db.updateTable('derivatives').set({ crc32: null, sha256: null }).execute()
  await reconcile(world.deps)
  assert.deepEqual(await previews(), before)
})

test('a cancelled export whose builder has died is settled, and its bytes are garbage', async () => {
  const { gallery } = await published()
  const wish = { items: 'all', size: 'screen', format: 'tar', parts: false, notify: null } as const
  const made = await askExport(world.deps, gallery.id, { requester: 'guest a', userId: null, limited: true }, wish)
  const [part] = await listParts(world.deps.db, made.id)
  const shown = await sql<{ id: string }>`select id from gallery_archives where gallery_id = ${gallery.id}`.execute(world.deps.db)
  assert.ok(shown.rows.length === 1 && shown.rows[0]!.id !== part!.id, 'it is no version of the gallery')
  const key = `galleries/${gallery.id}/exports/dead.tar`
  await put(key)
  const now = world.clock.now()
  await world.deps.db
    .updateTable('archives')
    .set({ status: 'cancelling', storageKey: key, fence: 99, progressAt: now })
    .where('id', '=', part!.id)
    .execute()
  await world.deps.db.updateTable('exports').set({ status: 'cancelling', endedAt: now }).where('id', '=', made.id).execute()
  await reconcile(world.deps)
  assert.equal((await findArchive(world.deps.db, part!.id))!.status, 'cancelling', 'its builder may be alive')
  world.clock.advance(minutes(2))
  await reconcile(world.deps)
  assert.equal((await findArchive(world.deps.db, part!.id))!.status, 'cancelled')
  assert.equal((await findExport(world.deps.db, gallery.id, made.id))!.status, 'cancelled')
  world.clock.advance(days(1))
  await reconcile(world.deps)
  assert.equal(await world.deps.storage.size(key), null)
})

test('without its store nothing is changed (P23)', async () => {
  const { archive } = await published()
  await world.until(async () => (await findArchive(world.deps.db, archive.id))?.status === 'ready')
  await world.deps.db.updateTable('archives').set({ retainedUntil: world.clock.now() }).where('id', '=', archive.id).execute()
  world.clock.advance(days(60))
  rmSync(path.join(world.dir, 'marker.json'))
  await assert.rejects(reconcile(world.deps), { code: 'storage_unreachable' })
  assert.equal((await findArchive(world.deps.db, archive.id))!.status, 'ready')
})
