import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { crc32, inflateRawSync } from 'node:zlib'
import type { Asset } from './asset.ts'
import type { Feedback } from './feedback.ts'
import { imagesHash, makePlan } from './plan.ts'
import type { PlanGallery } from './recipe.ts'

const gallery: PlanGallery = {
  id: 'g',
  slug: 'mara-and-jonas',
  title: 'Mara & Jonas',
  eventDate: '2026-06-06',
  naming: 'original',
  locale: 'en',
}
const asset = (id: string, name = `${id}.jpg`, more: Partial<Asset> = {}): Asset => ({
  id,
  galleryId: 'g',
  itemId: `item-${id}`,
  role: 'original',
  originalName: name,
  mime: 'image/jpeg',
  size: 10,
  crc32: 7,
  sha256: createHash('sha256').update(id).digest(),
  state: 'stored',
  storageKey: `galleries/g/assets/${id}.jpg`,
  storageOffset: 0,
  width: 1,
  height: 1,
  capturedAt: null,
  modifiedAt: new Date('2026-06-06T12:00:01.750Z'),
  renderState: 'done',
  ...more,
})
const text = (plan: ReturnType<typeof makePlan>, path: string) =>
  inflateRawSync(plan.entries.find((e) => e.path === path)!.content!).toString()

test('photos come first and as they are, then manifest and checksums', () => {
  const plan = makePlan({ purpose: 'delivery', gallery, assets: [asset('a'), asset('b')], feedback: [] })
  assert.deepEqual(
    plan.entries.map((e) => e.path),
    ['photos/a.jpg', 'photos/b.jpg', 'manifest.json', 'checksums.sha256'].map((p) => `mara-and-jonas/${p}`),
  )
  assert.equal(plan.entries[0]!.content, null)
  assert.equal(plan.entries[0]!.mtime.toISOString(), '2026-06-06T12:00:01.000Z')
})
test('the checksums name every other file with its SHA-256, relative to the folder', () => {
  const plan = makePlan({ purpose: 'delivery', gallery, assets: [asset('a')], feedback: [] })
  const lines = text(plan, 'mara-and-jonas/checksums.sha256').trim().split('\n')
  assert.deepEqual(
    lines,
    plan.entries.slice(0, -1).map((e) => `${e.sha256.toString('hex')}  ${e.path.slice('mara-and-jonas/'.length)}`),
  )
})
test('generated text has the size, CRC-32 and SHA-256 of what it unpacks to', () => {
  for (const e of makePlan({ purpose: 'delivery', gallery, assets: [asset('a')], feedback: [] }).entries.filter((e) => e.content)) {
    const bytes = inflateRawSync(e.content!)
    assert.deepEqual(
      [bytes.length, crc32(bytes), createHash('sha256').update(bytes).digest('hex')],
      [e.size, e.crc32, e.sha256.toString('hex')],
    )
  }
})
test('the same content gives the same plan, another asset or order another one', () => {
  const hash = (assets: Asset[]) => makePlan({ purpose: 'delivery', gallery, assets, feedback: [] }).planHash
  assert.equal(hash([asset('a'), asset('b')]), hash([asset('a'), asset('b')]))
  assert.notEqual(hash([asset('a'), asset('b')]), hash([asset('b'), asset('a')]))
  assert.notEqual(hash([asset('a'), asset('b')]), hash([asset('a'), asset('c', 'b.jpg')]))
})
test('the images hash is that of the sorted ids, and empty for none', () => {
  assert.equal(imagesHash([]), 'empty')
  assert.equal(imagesHash(['b', 'a']), createHash('sha256').update('a,b').digest('hex'))
})
test('a missing photo is named in the manifest, is no entry, and its name stays its own', () => {
  const plan = makePlan({
    purpose: 'delivery',
    gallery,
    assets: [asset('a', 'x.jpg'), asset('b', 'x.jpg', { state: 'missing' }), asset('c', 'x.jpg')],
    feedback: [],
  })
  assert.deepEqual(
    plan.missing.map((m) => m.path),
    ['mara-and-jonas/photos/x (2).jpg'],
  )
  const manifest = JSON.parse(text(plan, 'mara-and-jonas/manifest.json'))
  assert.deepEqual(
    manifest.missing.map((m: { path: string }) => m.path),
    ['photos/x (2).jpg'],
  )
  assert.deepEqual(
    manifest.photos.map((m: { path: string }) => m.path),
    ['photos/x.jpg', 'photos/x (3).jpg'],
  )
})
test('feedback comes as JSON, CSV and summary, only when there is some', () => {
  const facts = { itemId: 'item-a', comment: null, guest: 'guest 1', guestName: null, guestEmail: null, hidden: false }
  const said: Feedback[] = [
    {
      ...facts,
      kind: 'comment',
      rating: null,
      comment: '=HYPERLINK("http://x"),\nlovely',
      guestName: 'Ann "A"',
      createdAt: '2026-06-07T00:00:00Z',
    },
    { ...facts, kind: 'rating', rating: 5, createdAt: '2026-06-07T00:00:00Z' },
    { ...facts, kind: 'rating', rating: 4, comment: '', createdAt: '2026-06-07T00:00:00Z' },
    { ...facts, kind: 'rating', rating: 1, hidden: true, createdAt: '2026-06-07T00:00:00Z' },
  ]
  const plan = makePlan({ purpose: 'delivery', gallery, assets: [asset('a')], feedback: said })
  const csv = text(plan, 'mara-and-jonas/feedback/feedback_data.csv')
  assert.equal(
    csv.split('\r\n')[1],
    `photos/a.jpg,comment,,"'=HYPERLINK(""http://x""),\nlovely","Ann ""A""",,2026-06-07T00:00:00Z,item-a,guest 1,false`,
  )
  assert.equal(csv.split('\r\n')[3], 'photos/a.jpg,rating,4,"",,,2026-06-07T00:00:00Z,item-a,guest 1,false', '"" and null stay distinct')
  assert.equal(csv.charCodeAt(0), 0xfeff)
  const [summary] = JSON.parse(text(plan, 'mara-and-jonas/feedback/feedback_summary.json'))
  assert.deepEqual([summary.comments, summary.ratings, summary.average_rating, summary.hidden], [1, 2, 4.5, 1])
  const { photos } = JSON.parse(text(plan, 'mara-and-jonas/manifest.json'))
  assert.deepEqual([photos[0].feedback[0].guest_name, photos[0].feedback[3].hidden], ['Ann "A"', true])
})
