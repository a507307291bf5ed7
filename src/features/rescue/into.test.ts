/** Tracks on their way into a gallery: any number, one after the other, each there once whoever dies on the way. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { sql } from 'kysely'
import { AppError } from '../../base/errors.ts'
import { findGallery } from '../../data/galleries.ts'
import { endPlacement, findPlacement, listIdlePlacements } from '../../data/placements.ts'
import { createGallery } from '../galleries/edit.ts'
import { askIntoGallery, place, viewPlacement } from './into.ts'
import { placementsTopic, retryPlacement, watched } from './placements.ts'
import { removeTrack } from './remove.ts'
import { type Bed, bed, picture, unique } from './testbed.test.ts'

let b: Bed
before(async () => {
  b = await bed()
})
after(() => b.close())
const go = new AbortController().signal

/** An owner with so many saved tracks, and a gallery. */
async function library(count: number) {
  const { deps } = b.world
  const me = await b.owner()
  const cover = picture()
  const ids = await b.add(me, ...Array.from({ length: count }, () => b.offer({}, { cover })))
  await b.go({ ownerId: me })
  const gallery = await createGallery(deps, me, { title: 'Party', slug: `party-${unique()}` })
  return { me, ids, gallery: (await findGallery(deps.db, gallery.id))! }
}
const view = async (id: string) => viewPlacement((await findPlacement(b.world.deps.db, id))!)
async function itemsOf(galleryId: string): Promise<{ items: number; files: number }> {
  const { rows } = await sql<{ items: number; files: number }>`
    select count(distinct i.id)::int as items, count(a.id)::int as files from items i join assets a on a.item_id = i.id where i.gallery_id = ${galleryId}`.execute(
    b.world.deps.db,
  )
  return rows[0]!
}

test('sixty tracks are asked for at once and answered at once; progress is read from the row', async () => {
  const { deps } = b.world
  const { ids, gallery } = await library(60)
  const { id } = await askIntoGallery(deps, gallery, [...ids, ids[0]!])
  assert.deepEqual(await view(id).then(({ state, total, done }) => [state, total, done]), ['working', 60, 0])
  await place(deps, id, go)
  const { state, total, done, added, failed, ended_at } = await view(id)
  assert.deepEqual([state, total, done, failed, ended_at !== null], ['done', 60, 60, [], true])
  assert.deepEqual(added, ids)
  assert.deepEqual(await itemsOf(gallery.id), { items: 60, files: 120 })
})

test('a worker that dies on the way is followed by another one, and two at once put nothing in twice', async () => {
  const { deps, clock } = b.world
  const { ids, gallery } = await library(12)
  const { id } = await askIntoGallery(deps, gallery, ids)
  let copies = 0
  const assemble: typeof deps.storage.assemble = async (...args) => {
    if (++copies === 8) throw new AppError('storage_unreachable')
    return deps.storage.assemble(...args)
  }
  await assert.rejects(place({ ...deps, storage: { ...deps.storage, assemble } }, id, go), { code: 'storage_unreachable' })
  const { state, done } = await view(id)
  assert.ok(state === 'working' && done > 0 && done < 12, `${state} ${done}`)
  assert.deepEqual(await listIdlePlacements(deps.db, clock.now(), 10), [])
  clock.advance(61_000)
  assert.deepEqual(await listIdlePlacements(deps.db, new Date(clock.now().getTime() - 60_000), 10), [id])
  await Promise.all([place(deps, id, go), place(deps, id, go)])
  const after = await view(id)
  assert.deepEqual([after.state, after.added.length, after.failed], ['done', 12, []])
  assert.deepEqual(await itemsOf(gallery.id), { items: 12, files: 24 })
  // what was copied and did not count is garbage that has a row
  const { rows } = await sql<{ key: string }>`select key from garbage where key like ${`galleries/${gallery.id}/%`}`.execute(deps.db)
  const { rows: living } = await sql<{ key: string }>`select storage_key as key from assets where gallery_id = ${gallery.id}`.execute(
    deps.db,
  )
  assert.ok(living.every(({ key }) => !rows.some((one) => one.key === key)))
})

test('a track that is gone or whose file is damaged stops no other, and says why; a closed gallery ends it', async () => {
  const { deps } = b.world
  const { me, ids, gallery } = await library(4)
  const { id } = await askIntoGallery(deps, gallery, ids)
  await removeTrack(deps, me, ids[1]!)
  await sql`update assets set sha256 = decode(repeat('00', 32), 'hex') where item_id = ${ids[2]} and role = 'audio'`.execute(deps.db)
  await place(deps, id, go)
  const { state, added, failed } = await view(id)
  assert.deepEqual([state, added], ['done', [ids[0], ids[3]]])
  assert.deepEqual(failed, [
    { id: ids[1], error_code: 'not_found' },
    { id: ids[2], error_code: 'source_changed' },
  ])
  const next = await library(2)
  const asked = await askIntoGallery(deps, next.gallery, next.ids)
  await sql`update galleries set state = 'active', published_at = created_at, expires_at = ${new Date(1)} where id = ${next.gallery.id}`.execute(
    deps.db,
  )
  await place(deps, asked.id, go)
  const closed = await view(asked.id)
  assert.deepEqual([closed.state, closed.error_code, closed.done], ['failed', 'gallery_not_open', 0])
  await assert.rejects(askIntoGallery(deps, (await findGallery(deps.db, next.gallery.id))!, next.ids), { code: 'gallery_not_open' })
})

test('what was left out is named to its owner with the reason, and tried again; what was deleted meanwhile is asked for no more', async () => {
  const { deps, clock } = b.world
  const { me, ids, gallery } = await library(4)
  const { id } = await askIntoGallery(deps, gallery, ids)
  const see = async () =>
    (await watched(deps, me)).placements.map(({ state, added, failed, left_out }) => ({ state, added, failed, left_out }))
  assert.deepEqual(await see(), [{ state: 'working', added: 0, failed: 0, left_out: [] }])
  assert.equal((await placementsTopic(deps, me).look())!.told.last, false)
  const was = await sql<{ sha256: Buffer }>`select sha256 from assets where item_id = ${ids[1]} and role = 'audio'`.execute(deps.db)
  for (const n of [1, 2])
    await sql`update assets set sha256 = decode(repeat('00', 32), 'hex') where item_id = ${ids[n]} and role = 'audio'`.execute(deps.db)
  await place(deps, id, go)
  const titles = await Promise.all([1, 2].map(async (n) => (await b.see(me, ids[n]!)).title))
  const error = 'A stored file differs from what was uploaded.'
  const left_out = [1, 2].map((n, i) => ({ id: ids[n], title: titles[i], error_code: 'source_changed', error }))
  assert.deepEqual(await see(), [{ state: 'done', added: 2, failed: 2, left_out }])
  assert.equal((await placementsTopic(deps, me).look())!.told.last, true)
  assert.deepEqual(await watched(deps, await b.owner()), { placements: [] }, 'nobody else hears of it')
  clock.advance(11 * 60_000)
  assert.equal((await see()).length, 1, 'what was left out is not forgotten')
  // one is whole again, the other one is not wanted any more
  await sql`update assets set sha256 = ${was.rows[0]!.sha256} where item_id = ${ids[1]} and role = 'audio'`.execute(deps.db)
  await removeTrack(deps, me, ids[2]!)
  const again = await retryPlacement(deps, gallery, id)
  assert.deepEqual([again.endedAt, viewPlacement(again).done, viewPlacement(again).total], [null, 2, 3])
  await retryPlacement(deps, gallery, id)
  await place(deps, id, go)
  assert.deepEqual(await see(), [{ state: 'done', added: 3, failed: 0, left_out: [] }])
  assert.deepEqual(await itemsOf(gallery.id), { items: 3, files: 6 })
  clock.advance(11 * 60_000)
  assert.deepEqual(await see(), [], 'what went well is news for ten minutes')
})

test('a gallery that closed on the way left all others out; they go in when it is open again, and a worker that slept ends nothing', async () => {
  const { deps } = b.world
  const { me, ids, gallery } = await library(3)
  const { id } = await askIntoGallery(deps, gallery, ids)
  await sql`update galleries set state = 'active', published_at = created_at, expires_at = ${new Date(1)} where id = ${gallery.id}`.execute(
    deps.db,
  )
  await place(deps, id, go)
  const [closed] = (await watched(deps, me)).placements
  assert.deepEqual(
    [closed!.state, closed!.failed, closed!.left_out.map(({ error_code }) => error_code)],
    ['failed', 3, ['gallery_not_open', 'gallery_not_open', 'gallery_not_open']],
  )
  const now = async () => (await findGallery(deps.db, gallery.id))!
  await assert.rejects(retryPlacement(deps, await now(), id), { code: 'gallery_not_open' })
  await sql`update galleries set expires_at = null where id = ${gallery.id}`.execute(deps.db)
  await retryPlacement(deps, await now(), id)
  await endPlacement(deps.db, id, deps.clock.now(), null)
  assert.equal((await watched(deps, me)).placements[0]!.state, 'working')
  await place(deps, id, go)
  assert.deepEqual(
    (await watched(deps, me)).placements.map(({ state, added }) => [state, added]),
    [['done', 3]],
  )
})

test('nothing is begun for tracks of others, unknown ones, or ones that are not saved', async () => {
  const { deps } = b.world
  const { gallery, ids } = await library(1)
  const other = await library(1)
  await assert.rejects(askIntoGallery(deps, gallery, [...ids, ...other.ids]), { code: 'not_found' })
  const [waiting] = await b.add(gallery.ownerId, b.offer({ madeAt: null }))
  await assert.rejects(askIntoGallery(deps, gallery, [waiting!]), { code: 'track_unsaved' })
  const { rows } = await sql<{ n: number }>`select count(*)::int as n from placements where gallery_id = ${gallery.id}`.execute(deps.db)
  assert.equal(rows[0]!.n, 0)
})
