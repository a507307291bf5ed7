/** The defects that were seen in the five originals, each by its name: our proof that we do not have it. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { globSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { readConfig } from '../../src/app/config.ts'
import { handlers } from '../../src/app/worker.ts'
import { minutes, seconds } from '../../src/base/clock.ts'
import { AppError } from '../../src/base/errors.ts'
import { newId } from '../../src/base/id.ts'
import { claimForBuild, findArchive, listVersions } from '../../src/data/archives.ts'
import { listStored } from '../../src/data/assets.ts'
import { findGallery } from '../../src/data/galleries.ts'
import { pageItems } from '../../src/data/items.ts'
import { listOfArchive } from '../../src/data/letters.ts'
import type { Archive } from '../../src/domain/archive.ts'
import type { Gallery } from '../../src/domain/gallery.ts'
import { jobRules } from '../../src/domain/jobs.ts'
import { askArchive, askDownload } from '../../src/features/archives/ask.ts'
import { publish, rebuild } from '../../src/features/archives/publish.ts'
import { retire } from '../../src/features/archives/retire.ts'
import { archiveStatus } from '../../src/features/archives/status.ts'
import { writeOut } from '../../src/features/delivery/write.ts'
import { addClient } from '../../src/features/galleries/clients.ts'
import { createGallery, deleteGallery } from '../../src/features/galleries/edit.ts'
import { registerAlbum } from '../../src/features/galleries/register.ts'
import { daily } from '../../src/features/operations/daily.ts'
import { maintain } from '../../src/features/operations/maintain.ts'
import { reconcile } from '../../src/features/operations/reconcile.ts'
import { importFolder } from '../../src/features/uploads/import.ts'
import { removeItem } from '../../src/features/uploads/remove.ts'
import { readUnlockCookie, unlockCookie } from '../../src/http/unlock.ts'
import { photoBytes } from '../pictures.ts'
import { type Served, served } from '../served.ts'
import type { TestWorld } from '../world.ts'
import { sha256 } from './sending.ts'

let s: Served
let world: TestWorld
let folder: string
// a worker that a test can break, and that nothing wakes but the test
let broken: (() => void) | undefined
before(async () => {
  s = await served()
  world = s.world
  folder = mkdtempSync('/tmp/keepsake-defects-')
  const storage = {
    ...world.deps.storage,
    assemble: async (...all: Parameters<TestWorld['deps']['storage']['assemble']>) => {
      broken?.()
      return world.deps.storage.assemble(...all)
    },
  }
  await world.work({
    'archive.build': handlers({ ...world.deps, storage })['archive.build'],
    reconcile: async () => {},
    maintenance: async () => {},
  })
})
after(async () => {
  await s.close()
  rmSync(folder, { recursive: true, force: true })
})

let count = 0
async function gallery(names: string[]): Promise<Gallery> {
  const made = await createGallery(world.deps, world.ownerId, { title: `Defect ${++count}` })
  await add(made, names)
  return made
}
async function add(to: Gallery, names: string[]): Promise<void> {
  const dir = path.join(folder, newId(world.clock.now()))
  for (const name of names) {
    mkdirSync(path.dirname(path.join(dir, name)), { recursive: true })
    writeFileSync(path.join(dir, name), await photoBytes(++count, { width: 60, height: 40 }))
  }
  assert.equal((await importFolder(world.deps, to, dir)).imported, names.length)
}
const names = (n: number) => Array.from({ length: n }, (_, i) => `IMG_${i}.jpg`)
const published = async (g: Gallery) => (await publish(world.deps, g.id, { userId: null, source: 'publish' })).archive
const comes = (id: string, status: Archive['status'] = 'ready') =>
  world.until(async () => {
    const found = await findArchive(world.deps.db, id)
    return found?.status === status && found
  }, `${status} of the archive`)
const versions = (g: Gallery) => listVersions(world.deps.db, g.id)
const fileOf = (archive: Archive) => path.join(world.dir, 'objects', archive.storageKey!)
const unpacked = (archive: Archive): string[] => {
  const out = mkdtempSync(path.join(folder, 'out-'))
  execFileSync('unzip', ['-q', fileOf(archive), '-d', out])
  return readdirSync(out, { recursive: true, encoding: 'utf8' }).filter((name) => /\.jpg$/i.test(name))
}

describe('X-01: a build comes to its end, whatever the size, and holds no archive in memory', () => {
  for (const photos of [1, 40, 100])
    test(`${photos} photos`, async () => {
      const g = await gallery(names(photos))
      assert.equal(unpacked(await comes((await published(g)).id)).length, photos)
    })
  test('120 MB of photos leave the process as large as it was', async () => {
    const g = await createGallery(world.deps, world.ownerId, { title: 'Large' })
    const dir = path.join(folder, 'large')
    mkdirSync(dir)
    const jpeg = await photoBytes(7, { width: 60, height: 40 })
    for (let n = 0; n < 6; n++) writeFileSync(path.join(dir, `${n}.jpg`), Buffer.concat([jpeg, Buffer.alloc(20_000_000, n + 1)]))
    await importFolder(world.deps, g, dir)
    const before = process.memoryUsage().rss
    let peak = before
    const watch = setInterval(() => {
      peak = Math.max(peak, process.memoryUsage().rss)
    }, 5)
    const done = await comes((await published(g)).id)
    clearInterval(watch)
    assert.ok(done.fileSizeBytes > 120_000_000)
    assert.ok(peak - before < 80_000_000, `${Math.round((peak - before) / 1e6)} MB more`)
  })
})

describe('X-03', () => {
  test('X-03a: a queue that takes nothing leaves no archive that waits for ever, and fails no registration', async () => {
    const queue = { ...world.deps.queue, send: () => Promise.reject(new AppError('unavailable')) }
    const g = await gallery(names(2))
    await assert.rejects(publish({ ...world.deps, queue }, g.id, { userId: null, source: 'publish' }))
    assert.deepEqual(await versions(g), [], 'row and job commit together')
    const album = await registerAlbum({ ...world.deps, queue }, world.ownerId, { slug: g.slug, name: 'Registered' })
    assert.equal(album.zip_status, 'not_started')
    assert.equal((await maintain(world.deps)).stale_zips_queued, 1)
    const [made] = await world.until(async () => {
      const all = await versions(g)
      return all.length > 0 && all
    }, 'the archive')
    assert.equal(made!.source, 'maintenance_stale')
    await comes(made!.id)
  })

  test('X-03b: a worker that dies in the middle leaves work that the next one takes over, not a message that is thrown away', async () => {
    const g = await gallery(names(2))
    broken = () => {
      throw new AppError('unavailable')
    }
    const { id } = await published(g)
    await world.until(async () => (await findArchive(world.deps.db, id))!.fence > 0, 'the first attempt')
    // as kill -9 leaves it: claimed, and nobody there
    await world.until(async () => (await findArchive(world.deps.db, id))!.status === 'queued')
    await world.deps.db.transaction().execute((tx) => claimForBuild(tx, id, world.clock.now()))
    broken = undefined
    world.clock.advance(minutes(2))
    await reconcile(world.deps)
    assert.equal(unpacked(await comes(id)).length, 2)
  })

  test('X-03c: an error in a build is no success: it is tried again, and after the last try it is told', async () => {
    const g = await gallery(names(2))
    let tries = 0
    broken = () => {
      if (++tries < 3) throw new Error('a passing fault')
    }
    const done = await comes((await published(g)).id)
    broken = undefined
    assert.deepEqual([tries, done.attempts], [3, 3])
  })

  test('X-03d: a failed regeneration never makes the old ZIP pass for the new one', async () => {
    const g = await gallery(names(2))
    const first = await comes((await published(g)).id)
    await add(g, ['late.jpg'])
    broken = () => {
      throw new AppError('original_missing', {}, { final: true })
    }
    await rebuild(world.deps, g.id)
    const second = (await versions(g))[0]!
    await comes(second.id, 'failed')
    broken = undefined
    const today = (await findGallery(world.deps.db, g.id))!
    assert.equal((await archiveStatus(world.deps.db, today)).status, 'outdated')
    assert.notEqual((await askDownload(world.deps, today)).status, 'ready')
    const third = await comes((await askArchive(world.deps, g.id, { userId: null, force: false })).id)
    assert.deepEqual([unpacked(first).length, unpacked(third).length], [2, 3])
    assert.equal((await archiveStatus(world.deps.db, today)).status, 'ready')
  })

  test('X-03e: one photo swapped for another is noticed although the count is the same', async () => {
    const g = await gallery(names(2))
    await comes((await published(g)).id)
    const [item] = await pageItems(world.deps.db, g.id, { limit: 1 })
    await removeItem(world.deps, g.id, item!.id)
    await add(g, ['other.jpg'])
    const today = (await findGallery(world.deps.db, g.id))!
    assert.equal((await archiveStatus(world.deps.db, today)).status, 'outdated')
    await rebuild(world.deps, g.id)
    const done = await comes((await versions(g))[0]!.id)
    assert.ok(unpacked(done).some((name) => name.endsWith('other.jpg')))
  })
})

test('X-04: photos of one name in two folders are two files after unpacking', async () => {
  const g = await gallery(['ceremony/IMG_1.jpg', 'party/IMG_1.jpg', 'party/img_1.JPG'])
  assert.equal(unpacked(await comes((await published(g)).id)).length, 3)
})

describe('X-06', () => {
  test('deleting a gallery keeps its archives, and their links go on', async () => {
    const g = await gallery(names(2))
    await addClient(world.deps, g.id, 'mara@example.com', null)
    const done = await comes((await published(g)).id)
    const letter = await world.until(async () => (await listOfArchive(world.deps.db, done.id))[0], 'the letter')
    const link = /http:\/\/keepsake\.test\/d\/\S+/.exec((await writeOut(world.deps, letter)).text)![0]
    await deleteGallery(world.deps, g.id)
    await daily(world.deps, { sweepUploads: async () => 0 })
    assert.equal((await findArchive(world.deps.db, done.id))!.status, 'ready')
    assert.equal(unpacked(done).length, 2)
    const whole = await fetch(s.here(link))
    assert.equal(whole.status, 200)
    assert.equal(sha256(Buffer.from(await whole.arrayBuffer())), done.checksum)
  })
  test('a forced regeneration of the same content is no clash', async () => {
    const g = await gallery(names(1))
    await comes((await published(g)).id)
    await comes((await askArchive(world.deps, g.id, { userId: null, force: true })).id)
    assert.deepEqual(
      (await versions(g)).map((a) => [a.version, a.supersededBy === null]),
      [
        [2, true],
        [1, false],
      ],
    )
  })
  test('a row that says processing with nobody at work is picked up', async () => {
    const g = await gallery(names(1))
    const done = await comes((await published(g)).id)
    await world.deps.db
      .updateTable('archives')
      .set({ status: 'processing', progressAt: world.clock.now() })
      .where('id', '=', done.id)
      .execute()
    world.clock.advance(minutes(6))
    await reconcile(world.deps)
    assert.ok((await comes(done.id)).fence > done.fence)
  })
})

describe('X-07', () => {
  test('publishing builds, one row a job, and the clean-up comes by itself', async () => {
    const g = await gallery(names(1))
    const { id } = await published(g)
    assert.deepEqual(
      (await versions(g)).map((a) => a.id),
      [id],
    )
    await comes(id)
    assert.equal((await versions(g)).length, 1)
    const sent: string[] = []
    const queue = { ...world.deps.queue, send: async (_tx: unknown, job: { name: string }) => void sent.push(job.name) }
    world.clock.advance(minutes(24 * 60))
    await reconcile({ ...world.deps, queue })
    assert.ok(sent.includes('maintenance'))
  })
  test('photos that could not be read are counted and named, never left out in silence', async () => {
    const g = await gallery(names(3))
    rmSync(path.join(world.dir, 'objects', (await listStored(world.deps.db, g.id))[0]!.storageKey))
    const done = await comes((await published(g)).id)
    assert.deepEqual([done.imageCount, done.missingCount], [2, 1])
    const status = await archiveStatus(world.deps.db, (await findGallery(world.deps.db, g.id))!)
    assert.equal(status.archive!.missing.length, 1)
  })
  test('no cookie of one’s own making opens a gallery with a password', () => {
    const locked = { id: newId(world.clock.now()), passwordHash: 'a hash' }
    const later = new Date(world.clock.now().getTime() + minutes(60))
    const { tokenSecrets } = world.deps.settings
    const opens = (value: string) => readUnlockCookie(value, locked, world.clock.now(), tokenSecrets)
    const forged = unlockCookie(locked, later, [''])
    for (const value of ['', '1', 'true', locked.id, 'a.b', forged, `${forged.split('.')[0]}.`]) assert.equal(opens(value), false, value)
    assert.equal(opens(unlockCookie(locked, later, tokenSecrets)), true)
  })
  test('an empty or weak secret stops the start: links signed with nothing open nothing', async () => {
    const database = { DATABASE_URL: 'postgres://localhost/keepsake' }
    for (const GALLERY_TOKEN_SECRET of ['', ' ', 'secret', ',', `${'aB3dE5gH7jK9mN1pQ3sT5vX7zB9dF1h'},`])
      assert.throws(() => readConfig({ ...database, GALLERY_TOKEN_SECRET }), { code: 'config_invalid' }, GALLERY_TOKEN_SECRET)
    assert.equal(readConfig({ KEEPSAKE_DATA: folder, CRON_SECRET: '' }).settings.cronSecret, null, 'none is no secret of no letters')
  })
  test('no address that somebody adds decides where a download leads', async () => {
    const g = await gallery(names(1))
    const { id } = await comes((await published(g)).id)
    const url = s.ida.address(`/api/download/${id}?url=https%3A%2F%2Fevil.example%2F&next=//evil.example`)
    const answer = await fetch(url, { headers: { ...s.ida.headers(), accept: 'text/html' }, redirect: 'manual' })
    assert.deepEqual([answer.status, answer.headers.get('location')], [200, null])
    await answer.body?.cancel()
  })
  test('a job is tried again after 2, 4 and 8 seconds; who works sends a sign of life, so no lock ends work that goes on', () => {
    const { retries, retryDelay, expire } = jobRules['archive.build']
    assert.deepEqual([retries, retryDelay], [3, seconds(2)])
    assert.ok(expire > minutes(60), 'a large build may take hours')
  })
})

describe('X-08', () => {
  test('a failure is an error that stays one however often it is asked for, and Retry works', async () => {
    const g = await gallery(names(1))
    broken = () => {
      throw new AppError('original_missing', {}, { final: true })
    }
    const { id } = await published(g)
    await comes(id, 'failed')
    broken = undefined
    for (let n = 0; n < 10; n++) assert.equal((await askDownload(world.deps, g)).status, 'error')
    assert.equal((await versions(g)).length, 1)
    const again = await askArchive(world.deps, g.id, { userId: null, force: true })
    assert.equal(unpacked(await comes(again.id)).length, 1)
    assert.equal((await askDownload(world.deps, g)).status, 'ready')
  })
  test('what a server says is text: no page of ours writes it as HTML', () => {
    const root = path.resolve(import.meta.dirname, '../..')
    const pages = globSync('web/src/**/*.{ts,tsx}', { cwd: root })
    assert.ok(pages.length > 20)
    const raw = pages.filter((file) =>
      /innerHTML|outerHTML|insertAdjacentHTML|document\.write/i.test(readFileSync(path.join(root, file), 'utf8')),
    )
    assert.deepEqual(raw, [])
  })
})

test('X-11: an archiving that two ask for at once is one, with one archive and each original listed once', async () => {
  const g = await gallery(names(3))
  await comes((await published(g)).id)
  const by = { userId: null, source: 'manual' }
  const asked = await Promise.all([1, 2, 3].map(() => retire(world.deps, g.id, by)))
  assert.equal(new Set(asked.map(({ id }) => id)).size, 1)
  await world.until(async () => (await findGallery(world.deps.db, g.id))?.state === 'archived', 'archived')
  const finals = await world.deps.db
    .selectFrom('archives')
    .select('id')
    .where('galleryId', '=', g.id)
    .where('purpose', '=', 'final')
    .execute()
  const listed = await world.deps.db.selectFrom('purges').select('assetId').where('galleryId', '=', g.id).execute()
  assert.deepEqual([finals.length, listed.length, new Set(listed.map(({ assetId }) => assetId)).size], [1, 3, 3])
})
