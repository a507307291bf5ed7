/** Parts: enough for the largest object, equal, and every byte in exactly one of them. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { partBytes, partsOf } from './s3-parts.ts'

const MiB = 2 ** 20

test('10,000 parts reach 5 TiB, and a part is never smaller than a server takes', () => {
  for (const total of [0, 1, 8 * MiB, 80_000 * MiB, 80_000 * MiB + 1, 2 ** 40, 5 * 2 ** 40]) {
    const size = partBytes(total)
    assert.ok(size >= 5 * MiB && size <= 5 * 2 ** 30)
    assert.ok(Math.ceil(total / size) <= 10_000, `${total}`)
  }
})

test('parts are equal but the last, and hold every byte once, in order', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(100)), fc.integer({ min: 1, max: 64 }), (lengths, size) => {
      const parts = [...partsOf(lengths.entries(), ([, length]) => length, size)]
      const expected = lengths.flatMap((length, i) => Array.from({ length }, (_, at) => `${i}:${at}`))
      const found = parts.flatMap(({ slices }) =>
        slices.flatMap(({ stretch: [i], from, length }) => Array.from({ length }, (_, at) => `${i}:${from + at}`)),
      )
      assert.deepEqual(found, expected)
      for (const part of parts.slice(0, -1)) assert.equal(part.size, size)
      for (const [n, part] of parts.entries()) {
        assert.equal(part.number, n + 1)
        let at = 0
        for (const slice of part.slices) {
          assert.equal(slice.at, at)
          at += slice.length
        }
        assert.equal(part.size, at)
      }
    }),
  )
})
