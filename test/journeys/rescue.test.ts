/** Three rescued tracks and 25 photos in one gallery: delivered, retired, restored, and every file is what it was. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { days } from '../../src/base/clock.ts'
import { findArchive } from '../../src/data/archives.ts'
import { listStored } from '../../src/data/assets.ts'
import { findGallery } from '../../src/data/galleries.ts'
import { countInside } from '../../src/data/inside.ts'
import { pageItems } from '../../src/data/items.ts'
import { findPlacement } from '../../src/data/placements.ts'
import { findTrack } from '../../src/data/tracks.ts'
import type { Archive } from '../../src/domain/archive.ts'
import { hydrate } from '../../src/features/archives/hydrate.ts'
import { publish } from '../../src/features/archives/publish.ts'
import { purge } from '../../src/features/archives/purge.ts'
import { restore } from '../../src/features/archives/restore.ts'
import { retire } from '../../src/features/archives/retire.ts'
import { addClient } from '../../src/features/galleries/clients.ts'
import { createGallery } from '../../src/features/galleries/edit.ts'
import { addTracks } from '../../src/features/rescue/add.ts'
import { askIntoGallery, viewPlacement } from '../../src/features/rescue/into.ts'
import { removeTrack } from '../../src/features/rescue/remove.ts'
import { importFolder } from '../../src/features/uploads/import.ts'
import { viewItem } from '../../src/http/item.ts'
import { readWhole } from '../../src/ports/bytes.ts'
import { mp3, mp4 } from '../media.ts'
import { photoBytes } from '../pictures.ts'
import { openProvider, type Provider } from '../provider.ts'
import { type TestWorld, testWorld } from '../world.ts'

let world: TestWorld
let provider: Provider
let folder: string
before(async () => {
  world = await testWorld()
  provider = await openProvider()
  folder = mkdtempSync('/tmp/keepsake-rescue-')
  await world.work({
    reconcile: async () => {},
    'gallery.purge': async () => {},
    'gallery.hydrate': async () => {},
    maintenance: async () => {},
  })
})
after(async () => {
  await provider.close()
  await world.close()
  rmSync(folder, { recursive: true, force: true })
})

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
const go = new AbortController().signal

/** Three songs with covers, the last with a film, as their provider has them. */
async function offer() {
  const pictures = await Promise.all([1, 2, 3].map((n) => photoBytes(1000 + n, { width: 64, height: 64 })))
  return [1, 2, 3].map((n) => {
    const files = {
      mp3: mp3({ frames: 200, seed: n }),
      jpg: pictures[n - 1]!,
      mp4: n === 3 ? mp4({ seed: n }) : null,
    }
    for (const [ending, bytes] of Object.entries(files)) if (bytes) provider.media.set(`/${n}.${ending}`, { bytes })
    const at = (ending: string) => `${provider.url}/${n}.${ending}`
    const madeAt = new Date(world.clock.now().getTime() - days(13))
    return {
      track: { provider: 'suno', providerRef: `${n}`, title: `Song ${n}`, artist: 'Mara', audioUrl: at('mp3'), coverUrl: at('jpg') },
      more: { videoUrl: files.mp4 ? at('mp4') : null, madeAt, expiresAt: null, seconds: null, isPublic: false },
      hashes: Object.values(files).flatMap((bytes) => (bytes ? [sha256(bytes)] : [])),
    }
  })
}

/** What another program unpacks from the archive: the SHA-256 of every file by its path. */
async function unpacked(archive: Archive, name: string): Promise<Map<string, string>> {
  const file = path.join(folder, `${name}.zip`)
  const source = await world.deps.storage.open(archive.storageKey!, 0, archive.fileSizeBytes)
  writeFileSync(file, await readWhole(source, archive.fileSizeBytes))
  const dir = path.join(folder, name)
  execFileSync('unzip', ['-q', file, '-d', dir])
  const [root] = readdirSync(dir)
  execFileSync('sha256sum', ['-c', '--quiet', 'checksums.sha256'], { cwd: path.join(dir, root!) })
  const paths = readdirSync(dir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  return new Map(
    paths.map((entry) => [
      path.relative(dir, path.join(entry.parentPath, entry.name)),
      sha256(readFileSync(path.join(entry.parentPath, entry.name))),
    ]),
  )
}
const ready = (id: string) =>
  world.until(async () => {
    const archive = await findArchive(world.deps.db, id)
    return archive?.status === 'ready' && archive
  }, 'the archive')

test('three rescued tracks and 25 photos are delivered, retired and restored, and every hash is equal', async () => {
  const { deps, ownerId } = world
  const offered = await offer()
  const added = await addTracks(
    deps,
    ownerId,
    offered.map(({ track, more }) => ({ ...track, ...more })),
  )
  await deps.queue.send(deps.db, { name: 'rescue.run', payload: {} })
  const ids = added.map(({ id }) => id)
  await world.until(
    async () => (await Promise.all(ids.map((id) => findTrack(deps.db, ownerId, id)))).every((track) => track?.state === 'rescued'),
    'the rescue',
  )
  // from here on the provider is gone
  await provider.close()

  const photos = path.join(folder, 'photos')
  mkdirSync(photos)
  for (let i = 0; i < 25; i++) writeFileSync(path.join(photos, `IMG_${i}.jpg`), await photoBytes(i, { width: 64, height: 48 }))
  const gallery = await createGallery(deps, ownerId, { title: 'Wedding', slug: 'wedding' })
  await importFolder(deps, gallery, photos)
  const placed = async () => {
    const { id } = await askIntoGallery(deps, gallery, ids)
    const ended = await world.until(async () => {
      const found = await findPlacement(deps.db, id)
      return found?.endedAt ? found : undefined
    }, 'the copies')
    const { state, done, added: fresh, duplicates } = viewPlacement(ended)
    return { state, done, added: fresh, duplicates }
  }
  assert.deepEqual(await placed(), { state: 'done', done: 3, added: ids, duplicates: [] })
  assert.deepEqual(await placed(), { state: 'done', done: 3, added: [], duplicates: ids })
  const wanted = [
    ...readdirSync(photos).map((name) => sha256(readFileSync(path.join(photos, name)))),
    ...offered.flatMap(({ hashes }) => hashes),
  ].sort()
  const hashes = async () => (await listStored(deps.db, gallery.id)).map((asset) => asset.sha256.toString('hex')).sort()
  assert.deepEqual(await hashes(), wanted)
  assert.equal(wanted.length, 25 + 7)

  // delivered
  await addClient(deps, gallery.id, 'mara@example.com', 'Mara')
  const { archive } = await publish(deps, gallery.id, { userId: null, source: 'publish' })
  const delivered = await unpacked(await ready(archive.id), 'delivered')
  for (const hash of wanted) assert.ok([...delivered.values()].includes(hash))
  assert.deepEqual(
    [...delivered.keys()].filter((name) => name.includes('Song')).sort(),
    ['1.jpg', '1.mp3', '2.jpg', '2.mp3', '3.jpg', '3.mp3', '3.mp4'].map((name) => `wedding/photos/Mara - Song ${name}`),
  )
  const manifest = JSON.parse(readFileSync(path.join(folder, 'delivered/wedding/manifest.json'), 'utf8'))
  const tagged = manifest.photos.filter((photo: { track?: object }) => photo.track)
  assert.equal(tagged.length, 7)
  assert.deepEqual(tagged.find((photo: { path: string }) => photo.path.endsWith('Song 1.jpg')).track, {
    role: 'cover',
    title: 'Song 1',
    artist: 'Mara',
    provider: 'suno',
  })
  const letter = await world.until(
    () =>
      deps.db
        .selectFrom('letters')
        .selectAll()
        .where('galleryId', '=', gallery.id)
        .where('recipient', '=', 'mara@example.com')
        .executeTakeFirst(),
    'the letter',
  )
  assert.ok(['archive_ready', 'published'].includes(letter!.kind))

  // shown: each track once, with cover and film
  await world.until(
    async () => (await listStored(deps.db, gallery.id)).every(({ renderState }) => renderState !== 'waiting'),
    'small pictures',
  )
  const items = (await pageItems(deps.db, gallery.id, { limit: 100 })).map((row) => viewItem(row, world.clock.now()))
  assert.equal(items.length, 28)
  const songs = items.filter(({ kind }) => kind === 'track')
  assert.deepEqual(
    songs.map(({ title, artist, cover, video_url }) => [title, artist, cover !== null, video_url !== null]),
    [
      ['Song 1', 'Mara', true, false],
      ['Song 2', 'Mara', true, false],
      ['Song 3', 'Mara', true, true],
    ],
  )
  assert.ok(songs.every(({ thumbnail, media_url }) => thumbnail && media_url))

  // retired: the originals go
  const final = await retire(deps, gallery.id, { userId: null, source: 'manual' })
  await world.until(async () => (await findGallery(deps.db, gallery.id))?.state === 'archived', 'archived')
  world.clock.advance(days(8))
  await purge(deps, gallery.id, go)
  assert.equal((await countInside(deps.db, gallery.id)).files, wanted.length)
  const inside = await unpacked((await findArchive(deps.db, final.id))!, 'final')
  for (const hash of wanted) assert.ok([...inside.values()].includes(hash))
  // the library’s own do not depend on it, nor the gallery on them
  for (const id of ids) await removeTrack(deps, ownerId, id)

  // restored
  await restore(deps, gallery.id, { expiresAt: null })
  await hydrate(deps, gallery.id, go)
  assert.equal((await countInside(deps.db, gallery.id)).files, 0)
  assert.deepEqual(await hashes(), wanted)
  for (const asset of await listStored(deps.db, gallery.id)) {
    const bytes = await readWhole(await deps.storage.open(asset.storageKey, 0, asset.size), asset.size)
    assert.equal(sha256(bytes), asset.sha256.toString('hex'))
  }
})
