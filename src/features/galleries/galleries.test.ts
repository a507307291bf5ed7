import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { photoBytes } from '../../../test/pictures.ts'
import { type TestWorld, testWorld } from '../../../test/world.ts'
import { hours, after as later } from '../../base/clock.ts'
import { listClients } from '../../data/clients.ts'
import { countStates, findGallery, type GalleryFilter, listGalleries, type WantedGalleries } from '../../data/galleries.ts'
import { importFolder } from '../uploads/import.ts'
import { addClient } from './clients.ts'
import { createGallery, deleteGallery, editGallery } from './edit.ts'
import { galleryOfZip } from './of-zip.ts'

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
test('a ZIP goes into the gallery that it came from; of one that was deleted, or has its slug no more, into one that is made for it, always the same', async () => {
  const ofZip = (id: string, slug: string, wanted?: string) => {
    const manifest = { gallery: { id, slug, title: 'From a ZIP', event_date: null } } as Parameters<typeof galleryOfZip>[2]['manifest']
    return galleryOfZip(world.deps, world.ownerId, { manifest, name: 'file', slug: wanted })
  }
  const living = await make('Comes back', 'comes-back')
  assert.equal((await ofZip(living.id, 'comes-back')).id, living.id)
  await deleteGallery(world.deps, living.id)
  const [second, ...others] = await Promise.all(Array.from({ length: 8 }, () => ofZip(living.id, 'comes-back')))
  assert.notEqual(second!.id, living.id)
  assert.equal(second!.slug, 'from-a-zip')
  for (const other of others) assert.equal(other.id, second!.id)
  assert.equal((await ofZip(living.id.toUpperCase(), 'comes-back')).id, second!.id)
  await deleteGallery(world.deps, second!.id)
  const third = await ofZip(living.id, 'comes-back')
  assert.deepEqual([third.slug, new Set([living.id, second!.id, third.id]).size], ['from-a-zip-2', 3])
  // its own ZIP, which names the id that was made for it
  assert.equal((await ofZip(second!.id, 'from-a-zip')).id, third.id)
  // another installation's, with a slug that somebody has here; and one that no slug may be
  const theirs = await ofZip('0198ab00-0000-7000-8000-000000000001', 'mara-and-jonas')
  assert.deepEqual([theirs.id, theirs.slug], ['0198ab00-0000-7000-8000-000000000001', 'from-a-zip-3'])
  assert.equal((await ofZip('0198ab00-0000-7000-8000-000000000002', '../etc')).slug, 'from-a-zip-4')
  await assert.rejects(ofZip(living.id, 'comes-back', 'comes-back'), { code: 'slug_taken' })
})
test('a ZIP of another program goes into the gallery of its name, also when one of that name was deleted', async () => {
  const named = () => galleryOfZip(world.deps, world.ownerId, { manifest: undefined, name: 'Ferien 2026' })
  const first = await named()
  assert.deepEqual([first.slug, (await named()).id], ['ferien-2026', first.id])
  await deleteGallery(world.deps, first.id)
  const [second, twice] = await Promise.all([named(), named()])
  assert.deepEqual([second!.slug, twice!.id, (await named()).id], ['ferien-2026-2', second!.id, second!.id])
})
const list = (wanted: Partial<WantedGalleries>, page: Partial<Parameters<typeof listGalleries>[2]> = {}) =>
  listGalleries(world.deps.db, { ownerId: world.ownerId, ...wanted }, { limit: 50, now: world.clock.now(), ...page })

test('galleries are listed in every order page by page, and by state, with how many are in each', async () => {
  const { db, clock } = world.deps
  const ends = [null, later(clock.now(), hours(5)), later(clock.now(), hours(1)), later(clock.now(), -hours(1))]
  const titles = ['order b', 'Order A', 'order d', 'Order C']
  const made: string[] = []
  for (const [n, title] of titles.entries()) {
    world.clock.advance(1000)
    const { id } = await make(title)
    made.push(id)
    const change = { state: n === 0 ? ('draft' as const) : ('active' as const), expiresAt: ends[n], eventDate: n ? `2026-0${n}-01` : null }
    await db.updateTable('galleries').set(change).where('id', '=', id).execute()
  }
  const orders = { title: [1, 0, 3, 2], expires_at: [3, 2, 1, 0], event_date: [0, 1, 2, 3], created_at: [0, 1, 2, 3] } as const
  for (const [sort, order] of Object.entries(orders) as [keyof typeof orders, readonly number[]][])
    for (const descending of [false, true]) {
      const seen: string[] = []
      for (let after: { mark: string; id: string } | undefined; ; ) {
        const rows = await list({ search: 'order ' }, { limit: 2, sort, descending, after })
        seen.push(...rows.map((row) => row.id))
        if (rows.length < 2) break
        after = rows.at(-1)
      }
      const wanted = order.map((n) => made[n]!)
      assert.deepEqual(seen, descending ? wanted.reverse() : wanted, `${sort} ${descending}`)
    }
  const of = async (state: GalleryFilter) => (await list({ search: 'order ', state })).length
  const totals = await countStates(db, { ownerId: world.ownerId, search: 'order ' }, clock.now())
  assert.deepEqual(totals, { all: 4, draft: 1, active: 2, ended: 1, archiving: 0, archived: 0 })
  assert.deepEqual([await of('draft'), await of('active'), await of('ended'), await of('archived')], [1, 2, 1, 0])
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
  const first = await list({ search: 'list' }, { limit: 3 })
  const second = await list({ search: 'list' }, { limit: 3, after: first.at(-1)! })
  assert.deepEqual(
    [...first, ...second].map((g) => g.id),
    made.map((g) => g.id),
  )
  assert.deepEqual(
    first.map((g) => g.photos),
    [1, 0, 0],
  )
  assert.deepEqual(await list({ search: '100%_' }, { limit: 3 }), [])
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
