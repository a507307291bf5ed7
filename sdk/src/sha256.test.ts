import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { sha256 } from './sha256.ts'

test('the SHA-256 of bytes is the one everybody else takes, in whatever pieces they come', () => {
  const bytes = randomBytes(300_000)
  for (const length of [0, 1, 3, 55, 56, 57, 63, 64, 65, 119, 120, 127, 128, 129, 1000, 300_000]) {
    for (const piece of [1, 7, 64, 65, 4096, 1_000_000]) {
      if (length / piece > 5000) continue
      const hash = sha256()
      for (let at = 0; at < length; at += piece) hash.update(bytes.subarray(at, Math.min(length, at + piece)))
      const expected = createHash('sha256').update(bytes.subarray(0, length)).digest('hex')
      assert.equal(hash.hex(), expected, `${length} bytes in pieces of ${piece}`)
    }
  }
})
