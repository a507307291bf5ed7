import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { inflateRawSync } from 'node:zlib'
import type { Asset } from './asset.ts'
import type { PlanGallery } from './recipe.ts'
import { checkExport, draftExport, exportLimits, planAgain, planDraft } from './selection.ts'

const gallery: PlanGallery = { id: 'g', slug: 'mara', title: 'Mara', eventDate: null, naming: 'original', locale: 'de' }
const sha256 = (text: string) => createHash('sha256').update(text).digest()
const choice = (id: string, size: number, more: Partial<Asset> = {}, preview = false) => ({
  asset: {
    id,
    galleryId: 'g',
    itemId: `item-${id}`,
    role: 'original' as const,
    originalName: `${id}.png`,
    mime: 'image/png',
    size,
    crc32: 7,
    sha256: sha256(id),
    state: 'stored' as const,
    storageKey: id,
    storageOffset: 0,
    width: 1,
    height: 1,
    capturedAt: null,
    modifiedAt: new Date('2026-06-06T12:00:00Z'),
    renderState: 'done' as const,
    ...more,
  },
  preview: preview ? { mark: null, storageKey: `${id}-preview`, size: 100, crc32: 8, sha256: sha256(`${id} preview`) } : null,
})
const original = { size: 'original', format: 'zip', parts: false } as const
const GB = 1e9

test('parts stay below 4 GB, follow the order of the gallery, and a larger photo has one of its own', () => {
  const chosen = [1.5, 1.5, 1.5, 5, 0.1, 0.1, 3.9].map((size, i) => choice(`p${i}`, size * GB))
  const drafts = draftExport(gallery, chosen, { ...original, parts: true })
  assert.deepEqual(
    drafts.map((draft) => draft.chosen.map(({ asset }) => asset.id)),
    [['p0', 'p1'], ['p2'], ['p3'], ['p4', 'p5'], ['p6']],
  )
  const paths = drafts.flatMap((draft) => planDraft(gallery, draft).entries.map((entry) => entry.path))
  assert.equal(new Set(paths).size, paths.length, 'all parts can be unpacked into one folder')
  assert.deepEqual(
    drafts.map(({ recipe }) => recipe.part && [recipe.part.number, recipe.part.of]),
    [1, 2, 3, 4, 5].map((n) => [n, 5]),
  )
})
test('what fits is no part of anything, and is the same file as without asking for parts', () => {
  const chosen = [choice('a', 10)]
  assert.equal(
    draftExport(gallery, chosen, { ...original, parts: true })[0]!.recipeHash,
    draftExport(gallery, chosen, original)[0]!.recipeHash,
  )
})
test('a recipe is named by what was chosen, size and format; a file that was swapped changes its content alone', () => {
  const hashes = (items: ReturnType<typeof choice>[], wish: Parameters<typeof draftExport>[2]) => {
    const [draft] = draftExport(gallery, items, wish)
    return [draft!.recipeHash, draft!.imagesHash]
  }
  const both = [choice('a', 10, {}, true), choice('b', 10)]
  const [recipe, images] = hashes(both, original)
  assert.deepEqual(hashes([...both].reverse(), original), [recipe, images], 'in whatever order')
  assert.notEqual(hashes(both.slice(0, 1), original)[0], recipe)
  assert.notEqual(hashes(both, { ...original, size: 'screen' })[0], recipe)
  assert.notEqual(hashes(both, { ...original, format: 'tar' })[0], recipe)
  const swapped = hashes([both[0]!, choice('c', 10, { itemId: 'item-b' })], original)
  assert.deepEqual([swapped[0] === recipe, swapped[1] === images], [true, false])
})
test('ZIP and TAR of the same photos have different ETags', () => {
  const plan = (format: 'zip' | 'tar') => planDraft(gallery, draftExport(gallery, [choice('a', 10)], { ...original, format })[0]!)
  assert.notEqual(plan('zip').planHash, plan('tar').planHash)
})
test('in screen size names end as the files do, and stay apart', () => {
  const chosen = [choice('a', 10, {}, true), choice('b', 10, { originalName: 'a.jpg' }, true), choice('c', 10)]
  const plan = planDraft(gallery, draftExport(gallery, chosen, { ...original, size: 'screen' })[0]!)
  assert.deepEqual(
    plan.entries.slice(0, 3).map((entry) => [entry.path, entry.size, entry.previewKey]),
    [
      ['mara/photos/a.jpg', 100, 'a-preview'],
      ['mara/photos/a (2).jpg', 100, 'b-preview'],
      ['mara/photos/c.png', 10, null],
    ],
  )
})
test('planned again, photos keep their names; one whose preview was lost ends as its original, a missing one is told', () => {
  const chosen = [choice('a', 10, {}, true), choice('b', 10, { originalName: 'a.png' }, true), choice('c', 10, {}, true)]
  const [draft] = draftExport(gallery, chosen, { ...original, size: 'screen' })
  const sealed = new Map(draft!.named().map(({ asset, path }) => [asset.itemId, path]))
  const later = [choice('a', 10), chosen[1]!, choice('c', 10, { state: 'missing' }, true)]
  const plan = planAgain(gallery, draft!.recipe, later, sealed)
  assert.deepEqual(
    plan.entries.map((entry) => entry.path),
    ['photos/a.png', 'photos/a (2).jpg', 'ERRORS.txt', 'manifest.json', 'checksums.sha256'].map((name) => `mara/${name}`),
  )
  const errors = inflateRawSync(plan.entries[2]!.content!).toString()
  assert.match(errors, /^Diese Dateien gehören hierher/)
  assert.match(errors, /^- photos\/c\.jpg$/m)
  assert.deepEqual(planAgain(gallery, draft!.recipe, chosen, sealed), planDraft(gallery, draft!))
})
test('guests take at most 5,000 photos and 6 GiB at once, owners as many as there are', () => {
  const drafts = (chosen: ReturnType<typeof choice>[]) => draftExport(gallery, chosen, original)
  const many = Array.from({ length: 5001 }, (_, i) => choice(`p${i}`, 1))
  assert.throws(() => checkExport(drafts(many), exportLimits), { code: 'export_too_large' })
  checkExport(drafts(many.slice(1)), exportLimits)
  checkExport(drafts(many), null)
  assert.throws(() => checkExport(drafts([choice('a', 6 * 1024 ** 3), choice('b', 1)]), exportLimits), { code: 'export_too_large' })
  assert.throws(() => checkExport(drafts([choice('a', 1, { state: 'missing' })]), null), { code: 'export_empty' })
})
