import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { photoBytes } from '../../../test/pictures.ts'
import { type TestWorld, testWorld } from '../../../test/world.ts'
import { days, after as later } from '../../base/clock.ts'
import { newId } from '../../base/id.ts'
import { listTaken, listTroubles } from '../../data/overview.ts'
import type { Gallery } from '../../domain/gallery.ts'
import { createUser } from '../accounts/users.ts'
import { askArchive } from '../archives/ask.ts'
import { publish } from '../archives/publish.ts'
import { importFolder } from '../uploads/import.ts'
import { createGallery } from './edit.ts'

let world: TestWorld
before(async () => {
  world = await testWorld()
})
after(() => world.close())

const since = () => later(world.clock.now(), -days(30))
const troubles = async (owner = world.ownerId) =>
  (await listTroubles(world.deps.db, owner, since(), 10)).map(({ title, what, code }) => ({ title, what, code }))

async function published(title: string): Promise<{ gallery: Gallery; archive: string }> {
  const gallery = await createGallery(world.deps, world.ownerId, { title })
  const folder = mkdtempSync('/tmp/keepsake-overview-')
  writeFileSync(path.join(folder, 'a.jpg'), await photoBytes(1, { width: 60, height: 40 }))
  await importFolder(world.deps, gallery, folder)
  rmSync(folder, { recursive: true })
  const { archive } = await publish(world.deps, gallery.id, { userId: world.ownerId, source: 'publish' })
  return { gallery, archive: archive.id }
}

test('a ZIP that failed needs its photographer until a newer one is asked for, archiving that failed until it is tried again', async () => {
  const { db } = world.deps
  const { gallery, archive } = await published('Failed')
  const quiet = await published('Quiet')
  const other = await createUser(world.deps, { name: 'Jonas', email: 'jonas@example.com', password: 'a long password', role: 'owner' })
  assert.deepEqual(await troubles(), [])
  await db.updateTable('archives').set({ status: 'failed', errorCode: 'storage_full' }).where('id', '=', archive).execute()
  await db.updateTable('galleries').set({ archiveError: 'original_missing' }).where('id', '=', quiet.gallery.id).execute()
  assert.deepEqual(
    (await troubles()).sort((a, b) => a.what.localeCompare(b.what)),
    [
      { title: 'Failed', what: 'delivery', code: 'storage_full' },
      { title: 'Quiet', what: 'final', code: 'original_missing' },
    ],
  )
  assert.deepEqual(await troubles(other.id), [])
  await askArchive(world.deps, gallery.id, { userId: world.ownerId, force: true })
  await db.updateTable('galleries').set({ archiveError: null }).where('id', '=', quiet.gallery.id).execute()
  assert.deepEqual(await troubles(), [])
})

test('what clients took is told newest first, without the photographer’s own downloads and without what is long ago', async () => {
  const { db, clock } = world.deps
  const { gallery, archive } = await published('Taken')
  const take = async (who: string, ago: number, userId: string | null) => {
    const at = later(clock.now(), -ago)
    const row = {
      id: newId(at),
      galleryId: gallery.id,
      archiveId: archive,
      planHash: 'p',
      size: 100,
      reader: who,
      linkId: null,
      clientId: null,
    }
    const rest = {
      userId,
      received: '{}',
      answers: '[]',
      receivedBytes: 40,
      bytes: 40,
      count: 0,
      agent: 'test',
      completeAt: null,
      handedAt: null,
    }
    await db
      .insertInto('downloads')
      .values({ ...row, ...rest, firstAt: at, lastAt: at, toldIn: null })
      .execute()
    return row.id
  }
  const first = await take('link 1', days(2), null)
  const second = await take('link 2', days(1), null)
  await take('link 3', days(60), null)
  await take('user', 0, world.ownerId)
  const taken = await listTaken(db, world.ownerId, since(), 8)
  assert.deepEqual(
    taken.map(({ id, title, receivedBytes }) => [id, title, receivedBytes]),
    [
      [second, 'Taken', 40],
      [first, 'Taken', 40],
    ],
  )
})
