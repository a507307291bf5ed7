import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { bytesOf, gaps, join, pieces, type Span } from './spans.ts'

const size = 60
const span = fc.tuple(fc.nat(size), fc.nat(size)).map(([a, b]): Span => [Math.min(a, b), Math.max(a, b)])
const marked = (spans: readonly Span[]) => Array.from({ length: size }, (_, at) => spans.some(([from, to]) => from <= at && at < to))

test('joined stretches hold the same bytes, in order and apart, and the gaps are all the others', () => {
  fc.assert(
    fc.property(fc.array(span), (spans) => {
      const joined = join(spans)
      assert.deepEqual(marked(joined), marked(spans))
      assert.ok(joined.every(([from, to], i) => from < to && (i === 0 || joined[i - 1]![1] < from)))
      assert.deepEqual(
        marked(gaps(spans, size)),
        marked(spans).map((held) => !held),
      )
      assert.equal(bytesOf(joined) + bytesOf(gaps(spans, size)), size)
    }),
  )
})

test('pieces are the same bytes, none longer than asked', () => {
  fc.assert(
    fc.property(span, fc.integer({ min: 1, max: 70 }), ([from, to], length) => {
      const cut = pieces([[from, to]], length)
      assert.equal(bytesOf(cut), to - from)
      assert.ok(cut.every(([a, b]) => a < b && b - a <= length))
      assert.deepEqual(join(cut), from < to ? [[from, to]] : [])
    }),
  )
})
