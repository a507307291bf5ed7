/** What the photographer reads of an archive that cannot be built: the cause, what happens next, and not the same every morning. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type TestWorld, testWorld } from '../../../test/world.ts'
import { days } from '../../base/clock.ts'
import { AppError } from '../../base/errors.ts'
import { findArchive, listVersions } from '../../data/archives.ts'
import type { Archive } from '../../domain/archive.ts'
import type { Gallery } from '../../domain/gallery.ts'
import { askArchive } from '../archives/ask.ts'
import { publish } from '../archives/publish.ts'
import { addClient } from '../galleries/clients.ts'
import { createGallery } from '../galleries/edit.ts'
import { maintain } from '../operations/maintain.ts'
import { addPhoto, lettersOf } from './testbed.test.ts'
import { writeOut } from './write.ts'

let world: TestWorld
// a storage that a test can break
let broken = true
before(async () => {
  world = await testWorld()
  const { storage } = world.deps
  world.deps.storage = {
    ...storage,
    assemble: async (...all: Parameters<typeof storage.assemble>) => {
      if (broken) throw new AppError('internal', {}, { final: true })
      return storage.assemble(...all)
    },
  }
  await world.work({ 'delivery.send': async () => {} })
})
after(() => world.close())

const comes = (id: string, status: Archive['status']) =>
  world.until(async () => (await findArchive(world.deps.db, id))?.status === status, `${status} of the archive`)
const failures = async (gallery: Gallery) => (await lettersOf(world, gallery)).filter((l) => l.kind === 'archive_failed')

test('an archive that fails every night is one letter, with the next try; when it was ready and fails again, another', async () => {
  const gallery = await createGallery(world.deps, world.ownerId, { title: 'Night after night' })
  await addPhoto(world, gallery)
  await addClient(world.deps, gallery.id, 'mara@example.com', null)
  const { archive } = await publish(world.deps, gallery.id, { userId: null, source: 'publish' })
  await comes(archive.id, 'failed')
  const [letter] = await failures(gallery)
  const { text } = await writeOut(world.deps, letter!)
  assert.match(text, /It is tried again by itself at 7 June 2026 at 03:00 UTC; you need do nothing\./)
  assert.doesNotMatch(text, /press Retry/)
  for (const [locale, cause] of [
    ['en', 'Something went wrong'],
    ['de', 'Bei uns ist etwas schiefgegangen'],
    ['ru', 'У нас что-то пошло не так'],
  ] as const)
    assert.ok((await writeOut(world.deps, { ...letter!, locale })).text.includes(cause), locale)
  for (let night = 2; night <= 4; night++) {
    world.clock.advance(days(1))
    assert.equal((await maintain(world.deps)).stale_zips_queued, 1)
    const newest = await world.until(async () => (await listVersions(world.deps.db, gallery.id)).find((a) => a.version === night))
    await comes(newest.id, 'failed')
  }
  assert.equal((await failures(gallery)).length, 1)
  broken = false
  world.clock.advance(days(1))
  await maintain(world.deps)
  const ready = await world.until(async () => (await listVersions(world.deps.db, gallery.id)).find((a) => a.status === 'ready'))
  await world.until(async () => (await lettersOf(world, gallery)).some((l) => l.kind === 'archive_ready'))
  broken = true
  const forced = await askArchive(world.deps, gallery.id, { userId: null, force: true })
  assert.notEqual(forced.id, ready.id)
  await comes(forced.id, 'failed')
  const second = (await failures(gallery))[1]
  // the version that is there holds everything, so nothing asks by itself
  assert.match((await writeOut(world.deps, second!)).text, /press Retry/)
})
