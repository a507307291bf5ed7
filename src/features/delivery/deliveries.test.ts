import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { photoBytes } from '../../../test/pictures.ts'
import { setClock, type TestWorld, testWorld } from '../../../test/world.ts'
import { days, hours } from '../../base/clock.ts'
import { newId } from '../../base/id.ts'
import { removeClient } from '../../data/clients.ts'
import { changeDownload, forgetClient, lockDownload } from '../../data/downloads.ts'
import { setDigest } from '../../data/users.ts'
import type { Archive } from '../../domain/archive.ts'
import { publish } from '../archives/publish.ts'
import { addClient } from '../galleries/clients.ts'
import { createGallery, deleteGallery } from '../galleries/edit.ts'
import { cleanUp } from '../operations/daily.ts'
import { forget } from '../operations/retention.ts'
import { importFolder } from '../uploads/import.ts'
import { announce } from './announce.ts'
import { exportClient, listDeliveries } from './deliveries.ts'
import { writeDigests } from './digest.ts'
import { writeOut } from './write.ts'

let world: TestWorld
const clock = setClock(new Date('2026-06-06T10:00:00Z'))
before(async () => {
  world = await testWorld({ clock })
  await world.work({ 'delivery.announce': async () => {}, 'delivery.send': async () => {}, reconcile: async () => {} })
})
after(() => world.close())

let count = 0
async function galleryFor(...emails: string[]) {
  const { deps } = world
  const gallery = await createGallery(deps, world.ownerId, { title: `Gallery ${++count}` })
  const folder = mkdtempSync('/tmp/keepsake-deliveries-')
  writeFileSync(path.join(folder, 'a.jpg'), await photoBytes(count, { width: 60, height: 40 }))
  await importFolder(deps, gallery, folder)
  rmSync(folder, { recursive: true })
  const clients = []
  for (const email of emails) {
    clients.push(await addClient(deps, gallery.id, email, null))
    clock.advance(1)
  }
  const { archive } = await publish(deps, gallery.id, { userId: null, source: 'publish' })
  await world.until(async () => {
    const row = await deps.db.selectFrom('archives').select('status').where('id', '=', archive.id).executeTakeFirst()
    return row?.status === 'ready'
  })
  await announce(deps, archive.id)
  return { gallery, archive, clients }
}

/** A row as the note of an answer leaves it. */
async function received(archive: Archive, clientId: string, bytes: number): Promise<void> {
  const now = clock.now()
  const whole = bytes === archive.fileSizeBytes
  await world.deps.db.transaction().execute(async (tx) => {
    const row = await lockDownload(tx, {
      id: newId(now),
      galleryId: archive.galleryId,
      archiveId: archive.id,
      planHash: archive.planHash,
      size: archive.fileSizeBytes,
      reader: `client:${clientId}`,
      linkId: null,
      clientId,
      userId: null,
      agent: 'curl',
      firstAt: now,
      lastAt: now,
    })
    await changeDownload(tx, row.id, {
      received: [{ from: 0, to: bytes }],
      answers: [],
      receivedBytes: bytes,
      bytes,
      count: whole ? 1 : 0,
      completeAt: whole ? now : null,
      lastAt: now,
    })
  })
}

const letters = () => world.deps.db.selectFrom('letters').selectAll().orderBy('createdAt').execute()
const digests = async () => (await letters()).filter((l) => l.kind === 'downloads_digest')

test('each client has their own proof, and 99 % is not complete', async () => {
  const { gallery, archive, clients } = await galleryFor('a@example.com', 'b@example.com', 'c@example.com')
  await received(archive, clients[0]!.id, archive.fileSizeBytes)
  await received(archive, clients[1]!.id, archive.fileSizeBytes - 1)
  const seen = await listDeliveries(world.deps.db, gallery.id)
  assert.deepEqual(
    seen.clients.map((c) => [c.email, c.links, c.letters_sent, c.downloads, c.percent, c.complete_at]),
    [
      ['a@example.com', 1, 0, 1, 100, clock.now().toISOString()],
      ['b@example.com', 1, 0, 0, 99, null],
      ['c@example.com', 1, 0, 0, 0, null],
    ],
  )
  assert.equal(seen.clients[2]!.last_at, null)
  assert.deepEqual(seen.totals, { clients: 3, clients_complete: 1, downloads: 1, bytes: 2 * archive.fileSizeBytes - 1 })
})

test('a client gets everything that is kept about them; removed, nothing says who they were', async () => {
  const { gallery, archive, clients } = await galleryFor('gone@example.com', 'stays@example.com')
  const { db } = world.deps
  const [gone] = clients
  await received(archive, gone!.id, archive.fileSizeBytes)
  const data = await exportClient(db, gallery.id, gone!.id)
  assert.equal(data.client.email, 'gone@example.com')
  assert.deepEqual([data.letters.length, data.links.length, data.downloads.length], [1, 1, 1])
  assert.deepEqual([data.downloads[0]!.percent, data.downloads[0]!.program], [100, 'curl'])
  assert.doesNotMatch(JSON.stringify(data), /stays@/)

  await db.transaction().execute(async (tx) => {
    await forgetClient(tx, gallery.id, gone!.id)
    await removeClient(tx, gallery.id, gone!.id, clock.now())
  })
  for (const table of ['letters', 'links', 'downloads', 'galleryClients', 'galleries'] as const) {
    const rows = JSON.stringify(await db.selectFrom(table).selectAll().execute())
    assert.doesNotMatch(rows, /gone@example/, table)
    if (table === 'downloads') assert.ok(!rows.includes(gone!.id), 'not even their id')
  }
  const mine = (await letters()).filter((l) => l.archiveId === archive.id).map((l) => [l.recipient, l.status])
  assert.deepEqual(mine.sort(), [
    ['(removed)', 'failed'],
    ['stays@example.com', 'queued'],
  ])
  const seen = await listDeliveries(db, gallery.id)
  assert.equal(seen.totals.downloads, 1, 'that somebody had a complete copy stays known')
})

test('the photographer gets one letter a day at most, and only when something was downloaded completely', async () => {
  const { deps } = world
  await deps.db.deleteFrom('downloads').execute()
  const { archive, clients } = await galleryFor('x@example.com', 'y@example.com')
  await writeDigests(deps)
  assert.deepEqual(await digests(), [])
  await received(archive, clients[0]!.id, archive.fileSizeBytes)
  await received(archive, clients[1]!.id, archive.fileSizeBytes - 5)
  await writeDigests(deps)
  assert.deepEqual(await digests(), [], 'today is told tomorrow')
  clock.advance(days(1))
  // two replicas, and again a minute later
  await Promise.all([writeDigests(deps), writeDigests(deps)].map((p) => p.catch(() => {})))
  await writeDigests(deps)
  const [letter, ...more] = await digests()
  assert.deepEqual(more, [])
  assert.equal(letter!.recipient, 'ida@example.com')
  for (const locale of ['en', 'de', 'ru'] as const) {
    const { subject, text } = await writeOut(deps, { ...letter!, locale })
    assert.match(subject, /Gallery \d+/)
    assert.match(text, /x@example\.com: Gallery \d+.*1.*2026/)
    assert.doesNotMatch(text, /y@example\.com/)
  }

  await received(archive, clients[1]!.id, archive.fileSizeBytes)
  clock.advance(hours(12))
  await writeDigests(deps)
  assert.equal((await digests()).length, 1, 'what came after six waits for the next day')
  await setDigest(deps.db, world.ownerId, false)
  clock.advance(hours(12))
  await writeDigests(deps)
  assert.equal((await digests()).length, 1, 'switched off')
  await setDigest(deps.db, world.ownerId, true)
  await writeDigests(deps)
  assert.equal((await digests()).length, 2)
  clock.advance(days(3))
  await writeDigests(deps)
  assert.equal((await digests()).length, 2, 'nothing happened')
})

test('what a long standstill has left of a deleted gallery is forgotten by night', async () => {
  const { archive, clients, gallery } = await galleryFor('n@example.com')
  await received(archive, clients[0]!.id, 10)
  const left = () => world.deps.db.selectFrom('downloads').select('id').where('galleryId', '=', gallery.id).execute()
  await deleteGallery(world.deps, gallery.id)
  clock.advance(days(90))
  await cleanUp(world.deps, { sweepUploads: async () => 0 })
  assert.equal((await left()).length, 0)
})

test('downloads of a deleted gallery are forgotten after a month', async () => {
  const { archive, clients, gallery } = await galleryFor('m@example.com')
  await received(archive, clients[0]!.id, 10)
  const left = () => world.deps.db.selectFrom('downloads').select('id').where('galleryId', '=', gallery.id).execute()
  await deleteGallery(world.deps, gallery.id)
  clock.advance(days(29))
  await forget(world.deps)
  assert.equal((await left()).length, 1)
  clock.advance(days(2))
  await forget(world.deps)
  assert.equal((await left()).length, 0)
})
