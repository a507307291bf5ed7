/** Archives when two things happen at once, and when originals are lost one after the other. */
import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import { photoBytes } from '../../../test/pictures.ts'
import { type TestWorld, testWorld } from '../../../test/world.ts'
import { days } from '../../base/clock.ts'
import { claimForBuild, findArchive, listVersions } from '../../data/archives.ts'
import { listStored } from '../../data/assets.ts'
import { findGallery, lockGallery } from '../../data/galleries.ts'
import { pageItems } from '../../data/items.ts'
import type { Archive, ArchiveState } from '../../domain/archive.ts'
import type { Gallery } from '../../domain/gallery.ts'
import { createGallery, deleteGallery, editGallery } from '../galleries/edit.ts'
import { reconcile } from '../operations/reconcile.ts'
import { importFolder } from '../uploads/import.ts'
import { removeItem } from '../uploads/remove.ts'
import { askArchive } from './ask.ts'
import { build } from './build.ts'
import { giveUp } from './fail.ts'
import { publish, rebuild } from './publish.ts'
import { planCache } from './sealed.ts'
import { verify } from './verify.ts'

let count = 0
async function gallery(world: TestWorld, photos: number): Promise<Gallery> {
  const folder = mkdtempSync('/tmp/keepsake-races-')
  for (let i = 0; i < photos; i++)
    writeFileSync(path.join(folder, `IMG_${i}.jpg`), await photoBytes(++count, { width: 40 + (count % 30), height: 30 }))
  const made = await createGallery(world.deps, world.ownerId, { title: `Race ${count}` })
  await importFolder(world.deps, made, folder)
  rmSync(folder, { recursive: true })
  return (await findGallery(world.deps.db, made.id))!
}
const by = { userId: null, source: 'publish' }
const fileOf = (world: TestWorld, key: string | null) => path.join(world.dir, 'objects', key!)
async function removeFirst(world: TestWorld, g: Gallery): Promise<void> {
  const [item] = await pageItems(world.deps.db, g.id, { limit: 1 })
  await removeItem(world.deps, g.id, item!.id)
}

describe('by hand, step by step', () => {
  let world: TestWorld
  before(async () => {
    world = await testWorld()
  })
  after(() => world.close())
  const job = { signal: new AbortController().signal, attempt: 1, last: false }

  test('a worker that begins while somebody plans anew never makes ready what the row does not describe', async () => {
    const { db } = world.deps
    const g = await gallery(world, 3)
    const { archive } = await publish(world.deps, g.id, by)
    await removeFirst(world, g)
    // a third transaction holds the plan up between its look at the row and its write
    const [held, free] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const third = db.transaction().execute(async (tx) => {
      await sql`select 1 from archive_entries where archive_id = ${archive.id} for update`.execute(tx)
      held.resolve()
      await free.promise
    })
    await held.promise
    const planning = rebuild(world.deps, g.id)
    await untilWaiting(world, 1)
    const working = build(world.deps, archive.id, job).then(() => verify(world.deps, archive.id, job))
    await Promise.race([working, untilWaiting(world, 2)])
    free.resolve()
    await Promise.all([third, planning, working])
    const row = (await findArchive(db, archive.id))!
    assert.equal(row.status, 'ready')
    assert.equal(readFileSync(fileOf(world, row.storageKey)).length, row.fileSizeBytes)
    assert.equal(row.imageCount, 2)
  })

  test('a plan that was sealed anew is never served under the tag of the one before', async () => {
    const g = await gallery(world, 3)
    const { archive } = await publish(world.deps, g.id, by)
    await removeFirst(world, g)
    await rebuild(world.deps, g.id)
    const plans = planCache(world.deps.db)
    await assert.rejects(Promise.all([plans.get(archive), plans.get(archive)]), { code: 'source_changed' })
    const now = (await findArchive(world.deps.db, archive.id))!
    assert.equal((await plans.get(now)).layout.total, now.fileSizeBytes)
  })

  test('who gives an archive up and who asks for it do not wait for each other', async () => {
    const { db, clock } = world.deps
    const g = await gallery(world, 1)
    const { archive } = await publish(world.deps, g.id, by)
    const { archive: claimed } = (await db.transaction().execute((tx) => claimForBuild(tx, archive.id, clock.now())))!
    const locked = Promise.withResolvers<Promise<void>>()
    const asking = db.transaction().execute(async (tx) => {
      await lockGallery(tx, g.id)
      locked.resolve(giveUp(world.deps, claimed, new Error('broken')))
      // giving up goes through, or waits for us with the archive in its hands
      await Promise.race([locked.promise.then((done) => done), untilWaiting(world, 1)])
      await tx.updateTable('archives').set({ announce: true }).where('id', '=', archive.id).execute()
    })
    await asking
    await await locked.promise
    assert.equal((await findArchive(db, archive.id))!.status, 'failed')
  })

  test('of two versions at once the newer one stays current, whichever is ready first', async () => {
    const { db } = world.deps
    const g = await gallery(world, 2)
    const { archive: first } = await publish(world.deps, g.id, by)
    await build(world.deps, first.id, job)
    await editGallery(world.deps, g.id, { naming: 'numbered' })
    await rebuild(world.deps, g.id)
    const second = (await listVersions(db, g.id))[0]!
    for (const id of [second.id, second.id, first.id]) {
      await build(world.deps, id, job)
      await verify(world.deps, id, job)
    }
    assert.deepEqual(
      (await listVersions(db, g.id)).map((a) => [a.version, a.status, a.supersededBy]),
      [
        [2, 'ready', null],
        [1, 'ready', second.id],
      ],
    )
  })

  /** Until so many connections wait for a lock. */
  const untilWaiting = (in_: TestWorld, connections: number) =>
    in_.until(async () => {
      await sleep(20)
      const { rows } = await sql<{ n: number }>`
        select count(*)::int as n from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock'`.execute(in_.deps.db)
      return rows[0]!.n >= connections
    })
})

describe('with workers', () => {
  let world: TestWorld
  before(async () => {
    world = await testWorld()
    await world.work({ reconcile: async () => {} })
  })
  after(() => world.close())
  const comesTo = (id: string, ...wanted: ArchiveState[]): Promise<Archive> =>
    world.until(async () => {
      const archive = await findArchive(world.deps.db, id)
      return archive && wanted.includes(archive.status) && archive
    }, wanted.join(' or '))

  test('however many originals are lost, the rest is archived and every lost one is named', async () => {
    const g = await gallery(world, 14)
    for (const asset of (await listStored(world.deps.db, g.id)).slice(0, 12)) rmSync(fileOf(world, asset.storageKey))
    const done = await comesTo((await publish(world.deps, g.id, by)).archive.id, 'ready', 'failed')
    assert.deepEqual([done.status, done.imageCount, done.missingCount], ['ready', 2, 12])
  })

  test('an older archive that holds the last copy of a lost original is kept, however old it gets', async () => {
    const g = await gallery(world, 2)
    const first = await comesTo((await publish(world.deps, g.id, by)).archive.id, 'ready')
    rmSync(fileOf(world, (await listStored(world.deps.db, g.id))[0]!.storageKey))
    const second = await comesTo((await askArchive(world.deps, g.id, { userId: null, force: true })).id, 'ready')
    assert.deepEqual([second.imageCount, second.missingCount], [1, 1])
    for (const wait of [31, 2, 800, 2]) {
      world.clock.advance(days(wait))
      await reconcile(world.deps)
    }
    assert.equal((await findArchive(world.deps.db, first.id))!.status, 'ready')
    assert.ok(existsSync(fileOf(world, first.storageKey)))
    assert.ok(!existsSync(fileOf(world, second.storageKey)), 'the other one has had its time')
  })

  test('an archive at work is finished although its gallery is deleted meanwhile', async () => {
    const g = await gallery(world, 1)
    const { archive } = await publish(world.deps, g.id, by)
    await deleteGallery(world.deps, g.id)
    assert.equal((await comesTo(archive.id, 'ready', 'failed')).status, 'ready')
  })

  test('a gallery whose date has passed cannot be published, not even a draft', async () => {
    const g = await gallery(world, 1)
    await editGallery(world.deps, g.id, { expiresAt: world.clock.now() })
    await assert.rejects(publish(world.deps, g.id, by), { code: 'gallery_closed' })
    assert.equal((await findGallery(world.deps.db, g.id))!.state, 'draft')
  })
})
