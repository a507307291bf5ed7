/** Range and If-Range as tables: what RFC 9110 says for each spelling. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Answer, askedRange } from './range.ts'

const whole: Answer = { kind: 'whole' }
const none: Answer = { kind: 'unsatisfiable' }
const part = (from: number, to: number): Answer => ({ kind: 'part', from, to })

test('one range of bytes, in every spelling', () => {
  const cases: [string | undefined, number, Answer][] = [
    [undefined, 10, whole],
    ['bytes=0-0', 10, part(0, 1)],
    ['bytes=0-9', 10, part(0, 10)],
    ['bytes=0-', 10, part(0, 10)],
    ['bytes=3-5', 10, part(3, 6)],
    ['bytes=9-', 10, part(9, 10)],
    ['bytes=5-99999999999999999999999', 10, part(5, 10)],
    ['BYTES=1-2', 10, part(1, 3)],
    [' bytes=1-2 ', 10, part(1, 3)],
    ['bytes= 1-2 ,', 10, part(1, 3)],
    ['bytes=-3', 10, part(7, 10)],
    ['bytes=-10', 10, part(0, 10)],
    ['bytes=-11', 10, part(0, 10)],
    ['bytes=-99999999999999999999999', 10, part(0, 10)],
    ['bytes=-0', 10, none],
    ['bytes=10-', 10, none],
    ['bytes=10-20', 10, none],
    ['bytes=99999999999999999999999-', 10, none],
    ['bytes=0-', 0, none],
    ['bytes=0-0', 0, none],
    ['bytes=-1', 0, whole],
    ['bytes=-0', 0, none],
    // several ranges: the whole, as RFC 9110 14.2 allows
    ['bytes=0-1,3-4', 10, whole],
    ['bytes=0-1,99-', 10, whole],
    // not understood: ignored
    ['bytes=5-2', 10, whole],
    ['bytes=20-15', 10, whole],
    ['bytes=20-9', 10, whole],
    ['bytes=', 10, whole],
    ['bytes=-', 10, whole],
    ['bytes=,', 10, whole],
    ['bytes=a-b', 10, whole],
    ['bytes=1-2x', 10, whole],
    ['bytes=+1-2', 10, whole],
    ['bytes=1.0-2', 10, whole],
    ['bytes=0x1-2', 10, whole],
    ['bytes=--2', 10, whole],
    ['bytes 0-1', 10, whole],
    ['items=0-1', 10, whole],
    ['0-1', 10, whole],
    ['', 10, whole],
  ]
  for (const [range, size, answer] of cases) {
    assert.deepEqual(askedRange({ method: 'GET', range, etag: '"e"', size }), answer, `${range} of ${size}`)
    assert.deepEqual(askedRange({ method: 'HEAD', range, etag: '"e"', size }), whole, 'ranges are defined for GET alone')
  }
})

test('If-Range holds only for the same strong tag', () => {
  const cases: [string, Answer][] = [
    ['"e"', part(0, 1)],
    [' "e" ', part(0, 1)],
    ['"E"', whole],
    ['e', whole],
    ['W/"e"', whole],
    ['"e", "f"', whole],
    ['*', whole],
    ['', whole],
    ['Sat, 21 Nov 2026 13:10:05 GMT', whole],
  ]
  for (const [ifRange, answer] of cases) {
    assert.deepEqual(askedRange({ method: 'GET', range: 'bytes=0-0', ifRange, etag: '"e"', size: 10 }), answer, ifRange)
  }
  assert.deepEqual(
    askedRange({ method: 'GET', range: 'bytes=99-', ifRange: '"other"', etag: '"e"', size: 10 }),
    whole,
    'no 416 for other bytes',
  )
})

test('every part lies inside, whatever is asked', () => {
  for (let size = 0; size < 6; size++) {
    for (let a = 0; a < 8; a++) {
      for (let b = 0; b < 8; b++) {
        const answer = askedRange({ method: 'GET', range: `bytes=${a}-${b}`, etag: '"e"', size })
        if (answer.kind === 'part') assert.ok(answer.from < answer.to && answer.to <= size)
        else assert.equal(answer.kind, a > b ? 'whole' : 'unsatisfiable')
      }
    }
  }
})
