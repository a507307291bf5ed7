import assert from 'node:assert/strict'
import { Buffer } from 'node:buffer'
import { test } from 'node:test'
import fc from 'fast-check'
import { fold } from '../base/fold.ts'
import { clashes, readName, unsafeName } from './names.ts'

const part = fc.oneof(
  fc.constantFrom('', '.', '..', '...', 'a', 'C:', ':', '\\', '\0', '\u0085', '\ud800', '日本', 'a.b', '.hidden', ' '),
  fc.string({ unit: 'binary' }),
)

test('a name is safe only if each of its parts is', () => {
  fc.assert(
    fc.property(fc.array(part, { minLength: 1, maxLength: 80 }), (parts) => {
      const name = parts.join('/')
      const all = name.split('/')
      const harmless =
        name.isWellFormed() &&
        ![...name].some((c) => c < ' ' || c === '\\' || (c >= '\u007f' && c <= '\u009f')) &&
        !all.some((one) => one === '' || one === '.' || one === '..') &&
        !/^[a-zA-Z]:/.test(name) &&
        all.length <= 65
      assert.equal(unsafeName(name) === null, harmless, JSON.stringify(name))
    }),
    { numRuns: 5000 },
  )
})

test('names of one fold clash, and a file is no folder', () => {
  const table: [string[], string[]][] = [
    [['a', 'b'], []],
    [['a', 'A'], ['collision']],
    [['ﬁ', 'FI'], ['collision']],
    [['x/a', 'X/b'], []],
    [['x/a', 'X/A'], ['collision']],
    [['x', 'X/b'], ['file_and_folder']],
    [['x/y/z', 'x/y'], ['file_and_folder']],
    [['x/', 'x/y'], []],
    [['x/', 'x'], ['file_and_folder']],
    [
      ['a', 'a', 'a'],
      ['duplicate', 'duplicate'],
    ],
  ]
  for (const [names, reasons] of table)
    assert.deepEqual(
      clashes(names).map((clash) => clash.reason),
      reasons,
      names.join(' '),
    )
})

test('a fold is its own fold', () => {
  fc.assert(fc.property(fc.string({ unit: 'grapheme' }), (name) => assert.equal(fold(fold(name)), fold(name))))
})

test('any bytes at all give some name, and the same bytes the same name', () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.boolean(), (bytes, utf8) => {
      const one = readName(Buffer.from(bytes), utf8, Buffer.alloc(0))
      assert.deepEqual(readName(Buffer.from(bytes), utf8, Buffer.alloc(0)), one)
    }),
  )
})
