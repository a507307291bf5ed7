import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { checkSlug, slugFrom, stateAt } from './gallery.ts'

for (const [title, slug] of [
  ['Mara & Jonas', 'mara-and-jonas'],
  ['  Zoë & Łukasz — 2026!', 'zoe-and-lukasz-2026'],
  ['Straße über Äcker', 'strasse-ueber-aecker'],
  ['Свадьба Ёлки и Щукина', 'svadba-elki-i-shchukina'],
  ['結婚式', 'gallery'],
  ['', 'gallery'],
] as const)
  test(`the title ${JSON.stringify(title)} gives the slug ${slug}`, () => assert.equal(slugFrom(title), slug))

test('every title gives a legal slug', () => {
  fc.assert(fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), (title) => assert.ok(checkSlug(slugFrom(title)))))
})
test('illegal slugs are refused', () => {
  for (const slug of ['', '-a', 'a-', 'A', 'a_b', 'a'.repeat(101), 'ä', 'a/b']) assert.throws(() => checkSlug(slug))
})
test('a gallery whose date has passed is expired although nobody has noted it', () => {
  const now = new Date(1000)
  assert.equal(stateAt({ state: 'active', expiresAt: new Date(1000) }, now), 'expired')
  assert.equal(stateAt({ state: 'active', expiresAt: new Date(1001) }, now), 'active')
  assert.equal(stateAt({ state: 'draft', expiresAt: new Date(1) }, now), 'draft')
})
