import assert from 'node:assert/strict'
import { test } from 'node:test'
import { moved, type Ordered, places, sorted } from './order.ts'

const item = (id: string, position: number, name = `${id}.jpg`, capturedAt: string | null = null): Ordered => ({
  id,
  position,
  name,
  capturedAt,
})
const four = [item('a', 10), item('b', 20), item('c', 30), item('d', 40)]
const names = (items: Ordered[] | undefined) => items?.map(({ id }) => id).join('')

test('chosen items move together, keep their order, and go before another one or to the end', () => {
  assert.equal(names(moved(four, new Set(['d', 'b']), 'a')), 'bdac')
  assert.equal(names(moved(four, new Set(['a']), null)), 'bcda')
  assert.equal(names(moved(four, new Set(['b', 'c']), 'c')), 'abcd')
  assert.equal(moved(four, new Set(['a']), 'nobody'), undefined)
})

test('names are ordered as people count, capture times as cameras wrote them, and what has none comes last', () => {
  const items = [
    item('a', 1, 'IMG_10.jpg', '2026-06-14T12:00:00'),
    item('b', 2, 'IMG_9.jpg'),
    item('c', 3, 'IMG_2.jpg', '2026-06-14T11:59:59'),
  ]
  assert.equal(names(sorted(items, 'name')), 'cba')
  assert.equal(names(sorted(items, 'captured')), 'cab')
})

test('only places that change are written, and no two items share one', () => {
  assert.deepEqual(places(four, moved(four, new Set(['c']), 'b')!), [
    { id: 'c', position: 20 },
    { id: 'b', position: 30 },
  ])
  const ties = [item('a', 5), item('b', 5), item('c', 5)]
  const after = moved(ties, new Set(['c']), 'a')!
  assert.deepEqual(places(ties, after), [
    { id: 'a', position: 6 },
    { id: 'b', position: 7 },
  ])
})
