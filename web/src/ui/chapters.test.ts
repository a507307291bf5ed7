import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chaptersOf } from './chapters.ts'

const item = (id: number, chapter: string | null) => ({ id, chapter })

test('chapters stand in the order of their first items, and keep the order of theirs', () => {
  const found = chaptersOf([item(1, null), item(2, 'Party'), item(3, 'Ceremony'), item(4, 'Party'), item(5, null)])
  assert.deepEqual(
    found.map(({ name, items }) => [name, items.map(({ id }) => id)]),
    [
      [null, [1, 5]],
      ['Party', [2, 4]],
      ['Ceremony', [3]],
    ],
  )
  assert.deepEqual(chaptersOf([]), [])
})
