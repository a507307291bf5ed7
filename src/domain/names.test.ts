import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { fold } from '../base/fold.ts'
import { nameAll, safeName } from './names.ts'

const files = (...names: string[]) => names.map((originalName, i) => ({ id: `id${i}`, originalName }))

test('two photos with one name both survive', () => {
  assert.deepEqual(nameAll(files('IMG_1.jpg', 'IMG_1.jpg', 'IMG_1.jpg'), 'original'), ['IMG_1.jpg', 'IMG_1 (2).jpg', 'IMG_1 (3).jpg'])
})
test('names that differ only by case or normal form are made distinct', () => {
  assert.deepEqual(nameAll(files('A.JPG', 'a.jpg'), 'original'), ['A.JPG', 'a (2).jpg'])
  assert.deepEqual(nameAll(files('Zo\u00eb.jpg', 'Zoe\u0308.jpg'), 'original'), ['Zoë.jpg', 'Zoë (2).jpg'])
  assert.deepEqual(nameAll(files('straße.jpg', 'STRASSE.jpg'), 'original'), ['straße.jpg', 'STRASSE (2).jpg'])
})
test('a name that looks like an answer to a collision is no collision', () => {
  assert.deepEqual(nameAll(files('a.jpg', 'a (2).jpg', 'a.jpg'), 'original'), ['a.jpg', 'a (2).jpg', 'a (3).jpg'])
})
for (const [given, safe] of [
  ['../../etc/passwd', '.._.._etc_passwd'],
  ['a\0b.jpg', 'a_b.jpg'],
  ['line\r\nbreak.jpg', 'line__break.jpg'],
  ['CON', '_CON'],
  ['aux.jpg', '_aux.jpg'],
  ['com1.tar.gz', '_com1.tar.gz'],
  ['console.jpg', 'console.jpg'],
  ['a:b.jpg', 'a_b.jpg'],
  ['<>|?*".jpg', '______.jpg'],
  ['c:\\x\\y.jpg', 'c__x_y.jpg'],
  ['evil\u202egpj.exe', 'evilgpj.exe'],
  ['', 'file'],
  ['...', 'file'],
  ['trailing. ', 'trailing'],
  [' lead.jpg', 'lead.jpg'],
  ['\ud800.jpg', '\ufffd.jpg'],
  ['свадьба 👨‍👩‍👧.jpg', 'свадьба 👨‍👩‍👧.jpg'],
] as const)
  test(`${JSON.stringify(given)} becomes ${JSON.stringify(safe)}`, () => assert.equal(safeName(given), safe))

test('a name of 300 bytes is cut between characters and keeps its ending', () => {
  const name = safeName(`${'ü'.repeat(150)}.jpg`)
  assert.ok(Buffer.byteLength(name) <= 200 && name.endsWith('ü.jpg'))
})
test('numbered names keep the order, id names show nothing of the file', () => {
  assert.deepEqual(nameAll(files('b.jpg', 'a.jpg'), 'numbered'), ['0001_b.jpg', '0002_a.jpg'])
  assert.deepEqual(nameAll(files('b.JPG'), 'id'), ['id0.jpg'])
})
test('any names come out distinct, legal, short, and the same again', () => {
  const part = fc.constantFrom(
    'a',
    'A',
    'ß',
    'ss',
    'é',
    'e\u0301',
    '/',
    '\\',
    '..',
    'CON',
    '.',
    ' ',
    '\0',
    '\u202e',
    '(2)',
    ' (2)',
    '👩‍👧',
    'x'.repeat(120),
  )
  const name = fc.array(part, { maxLength: 8 }).map((p) => p.join(''))
  fc.assert(
    fc.property(
      fc.array(fc.tuple(name, fc.constantFrom('', '.jpg', '.JPG')), { maxLength: 30 }),
      fc.constantFrom('original' as const, 'numbered' as const),
      (given, naming) => {
        const list = files(...given.map(([a, b]) => a + b))
        const names = nameAll(list, naming)
        assert.equal(new Set(names.map(fold)).size, names.length)
        for (const n of names) {
          assert.ok(Buffer.byteLength(n) <= 200 && n.length > 0)
          assert.ok(!/[/\\<>:"|?*\u0000-\u001f]/.test(n) && !/[. ]$/.test(n) && n === n.normalize('NFC'))
          assert.ok(!/^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i.test(n))
        }
        assert.deepEqual(nameAll(list, naming), names)
      },
    ),
    { numRuns: 2000 },
  )
})
test('20,000 files of one name are named in well under a second of work', () => {
  assert.equal(
    new Set(
      nameAll(
        Array.from({ length: 20_000 }, (_, i) => ({ id: String(i), originalName: 'x.jpg' })),
        'original',
      ),
    ).size,
    20_000,
  )
})
