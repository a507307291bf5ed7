/** What ends because its time is over, and what must not: by the store, the database and clocks that lie. */
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { photoBytes } from '../../../test/pictures.ts'
import { type TestWorld, testWorld } from '../../../test/world.ts'
import { days, hours, minutes } from '../../base/clock.ts'
import { AppError } from '../../base/errors.ts'
import { findArchive, listVersions } from '../../data/archives.ts'
import { listStored } from '../../data/assets.ts'
import { findGallery } from '../../data/galleries.ts'
import { databaseCalendar, trustClock } from '../../data/moment.ts'
import { keepSetting } from '../../data/settings.ts'
import type { Gallery } from '../../domain/gallery.ts'
import { askDownload } from '../archives/ask.ts'
import { publish } from '../archives/publish.ts'
import { createGallery, deleteGallery, editGallery } from '../galleries/edit.ts'
import { importFolder } from '../uploads/import.ts'
import { collect } from './collect.ts'
import { cleanUp, daily } from './daily.ts'
import { maintain } from './maintain.ts'
import { noteOrphans } from './orphans.ts'
import { reconcile } from './reconcile.ts'
import { clearDeleted } from './retention.ts'
import { findLastRun, isDue, startMaintenance } from './schedule.ts'

let world: TestWorld
before(async () => {
  world = await testWorld()
  // only what a test asks for: a maintenance of its own accord would count what a test made
  await world.work({ reconcile: async () => {}, maintenance: async () => {} })
})
after(() => world.close())

let count = 0
async function ready(photos = 2): Promise<{ gallery: Gallery; archiveId: string; key: string }> {
  const folder = mkdtempSync('/tmp/keepsake-ops-')
  for (let n = 0; n < photos; n++) writeFileSync(path.join(folder, `${n}.jpg`), await photoBytes(++count, { width: 60, height: 40 }))
  const made = await createGallery(world.deps, world.ownerId, { title: `Kept ${count}` })
  await importFolder(world.deps, made, folder)
  rmSync(folder, { recursive: true })
  const { archive } = await publish(world.deps, made.id, { userId: null, source: 'publish' })
  const done = await world.until(async () => {
    const found = await findArchive(world.deps.db, archive.id)
    return found?.status === 'ready' && found
  }, 'the archive')
  return { gallery: (await findGallery(world.deps.db, made.id))!, archiveId: done.id, key: done.storageKey! }
}
const fileOf = (key: string) => path.join(world.dir, 'objects', key)
const more = { sweepUploads: async () => 0 }
const statusOf = async (id: string) => (await findArchive(world.deps.db, id))!.status

describe('the daily look at every gallery', () => {
  test('finds nothing to do where nothing is wrong', async () => {
    await ready()
    assert.deepEqual(await maintain(world.deps), { stale_zips_queued: 0, stuck_jobs_reset: 0, errors: [] })
  })

  test('a changed gallery whose rebuild was lost gets its archive, once, however many look (TRG-07)', async () => {
    const { gallery } = await ready()
    await world.deps.db.updateTable('galleries').set({ contentVersion: 99 }).where('id', '=', gallery.id).execute()
    const all = await Promise.all([maintain(world.deps), maintain(world.deps)])
    assert.ok(all[0]!.stale_zips_queued === 1 && !all[0]!.errors.length && !all[1]!.errors.length)
    await world.until(async () => {
      const [newest] = await listVersions(world.deps.db, gallery.id)
      return newest?.contentVersion === 99 && newest.status === 'ready'
    }, 'the archive of today')
    assert.equal((await maintain(world.deps)).stale_zips_queued, 0)
  })

  test('a ready archive whose file is gone is no longer ready, and is built again (VER-04)', async () => {
    const { gallery, archiveId, key } = await ready()
    rmSync(fileOf(key))
    assert.equal((await maintain(world.deps)).stale_zips_queued, 1)
    assert.equal(await statusOf(archiveId), 'failed')
    const again = await world.until(
      async () => (await listVersions(world.deps.db, gallery.id)).find((a) => a.status === 'ready'),
      'another archive',
    )
    assert.equal(again.source, 'maintenance_stale')
    assert.ok(await world.deps.storage.size(again.storageKey!))
  })

  test('a mount that went away is an outage: nothing is called lost', async () => {
    const { archiveId, key } = await ready()
    rmSync(fileOf(key))
    const marker = path.join(world.dir, 'marker.json')
    const mark = readFileSync(marker)
    rmSync(marker)
    const { errors, stale_zips_queued } = await maintain(world.deps)
    writeFileSync(marker, mark)
    assert.deepEqual([errors.length > 0, stale_zips_queued, await statusOf(archiveId)], [true, 0, 'ready'])
    await maintain(world.deps)
  })

  test('work without progress for 30 minutes is taken away, work with progress is not, however long it takes (JOB-06)', async () => {
    for (const [status, stuck] of [
      ['processing', true],
      ['verifying', true],
      ['processing', false],
    ] as const) {
      const { archiveId } = await ready()
      const before = (await findArchive(world.deps.db, archiveId))!
      const progressAt = new Date(world.clock.now().getTime() - minutes(stuck ? 31 : 29))
      const change = { status, progressAt, startedAt: new Date(world.clock.now().getTime() - days(1)) }
      await world.deps.db.updateTable('archives').set(change).where('id', '=', archiveId).execute()
      assert.equal((await maintain(world.deps)).stuck_jobs_reset, stuck ? 1 : 0, `${status} ${stuck}`)
      if (!stuck) {
        assert.equal((await findArchive(world.deps.db, archiveId))!.fence, before.fence)
        await world.deps.db.updateTable('archives').set({ status: 'ready' }).where('id', '=', archiveId).execute()
        continue
      }
      const done = await world.until(async () => {
        const found = await findArchive(world.deps.db, archiveId)
        return found?.status === 'ready' && found
      }, `${status} to ready`)
      assert.ok(done.fence > before.fence, 'whoever held it before can write nothing more')
    }
  })

  test("one gallery's error does not stop the run, and is named", async () => {
    const bad = await ready()
    const good = await ready()
    await world.deps.db.updateTable('galleries').set({ contentVersion: 50 }).where('id', 'in', [bad.gallery.id, good.gallery.id]).execute()
    const size = async (key: string) => {
      if (key === bad.key) throw new Error('EIO at /srv/secret/path')
      return world.deps.storage.size(key)
    }
    const result = await maintain({ ...world.deps, storage: { ...world.deps.storage, size } })
    assert.equal(result.stale_zips_queued, 1)
    assert.deepEqual(
      result.errors.map((e) => 'album_id' in e && e.album_id),
      [bad.gallery.slug],
    )
    assert.doesNotMatch(JSON.stringify(result), /secret/)
    await world.until(async () => (await listVersions(world.deps.db, good.gallery.id))[0]!.contentVersion === 50)
    await maintain(world.deps)
    await world.until(async () => (await listVersions(world.deps.db, bad.gallery.id))[0]!.status === 'ready')
  })

  test('begins once a day at 03:00 UTC, or when somebody works again, and its result is kept', async () => {
    // the test's clock says 10:00
    assert.equal(await isDue(world.deps), true)
    await Promise.all([daily(world.deps, more), daily(world.deps, more)])
    const last = await findLastRun(world.deps.db)
    assert.deepEqual(Object.keys(last!.result as object).sort(), ['errors', 'stale_zips_queued', 'stuck_jobs_reset'])
    const at = (ms: number) => ({ db: world.deps.db, clock: { now: () => new Date(world.clock.now().getTime() + ms) } })
    assert.equal(await isDue(at(hours(17) - 1)), false, 'a moment before 03:00')
    assert.equal(await isDue(at(hours(17))), true, '03:00:00')
    assert.equal(await isDue(at(-days(365))), true, 'it was begun by a clock that had jumped ahead, and is back')
  })

  test('on a machine that is off at night the clean-up comes when its clock is believed, and then no more that day', async () => {
    world.clock.advance(days(1))
    const sent: string[] = []
    const queue = { ...world.deps.queue, send: async (_: unknown, job: { name: string }) => void sent.push(job.name) }
    const unsure = { now: async () => Promise.reject(new AppError('clock_unsure')) }
    const deps = { ...world.deps, queue }
    const cleaned = async (calendar: typeof world.deps.calendar) => {
      let times = 0
      await daily({ ...deps, calendar }, { sweepUploads: async () => ++times })
      return times
    }
    assert.equal(await cleaned(unsure), 0)
    assert.ok(sent.includes('scrub'), 'what deletes nothing waits for nothing')
    sent.length = 0
    await startMaintenance({ ...deps, calendar: unsure })
    assert.deepEqual(sent, [])
    await startMaintenance(deps)
    assert.deepEqual(sent, ['maintenance'])
    assert.deepEqual([await cleaned(world.deps.calendar), await cleaned(world.deps.calendar)], [1, 0])
    sent.length = 0
    await startMaintenance(deps)
    assert.deepEqual(sent, [])
  })
})

describe('a deleted gallery', () => {
  test('keeps its originals for 30 days, then they go; its archive stays for its own time', async () => {
    const { gallery, archiveId, key } = await ready()
    const originals = (await listStored(world.deps.db, gallery.id)).map((asset) => asset.storageKey)
    await deleteGallery(world.deps, gallery.id)
    world.clock.advance(days(29))
    assert.equal(await clearDeleted(world.deps), 0)
    world.clock.advance(days(1))
    assert.equal(await clearDeleted(world.deps), 1)
    await collect(world.deps)
    for (const one of originals) assert.ok(await world.deps.storage.size(one), 'the garbage has a day of grace')
    world.clock.advance(days(1))
    await collect(world.deps)
    for (const one of originals) assert.equal(await world.deps.storage.size(one), null)
    assert.deepEqual([await statusOf(archiveId), (await world.deps.storage.size(key)) !== null], ['ready', true])
    assert.equal(await clearDeleted(world.deps), 0, 'repeatable')
  })

  test('whose archive has lost its file keeps its originals while somebody holds a link: the live download needs them', async () => {
    const { gallery, archiveId, key } = await ready()
    await askDownload(world.deps, gallery)
    await world.deps.db
      .updateTable('links')
      .set({ expiresAt: new Date(world.clock.now().getTime() + days(40)) })
      .where('archiveId', '=', archiveId)
      .execute()
    await deleteGallery(world.deps, gallery.id)
    rmSync(fileOf(key))
    world.clock.advance(days(31))
    assert.equal(await clearDeleted(world.deps), 0)
    await maintain(world.deps)
    assert.equal(await statusOf(archiveId), 'failed')
    assert.equal(await clearDeleted(world.deps), 0, 'the link lives')
    world.clock.advance(days(10))
    assert.equal(await clearDeleted(world.deps), 1)
  })
})

describe('objects that no row names', () => {
  test('wait for their end, and who gets a row meanwhile is kept', async () => {
    const { gallery } = await ready()
    const lost = `galleries/${gallery.id}/derivatives/left-behind.webp`
    const late = `galleries/${gallery.id}/assets/late.jpg`
    for (const key of [lost, late]) await world.deps.storage.put(key, Buffer.from(key))
    assert.deepEqual(await noteOrphans(world.deps), { noted: 2, refused: 0 })
    assert.deepEqual(await noteOrphans(world.deps), { noted: 0, refused: 0 })
    const [asset] = await listStored(world.deps.db, gallery.id)
    await world.deps.db.updateTable('assets').set({ storageKey: late }).where('id', '=', asset!.id).execute()
    world.clock.advance(days(1))
    await collect(world.deps)
    assert.equal(await world.deps.storage.size(lost), null)
    world.clock.advance(days(31))
    await collect(world.deps)
    assert.ok(await world.deps.storage.size(late))
    await world.deps.storage.delete(asset!.storageKey)
  })

  test('are all kept when they are too many to be rubbish: the database is an older one than the store', async () => {
    for (let n = 0; n < 150; n++) await world.deps.storage.put(`galleries/other/assets/${n}.jpg`, Buffer.from('newer than the backup'))
    assert.deepEqual(await noteOrphans(world.deps), { noted: 0, refused: 150 })
    for (let n = 0; n < 150; n++) await world.deps.storage.delete(`galleries/other/assets/${n}.jpg`)
  })
})

describe('a clock that lies (P21)', () => {
  /** What deletes, with the database's clock at the test's one plus `theirs`, and ours plus `ours`. */
  const skewed = (ours: number, theirs = ours) => {
    const clock = { now: () => new Date(world.clock.now().getTime() + ours) }
    const calendar = databaseCalendar(world.deps.db, clock, async () => new Date(world.clock.now().getTime() + theirs))
    return { ...world.deps, clock, calendar }
  }
  const run = async (ours: number, theirs = ours) => {
    const deps = skewed(ours, theirs)
    await reconcile(deps)
    return cleanUp(deps, more)
  }

  test('ten years ahead, thirty days back, apart from the database: nothing ends, nothing expires', async () => {
    const { gallery, archiveId } = await ready()
    await editGallery(world.deps, gallery.id, { expiresAt: new Date(world.clock.now().getTime() + days(100)) })
    await keepSetting(world.deps.db, 'clock', { at: world.clock.now().toISOString(), steady: 0, needed: 0 })
    const kept = async (what: string) => {
      assert.equal(await statusOf(archiveId), 'ready', what)
      assert.equal((await findGallery(world.deps.db, gallery.id))!.state, 'active', what)
    }
    assert.deepEqual((await run(0)).errors, [])
    for (const [what, ours, theirs] of [
      ['both ten years ahead', days(3652), days(3652)],
      ['still ahead a minute later', days(3652) + minutes(1), days(3652) + minutes(1)],
      ['back again', minutes(2), minutes(2)],
      ['both thirty days back', -days(30), -days(30)],
      ['back again from there', minutes(3), minutes(3)],
      ['ours alone ten years ahead', days(3652), minutes(4)],
      ["the database's alone ten years ahead", minutes(5), days(3652)],
    ] as const) {
      const { errors } = await run(ours, theirs)
      assert.ok(errors.length >= 4 && errors.every(({ code }) => code === 'clock_unsure'), what)
      await kept(what)
    }
  })

  test('a clock that was put right is believed after a day of steady running, or at once when the operator says so', async () => {
    await keepSetting(world.deps.db, 'clock', { at: new Date(world.clock.now().getTime() - days(900)).toISOString(), steady: 0, needed: 0 })
    for (let minute = 0; minute < 24 * 60; minute += 30)
      await assert.rejects(skewed(minutes(minute)).calendar.now(), { code: 'clock_unsure' })
    assert.ok(await skewed(days(1)).calendar.now())
    await keepSetting(world.deps.db, 'clock', { at: '2001-01-01T00:00:00.000Z', steady: 0, needed: 0 })
    await trustClock(world.deps.db)
    // the real clock of the real database now
    assert.ok(await databaseCalendar(world.deps.db, { now: () => new Date(performance.timeOrigin + performance.now()) }).now())
  })

  test('daylight saving and a leap day are ordinary hours: two years are two years', async () => {
    for (const start of ['2027-03-28T00:30:00Z', '2027-10-31T00:30:00Z', '2028-02-28T23:30:00Z', '2028-12-31T23:30:00Z']) {
      const from = new Date(start).getTime()
      await keepSetting(world.deps.db, 'clock', { at: new Date(from - 60_000).toISOString(), steady: 0, needed: 0 })
      for (let minute = 0; minute < 240; minute += 10) {
        const now = new Date(from + minutes(minute))
        assert.deepEqual(await databaseCalendar(world.deps.db, { now: () => now }, async () => now).now(), now)
      }
    }
  })
})
