import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { type Photo, photos } from '../../../test/journeys/sending.ts'
import { type TestWorld, testWorld } from '../../../test/world.ts'
import { listStored } from '../../data/assets.ts'
import { listSaid } from '../../data/feedback.ts'
import { findGallery } from '../../data/galleries.ts'
import type { Gallery } from '../../domain/gallery.ts'
import { type CraftedEntry, craft, sourceOf } from '../../zip/craft.ts'
import { createGallery, editGallery } from '../galleries/edit.ts'
import { importZip } from './import-zip.ts'
import { readContents } from './zip-contents.ts'

let world: TestWorld
before(async () => {
  world = await testWorld()
})
after(() => world.close())

let count = 0
const fresh = (): Promise<Gallery> => createGallery(world.deps, world.ownerId, { title: `Zip ${++count}` })
const sent = (n: number, first = ++count * 100): Promise<Photo[]> => photos(n, 20_000, first)
const stored = (photo: Photo, folder = ''): CraftedEntry => ({ name: folder + photo.name, data: photo.bytes })
const sumsOf = async (id: string) => (await listStored(world.deps.db, id)).map(({ sha256 }) => sha256.toString('hex')).sort()
const shas = (all: Photo[]) => all.map(({ sha256 }) => sha256).sort()

async function take(gallery: Gallery, bytes: Buffer, deps = world.deps) {
  const source = sourceOf(bytes)
  return importZip(deps, gallery, source, await readContents(source))
}

/** An archive as we write it, by hand: the test must not believe our own writer. */
function ours(all: Photo[], remarks: object[] = [], change: Record<string, unknown> = {}): CraftedEntry[] {
  const id = (n: number) => `0198ab00-0000-7000-8000-${String(n).padStart(12, '0')}`
  const manifest = {
    format: 'keepsake-manifest',
    version: 1,
    gallery: { id: id(1), slug: 'theirs', title: 'Theirs', event_date: '2026-05-01' },
    photos: all.map((photo, i) => ({
      item: id(100 + i),
      asset: id(200 + i),
      path: `photos/${photo.name}`,
      original_name: `as it was ${i}.jpg`,
      type: 'image/jpeg',
      size: photo.bytes.length,
      sha256: photo.sha256,
      modified_at: '2026-05-02T10:00:00.000Z',
      ...(i === 1 ? { hidden: true, chapter: 'Party' } : {}),
      ...(i === 0 && remarks.length ? { feedback: remarks } : {}),
    })),
    missing: [],
    ...change,
  }
  return [
    ...all.map((photo) => stored(photo, 'theirs/photos/')),
    { name: 'theirs/feedback/feedback_data.json', data: Buffer.from('[]'), method: 8 },
    { name: 'theirs/manifest.json', data: Buffer.from(JSON.stringify(manifest)), method: 8 },
  ]
}
const remark = (more: object) => ({
  rating: null,
  comment: null,
  guest: 'guest one',
  guest_name: 'Mia',
  guest_email: null,
  hidden: false,
  created_at: '2026-05-03T12:00:00.000Z',
  ...more,
})

describe('a ZIP of anybody', () => {
  test('gives its pictures, deflated or not, wherever they lie in it; the same again is nothing new', async () => {
    const [gallery, all] = [await fresh(), await sent(3)]
    const zip = craft([
      stored(all[0]!),
      { ...stored(all[1]!, 'day 1/'), method: 8 },
      { name: 'day 1/', data: Buffer.alloc(0), central: { attributes: 0o040755 * 65536 + 16 } },
      stored(all[2]!, 'day 2/very/deep/'),
      { name: '__MACOSX/._IMG.jpg', data: Buffer.from('clutter') },
    ])
    assert.deepEqual(await take(gallery, zip), { imported: 3, duplicates: [], skipped: [], feedback: 0 })
    assert.deepEqual(await sumsOf(gallery.id), shas(all))
    const again = await take(gallery, zip)
    assert.deepEqual([again.imported, again.duplicates.length, again.skipped], [0, 3, []])
    assert.equal((await listStored(world.deps.db, gallery.id)).length, 3)
  })

  test('every bad file is named and no other is lost: a wrong CRC, no picture, nothing in it, a damaged stream', async () => {
    const [gallery, all] = [await fresh(), await sent(3)]
    const zip = craft([
      stored(all[0]!),
      { ...stored(all[1]!), local: { crc32: 1 }, central: { crc32: 1 } },
      { name: 'notes.txt', data: Buffer.from('not a picture') },
      { name: 'empty.jpg', data: Buffer.alloc(0) },
      { ...stored({ ...all[2]!, name: 'torn.jpg' }), method: 8, packed: Buffer.from('no deflate stream') },
    ])
    const result = await take(gallery, zip)
    assert.equal(result.imported, 1)
    assert.deepEqual(
      result.skipped.map(({ path }) => path),
      [all[1]!.name, 'notes.txt', 'empty.jpg', 'torn.jpg'],
    )
    assert.equal(result.skipped[0]!.reason, 'The CRC-32 of the content differs.')
    assert.deepEqual(await sumsOf(gallery.id), [all[0]!.sha256])
  })

  test('one whose structure is not in order is refused whole, with the reason, and nothing is changed', async () => {
    const [gallery, all] = [await fresh(), await sent(2)]
    const [good, other] = all.map((photo) => stored(photo)) as [CraftedEntry, CraftedEntry]
    const bad: Record<string, CraftedEntry[]> = {
      name_dots: [good, { ...other, name: '../../etc/passwd' }],
      name_absolute: [good, { ...other, name: '/etc/passwd' }],
      name_backslash: [good, { ...other, name: 'a\\b.jpg' }],
      name_drive: [good, { ...other, name: 'C:/a.jpg' }],
      duplicate: [good, good],
      collision: [good, { ...other, name: good.name.toString().toLowerCase() }],
      special_file: [good, { ...other, central: { attributes: 0o120777 * 65536 } }],
      encrypted: [good, { ...other, flags: 1 }],
      unknown_method: [good, { ...other, method: 9 }],
      local_header_differs: [good, { ...other, localName: 'other.jpg' }],
      ratio: [good, { name: 'bomb.jpg', method: 8, data: Buffer.alloc(20_000_000) }],
    }
    for (const [reason, entries] of Object.entries(bad))
      await assert.rejects(take(gallery, craft(entries)), (error: { code?: string; facts?: { reason?: string } }) => {
        assert.deepEqual([error.code, error.facts?.reason], ['zip_invalid', reason])
        return true
      })
    const whole = craft([good, other])
    await assert.rejects(take(gallery, whole.subarray(0, whole.length - 30)), { code: 'zip_invalid' })
    await assert.rejects(take(gallery, Buffer.from('no zip')), { code: 'zip_invalid' })
    assert.deepEqual(await sumsOf(gallery.id), [])
    const uploads = await world.deps.db.selectFrom('uploads').select('id').where('galleryId', '=', gallery.id).execute()
    assert.deepEqual(uploads, [])
  })

  test('broken off in the middle it goes on, and a file is never there twice', async () => {
    const [gallery, all] = [await fresh(), await sent(6)]
    const zip = craft(all.map((photo) => stored(photo)))
    let finished = 0
    const storage = {
      ...world.deps.storage,
      finishUpload: async (...args: Parameters<typeof world.deps.storage.finishUpload>) => {
        if (++finished === 4) throw new Error('the power is gone')
        return world.deps.storage.finishUpload(...args)
      },
    }
    await assert.rejects(take(gallery, zip, { ...world.deps, storage }), /power is gone/)
    assert.equal((await sumsOf(gallery.id)).length, 3)
    const result = await take(gallery, zip)
    assert.deepEqual([result.imported, result.duplicates.length], [3, 3])
    assert.deepEqual(await sumsOf(gallery.id), shas(all))
  })
})

describe('an archive of ours', () => {
  test('gives photos under their first names, and what guests said, once', async () => {
    const [gallery, all] = [await fresh(), await sent(2)]
    const zip = craft(
      ours(all, [
        remark({ kind: 'rating', rating: 5 }),
        remark({ kind: 'comment', comment: 'lovely', created_at: '2026-05-03T12:00:01.000Z' }),
        remark({ kind: 'comment', comment: 'lovely', hidden: true, created_at: '2026-05-04T12:00:00.000Z' }),
        remark({ kind: 'rating', rating: 9 }),
        remark({ kind: 'like', guest: 'client 1; drop table' }),
        remark({ kind: 'comment' }),
      ]),
    )
    const first = await take(gallery, zip)
    assert.deepEqual([first.imported, first.feedback], [2, 3])
    assert.deepEqual(first.skipped, [{ path: 'manifest.json', reason: '3 remarks of guests cannot be read' }])
    const names = (await listStored(world.deps.db, gallery.id)).map(({ originalName }) => originalName)
    assert.deepEqual(names, ['as it was 0.jpg', 'as it was 1.jpg'])
    const said = await listSaid(world.deps.db, gallery.id, {})
    assert.deepEqual(
      said.map(({ kind, rating, comment, guestName, hidden }) => [kind, rating, comment, guestName, hidden]),
      [
        ['rating', 5, null, 'Mia', false],
        ['comment', null, 'lovely', 'Mia', false],
        ['comment', null, 'lovely', 'Mia', true],
      ],
    )
    const items = await world.deps.db
      .selectFrom('items')
      .select(['chapter', 'hidden'])
      .where('galleryId', '=', gallery.id)
      .orderBy('position')
      .execute()
    assert.deepEqual(items, [
      { chapter: null, hidden: false },
      { chapter: 'Party', hidden: true },
    ])
    const again = await take(gallery, zip)
    assert.deepEqual([again.imported, again.feedback, again.duplicates.length], [0, 0, 2])
    assert.equal((await listSaid(world.deps.db, gallery.id, {})).length, 3)
  })

  test('a photo that is not what its manifest says is named, and so is one that is not there', async () => {
    const [gallery, all, [other]] = [await fresh(), await sent(3), await sent(1)]
    const entries = ours(all)
    entries[1] = { ...entries[1]!, data: other!.bytes }
    const result = await take(gallery, craft(entries.filter((_, i) => i !== 2)))
    assert.equal(result.imported, 1)
    assert.deepEqual(
      result.skipped.map(({ path }) => path),
      [`photos/${all[2]!.name}`, `theirs/photos/${all[1]!.name}`],
    )
    assert.deepEqual(await sumsOf(gallery.id), [all[0]!.sha256])
  })

  test('a manifest that lies about ids or types is not taken for one, and its pictures come all the same', async () => {
    for (const change of [{ version: 2 }, { gallery: { id: '1 or 1=1', slug: 'x', title: 'x', event_date: null } }]) {
      const [gallery, all] = [await fresh(), await sent(2)]
      const result = await take(gallery, craft(ours(all, [remark({ kind: 'like' })], change)))
      assert.deepEqual([result.imported, result.feedback], [2, 0])
    }
  })

  test('a gallery that takes no photos is left alone', async () => {
    const [gallery, all] = [await fresh(), await sent(1)]
    await editGallery(world.deps, gallery.id, { state: 'archiving' })
    await assert.rejects(take((await findGallery(world.deps.db, gallery.id))!, craft(ours(all))), { code: 'gallery_not_open' })
  })
})
