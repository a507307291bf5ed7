import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, test } from 'node:test'
import type { Office } from '../../../test/post-office.ts'
import type { TestWorld } from '../../../test/world.ts'
import { hours, minutes } from '../../base/clock.ts'
import { findArchive } from '../../data/archives.ts'
import { listStored } from '../../data/assets.ts'
import { listOfArchive } from '../../data/letters.ts'
import type { Archive } from '../../domain/archive.ts'
import type { Gallery } from '../../domain/gallery.ts'
import { readLink } from '../../domain/link.ts'
import { publish } from '../archives/publish.ts'
import { addClient } from '../galleries/clients.ts'
import { importFolder } from '../uploads/import.ts'
import { announce } from './announce.ts'
import { send } from './send.ts'
import { addPhoto, job, lettersOf, letterWorld, nextVersion, published } from './testbed.test.ts'

let world: TestWorld
let office: Office
let close: () => Promise<void>
before(async () => {
  ;({ world, office, close } = await letterWorld())
})
after(() => close())

const told = async (gallery: Gallery) => (await lettersOf(world, gallery)).map((l) => `${l.kind} ${l.recipient}`)
const sendAll = async (gallery: Gallery) => {
  for (const letter of await lettersOf(world, gallery)) await send(world.deps, letter.id, job())
}

test('who has been told of the first version hears nothing of later ones, unless the gallery says so (C23)', async () => {
  const { gallery, archive } = await published(world, ['mara@example.com'])
  await announce(world.deps, archive.id)
  await sendAll(gallery)
  await addPhoto(world, gallery)
  const second = await nextVersion(world, gallery)
  assert.equal(second.version, 2)
  await announce(world.deps, second.id)
  assert.deepEqual(await told(gallery), ['archive_ready mara@example.com'])
})

test('new versions are told an hour after the last letter, all of them in one, and never sooner', async () => {
  const { gallery, archive } = await published(world, ['mara@example.com', 'jonas@example.com'], { notifyNewVersions: true })
  await announce(world.deps, archive.id)
  await sendAll(gallery)
  office.taken.length = 0
  // who came after the first version hears at once of the one that is ready then, and keeps nobody else's letter back
  await addClient(world.deps, gallery.id, 'late@example.com', null)
  const started = world.clock.now().getTime()
  const versions: Archive[] = []
  for (let n = 0; n < 3; n++) {
    world.clock.advance(minutes(10))
    await addPhoto(world, gallery)
    const version = await nextVersion(world, gallery)
    versions.push(version)
    await announce(world.deps, version.id)
    // again, and beside an older one
    await Promise.all([version.id, version.id, versions[0]!.id].map((id) => announce(world.deps, id)))
    // the job comes at once, and finds that the hour has not
    await sendAll(gallery)
  }
  const waiting = (await lettersOf(world, gallery)).filter((l) => l.kind === 'new_version')
  assert.deepEqual(waiting.map((l) => [l.recipient, l.archiveId, l.dueAt!.getTime() - started, l.status]).sort(), [
    ['jonas@example.com', versions[2]!.id, hours(1), 'queued'],
    ['late@example.com', versions[2]!.id, minutes(10) + hours(1), 'queued'],
    ['mara@example.com', versions[2]!.id, hours(1), 'queued'],
  ])
  assert.deepEqual(
    office.taken.map((l) => l.to),
    ['late@example.com'],
  )
  office.taken.length = 0
  world.clock.advance(minutes(30))
  await sendAll(gallery)
  assert.deepEqual(office.taken.map((l) => l.to).sort(), ['jonas@example.com', 'mara@example.com'])
  const token = /keepsake\.test\/d\/(\S+)/.exec(office.taken[0]!.raw.replace(/=\r?\n/g, ''))![1]!
  const grant = readLink(token, world.deps.settings.tokenSecrets)
  assert.equal(grant.expiresAt.getTime(), started + hours(1) + hours(7 * 24), 'its link lives seven days from when it goes out')
  // quiet again: the next one waits another hour
  await addPhoto(world, gallery)
  await announce(world.deps, (await nextVersion(world, gallery)).id)
  const next = (await lettersOf(world, gallery)).filter((l) => l.status === 'queued' && !l.recipient.startsWith('late'))
  assert.deepEqual([...new Set(next.map((l) => l.dueAt!.getTime() - world.clock.now().getTime()))], [hours(1)])
})

test('somebody who got an incomplete archive hears when it is complete, also when new versions are not told', async () => {
  const { gallery, archive: whole } = await published(world, ['mara@example.com'], { photos: 2 })
  const [lost] = await listStored(world.deps.db, gallery.id)
  const file = path.join(world.dir, 'objects', lost!.storageKey)
  const bytes = readFileSync(file)
  // the version that clients are told of lacks one photo
  rmSync(file)
  await addPhoto(world, gallery)
  const partial = await nextVersion(world, gallery)
  assert.equal(partial.missingCount, 1)
  await world.deps.db.updateTable('archives').set({ announce: true }).where('id', '=', partial.id).execute()
  await announce(world.deps, partial.id)
  await sendAll(gallery)
  await addClient(world.deps, gallery.id, 'late@example.com', null)
  const folder = path.join(world.dir, '..', `again-${lost!.id}`)
  mkdirSync(folder)
  writeFileSync(path.join(folder, lost!.originalName), bytes)
  await importFolder(world.deps, gallery, folder)
  const complete = await nextVersion(world, gallery)
  assert.deepEqual([complete.missingCount, complete.announce], [0, false])
  await announce(world.deps, complete.id)
  await announce(world.deps, complete.id)
  assert.deepEqual((await told(gallery)).sort(), [
    'archive_completed mara@example.com',
    'archive_ready late@example.com',
    'archive_ready mara@example.com',
  ])
  assert.notEqual(whole.id, complete.id)
})

test('publishing again tells everybody of what changed, and who came since of what is there', async () => {
  const { gallery, archive } = await published(world, ['mara@example.com'])
  await announce(world.deps, archive.id)
  await sendAll(gallery)
  await addClient(world.deps, gallery.id, 'new@example.com', null)
  await publish(world.deps, gallery.id, { userId: null, source: 'publish' })
  await announce(world.deps, archive.id)
  assert.deepEqual(await told(gallery), ['archive_ready mara@example.com', 'archive_ready new@example.com'])
})

test('an archive that was made for a draft is told of when the gallery is published, not before', async () => {
  const { gallery, archive } = await published(world, ['mara@example.com'])
  const { db } = world.deps
  await db.updateTable('galleries').set({ state: 'draft' }).where('id', '=', gallery.id).execute()
  await db.updateTable('archives').set({ announce: false }).where('id', '=', archive.id).execute()
  await announce(world.deps, archive.id)
  assert.deepEqual(await told(gallery), [])
  const again = await publish(world.deps, gallery.id, { userId: null, source: 'publish' })
  assert.equal(again.archive.id, archive.id)
  await announce(world.deps, archive.id)
  assert.deepEqual(await told(gallery), ['archive_ready mara@example.com'])
})

test('a waiting letter about a version goes when a better letter takes its place', async () => {
  const { gallery, archive } = await published(world, ['mara@example.com'], { notifyNewVersions: true })
  await announce(world.deps, archive.id)
  await sendAll(gallery)
  await addPhoto(world, gallery)
  await announce(world.deps, (await nextVersion(world, gallery)).id)
  await addPhoto(world, gallery)
  const { archive: third } = await publish(world.deps, gallery.id, { userId: null, source: 'publish' })
  await world.until(async () => (await findArchive(world.deps.db, third.id))?.status === 'ready')
  await announce(world.deps, third.id)
  assert.deepEqual(await told(gallery), ['archive_ready mara@example.com', 'archive_ready mara@example.com'])
  assert.equal((await listOfArchive(world.deps.db, third.id))[0]!.dueAt, null)
})
