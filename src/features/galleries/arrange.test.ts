import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { photoBytes } from '../../../test/pictures.ts'
import { type TestWorld, testWorld } from '../../../test/world.ts'
import { listStored } from '../../data/assets.ts'
import { countGallery, findGallery } from '../../data/galleries.ts'
import { findItem, isHidden, pageItems } from '../../data/items.ts'
import type { Gallery } from '../../domain/gallery.ts'
import { importFolder } from '../uploads/import.ts'
import { markItems, orderItems } from './arrange.ts'
import { createGallery, editGallery } from './edit.ts'

let world: TestWorld
before(async () => {
  world = await testWorld()
})
after(() => world.close())

const items = (gallery: Gallery, shown = false) => pageItems(world.deps.db, gallery.id, { limit: 100, shown })
const names = async (gallery: Gallery, shown = false) => (await items(gallery, shown)).map((item) => item.name)

async function withPhotos(...files: string[]): Promise<Gallery> {
  const gallery = await createGallery(world.deps, world.ownerId, { title: 'Arranged' })
  const folder = mkdtempSync('/tmp/keepsake-arrange-')
  for (const [n, name] of files.entries()) writeFileSync(path.join(folder, name), await photoBytes(n + 1, { width: 60, height: 40 }))
  await importFolder(world.deps, gallery, folder)
  rmSync(folder, { recursive: true })
  return gallery
}

test('photos are moved before another one and to the end, and what comes later still comes last', async () => {
  const gallery = await withPhotos('a.jpg', 'b.jpg', 'c.jpg', 'd.jpg')
  const [a, b, , d] = await items(gallery)
  await orderItems(world.deps, gallery.id, { items: [d!.id], before: a!.id })
  assert.deepEqual(await names(gallery), ['d.jpg', 'a.jpg', 'b.jpg', 'c.jpg'])
  await orderItems(world.deps, gallery.id, { items: [a!.id, b!.id], before: null })
  assert.deepEqual(await names(gallery), ['d.jpg', 'c.jpg', 'a.jpg', 'b.jpg'])
  await orderItems(world.deps, gallery.id, { by: 'name' })
  assert.deepEqual(await names(gallery), ['a.jpg', 'b.jpg', 'c.jpg', 'd.jpg'])
  await assert.rejects(orderItems(world.deps, gallery.id, { items: [a!.id], before: gallery.id }), { code: 'not_found' })
})

test('a hidden photo is out of what guests see and of the next ZIP, and stays in what the final archive holds', async () => {
  const gallery = await withPhotos('a.jpg', 'b.jpg')
  const [a] = await items(gallery)
  const { contentVersion } = (await findGallery(world.deps.db, gallery.id))!
  assert.equal(await markItems(world.deps, gallery.id, [a!.id], { hidden: true }), 1)
  assert.deepEqual(await names(gallery, true), ['b.jpg'])
  assert.deepEqual(await names(gallery), ['a.jpg', 'b.jpg'])
  assert.equal(await isHidden(world.deps.db, a!.id), true)
  assert.equal(await findItem(world.deps.db, gallery.id, a!.id), undefined)
  const packed = async (shown: boolean) => (await listStored(world.deps.db, gallery.id, shown)).map((asset) => asset.originalName)
  assert.deepEqual([await packed(true), await packed(false)], [['b.jpg'], ['a.jpg', 'b.jpg']])
  assert.ok((await findGallery(world.deps.db, gallery.id))!.contentVersion > contentVersion)
})

test('photos are put under a chapter and out of it, those of another gallery are left alone', async () => {
  const gallery = await withPhotos('a.jpg', 'b.jpg')
  const other = await withPhotos('c.jpg')
  const [a] = await items(gallery)
  const [c] = await items(other)
  assert.equal(await markItems(world.deps, gallery.id, [a!.id, c!.id], { chapter: 'Ceremony' }), 1)
  assert.deepEqual(
    [...(await items(gallery)), ...(await items(other))].map((item) => item.chapter),
    ['Ceremony', null, null],
  )
})

test('the cover is a photo of this gallery that guests see', async () => {
  const gallery = await withPhotos('a.jpg', 'b.jpg')
  const other = await withPhotos('c.jpg')
  const [a, b] = await items(gallery)
  const [c] = await items(other)
  await markItems(world.deps, gallery.id, [a!.id], { hidden: true })
  for (const foreign of [a!, c!])
    await assert.rejects(editGallery(world.deps, gallery.id, { coverItemId: foreign.id }), { code: 'not_found' })
  await editGallery(world.deps, gallery.id, { coverItemId: b!.id, coverX: 0.25, coverY: 1 })
  const { coverItemId, coverX, coverY } = (await findGallery(world.deps.db, gallery.id))!
  assert.deepEqual([coverItemId, coverX, coverY], [b!.id, 0.25, 1])
  await world.deps.db.updateTable('assets').set({ renderState: 'done' }).where('galleryId', '=', gallery.id).execute()
  assert.equal((await countGallery(world.deps.db, gallery.id)).coverAssetId, b!.assetId)
})

test('nothing is arranged in a gallery that is closed', async () => {
  const gallery = await withPhotos('a.jpg')
  const [a] = await items(gallery)
  await world.deps.db.updateTable('galleries').set({ state: 'archiving' }).where('id', '=', gallery.id).execute()
  await assert.rejects(markItems(world.deps, gallery.id, [a!.id], { hidden: true }), { code: 'gallery_not_open' })
  await assert.rejects(orderItems(world.deps, gallery.id, { by: 'name' }), { code: 'gallery_not_open' })
})
