/** What happens in a gallery reaches a receiver by the real queue, once each, and a slow receiver is nobody else's trouble. */
import assert from 'node:assert/strict'
import { globSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { photoBytes } from '../../../test/pictures.ts'
import { temporaryFolder } from '../../../test/postgres.ts'
import { type Served, served } from '../../../test/served.ts'
import { after as later, minutes } from '../../base/clock.ts'
import { newId } from '../../base/id.ts'
import { findArchive } from '../../data/archives.ts'
import { findGallery } from '../../data/galleries.ts'
import { insertLink } from '../../data/links.ts'
import type { Gallery } from '../../domain/gallery.ts'
import { mintLink } from '../../domain/link.ts'
import { askExport } from '../archives/export-ask.ts'
import { publish } from '../archives/publish.ts'
import { addClient } from '../galleries/clients.ts'
import { createGallery, deleteGallery, editGallery } from '../galleries/edit.ts'
import { registerAlbum } from '../galleries/register.ts'
import { expireGalleries } from '../operations/expire.ts'
import { reconcile } from '../operations/reconcile.ts'
import { forget } from '../operations/retention.ts'
import { importFolder } from '../uploads/import.ts'
import { deliveries, make, type Receiver, receiver, signaturesOf, tell } from './testbed.test.ts'

let server: Served
let to: Receiver
let hook: Awaited<ReturnType<typeof make>>
const folder = temporaryFolder()
before(async () => {
  server = await served()
  to = await receiver()
  hook = await make(server.world, to.url)
  await server.world.work()
})
after(async () => {
  await server.close()
  await to.close()
  rmSync(folder, { recursive: true })
})

let count = 0
async function gallery(photos: number): Promise<Gallery> {
  const { deps, ownerId } = server.world
  const dir = path.join(folder, String(++count))
  mkdirSync(dir)
  for (let n = 0; n < photos; n++)
    writeFileSync(path.join(dir, `${n}.jpg`), await photoBytes(count * 100 + n + 9000, { width: 60, height: 40 }))
  const made = await createGallery(deps, ownerId, { title: `Told ${count}` })
  assert.equal((await importFolder(deps, made, dir)).imported, photos)
  return (await findGallery(deps.db, made.id))!
}
const typesOf = (one: Gallery) => to.got.filter(({ data }) => data.event?.id === one.id).map(({ type }) => type)
/** The first of this type about this gallery. */
const told = (one: Gallery, type: string, n = 0) =>
  server.world.until(async () => to.got.filter((got) => got.type === type && got.data.event?.id === one.id)[n], `${type} of ${one.slug}`)

/** All of it, over a line of its own that is closed in order. */
const download = (url: string) =>
  new Promise<number>((resolve, reject) => {
    http.get(url, { agent: false }, (answer) => answer.resume().on('end', () => resolve(answer.statusCode!))).on('error', reject)
  })

test('publish, archive, download, export, end, opening again and deletion are told, each once and in order', async () => {
  const { world, url } = server
  const { deps } = world
  const one = await gallery(3)
  const mara = await addClient(deps, one.id, 'mara@example.com', 'Mara')
  const { archive } = await publish(deps, one.id, { userId: null, source: 'publish' })
  const { data } = await told(one, 'archive.ready')
  const ready = (await findArchive(deps.db, archive.id))!
  assert.deepEqual(data.archive, {
    id: archive.id,
    purpose: 'delivery',
    version: 1,
    sha256: ready.checksum,
    size_bytes: ready.fileSizeBytes,
    photos: 3,
    missing: 0,
    url: `http://keepsake.test/api/archives/${archive.id}/download`,
  })
  await publish(deps, one.id, { userId: null, source: 'publish' })

  const now = deps.clock.now()
  const link = { id: newId(now), kind: 'client' as const, galleryId: one.id, archiveId: archive.id, clientId: mara.id }
  const expiresAt = later(now, minutes(60))
  await insertLink(deps.db, { ...link, issuedAt: now, expiresAt, revokedAt: null })
  const token = mintLink({ id: link.id, kind: 'client', expiresAt }, deps.settings.tokenSecrets)
  assert.equal(await download(`${url}/d/${token}`), 200)
  const loaded = await told(one, 'archive.downloaded')
  assert.deepEqual([loaded.data.download!.client_id, loaded.data.download!.count, loaded.data.archive!.id], [mara.id, 1, archive.id])
  assert.equal(await download(`${url}/d/${token}`), 200)
  assert.equal((await told(one, 'archive.downloaded', 1)).data.download!.count, 2)

  const wish = { items: 'all' as const, size: 'original' as const, format: 'zip' as const, parts: false, notify: null }
  await askExport(deps, one.id, { requester: `user ${world.ownerId}`, userId: world.ownerId, limited: false }, wish)
  const exported = await told(one, 'export.ready')
  assert.deepEqual([exported.data.export!.files, exported.data.export!.photos, exported.data.export!.requested_by], [1, 3, 'user'])

  await editGallery(deps, one.id, { expiresAt: later(now, minutes(5)) })
  assert.equal(await expireGalleries(deps), 0)
  world.clock.advance(minutes(6))
  assert.equal(await expireGalleries(deps), 1)
  assert.equal(await expireGalleries(deps), 0)
  assert.equal((await told(one, 'event.expired')).data.event!.expires_at, later(now, minutes(5)).toISOString())
  await editGallery(deps, one.id, { expiresAt: later(now, minutes(10)) })
  world.clock.advance(minutes(5))
  await reconcile(deps)
  await told(one, 'event.expired', 1)
  await deleteGallery(deps, one.id)
  await told(one, 'event.deleted')
  const order = typesOf(one)
  assert.deepEqual(order, [
    'event.published',
    'archive.ready',
    'archive.downloaded',
    'archive.downloaded',
    'export.ready',
    'event.expired',
    'event.expired',
    'event.deleted',
  ])
  for (const got of to.got) assert.deepEqual(signaturesOf(got, [hook.plain]), { match: 1, given: 1 })
})

test('an archive that cannot be built is told', async () => {
  const { world } = server
  const one = await gallery(1)
  for (const file of globSync(path.join(world.dir, 'objects/galleries', one.id, 'assets/*'))) rmSync(file)
  await publish(world.deps, one.id, { userId: null, source: 'publish' })
  const { data } = await told(one, 'archive.failed')
  assert.deepEqual([data.archive!.error_code, data.archive!.sha256], ['original_missing', null])
})

test('an album that is registered is told of as published, in the transaction that opens it', async () => {
  const { deps, ownerId } = server.world
  const one = await gallery(1)
  // a process that is killed after its commit sends nothing more
  const queue = {
    ...deps.queue,
    send: async (...[tx, ...rest]: Parameters<typeof deps.queue.send>) => {
      assert.ok(tx.isTransaction, 'outside of the transaction')
      return deps.queue.send(tx, ...rest)
    },
  }
  assert.equal((await registerAlbum({ ...deps, queue }, ownerId, { slug: one.slug, name: 'Registered' })).zip_status, 'pending')
  await told(one, 'archive.ready')
  assert.deepEqual(typesOf(one), ['event.published', 'archive.ready'])
})

test('the photographer’s own download is no news', async () => {
  const { world, ida } = server
  const one = await gallery(1)
  const { archive } = await publish(world.deps, one.id, { userId: null, source: 'publish' })
  await told(one, 'archive.ready')
  const answer = await fetch(ida.address(`/api/archives/${archive.id}/download`), { headers: { ...ida.headers(), connection: 'close' } })
  await answer.arrayBuffer()
  await world.until(async () => {
    const row = await world.deps.db.selectFrom('downloads').select('count').where('archiveId', '=', archive.id).executeTakeFirst()
    return row?.count === 1
  }, 'the note')
  assert.deepEqual(typesOf(one), ['event.published', 'archive.ready'])
})

test('receivers that hang, one for each worker, slow no other for longer than a try', async () => {
  const { world } = server
  const one = await gallery(1)
  const deaf = await receiver()
  let hanging = 0
  deaf.answer = (response) => {
    hanging++
    response.on('close', () => hanging--)
  }
  const hooks = []
  for (let n = 0; n < 3; n++) hooks.push(await make(world, deaf.url))
  await tell(world, one.id)
  await world.until(async () => deaf.got.length === 3, 'three tries that hang')
  for (let n = 0; n < 5; n++) await tell(world, one.id, { type: 'event.restored' })
  await told(one, 'event.restored', 4)
  // a try ends after 15 s
  assert.equal(hanging, 3, 'and they still hang')
  await deaf.close()
  for (const { id } of hooks) await world.deps.db.deleteFrom('webhooks').where('id', '=', id).execute()
})

test('a delivery whose job is lost is sent by the reconciler', async () => {
  const { world } = server
  const one = await gallery(1)
  const { deps } = world
  // written, and its job never sent
  await tell({ ...world, deps: { ...deps, queue: { ...deps.queue, sendAll: async () => {} } } }, one.id)
  assert.deepEqual(typesOf(one), [])
  await reconcile(deps)
  await told(one, 'event.published')
})

test('messages are forgotten after a month, but not those that wait', async () => {
  const { world } = server
  const one = await gallery(1)
  const held = await make(world, to.url)
  await world.until(async () => (await deliveries(world, hook)).every((row) => row.status === 'sent'), 'all sent')
  await world.deps.db
    .updateTable('webhooks')
    .set({ notBefore: later(world.clock.now(), minutes(60 * 24 * 60)) })
    .where('id', '=', held.id)
    .execute()
  await tell(world, one.id)
  await told(one, 'event.published')
  world.clock.advance(minutes(60 * 24 * 31))
  await forget(world.deps)
  await world.until(async () => (await deliveries(world, hook)).length === 0, 'none of those that were sent')
  assert.deepEqual(
    (await deliveries(world, held)).map((row) => row.status),
    ['queued'],
  )
})
