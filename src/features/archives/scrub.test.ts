import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type RetiredWorld, retiredWorld } from '../../../test/retired.ts'
import { days } from '../../base/clock.ts'
import { findArchive } from '../../data/archives.ts'
import { listStored } from '../../data/assets.ts'
import { findGallery } from '../../data/galleries.ts'
import { askArchive } from './ask.ts'
import { hydrate } from './hydrate.ts'
import { restore } from './restore.ts'
import { scrub } from './scrub.ts'

let world: RetiredWorld
before(async () => {
  world = await retiredWorld()
})
after(() => world.close())

const go = new AbortController().signal
const published = async (photos: number) => {
  const { gallery, delivery } = await world.published(photos, undefined, 9_000)
  return { id: gallery.id, archiveId: delivery.id }
}
const lettersOf = async (id: string) =>
  (await world.deps.db.selectFrom('letters').select('facts').where('galleryId', '=', id).where('kind', '=', 'damage_found').execute()).map(
    (row) => (row.facts as { files: string[] }).files,
  )

test('what nobody has read for 60 days is read again, once; one flipped bit is found, named, told, and never packed again', async () => {
  const g = await published(40)
  assert.deepEqual(await scrub(world.deps, go), { objects: 0, bytes: 0, damaged: 0 })
  world.clock.advance(days(61))
  const victim = (await listStored(world.deps.db, g.id))[17]!
  await world.flip(victim.storageKey, 300)
  const found = await scrub(world.deps, go)
  assert.deepEqual([found.objects, found.damaged], [41, 1])
  assert.equal((await listStored(world.deps.db, g.id)).find((asset) => asset.id === victim.id)!.state, 'missing')
  assert.deepEqual(await lettersOf(g.id), [[victim.originalName]])
  const again = await scrub(world.deps, go)
  assert.equal(again.objects, 0)
  // the archive that holds it whole stays; one that is made from now on says what is not in it
  assert.equal((await findArchive(world.deps.db, g.archiveId))!.status, 'ready')
  const { id } = await askArchive(world.deps, g.id, { userId: null, force: true })
  const made = await world.until(async () => {
    const archive = await findArchive(world.deps.db, id)
    return archive?.status === 'ready' && archive
  }, 'the archive without it')
  assert.equal(made.missingCount, 1)
})

test('stopped twenty times it has read everything in the end, and nothing twice', async () => {
  const g = await published(60)
  world.clock.advance(days(61))
  const read: string[] = []
  const storage = {
    ...world.deps.storage,
    digest: async (...args: Parameters<typeof world.deps.storage.digest>) => {
      const found = await world.deps.storage.digest(...args)
      read.push(args[0])
      return found
    },
  }
  for (let n = 0; n < 20; n++) {
    const stop = new AbortController()
    const slow = { ...world.deps, storage, settings: { ...world.deps.settings, scrubBytesPerSecond: 200_000 } }
    setTimeout(() => stop.abort(), 15).unref()
    await scrub(slow, stop.signal).catch((error: unknown) => assert.ok(stop.signal.aborted, String(error)))
  }
  await scrub({ ...world.deps, storage }, go)
  const keys = (await listStored(world.deps.db, g.id)).map((asset) => asset.storageKey)
  for (const key of keys) assert.equal(read.filter((one) => one === key).length, 1)
})

test('a damaged delivery is built again; the damaged archive of an archived gallery stays for what is whole in it', async () => {
  const [open, closed] = [await published(2), await published(3)]
  const final = await world.archived(closed.id)
  await world.purged(closed.id)
  const delivery = (await findArchive(world.deps.db, open.archiveId))!
  const [victim] = await listStored(world.deps.db, closed.id)
  world.clock.advance(days(61))
  await world.flip(delivery.storageKey!, 200)
  await world.flip(final.storageKey!, victim!.storageOffset + 100)
  assert.equal((await scrub(world.deps, go)).damaged, 2)
  assert.equal((await findArchive(world.deps.db, delivery.id))!.status, 'failed')
  await world.until(async () => {
    const rows = await world.deps.db
      .selectFrom('archives')
      .select('status')
      .where('galleryId', '=', open.id)
      .where('version', '=', 2)
      .execute()
    return rows[0]?.status === 'ready'
  }, 'the new delivery')
  const now = (await findGallery(world.deps.db, closed.id))!
  assert.deepEqual([now.state, now.archiveError], ['archived', 'archive_damaged'])
  assert.equal((await lettersOf(closed.id)).length, 1)
  await restore(world.deps, closed.id, { expiresAt: null })
  await hydrate(world.deps, closed.id, go)
  // the damaged photo comes out of the delivery, which has it whole
  const back = await listStored(world.deps.db, closed.id)
  assert.ok(back.every((asset) => asset.state === 'stored' && asset.storageOffset === 0))
})
