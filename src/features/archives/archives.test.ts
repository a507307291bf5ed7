import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { photoBytes } from '../../../test/pictures.ts'
import { type TestWorld, testWorld } from '../../../test/world.ts'
import { listPlannedItems } from '../../data/archiveEntries.ts'
import { findArchive, listVersions } from '../../data/archives.ts'
import { listStored } from '../../data/assets.ts'
import { findGallery } from '../../data/galleries.ts'
import { pageItems } from '../../data/items.ts'
import { listOfArchive } from '../../data/letters.ts'
import type { Gallery } from '../../domain/gallery.ts'
import { orderItems } from '../galleries/arrange.ts'
import { addClient } from '../galleries/clients.ts'
import { createGallery, editGallery } from '../galleries/edit.ts'
import { importFolder } from '../uploads/import.ts'
import { removeItem } from '../uploads/remove.ts'
import { askArchive, askDownload } from './ask.ts'
import { publish, rebuild } from './publish.ts'
import { loadSealed } from './sealed.ts'
import { openLive } from './source.ts'
import { archiveStatus } from './status.ts'

let world: TestWorld
let folder: string
before(async () => {
  world = await testWorld()
  folder = mkdtempSync('/tmp/keepsake-photos-')
  await world.work()
})
after(async () => {
  await world.close()
  rmSync(folder, { recursive: true, force: true })
})

let count = 0
/** A gallery with so many photos. */
async function gallery(photos: number): Promise<Gallery> {
  const dir = path.join(folder, `g${++count}`)
  mkdirSync(dir)
  for (let i = 0; i < photos; i++)
    writeFileSync(path.join(dir, `IMG_${i}.jpg`), await photoBytes(count * 1000 + i, { width: 64, height: 48 }))
  const made = await createGallery(world.deps, world.ownerId, { title: `Gallery ${count}` })
  assert.equal((await importFolder(world.deps, made, dir)).imported, photos)
  return (await findGallery(world.deps.db, made.id))!
}
const ready = (id: string) =>
  world.until(async () => {
    const archive = await findArchive(world.deps.db, id)
    if (archive?.status === 'failed') throw new Error(`failed: ${archive.errorMessage}`)
    return archive?.status === 'ready' && archive
  }, `archive ${id}`)
const statusOf = async (g: Gallery) => archiveStatus(world.deps.db, (await findGallery(world.deps.db, g.id))!)
const by = { userId: null, source: 'publish' }
const fileOf = (key: string | null) => path.join(world.dir, 'objects', key!)

describe('publish to verified', () => {
  test('a published gallery becomes a ZIP that other programs find sound, with every photo as it was', async () => {
    const g = await gallery(5)
    const { archive } = await publish(world.deps, g.id, by)
    const done = await ready(archive.id)
    const file = fileOf(done.storageKey)
    assert.equal(createHash('sha256').update(readFileSync(file)).digest('hex'), done.checksum)
    execFileSync('unzip', ['-tq', file])
    const out = path.join(folder, 'out1')
    execFileSync('unzip', ['-q', file, '-d', out])
    execFileSync('sha256sum', ['-c', '--quiet', 'checksums.sha256'], { cwd: path.join(out, g.slug) })
    for (let i = 0; i < 5; i++)
      assert.deepEqual(
        readFileSync(path.join(out, g.slug, 'photos', `IMG_${i}.jpg`)),
        readFileSync(path.join(folder, `g${count}`, `IMG_${i}.jpg`)),
      )
    assert.equal((await statusOf(g)).status, 'ready')
  })

  test('RAW, HEIC, a film and a picture that ends in its middle are kept and packed as they are, with or without a small picture', async () => {
    const dir = path.join(folder, 'kept')
    mkdirSync(dir)
    const box = (brand: string) => Buffer.from(`\0\0\0\x10ftyp${brand}\0\0\0\0\0\0\0\x48mdat${brand.repeat(16)}`, 'latin1')
    const files = new Map([
      ['cut.jpg', (await photoBytes(9_901, { width: 640, height: 480 })).subarray(0, 2_000)],
      ['film.mp4', box('isom')],
      ['phone.heic', box('heic')],
      ['raw.cr3', box('crx ')],
    ])
    for (const [name, bytes] of files) writeFileSync(path.join(dir, name), bytes)
    const g = await createGallery(world.deps, world.ownerId, { title: 'Kept as they are' })
    assert.equal((await importFolder(world.deps, g, dir)).imported, files.size)
    const drawn = await world.until(async () => {
      const rows = await listStored(world.deps.db, g.id)
      return rows.every(({ renderState }) => renderState !== 'waiting') && rows
    }, 'what can be drawn')
    assert.deepEqual(Object.fromEntries(drawn.map(({ originalName, renderState }) => [originalName, renderState])), {
      'cut.jpg': 'failed',
      'film.mp4': 'none',
      'phone.heic': 'none',
      'raw.cr3': 'none',
    })
    const done = await ready((await publish(world.deps, g.id, by)).archive.id)
    assert.deepEqual([done.imageCount, done.missingCount], [files.size, 0])
    for (const [name, bytes] of files)
      assert.deepEqual(execFileSync('unzip', ['-p', fileOf(done.storageKey), `${g.slug}/photos/${name}`]), Buffer.from(bytes))
  })

  test('however many publish at once, one archive is built, and publishing again makes nothing new', async () => {
    const g = await gallery(3)
    const many = await Promise.all(Array.from({ length: 8 }, () => publish(world.deps, g.id, by)))
    assert.equal(new Set(many.map((m) => m.archive.id)).size, 1)
    await ready(many[0]!.archive.id)
    assert.equal((await publish(world.deps, g.id, by)).archive.id, many[0]!.archive.id)
    assert.equal((await listVersions(world.deps.db, g.id)).length, 1)
  })

  test('an empty gallery cannot be published', async () => {
    const g = await createGallery(world.deps, world.ownerId, { title: 'Empty' })
    await assert.rejects(publish(world.deps, g.id, by), { code: 'gallery_empty' })
    assert.equal((await findGallery(world.deps.db, g.id))!.state, 'draft')
  })

  test('every client who wants it gets one letter with a link of their own, also when the job runs twice', async () => {
    const g = await gallery(1)
    await addClient(world.deps, g.id, 'mara@example.com', 'Mara')
    await addClient(world.deps, g.id, 'jonas@example.com', null)
    const { archive } = await publish(world.deps, g.id, by)
    await ready(archive.id)
    const letters = await world.until(async () => {
      const all = await listOfArchive(world.deps.db, archive.id)
      return all.length === 2 && all.every((l) => l.status === 'kept') && all
    }, 'letters')
    assert.equal(new Set(letters.map((l) => l.linkId)).size, 2)
    await world.deps.queue.send(world.deps.db, { name: 'delivery.announce', payload: { archiveId: archive.id } })
    await world.until(async () => !(await world.deps.queue.depth())['delivery.announce'])
    assert.equal((await listOfArchive(world.deps.db, archive.id)).length, 2)
  })
})

describe('when content changes', () => {
  test('photos in another order are another ZIP where their names are numbered, and the same one where they are not', async () => {
    const { deps } = world
    const g = await gallery(3)
    await editGallery(deps, g.id, { naming: 'numbered' })
    const first = await publish(deps, g.id, by)
    await ready(first.archive.id)
    const namesOf = async (id: string) => [...(await deps.db.transaction().execute((tx) => listPlannedItems(tx, id))).values()].sort()
    const [item] = await pageItems(deps.db, g.id, { limit: 1, shown: false })
    await orderItems(deps, g.id, { items: [item!.id], before: null })
    assert.equal((await statusOf(g)).status, 'outdated')
    await rebuild(deps, g.id)
    const [second] = await listVersions(deps.db, g.id)
    assert.deepEqual([second!.version, second!.imagesHash], [2, first.archive.imagesHash])
    assert.deepEqual(
      await namesOf((await ready(second!.id)).id),
      ['0001_IMG_1.jpg', '0002_IMG_2.jpg', '0003_IMG_0.jpg'].map((name) => `${g.slug}/photos/${name}`),
    )
    assert.deepEqual([(await statusOf(g)).status, (await publish(deps, g.id, by)).archive.id], ['ready', second!.id])

    await editGallery(deps, g.id, { naming: 'original' })
    const third = await publish(deps, g.id, by)
    await ready(third.archive.id)
    await orderItems(deps, g.id, { by: 'name' })
    assert.deepEqual([(await statusOf(g)).status, (await publish(deps, g.id, by)).archive.id], ['ready', third.archive.id])
  })

  test('a swapped photo is noticed, the new version supersedes the old one, which stays for its time (X-03, X-06)', async () => {
    const g = await gallery(3)
    const first = await ready((await publish(world.deps, g.id, by)).archive.id)
    const [item] = await pageItems(world.deps.db, g.id, { limit: 1 })
    await removeItem(world.deps, g.id, item!.id)
    const dir = path.join(folder, 'swap')
    mkdirSync(dir)
    writeFileSync(path.join(dir, item!.name), await photoBytes(77_777, { width: 64, height: 48 }))
    await importFolder(world.deps, g, dir)
    assert.equal((await statusOf(g)).status, 'outdated')
    await rebuild(world.deps, g.id)
    const second = await world.until(
      async () => (await listVersions(world.deps.db, g.id)).find((a) => a.version === 2 && a.status === 'ready'),
      'version 2',
    )
    assert.equal(second.imageCount, first.imageCount)
    assert.notEqual(second.planHash, first.planHash)
    const old = (await findArchive(world.deps.db, first.id))!
    assert.equal(old.supersededBy, second.id)
    assert.ok(await world.deps.storage.size(old.storageKey!), 'the old file is not overwritten')
  })

  test('a forced rebuild makes a new version of the same content, and only one stays current (X-06)', async () => {
    const g = await gallery(2)
    const first = await ready((await publish(world.deps, g.id, by)).archive.id)
    const second = await ready((await askArchive(world.deps, g.id, { userId: world.ownerId, force: true })).id)
    assert.deepEqual([second.version, second.checksum], [2, first.checksum], 'the same content gives the same bytes')
  })
})

describe('when something is wrong', () => {
  test('a lost original is named missing in status and manifest, and the rest is archived', async () => {
    const g = await gallery(3)
    const lost = (await listStored(world.deps.db, g.id))[1]!
    rmSync(fileOf(lost.storageKey))
    const done = await ready((await publish(world.deps, g.id, by)).archive.id)
    assert.deepEqual([done.imageCount, done.missingCount], [2, 1])
    assert.deepEqual((await statusOf(g)).archive!.missing, [`${g.slug}/photos/${lost.originalName}`])
    const manifest = JSON.parse(execFileSync('unzip', ['-p', fileOf(done.storageKey), `${g.slug}/manifest.json`], { encoding: 'utf8' }))
    assert.deepEqual(
      manifest.missing.map((m: { original_name: string }) => m.original_name),
      [lost.originalName],
    )
    const errors = execFileSync('unzip', ['-p', fileOf(done.storageKey), `${g.slug}/ERRORS.txt`], { encoding: 'utf8' })
    assert.ok(errors.includes(`- photos/${lost.originalName}\n`))
  })

  test('an original whose bytes have changed is never packed as if it were whole', async () => {
    const g = await gallery(2)
    const bad = (await listStored(world.deps.db, g.id))[0]!
    const bytes = readFileSync(fileOf(bad.storageKey))
    bytes[100]! ^= 1
    writeFileSync(fileOf(bad.storageKey), bytes)
    const done = await ready((await publish(world.deps, g.id, by)).archive.id)
    assert.equal(done.missingCount, 1)
  })

  test('a gallery whose only original is lost fails, says why, and tells the photographer', async () => {
    const g = await gallery(1)
    rmSync(fileOf((await listStored(world.deps.db, g.id))[0]!.storageKey))
    const { archive } = await publish(world.deps, g.id, by)
    const failed = await world.until(async () => {
      const a = await findArchive(world.deps.db, archive.id)
      return a?.status === 'failed' && a
    }, 'failure')
    assert.equal(failed.errorCode, 'original_missing')
    const letters = await listOfArchive(world.deps.db, archive.id)
    assert.deepEqual(
      letters.map((l) => [l.kind, l.recipient]),
      [['archive_failed', 'ida@example.com']],
    )
  })

  test('asking for a failed download does not restart it at every poll (X-08)', async () => {
    const g = await gallery(1)
    rmSync(fileOf((await listStored(world.deps.db, g.id))[0]!.storageKey))
    const { archive } = await publish(world.deps, g.id, by)
    await world.until(async () => (await findArchive(world.deps.db, archive.id))?.status === 'failed')
    for (let i = 0; i < 5; i++) assert.equal((await askDownload(world.deps, g)).status, 'error')
    assert.equal((await listVersions(world.deps.db, g.id)).length, 1)
  })

  test('a ready archive whose file has vanished is not called ready: it is built again (VER-04)', async () => {
    const g = await gallery(1)
    const first = await ready((await publish(world.deps, g.id, by)).archive.id)
    rmSync(fileOf(first.storageKey))
    assert.equal((await askDownload(world.deps, g)).status, 'pending')
    const second = await world.until(async () => (await listVersions(world.deps.db, g.id)).find((a) => a.status === 'ready'))
    assert.equal(second.checksum, first.checksum)
  })
})

describe('the live ZIP', () => {
  test('is byte for byte the stored one, in any range', async () => {
    const g = await gallery(4)
    const done = await ready((await publish(world.deps, g.id, by)).archive.id)
    const stored = readFileSync(fileOf(done.storageKey))
    const sealed = await loadSealed(world.deps.db, done)
    const live = async (from: number, to: number) => {
      const source = openLive(world.deps.storage, sealed, from, to)
      const bytes = Buffer.alloc(to - from)
      let at = 0
      for (let n = 1; n > 0; at += n) n = at < bytes.length ? await source.read(bytes.subarray(at, at + 1 + (at % 977))) : 0
      await source.close()
      assert.equal(at, bytes.length)
      return bytes
    }
    assert.deepEqual(await live(0, stored.length), stored)
    for (let i = 0; i < 200; i++) {
      const from = Math.floor((((i * 7919) % 9973) / 9973) * stored.length)
      const to = Math.min(stored.length, from + ((i * 104_729) % 60_000))
      assert.deepEqual(await live(from, to), stored.subarray(from, to))
    }
  })
})
