/** Imports of folders, also of hostile ones. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { after, before, beforeEach, test } from 'node:test'
import { listStored } from '../../data/assets.ts'
import type { Gallery } from '../../domain/gallery.ts'
import { importFolder } from './import.ts'
import { addGallery, assetsOf, asUser, type Bed, openBed, picture, problem, send, sha256, storedBytes } from './testbed.test.ts'

let bed: Bed
let gallery: Gallery
let root: string
let folder: string
before(async () => {
  root = mkdtempSync('/tmp/keepsake-import-')
  bed = await openBed({ importDir: root })
})
beforeEach(async () => {
  gallery = await addGallery(bed.deps, bed.mara)
  folder = mkdtempSync(join(root, 'wedding-'))
})
after(async () => {
  await bed.close()
  rmSync(root, { recursive: true, force: true })
})

const names = async () => (await listStored(bed.deps.db, gallery.id)).map((a) => a.originalName)

test('files come in the order people see, with their times, and the same folder twice adds nothing', async () => {
  mkdirSync(join(folder, 'IMG_3 party'))
  const files = ['IMG_1.jpg', 'IMG_2.jpg', 'IMG_3 party/a2.jpg', 'IMG_3 party/a10.jpg', 'IMG_10.jpg', 'img_11.JPG']
  for (const [i, name] of files.toReversed().entries()) writeFileSync(join(folder, name), await picture(200 + i, 30_000 + i))
  utimesSync(join(folder, 'IMG_1.jpg'), 1_600_000_000, 1_600_000_000)
  for (const clutter of ['.DS_Store', '.hidden.jpg', 'Thumbs.db']) writeFileSync(join(folder, clutter), 'x')
  mkdirSync(join(folder, '__MACOSX'))
  writeFileSync(join(folder, '__MACOSX/._IMG_1.jpg'), 'x')

  const seen: string[] = []
  const first = await importFolder(bed.deps, gallery, folder, { onProgress: ({ path }) => seen.push(path) })
  assert.deepEqual(first, { imported: 6, duplicates: [], skipped: [] })
  assert.deepEqual(seen.toSorted(), files.toSorted())
  assert.deepEqual(await names(), ['IMG_1.jpg', 'IMG_2.jpg', 'a2.jpg', 'a10.jpg', 'IMG_10.jpg', 'img_11.JPG'])
  const [one] = await listStored(bed.deps.db, gallery.id)
  assert.equal(one?.modifiedAt.getTime(), 1_600_000_000_000)
  const second = await importFolder(bed.deps, gallery, folder)
  assert.deepEqual(second, { imported: 0, duplicates: files, skipped: [] })
  assert.equal((await assetsOf(bed.deps.db, gallery.id)).length, 6)
})

test('what is no picture is told with its reason, and nothing makes the import wait or leave its folder', async () => {
  const good = await picture(300, 40_000)
  writeFileSync(join(folder, 'good.jpg'), good)
  writeFileSync(join(folder, 'same.jpg'), good)
  writeFileSync(join(folder, 'empty.jpg'), '')
  writeFileSync(join(folder, 'page.jpg'), '<!doctype html>')
  writeFileSync(Buffer.concat([Buffer.from(`${folder}/na`), Buffer.from([0xef, 0x65]), Buffer.from('.jpg')]), await picture(301, 40_000))
  writeFileSync(join(root, 'outside.jpg'), await picture(302, 40_000))
  symlinkSync(join(root, 'outside.jpg'), join(folder, 'link-out.jpg'))
  symlinkSync('.', join(folder, 'loop'))
  symlinkSync('self.jpg', join(folder, 'self.jpg'))
  symlinkSync('nothing.jpg', join(folder, 'broken.jpg'))
  symlinkSync('good.jpg', join(folder, 'inside.jpg'))
  execFileSync('mkfifo', [join(folder, 'pipe.jpg')])
  const server = createServer().listen(join(folder, 'socket.jpg'))
  const told = await importFolder(bed.deps, gallery, folder)
  server.close()
  assert.equal(told.imported, 2)
  assert.deepEqual(told.duplicates, ['inside.jpg', 'same.jpg'])
  const notAPicture = 'This is not a photo, video or audio file that can be kept here.'
  assert.deepEqual(told.skipped, [
    { path: 'broken.jpg', reason: 'it is a link to nothing' },
    { path: 'empty.jpg', reason: 'The file is empty.' },
    { path: 'link-out.jpg', reason: 'it is a link to outside the folder' },
    { path: 'loop', reason: 'it is a link to a folder' },
    { path: 'page.jpg', reason: notAPicture },
    { path: 'pipe.jpg', reason: 'it is a pipe, not a file' },
    { path: 'self.jpg', reason: 'it is a link to itself' },
    { path: 'socket.jpg', reason: 'it is a socket, not a file' },
  ])
  assert.deepEqual(await names(), ['good.jpg', 'na\ufffde.jpg'])
  for (const a of await listStored(bed.deps.db, gallery.id))
    assert.equal(sha256(await storedBytes(bed.deps, a.storageKey, a.size)), a.sha256.toString('hex'))
  assert.equal(await bed.deps.db.selectFrom('uploads').select('id').where('finishedAt', 'is', null).executeTakeFirst(), undefined)
})

test('an unreadable file is told', { skip: process.getuid?.() === 0 && 'root reads everything' }, async () => {
  writeFileSync(join(folder, 'secret.jpg'), await picture(310, 30_000))
  chmodSync(join(folder, 'secret.jpg'), 0)
  assert.deepEqual((await importFolder(bed.deps, gallery, folder)).skipped, [{ path: 'secret.jpg', reason: 'it cannot be read' }])
})

test('a folder that is not there, and a gallery that is closed', async () => {
  await assert.rejects(importFolder(bed.deps, gallery, join(folder, 'none')), { code: 'folder_unreadable' })
  writeFileSync(join(folder, 'a.jpg'), await picture(320, 30_000))
  await assert.rejects(importFolder(bed.deps, { ...gallery, state: 'expired' }, folder), { code: 'gallery_not_open' })
})

test('over the API: admins only, and only below the folder for imports', async () => {
  writeFileSync(join(folder, 'a.jpg'), await picture(330, 30_000))
  const ask = (user: string, path: string) =>
    fetch(`${bed.url}/api/galleries/${gallery.slug}/import`, {
      method: 'POST',
      headers: { ...asUser(user), 'content-type': 'application/json' },
      body: JSON.stringify({ path }),
    })
  const answer = await ask(bed.mara, folder.slice(root.length + 1))
  assert.deepEqual([answer.status, await answer.json()], [200, { imported: 1, duplicates: [], skipped: [] }])
  for (const path of ['..', '/etc', `${folder}/../..`, 'none', 'a\0b'])
    assert.deepEqual(await problem(await ask(bed.mara, path)), { status: 422, code: 'folder_unreadable' })
  assert.deepEqual(await problem(await ask(bed.jonas, folder)), { status: 403, code: 'forbidden' })
})

test('what was uploaded before is a duplicate', async () => {
  const bytes = await picture(340, 30_000)
  await send(bed, gallery.id, 'by-hand.jpg', bytes)
  writeFileSync(join(folder, 'by-folder.jpg'), bytes)
  assert.deepEqual(await importFolder(bed.deps, gallery, folder), { imported: 0, duplicates: ['by-folder.jpg'], skipped: [] })
})

test('bytes whose stored file was lost are no duplicate: they heal it', async () => {
  writeFileSync(join(folder, 'only.jpg'), await picture(900, 40_000))
  await importFolder(bed.deps, gallery, folder)
  const [lost] = await listStored(bed.deps.db, gallery.id)
  await bed.deps.storage.delete(lost!.storageKey)
  assert.deepEqual(await importFolder(bed.deps, gallery, folder), { imported: 1, duplicates: [], skipped: [] })
  const [healed, ...more] = await listStored(bed.deps.db, gallery.id)
  assert.deepEqual([healed!.state, healed!.itemId, more.length], ['stored', lost!.itemId, 0])
  assert.equal(await bed.deps.storage.size(healed!.storageKey), healed!.size)
})
