/** Who comes after a gallery was published hears of it as well; nobody hears of it twice. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { sql } from 'kysely'
import { type TestWorld, testWorld } from '../../../test/world.ts'
import { days } from '../../base/clock.ts'
import { AppError } from '../../base/errors.ts'
import { findArchive, listVersions } from '../../data/archives.ts'
import type { Gallery } from '../../domain/gallery.ts'
import { askArchive } from '../archives/ask.ts'
import { publish, rebuild } from '../archives/publish.ts'
import { addClient, editClient } from '../galleries/clients.ts'
import { createGallery, editGallery } from '../galleries/edit.ts'
import { addPhoto, lettersOf } from './testbed.test.ts'
import { writeOut } from './write.ts'

let world: TestWorld
// a storage that a test can break
let broken = false
before(async () => {
  world = await testWorld()
  const { storage } = world.deps
  world.deps.storage = {
    ...storage,
    assemble: async (...all: Parameters<typeof storage.assemble>) => {
      if (broken) throw new AppError('original_missing', {}, { final: true })
      return storage.assemble(...all)
    },
  }
  // everything works but the post: what was written is looked at
  await world.work({ 'delivery.send': async () => {} })
})
after(() => world.close())

let count = 0
async function published(clients: string[], change: Parameters<typeof createGallery>[2]['change'] = {}): Promise<Gallery> {
  const gallery = await createGallery(world.deps, world.ownerId, { title: `Invited ${++count}`, change })
  await addPhoto(world, gallery)
  for (const email of clients) await addClient(world.deps, gallery.id, email, null)
  const { archive } = await publish(world.deps, gallery.id, { userId: null, source: 'publish' })
  await world.until(async () => (await findArchive(world.deps.db, archive.id))?.status === 'ready')
  await settled()
  return gallery
}

/** Every job that somebody hears by has been done. */
const settled = () =>
  world.until(async () => {
    const { rows } = await sql<{ n: number }>`
      select count(*)::int as n from queue.job where state < 'completed' and name <> 'delivery.send' and name <> 'reconcile'
        and start_after <= now()`.execute(world.deps.db)
    return rows[0]!.n === 0
  }, 'a quiet queue')
const told = async (gallery: Gallery) => {
  await settled()
  return (await lettersOf(world, gallery)).map((l) => `${l.kind} ${l.recipient.split('@')[0]}`).sort()
}

test('a client who is added after the gallery was published gets the letter, and the others no second one', async () => {
  const gallery = await published(['mara@example.com'])
  assert.deepEqual(await told(gallery), ['archive_ready mara'])
  await addClient(world.deps, gallery.id, 'late@example.com', null)
  assert.deepEqual(await told(gallery), ['archive_ready late', 'archive_ready mara'])
  await addClient(world.deps, gallery.id, 'late@example.com', 'Late')
  assert.deepEqual(await told(gallery), ['archive_ready late', 'archive_ready mara'])
})

test('who wants letters only later, or may download only later, gets it then', async () => {
  const gallery = await published([])
  const quiet = await addClient(world.deps, gallery.id, 'quiet@example.com', null, { notifyOnArchive: false })
  const looker = await addClient(world.deps, gallery.id, 'looker@example.com', null, { accessExpiresAt: world.clock.now() })
  assert.deepEqual(await told(gallery), [])
  await editClient(world.deps, gallery.id, quiet.id, { notifyOnArchive: true })
  await editClient(world.deps, gallery.id, looker.id, { accessExpiresAt: null })
  assert.deepEqual(await told(gallery), ['archive_ready looker', 'archive_ready quiet'])
})

test('who comes while a version is made or waited for hears of that one; if it fails, of the one that is there', async () => {
  const gallery = await published(['mara@example.com'])
  await addPhoto(world, gallery)
  await addClient(world.deps, gallery.id, 'late@example.com', null)
  assert.deepEqual(await told(gallery), ['archive_ready mara'], 'the photo that has just come is waited for')
  await rebuild(world.deps, gallery.id)
  assert.deepEqual(await told(gallery), ['archive_ready late', 'archive_ready mara'])
  const late = (await lettersOf(world, gallery)).find((l) => l.recipient === 'late@example.com')
  assert.equal((await findArchive(world.deps.db, late!.archiveId!))!.version, 2, 'not of the one without the new photo')
  broken = true
  try {
    await askArchive(world.deps, gallery.id, { userId: null, force: true })
    await addPhoto(world, gallery)
    await rebuild(world.deps, gallery.id)
    await addClient(world.deps, gallery.id, 'later@example.com', null)
    await world.until(async () => (await listVersions(world.deps.db, gallery.id))[0]!.status === 'failed')
    assert.deepEqual(
      (await told(gallery)).filter((l) => !l.startsWith('archive_failed')),
      ['archive_ready late', 'archive_ready later', 'archive_ready mara'],
    )
  } finally {
    broken = false
  }
})

test('a gallery that is closed invites nobody; when it opens again, who came meanwhile is told', async () => {
  const gallery = await published(['mara@example.com'], { expiresAt: new Date(world.clock.now().getTime() + days(1)) })
  world.clock.advance(days(2))
  await addClient(world.deps, gallery.id, 'late@example.com', null)
  assert.deepEqual(await told(gallery), ['archive_ready mara'])
  await editGallery(world.deps, gallery.id, { expiresAt: null })
  assert.deepEqual(await told(gallery), ['archive_ready late', 'archive_ready mara'])
})

test('a draft tells nobody before it is published', async () => {
  const gallery = await createGallery(world.deps, world.ownerId, { title: `Draft ${++count}` })
  await addPhoto(world, gallery)
  await addClient(world.deps, gallery.id, 'early@example.com', null)
  assert.deepEqual(await told(gallery), [])
  assert.deepEqual(await listVersions(world.deps.db, gallery.id), [])
})

test('who may only look gets a letter with their own link to the page when it opens, and no other', async () => {
  const gallery = await createGallery(world.deps, world.ownerId, { title: `Invited ${++count}`, change: { locale: 'de' } })
  await addPhoto(world, gallery)
  await addClient(world.deps, gallery.id, 'looker@example.com', null, { permission: 'view' })
  await addClient(world.deps, gallery.id, 'mara@example.com', null)
  assert.deepEqual(await told(gallery), [], 'a draft')
  await publish(world.deps, gallery.id, { userId: null, source: 'publish' })
  assert.deepEqual(await told(gallery), ['archive_ready mara', 'published looker'])
  await publish(world.deps, gallery.id, { userId: null, source: 'publish' })
  const late = await addClient(world.deps, gallery.id, 'late@example.com', null, { permission: 'view' })
  assert.deepEqual(await told(gallery), ['archive_ready mara', 'published late', 'published looker'])
  await editClient(world.deps, gallery.id, late.id, { permission: 'download' })
  await settled()
  await editClient(world.deps, gallery.id, late.id, { permission: 'view' })
  assert.deepEqual(await told(gallery), ['archive_ready late', 'archive_ready mara', 'published late', 'published looker'])
  const [letter] = (await lettersOf(world, gallery)).filter((l) => l.kind === 'published')
  const words = await writeOut(world.deps, letter!)
  assert.match(words.subject, /ist geöffnet/)
  assert.match(words.text, /1 Foto zum Ansehen/)
  const links = [...`${words.text} ${words.html}`.matchAll(/keepsake\.test\/(\w+)\//g)].map((m) => m[1])
  assert.deepEqual([...new Set(links)], ['s'])
})

test('while downloads are switched off everybody is led to the page; switched on, the archive follows', async () => {
  const gallery = await published(['mara@example.com'], { downloadEnabled: false })
  assert.deepEqual(await told(gallery), ['published mara'])
  await editGallery(world.deps, gallery.id, { downloadEnabled: true })
  assert.deepEqual(await told(gallery), ['archive_ready mara', 'published mara'])
})
