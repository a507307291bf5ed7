import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { photoBytes } from '../../../test/pictures.ts'
import { type TestWorld, testWorld } from '../../../test/world.ts'
import { hours, after as later } from '../../base/clock.ts'
import { listClients } from '../../data/clients.ts'
import { findGallery, listGalleries } from '../../data/galleries.ts'
import { importFolder } from '../uploads/import.ts'
import { addClient } from './clients.ts'
import { createGallery, deleteGallery, editGallery } from './edit.ts'

let world: TestWorld
before(async () => {
  world = await testWorld()
})
after(() => world.close())
const make = (title: string, slug?: string) => createGallery(world.deps, world.ownerId, { title, slug })

test('a slug is made from the title, and a taken one gets a number', async () => {
  assert.deepEqual([(await make('Mara & Jonas')).slug, (await make('Mara & Jonas')).slug], ['mara-and-jonas', 'mara-and-jonas-2'])
})
test('a slug that was asked for and is taken is refused, also when its gallery was deleted', async () => {
  const gone = await make('Gone', 'gone')
  await deleteGallery(world.deps, gone.id)
  assert.equal(await findGallery(world.deps.db, 'gone'), undefined)
  await assert.rejects(make('Other', 'gone'), { code: 'slug_taken' })
  const other = await make('Other')
  await assert.rejects(editGallery(world.deps, other.id, { slug: 'gone' }), { code: 'slug_taken' })
})
test('galleries are listed newest first, page by page, with counts of what is stored', async () => {
  const folder = mkdtempSync('/tmp/keepsake-list-')
  const made = []
  for (let i = 0; i < 5; i++) {
    world.clock.advance(1000)
    made.unshift(await make(`List ${i}`))
  }
  writeFileSync(path.join(folder, 'a.jpg'), await photoBytes(1, { width: 60, height: 40 }))
  await importFolder(world.deps, made[0]!, folder)
  const first = await listGalleries(world.deps.db, world.ownerId, { limit: 3, search: 'list' })
  const second = await listGalleries(world.deps.db, world.ownerId, { limit: 3, search: 'list', before: first.at(-1)! })
  assert.deepEqual(
    [...first, ...second].map((g) => g.id),
    made.map((g) => g.id),
  )
  assert.deepEqual(
    first.map((g) => g.photos),
    [1, 0, 0],
  )
  assert.deepEqual(await listGalleries(world.deps.db, world.ownerId, { limit: 3, search: '100%_' }), [])
  rmSync(folder, { recursive: true })
})
test('a later date opens an expired gallery again', async () => {
  const g = await make('Ends')
  const { db, clock } = world.deps
  await db.updateTable('galleries').set({ state: 'expired', expiresAt: clock.now() }).where('id', '=', g.id).execute()
  await editGallery(world.deps, g.id, { expiresAt: later(clock.now(), hours(1)) })
  assert.equal((await findGallery(db, g.id))!.state, 'active')
})
test('a client is one address, however it is written; several addresses in one are refused', async () => {
  const g = await make('Clients')
  await addClient(world.deps, g.id, 'Mara@Example.COM', null)
  await addClient(world.deps, g.id, 'mara@example.com', 'Mara')
  for (const email of ['a@b.c, d@e.f', 'a@b.c\r\nBcc: x@y.z', 'team: a@b.c;', 'a@@b.c', ''])
    await assert.rejects(addClient(world.deps, g.id, email, null), { code: 'email_invalid' })
  assert.deepEqual(
    (await listClients(world.deps.db, g.id)).map((c) => [c.email.toLowerCase(), c.name]),
    [['mara@example.com', 'Mara']],
  )
})

test('galleries of one title that are made at once all get a slug; of two that want one slug one is refused', async () => {
  const made = await Promise.all(Array.from({ length: 6 }, () => make('Twins')))
  assert.equal(new Set(made.map((g) => g.slug)).size, 6)
  const renamed = await Promise.allSettled(made.slice(0, 2).map((g) => editGallery(world.deps, g.id, { slug: 'wanted' })))
  const refused = renamed.flatMap((r) => (r.status === 'rejected' ? [r.reason.code] : []))
  assert.deepEqual(refused, ['slug_taken'])
})
test('a slug that reads as an id is refused: it would name another gallery', async () => {
  const g = await make('Named')
  await assert.rejects(make('Other', g.id), { code: 'slug_invalid' })
})
test('a gallery that was renamed while it was closed is archived anew when it opens again', async () => {
  const g = await make('Closed')
  const { db, clock, queue } = world.deps
  await db.updateTable('galleries').set({ state: 'expired', expiresAt: clock.now() }).where('id', '=', g.id).execute()
  await editGallery(world.deps, g.id, { naming: 'numbered' })
  const before = (await queue.depth())['gallery.rebuild'] ?? 0
  await editGallery(world.deps, g.id, { expiresAt: null })
  assert.equal((await queue.depth())['gallery.rebuild'], before + 1)
})
