import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isolated } from './isolate.ts'

const words = isolated({
  title: 'Photos',
  removed: (name: string, count: number) => `${name} was removed (${count})`,
  more: { of: (name: string) => `of ${name}` },
})

test('a name that turns the direction of writing turns no sentence around', () => {
  assert.equal(words.removed('photo\u202egpj.exe', 2), '\u2068photogpj.exe\u2069 was removed (2)')
  assert.equal(words.removed('a\u2069\u202eb', 2), '\u2068ab\u2069 was removed (2)')
  assert.equal(words.more.of('חתונה'), 'of \u2068חתונה\u2069')
})

test('other names stand as they are', () => {
  assert.equal(words.removed('Müller & Søn.jpg', 1), 'Müller & Søn.jpg was removed (1)')
  assert.equal(words.more.of('Свадьба'), 'of Свадьба')
  assert.equal(words.title, 'Photos')
})
