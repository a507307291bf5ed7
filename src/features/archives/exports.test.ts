import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import { photoBytes } from '../../../test/pictures.ts'
import { type TestWorld, testWorld } from '../../../test/world.ts'
import { hours } from '../../base/clock.ts'
import { findArchive, listVersions } from '../../data/archives.ts'
import { listStored } from '../../data/assets.ts'
import { findExport, listParts } from '../../data/exports.ts'
import { findGallery } from '../../data/galleries.ts'
import { pageItems } from '../../data/items.ts'
import type { Gallery } from '../../domain/gallery.ts'
import type { LongWork } from '../../ports/storage/port.ts'
import { writeOut } from '../delivery/write.ts'
import { createGallery } from '../galleries/edit.ts'
import { reconcile } from '../operations/reconcile.ts'
import { forget } from '../operations/retention.ts'
import { importFolder } from '../uploads/import.ts'
import { build } from './build.ts'
import { askExport, type ExportWish } from './export-ask.ts'
import { cancelExport } from './export-cancel.ts'
import { downloadExport, viewExport } from './export-view.ts'
import { publish } from './publish.ts'
import { loadSealed } from './sealed.ts'
import { openLive } from './source.ts'

let world: TestWorld
let folder: string
/** how often each key was assembled, and how long each takes */
const assembled: string[] = []
let slow = 0
/** the moments, 100 ms of work each, that a slow build has worked for */
let worked = 0
let [atOnce, most] = [0, 0]
before(async () => {
  world = await testWorld()
  folder = mkdtempSync('/tmp/keepsake-exports-')
  const { storage } = world.deps
  const assemble = storage.assemble.bind(storage)
  storage.assemble = async (key, pieces, work: LongWork = {}) => {
    assembled.push(key)
    most = Math.max(most, ++atOnce)
    // a build that takes long, as the storage says once a second that it goes on
    try {
      for (let waited = 0; waited < slow; waited += 100) {
        work.progress?.(0)
        worked++
        await sleep(100)
        work.signal?.throwIfAborted()
      }
      return await assemble(key, pieces, work)
    } finally {
      atOnce--
    }
  }
  await world.work()
})
after(async () => {
  await world.close()
  rmSync(folder, { recursive: true, force: true })
})

let count = 0
async function gallery(photos: number): Promise<Gallery> {
  const dir = path.join(folder, `g${++count}`)
  mkdirSync(dir)
  for (let i = 0; i < photos; i++)
    writeFileSync(path.join(dir, `IMG_${i}.jpg`), await photoBytes(count * 1000 + i, { width: 64, height: 48 }))
  const made = await createGallery(world.deps, world.ownerId, { title: `Chosen ${count}` })
  assert.equal((await importFolder(world.deps, made, dir)).imported, photos)
  await world.until(async () => (await listStored(world.deps.db, made.id)).every((a) => a.renderState === 'done'), 'previews')
  return (await findGallery(world.deps.db, made.id))!
}
const guest = (id = 'anna') => ({ requester: `guest ${id}`, userId: null, limited: true })
const wish = (more: Partial<ExportWish> = {}): ExportWish => ({
  items: 'all',
  size: 'original',
  format: 'zip',
  parts: false,
  notify: null,
  ...more,
})
const ask = (g: Gallery, more: Partial<ExportWish> = {}, who = guest(), partBytes?: number) =>
  askExport(world.deps, g.id, who, wish(more), partBytes)
const statusOf = async (g: Gallery, id: string) => viewExport(world.deps, (await findExport(world.deps.db, g.id, id))!)
const ready = (g: Gallery, id: string) =>
  world.until(async () => {
    const view = await statusOf(g, id)
    if (view.status === 'failed') throw new Error(`failed: ${view.error_message}`)
    return view.status === 'ready' && view
  }, `export ${id}`)
const fileOf = (key: string | null) => path.join(world.dir, 'objects', key!)
const filesOf = async (id: string) => (await listParts(world.deps.db, id)).map((part) => fileOf(part.storageKey))
const itemsOf = (g: Gallery) => pageItems(world.deps.db, g.id, { limit: 1000 })
const namesIn = (file: string) => execFileSync('unzip', ['-Z1', file], { encoding: 'utf8' }).trim().split('\n')
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')

describe('an export', () => {
  test('holds the chosen photos as they are, in a ZIP that other programs find sound', async () => {
    const g = await gallery(5)
    const chosen = (await itemsOf(g)).filter((_, i) => i === 1 || i === 3)
    const made = await ask(g, { items: chosen.map((item) => item.id) })
    assert.equal(made.status, 'open')
    const view = await ready(g, made.id)
    assert.deepEqual([view.total_photos, view.percent, view.parts.length], [2, 100, 1])
    const [file] = await filesOf(made.id)
    assert.equal(sha256(readFileSync(file!)), view.checksum)
    const out = path.join(folder, `out${count}`)
    execFileSync('unzip', ['-q', file!, '-d', out])
    execFileSync('sha256sum', ['-c', '--quiet', 'checksums.sha256'], { cwd: path.join(out, g.slug) })
    assert.deepEqual(readdirSync(path.join(out, g.slug, 'photos')).sort(), chosen.map((item) => item.name).sort())
    for (const { name } of chosen)
      assert.deepEqual(readFileSync(path.join(out, g.slug, 'photos', name)), readFileSync(path.join(folder, `g${count}`, name)))
  })

  test('is a row of album_exports, in the words of 003, from the asking to the end', async () => {
    const rowOf = async (id: string) =>
      (await sql<Record<string, unknown>>`select * from album_exports where id = ${id}`.execute(world.deps.db)).rows[0]!
    const g = await gallery(3)
    const [first, , third] = await itemsOf(g)
    const made = await ask(g, { items: [first!.id, third!.id] })
    const begun = await rowOf(made.id)
    assert.ok(['queued', 'processing'].includes(String(begun.status)), String(begun.status))
    assert.deepEqual([begun.albumId, begun.totalPhotos, begun.checksum, begun.completedAt], [g.id, 2, null, null])
    const view = await ready(g, made.id)
    const row = await rowOf(made.id)
    const [part] = await listParts(world.deps.db, made.id)
    assert.deepEqual([row.status, row.objectKey, row.checksum], ['ready', part!.storageKey, view.checksum])
    assert.deepEqual(row.photoIds, [first!.id, third!.id].sort())
    assert.deepEqual([row.processedPhotos, row.totalBytes, row.processedBytes], [2, view.total_bytes, view.total_bytes])
    assert.deepEqual([row.error, row.downloadUrl, (row.expiresAt as Date).toISOString()], [null, null, view.expires_at])
    await world.deps.db.updateTable('exports').set({ status: 'expired' }).where('id', '=', made.id).execute()
    assert.equal((await rowOf(made.id)).status, 'expired')
  })

  test('asked for again, by many at once, is one build; each asker has an export of their own', async () => {
    const g = await gallery(3)
    const before = assembled.length
    const same = await Promise.all(Array.from({ length: 6 }, () => ask(g)))
    const others = await Promise.all(['mara', 'jonas'].map((id) => ask(g, {}, guest(id))))
    assert.equal(new Set(same.map((one) => one.id)).size, 1)
    assert.equal(new Set([...same, ...others].map((one) => one.id)).size, 3)
    for (const one of [same[0]!, ...others]) await ready(g, one.id)
    assert.equal(assembled.length - before, 1)
    const again = await ask(g)
    assert.deepEqual([again.id, again.status], [same[0]!.id, 'ready'])
    const late = await ask(g, {}, guest('late'))
    assert.equal(late.status, 'ready', 'what is ready is answered at once')
    assert.equal(assembled.length - before, 1)
  })

  test('neither supersedes the delivery nor makes it out of date, and takes no number of a version', async () => {
    const g = await gallery(3)
    const { archive } = await publish(world.deps, g.id, { userId: null, source: 'publish' })
    await ready(g, (await ask(g)).id)
    await ready(g, (await ask(g, { items: [(await itemsOf(g))[0]!.id] })).id)
    const versions = await world.until(async () => {
      const all = await listVersions(world.deps.db, g.id)
      return all[0]?.status === 'ready' && all
    })
    assert.deepEqual(
      versions.map((v) => [v.id, v.version, v.supersededBy]),
      [[archive.id, 1, null]],
    )
  })

  test('in screen size packs the previews, says so, and takes what has none as it is', async () => {
    const g = await gallery(2)
    const dir = path.join(folder, `big${count}`)
    mkdirSync(dir)
    writeFileSync(path.join(dir, 'large.png'), await photoBytes(999, { width: 2600, height: 1300 }))
    await importFolder(world.deps, g, dir)
    await world.until(async () => (await listStored(world.deps.db, g.id)).every((a) => a.renderState === 'done'), 'previews')
    const first = (await listStored(world.deps.db, g.id)).find((a) => a.originalName === 'IMG_0.jpg')!
    await world.deps.db.deleteFrom('derivatives').where('assetId', '=', first.id).execute()
    const made = await ask(g, { size: 'screen' })
    await ready(g, made.id)
    const [file] = await filesOf(made.id)
    execFileSync('unzip', ['-tq', file!])
    const manifest = JSON.parse(execFileSync('unzip', ['-p', file!, `${g.slug}/manifest.json`], { encoding: 'utf8' }))
    assert.deepEqual(manifest.photos.map((p: { path: string; packed: string }) => [p.path, p.packed]).sort(), [
      ['photos/IMG_0.jpg', 'original'],
      ['photos/IMG_1.jpg', 'screen'],
      ['photos/large.jpg', 'screen'],
    ])
    const picture = path.join(folder, 'large.jpg')
    writeFileSync(picture, execFileSync('unzip', ['-p', file!, `${g.slug}/photos/large.jpg`], { maxBuffer: 2 ** 26 }))
    const size = execFileSync('python3', ['-c', pixels, picture], { encoding: 'utf8' })
    assert.equal(size.trim(), '2048 1024')
  })

  test('as TAR is read by GNU tar, bsdtar and python, and is live the same bytes as stored', async () => {
    const g = await gallery(4)
    const made = await ask(g, { format: 'tar' })
    const [archive] = await listParts(world.deps.db, made.id)
    const view = await ready(g, made.id)
    const [file] = await filesOf(made.id)
    assert.equal(view.parts[0]!.name, `${g.slug}-selection.tar`)
    const listed = execFileSync('tar', ['-tf', file!], { encoding: 'utf8' })
    assert.equal(execFileSync('bsdtar', ['-tf', file!], { encoding: 'utf8' }), listed)
    assert.equal(execFileSync('python3', ['-c', tarNames, file!], { encoding: 'utf8' }), listed)
    const out = path.join(folder, `tar${count}`)
    mkdirSync(out)
    execFileSync('tar', ['-xf', file!, '-C', out])
    execFileSync('sha256sum', ['-c', '--quiet', 'checksums.sha256'], { cwd: path.join(out, g.slug) })
    const stored = readFileSync(file!)
    assert.equal(stored.length, archive!.fileSizeBytes, 'its size was known before a byte was written')
    const sealed = await loadSealed(world.deps.db, archive!)
    for (let i = 0; i < 100; i++) {
      const from = (i * 7919) % stored.length
      const to = Math.min(stored.length, from + ((i * 104_729) % 5000))
      assert.deepEqual(await readLive(sealed, from, to), stored.subarray(from, to))
    }
  })

  test('in parts is several ZIPs, each complete, that unpack into one folder without replacing anything', async () => {
    const g = await gallery(6)
    const sizes = (await listStored(world.deps.db, g.id)).map((a) => a.size + 4096)
    const limit = 65_536 + Math.max(...sizes) * 2
    const made = await ask(g, { parts: true }, guest(), limit)
    const view = await ready(g, made.id)
    assert.deepEqual(
      view.parts.map((part) => part.name),
      [1, 2, 3].map((n) => `${g.slug}-${n}of3.zip`),
    )
    assert.equal(new Set(view.parts.map((part) => part.download_url)).size, 3)
    assert.equal(view.checksum, null)
    const out = path.join(folder, `parts${count}`)
    for (const file of await filesOf(made.id)) {
      assert.ok(readFileSync(file).length <= limit)
      execFileSync('unzip', ['-tq', file])
      // were a name there already, unzip would ask, find nobody and fail
      execFileSync('unzip', ['-q', file, '-d', out])
    }
    assert.equal(readdirSync(path.join(out, g.slug, 'photos')).length, 6)
    for (const n of [1, 2, 3]) execFileSync('sha256sum', ['-c', '--quiet', `checksums-${n}of3.sha256`], { cwd: path.join(out, g.slug) })
    assert.equal((await ask(g, { parts: true }, guest(), limit)).id, made.id, 'the same photos are split alike')
  })

  test('refuses what cannot be packed: nothing, somebody else’s photos, too much', async () => {
    const [g, other] = [await gallery(1), await gallery(1)]
    const foreign = (await itemsOf(other))[0]!.id
    await assert.rejects(ask(g, { items: [foreign] }), { code: 'export_empty' })
    await assert.rejects(ask(g, { items: [] }), { code: 'export_empty' })
    await world.deps.db
      .updateTable('assets')
      .set({ size: 6 * 1024 ** 3 + 1 })
      .where('galleryId', '=', other.id)
      .execute()
    await assert.rejects(ask(other), { code: 'export_too_large' })
  })
})

describe('when a file is missing', () => {
  test('it is named in status and ERRORS.txt, the rest is packed, and it is made anew when the file is back', async () => {
    const g = await gallery(3)
    await publish(world.deps, g.id, { userId: null, source: 'publish' })
    await world.until(async () => (await listVersions(world.deps.db, g.id))[0]?.status === 'ready')
    const lost = (await listStored(world.deps.db, g.id))[1]!
    rmSync(fileOf(lost.storageKey))
    const made = await ask(g)
    const view = await ready(g, made.id)
    assert.deepEqual([view.missing, view.total_photos, view.processed_photos], [[lost.originalName], 2, 2])
    const [partial] = await filesOf(made.id)
    assert.match(execFileSync('unzip', ['-p', partial!, `${g.slug}/ERRORS.txt`], { encoding: 'utf8' }), /- photos\/IMG_1\.jpg\n/)
    assert.equal((await listVersions(world.deps.db, g.id))[0]!.supersededBy, null, 'the complete delivery stays current')

    const dir = path.join(folder, `back${count}`)
    mkdirSync(dir)
    writeFileSync(path.join(dir, lost.originalName), readFileSync(path.join(folder, `g${count}`, lost.originalName)))
    assert.equal((await importFolder(world.deps, g, dir)).imported, 1)
    const whole = await world.until(async () => {
      const now = await statusOf(g, made.id)
      return now.status === 'ready' && !now.missing.length && now
    }, 'the repaired export')
    assert.equal(whole.total_photos, 3)
    const [file] = await filesOf(made.id)
    assert.deepEqual(
      namesIn(file!).filter((name) => name.includes('ERRORS')),
      [],
    )
  })

  test('a lost preview is no lost photo: its original goes in, and the preview is made again', async () => {
    const g = await gallery(2)
    const [first] = await listStored(world.deps.db, g.id)
    const small = await world.deps.db
      .selectFrom('derivatives')
      .selectAll()
      .where('assetId', '=', first!.id)
      .where('kind', '=', 'preview')
      .executeTakeFirstOrThrow()
    rmSync(fileOf(small.storageKey))
    const made = await ask(g, { size: 'screen' })
    const view = await ready(g, made.id)
    assert.deepEqual(view.missing, [])
    const [file] = await filesOf(made.id)
    const packed = execFileSync('unzip', ['-p', file!, `${g.slug}/photos/IMG_0.jpg`], { maxBuffer: 2 ** 26 })
    assert.equal(sha256(packed), first!.sha256.toString('hex'))
    assert.equal((await listStored(world.deps.db, g.id))[0]!.state, 'stored')
    await world.until(async () => (await listStored(world.deps.db, g.id))[0]!.renderState === 'done', 'a new preview')
  })
})

describe('the end of an export', () => {
  test('cancelled while it is built, the builder stops within two seconds and no bytes are left', async () => {
    const g = await gallery(2)
    slow = 30_000
    try {
      const made = await ask(g)
      await world.until(async () => (await listParts(world.deps.db, made.id))[0]!.status === 'processing')
      const before = worked
      assert.equal((await cancelExport(world.deps, made)).status, 'cancelling')
      await world.until(async () => (await statusOf(g, made.id)).status === 'cancelled', 'the end')
      assert.ok(worked - before < 20, `${worked - before} moments`)
      assert.equal((await listParts(world.deps.db, made.id))[0]!.status, 'cancelled')
      await reconcile(world.deps)
      assert.deepEqual(objectsBelow(`galleries/${g.id}/exports`), [])
    } finally {
      slow = 0
    }
    const again = await ask(g)
    await ready(g, again.id)
  })

  test('cancelled by one asker, it is built for the other', async () => {
    const g = await gallery(2)
    slow = 500
    const mine = await ask(g)
    const theirs = await ask(g, {}, guest('mara'))
    assert.equal((await cancelExport(world.deps, mine)).status, 'cancelled')
    slow = 0
    await ready(g, theirs.id)
    assert.equal((await statusOf(g, mine.id)).status, 'cancelled')
  })

  test('after 12 hours it has expired and its bytes are gone; its rows are gone after 7 days more', async () => {
    const g = await gallery(1)
    const made = await ask(g)
    const told = await ask(g, { notify: 'mara@example.com' }, guest('mara'))
    await ready(g, made.id)
    await ready(g, told.id)
    const left = async (table: 'exports' | 'archives', id: string) =>
      (await world.deps.db.selectFrom(table).select('id').where('id', '=', id).execute()).length
    const entries = async (id: string) =>
      (await world.deps.db.selectFrom('archiveEntries').select('path').where('archiveId', '=', id).execute()).length
    const [file] = await filesOf(made.id)
    const download = await downloadExport(world.deps, (await findExport(world.deps.db, g.id, made.id))!)
    assert.equal(new Date(download.expires_at).getTime() - world.clock.now().getTime(), hours(12))
    world.clock.advance(hours(12))
    await assert.rejects(async () => downloadExport(world.deps, (await findExport(world.deps.db, g.id, made.id))!), {
      code: 'export_expired',
    })
    world.clock.advance(1)
    await reconcile(world.deps)
    assert.equal((await findExport(world.deps.db, g.id, made.id))!.status, 'expired')
    assert.ok(existsSync(file!), 'a running download may end')
    world.clock.advance(hours(1))
    await reconcile(world.deps)
    assert.ok(!existsSync(file!))
    const [sealed] = await listParts(world.deps.db, told.id)
    world.clock.advance(hours(24 * 7))
    await forget(world.deps)
    assert.equal(await findExport(world.deps.db, g.id, made.id), undefined)
    // a letter can be shown as long as it is kept, and the row of the file is the proof of what was handed out
    assert.deepEqual(await Promise.all([left('exports', told.id), left('archives', sealed!.id), entries(sealed!.id)]), [1, 1, 0])
    assert.equal(await forget(world.deps), 0, 'the next night finds nothing to do')
  })

  test('a new asker later gives the file its full time again, the first asker not', async () => {
    const g = await gallery(1)
    const first = await ask(g)
    await ready(g, first.id)
    world.clock.advance(hours(11))
    const second = await ask(g, {}, guest('mara'))
    world.clock.advance(hours(2))
    await reconcile(world.deps)
    assert.deepEqual([(await statusOf(g, first.id)).status, (await statusOf(g, second.id)).status], ['expired', 'ready'])
    const [part] = await listParts(world.deps.db, second.id)
    assert.equal((await findArchive(world.deps.db, part!.id))!.status, 'ready')
  })

  test('an export whose files are all lost fails, says why, and is kept to be read', async () => {
    const g = await gallery(1)
    rmSync(fileOf((await listStored(world.deps.db, g.id))[0]!.storageKey))
    const made = await ask(g)
    const view = await world.until(async () => {
      const now = await statusOf(g, made.id)
      return now.status === 'failed' && now
    })
    assert.equal(view.error_code, 'original_missing')
    await reconcile(world.deps)
    assert.equal((await statusOf(g, made.id)).status, 'failed')
  })

  test('who wanted a letter hears of a failure as well, in words that name no cause of ours, and nobody else does', async () => {
    const g = await gallery(1)
    rmSync(fileOf((await listStored(world.deps.db, g.id))[0]!.storageKey))
    const made = await ask(g, { notify: 'mara@example.com' })
    await ask(g, {}, guest('other'))
    await world.until(async () => (await statusOf(g, made.id)).status === 'failed')
    const letters = await world.deps.db.selectFrom('letters').selectAll().where('galleryId', '=', g.id).execute()
    assert.deepEqual(
      letters.map((l) => [l.kind, l.recipient, l.exportId]),
      [['export_failed', 'mara@example.com', made.id]],
    )
    const { text, replyTo } = await writeOut(world.deps, letters[0]!)
    assert.match(text, new RegExp(`could not be packed.*http://keepsake.test/g/${g.slug}\n`, 's'))
    assert.equal(replyTo, 'ida@example.com')
  })
})

test('X-02: of four queued exports whose builds take longer than any poll each is built once, and one at a time per worker', async () => {
  const g = await gallery(4)
  const items = await itemsOf(g)
  const before = assembled.length
  most = 0
  slow = 3000
  try {
    const made = []
    for (const item of items) made.push(await ask(g, { items: [item.id] }))
    // what a poll does while they wait and run: it sends what waits once more
    let polls = 0
    const jobs = await Promise.all(made.map(async (one) => (await listParts(world.deps.db, one.id))[0]!.id))
    const poll = async () => {
      for (; polls < 25; polls++) {
        for (const archiveId of jobs) await world.deps.queue.send(world.deps.db, { name: 'archive.build', payload: { archiveId } })
        await sleep(200)
      }
    }
    await Promise.all([poll(), ...made.map((one) => ready(g, one.id))])
  } finally {
    slow = 0
  }
  const keys = assembled.slice(before)
  assert.deepEqual([keys.length, new Set(keys).size, most], [4, 4, 1])
})

describe('X-10: what the runner of 003 left out', () => {
  test('progress is written while it builds, and a photo that could not be read is not counted as processed', async () => {
    const g = await gallery(3)
    slow = 1500
    const made = await ask(g)
    await world.until(async () => {
      const [part] = await listParts(world.deps.db, made.id)
      return part!.status === 'processing' && part!.progressAt
    })
    slow = 0
    rmSync(fileOf((await listStored(world.deps.db, g.id))[2]!.storageKey))
    const view = await ready(g, made.id)
    assert.deepEqual([view.total_photos, view.processed_photos, view.missing.length], [2, 2, 1])
  })

  test('a worker told to stop leaves nothing in processing for ever: the next one takes it up', async () => {
    const g = await gallery(1)
    const made = await ask(g)
    const [part] = await listParts(world.deps.db, made.id)
    const stopping = new AbortController()
    stopping.abort(new Error('SIGTERM'))
    await build(world.deps, part!.id, { signal: stopping.signal, attempt: 1, last: false }).catch(() => {})
    await ready(g, made.id)
  })
})

const pixels = `
import struct, sys
b = open(sys.argv[1], 'rb').read()
i = 2
while True:
    marker, length = struct.unpack('>HH', b[i:i + 4])
    if 0xffc0 <= marker <= 0xffc2:
        h, w = struct.unpack('>HH', b[i + 5:i + 9])
        print(w, h)
        break
    i += 2 + length`
const tarNames = `
import sys, tarfile
print('\\n'.join(tarfile.open(sys.argv[1], 'r:').getnames()))`

function objectsBelow(prefix: string): string[] {
  const dir = path.join(world.dir, 'objects', prefix)
  return existsSync(dir) ? readdirSync(dir) : []
}

async function readLive(sealed: Awaited<ReturnType<typeof loadSealed>>, from: number, to: number): Promise<Buffer> {
  const source = openLive(world.deps.storage, sealed, from, to)
  const bytes = Buffer.alloc(to - from)
  for (let at = 0, n = 1; n > 0; at += n) n = at < bytes.length ? await source.read(bytes.subarray(at)) : 0
  await source.close()
  return bytes
}
