/** Small pictures, pages of items, what guests may fetch, and what is left when an item goes. */
import assert from 'node:assert/strict'
import { renameSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { sql } from 'kysely'
import type { Item, Page } from '../../../sdk/src/wire.ts'
import { findDerivative } from '../../data/derivatives.ts'
import { dueGarbage } from '../../data/garbage.ts'
import type { Gallery } from '../../domain/gallery.ts'
import { render } from './render.ts'
import { addGallery, assetsOf, asUser, type Bed, openBed, picture, problem, send } from './testbed.test.ts'

let bed: Bed
let gallery: Gallery
before(async () => {
  bed = await openBed()
  gallery = await addGallery(bed.deps, bed.mara, { state: 'active' })
})
after(() => bed.close())

const job = { signal: new AbortController().signal, last: false }
const get = (path: string, user?: string, headers: Record<string, string> = {}) =>
  fetch(bed.url + path, { headers: { ...(user ? asUser(user) : {}), ...headers } })
const items = async (id: string, query = '', user = bed.mara) =>
  (await (await get(`/api/galleries/${id}/items${query}`, user)).json()) as Page<Item>

test('a picture is drawn once and shown to its owner and to guests', async () => {
  const bytes = await picture(400, 60_000)
  await send(bed, gallery.id, 'a "quoted" ü.jpg', bytes)
  const [asset] = await assetsOf(bed.deps.db, gallery.id)
  await render(bed.deps, { assetId: asset!.id }, job)
  await render(bed.deps, { assetId: asset!.id }, job)
  const { rows, next } = await items(gallery.id)
  assert.equal(next, null)
  assert.deepEqual(
    [rows[0]?.thumbnail, rows[0]?.medium, rows[0]?.preview, rows[0]?.width, rows[0]?.height, rows[0]?.render_state],
    [`/media/${asset!.id}/thumbnail`, `/media/${asset!.id}/medium`, `/media/${asset!.id}/preview`, 320, 200, 'done'],
  )
  assert.deepEqual(await dueGarbage(bed.deps.db, new Date(8.64e15), 10), [])
  for (const user of [bed.mara, undefined, bed.jonas]) {
    const small = await get(rows[0]!.thumbnail!, user)
    assert.equal(small.status, 200)
    assert.equal(small.headers.get('content-type'), 'image/webp')
    assert.equal(small.headers.get('x-content-type-options'), 'nosniff')
    assert.match(small.headers.get('content-security-policy')!, /sandbox/)
    assert.match(small.headers.get('cache-control')!, /private.*immutable/)
    assert.ok((await small.arrayBuffer()).byteLength > 100)
  }
  const original = await get(`/media/${asset!.id}/original`, undefined, { range: 'bytes=100-199' })
  assert.equal(original.status, 206)
  assert.ok(Buffer.from(await original.arrayBuffer()).equals(bytes.subarray(100, 200)))
  assert.match(original.headers.get('content-disposition')!, /^attachment; filename="a _quoted_ _.jpg"; filename\*=UTF-8''/)
  const etag = original.headers.get('etag')!
  assert.equal((await get(`/media/${asset!.id}/original`, undefined, { 'if-none-match': etag })).status, 304)
  assert.equal(
    (await fetch(`${bed.url}/media/${asset!.id}/original`, { method: 'HEAD' })).headers.get('content-length'),
    String(bytes.length),
  )
})

test('a hidden photo answers guests like one that is not there, and its owner as before', async () => {
  const into = await addGallery(bed.deps, bed.mara, { state: 'active' })
  await send(bed, into.id, 'a.jpg', await picture(405, 30_000))
  const [asset] = await assetsOf(bed.deps.db, into.id)
  await render(bed.deps, { assetId: asset!.id }, job)
  const ways = ['/thumbnail', '/preview', '/original', ''].map((kind) => `/media/${asset!.id}${kind}`)
  const statuses = async (user?: string) => Promise.all(ways.map(async (way) => (await get(way, user)).status))
  assert.deepEqual(await statuses(), [200, 200, 200, 200])
  await bed.deps.db.updateTable('items').set({ hidden: true }).where('galleryId', '=', into.id).execute()
  assert.deepEqual(await statuses(), [404, 404, 404, 404])
  assert.deepEqual(await statuses(bed.mara), [200, 200, 200, 200])
})

test('guests see no draft, no original without leave, nothing behind a password', async () => {
  const cases: [change: Partial<Gallery>, kind: string, status: number, code: string][] = [
    [{ state: 'draft' }, 'original', 404, 'not_found'],
    [{ state: 'active', downloadEnabled: false }, 'original', 403, 'download_disabled'],
    [{ state: 'active', passwordHash: 'x' }, 'thumbnail', 401, 'password_required'],
    [{ state: 'active', expiresAt: new Date(1) }, 'original', 410, 'gallery_closed'],
  ]
  for (const [change, kind, status, code] of cases) {
    const hidden = await addGallery(bed.deps, bed.mara)
    await send(bed, hidden.id, 'a.jpg', await picture(410, 30_000))
    const [asset] = await assetsOf(bed.deps.db, hidden.id)
    await render(bed.deps, { assetId: asset!.id }, job)
    await bed.deps.db.updateTable('galleries').set(change).where('id', '=', hidden.id).execute()
    assert.deepEqual(await problem(await get(`/media/${asset!.id}/${kind}`)), { status, code })
    assert.equal((await get(`/media/${asset!.id}/${kind}`, bed.mara)).status, 200)
  }
  assert.deepEqual(await problem(await get(`/media/${gallery.id}/original`)), { status: 404, code: 'not_found' })
  assert.equal((await get('/media/1%20OR%201=1/original')).status, 400)
})

test('a file that is no picture after all is kept and says so; other failures are tried again', async () => {
  const into = await addGallery(bed.deps, bed.mara)
  await send(bed, into.id, 'cut.jpg', (await picture(420, 0)).subarray(0, 2000))
  const [asset] = await assetsOf(bed.deps.db, into.id)
  const images = { ...bed.deps.images, render: async () => Promise.reject(new Error('no process')) }
  await assert.rejects(render({ ...bed.deps, images }, { assetId: asset!.id }, job), /no process/)
  assert.equal((await items(into.id)).rows[0]?.render_state, 'waiting')
  await render(bed.deps, { assetId: asset!.id }, job)
  const [shown] = (await items(into.id)).rows
  assert.deepEqual([shown?.render_state, shown?.state, shown?.thumbnail], ['failed', 'stored', null])
  await render(bed.deps, { assetId: gallery.id }, job)
})

/** A published gallery of one photo whose small pictures are drawn. */
async function shown(seed: number) {
  const into = await addGallery(bed.deps, bed.mara, { state: 'active' })
  const bytes = await picture(seed, 30_000)
  await send(bed, into.id, 'a.jpg', bytes)
  const [asset] = await assetsOf(bed.deps.db, into.id)
  const { db } = bed.deps
  await render(bed.deps, { assetId: asset!.id }, job)
  await sql`delete from queue.job where name = 'asset.render'`.execute(db)
  const waiting = async () =>
    (await sql<{ id: string }>`select data->>'assetId' as id from queue.job where name = 'asset.render'`.execute(db)).rows.filter(
      ({ id }) => id === asset!.id,
    ).length
  const drawn = async () => (await findDerivative(db, asset!.id, 'preview'))?.storageKey
  return { into, bytes, asset: asset!, waiting, drawn, preview: `/media/${asset!.id}/preview` }
}

test('a small picture whose file is gone is drawn again, and until then it is one that is being drawn', async () => {
  const { into, bytes, asset, waiting, drawn, preview } = await shown(421)
  const lost = (await drawn())!
  const etag = (await get(preview)).headers.get('etag')!
  await bed.deps.storage.delete(lost)
  // a browser that has it needs nothing
  assert.equal((await get(preview, undefined, { 'if-none-match': etag })).status, 304)
  const answers = await Promise.all([get(preview), get(preview, bed.mara), get(`/media/${asset.id}/screen`)])
  for (const answer of answers) {
    assert.match(answer.headers.get('cache-control')!, /no-store/)
    assert.deepEqual(await problem(answer), { status: 409, code: 'pictures_waiting' })
  }
  const [row] = (await items(into.id)).rows
  assert.deepEqual([row?.render_state, row?.preview, row?.thumbnail, row?.state], ['waiting', null, null, 'stored'])
  assert.equal(await waiting(), 1, 'however many have asked')
  assert.deepEqual(await problem(await get(`/media/${asset.id}/thumbnail`)), { status: 409, code: 'pictures_waiting' })
  await render(bed.deps, { assetId: asset.id }, job)
  const again = await get(preview)
  assert.deepEqual([again.status, again.headers.get('content-type')], [200, 'image/jpeg'])
  assert.ok((await again.arrayBuffer()).byteLength > 1000)
  assert.notEqual(await drawn(), lost, 'keys are never written twice')
  assert.ok(Buffer.from(await (await get(`/media/${asset.id}/original`)).arrayBuffer()).equals(bytes))
})

test('a small picture is drawn again from an original that lies inside an archive', async () => {
  const { asset, bytes, drawn, preview } = await shown(422)
  const { db, storage } = bed.deps
  const inside = `galleries/${asset.galleryId}/archives/9-1.zip`
  await storage.put(inside, Buffer.concat([Buffer.alloc(1000), bytes, Buffer.alloc(1000)]))
  await db.updateTable('assets').set({ storageKey: inside, storageOffset: 1000 }).where('id', '=', asset.id).execute()
  await storage.delete(asset.storageKey)
  await storage.delete((await drawn())!)
  assert.deepEqual(await problem(await get(preview)), { status: 409, code: 'pictures_waiting' })
  await render(bed.deps, { assetId: asset.id }, job)
  assert.equal((await get(preview)).status, 200)
})

test('a small picture that was lost with its original stays as it is known, and is shown when they are back', async () => {
  const { asset, waiting, drawn, preview } = await shown(424)
  const known = await drawn()
  const [folder, away] = [join(bed.storeDir, 'store/objects/galleries', asset.galleryId), join(bed.storeDir, 'lost')]
  renameSync(folder, away)
  for (const user of [undefined, bed.mara]) assert.deepEqual(await problem(await get(preview, user)), { status: 404, code: 'not_found' })
  assert.deepEqual([await drawn(), await waiting()], [known, 0])
  renameSync(away, folder)
  assert.equal((await get(preview)).status, 200)
  // noted as missing, the rest of it is shown as well
  await bed.deps.db.updateTable('assets').set({ state: 'missing' }).where('id', '=', asset.id).execute()
  assert.equal((await get(preview)).status, 200)
  await bed.deps.storage.delete(known!)
  assert.deepEqual(await problem(await get(preview)), { status: 404, code: 'not_found' })
  assert.deepEqual([await drawn(), await waiting()], [known, 0])
})

test('while the store is away no small picture counts as lost', async () => {
  const { waiting, drawn, preview } = await shown(423)
  const [store, away] = [join(bed.storeDir, 'store'), join(bed.storeDir, 'away')]
  const before = await drawn()
  renameSync(store, away)
  try {
    assert.deepEqual(await problem(await get(preview)), { status: 503, code: 'storage_unreachable' })
  } finally {
    renameSync(away, store)
  }
  assert.deepEqual([await drawn(), await waiting()], [before, 0])
  assert.equal((await get(preview)).status, 200)
})

test('pages of items follow each other without gap or repetition', async () => {
  const into = await addGallery(bed.deps, bed.mara)
  for (let i = 0; i < 7; i++) await send(bed, into.id, `${i}.jpg`, await picture(430 + i, 20_000))
  const seen: string[] = []
  for (let query = '?limit=3'; query; ) {
    const { rows, next } = await items(into.id, query)
    seen.push(...rows.map((r) => r.name))
    query = next ? `?limit=3&cursor=${next}` : ''
  }
  assert.deepEqual(seen, ['0.jpg', '1.jpg', '2.jpg', '3.jpg', '4.jpg', '5.jpg', '6.jpg'])
  for (const query of ['?limit=0', '?limit=-1', '?limit=1001', '?limit=x', '?cursor=abc', '?page=1', '?cursor=__proto__'])
    assert.deepEqual(await problem(await get(`/api/galleries/${into.id}/items${query}`, bed.mara)), { status: 400, code: 'bad_request' })
  assert.deepEqual(await problem(await get(`/api/galleries/${into.id}/items`, bed.jonas)), { status: 404, code: 'not_found' })
})

test('an item that is removed is gone at once, its bytes a day later', async () => {
  const into = await addGallery(bed.deps, bed.mara, { state: 'active' })
  const bytes = await picture(440, 30_000)
  await send(bed, into.id, 'a.jpg', bytes)
  const [asset] = await assetsOf(bed.deps.db, into.id)
  await render(bed.deps, { assetId: asset!.id }, job)
  const remove = (user: string) =>
    fetch(`${bed.url}/api/galleries/${into.id}/items/${asset!.itemId}`, { method: 'DELETE', headers: asUser(user) })
  assert.deepEqual(await problem(await remove(bed.jonas)), { status: 404, code: 'not_found' })
  assert.equal((await remove(bed.mara)).status, 204)
  assert.deepEqual(await problem(await remove(bed.mara)), { status: 404, code: 'not_found' })
  assert.equal((await get(`/media/${asset!.id}/original`, bed.mara)).status, 404)
  assert.deepEqual((await items(into.id)).rows, [])
  const due = async () => (await dueGarbage(bed.deps.db, bed.clock.now(), 100)).filter(({ key }) => key.includes(into.id)).length
  assert.equal(await due(), 0)
  bed.clock.shift += 25 * 3_600_000
  assert.equal(await due(), 4)
  assert.equal((await send(bed, into.id, 'again.jpg', bytes)).headers.get('upload-result'), 'stored')
})

test('an upload comes under its chapter, and a new version takes the place of the old one in its item', async () => {
  const into = await addGallery(bed.deps, bed.mara)
  await send(bed, into.id, 'a.jpg', await picture(406, 30_000), { chapter: '  Ceremony ' })
  await send(bed, into.id, 'b.jpg', await picture(407, 30_000))
  const [first] = (await items(into.id)).rows
  await send(bed, into.id, 'a.jpg', await picture(408, 40_000), { replaces: first!.id })
  const { rows } = await items(into.id)
  const living = await assetsOf(bed.deps.db, into.id)
  const [other, fresh] = living.filter((asset) => asset.id !== first!.asset_id)
  assert.deepEqual(
    rows.map((row) => [row.id === first!.id, row.name, row.chapter, row.asset_id]),
    [
      [true, 'a.jpg', 'Ceremony', fresh!.id],
      [false, 'b.jpg', null, other!.id],
    ],
  )
  const garbage = await dueGarbage(bed.deps.db, new Date(8.64e15), 100)
  assert.ok(
    garbage.some(({ key }) => key.includes(first!.asset_id)),
    'the bytes of the old version wait for the collector',
  )
})
