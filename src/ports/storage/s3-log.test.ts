/** The log of an upload: whatever arrives late, what the last append answered is what is read. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { beginPath, readLog, recordPath } from './s3-log.ts'

const upload = { id: 'u', generation: 3 }

interface Record {
  path: string
  size: number
  modified: number
}

/** Which record and which byte of it stands at each offset. */
const bytesOf = (records: Record[]): string[] =>
  readLog(records).segments.flatMap(({ path, from, to }) => Array.from({ length: to - from }, (_, i) => `${path}#${i}`))

test('records that were given up and arrive late change nothing that was acknowledged', () => {
  const append = fc.record({
    /** where it begins, as a part of what was acknowledged */
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    sizes: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 }),
    /** how many of its records arrive in time; fewer than all: it is not acknowledged */
    arrive: fc.nat(4),
    late: fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
  })
  fc.assert(
    fc.property(fc.array(append, { maxLength: 8 }), fc.infiniteStream(fc.nat(1)), (appends, clock) => {
      let there: Record[] = []
      const late: Record[] = []
      let acknowledged: string[] = []
      let now = 0
      for (const { at, sizes, arrive, late: arrives } of appends) {
        now += clock.next().value
        const held = readLog(there)
        const number = Math.max(++now, held.last + 1)
        let offset = Math.floor(at * acknowledged.length)
        // who appends there has given up what came after, as on disk
        acknowledged = acknowledged.slice(0, offset)
        // tokens fall while time rises: only the number may decide
        const own = sizes.map((size, n) => {
          const record = { path: recordPath(upload, { number, token: `t${1000 - now}` }, n, offset), size, modified: now }
          offset += size
          return record
        })
        there = [...there, ...own.slice(0, arrive)]
        if (arrive < own.length) {
          late.push(...own.slice(arrive).filter((_, n) => arrives[n]))
          // not acknowledged: the sender's offset stays
          continue
        }
        acknowledged = [...acknowledged, ...own.flatMap(({ path, size }) => Array.from({ length: size }, (_, i) => `${path}#${i}`))]
        // in any order of arrival, and of listing
        for (const records of [there, [...there].reverse(), [...late, ...there]])
          assert.deepEqual(bytesOf(records).slice(0, acknowledged.length), acknowledged)
      }
    }),
  )
})

test('an upload is there when it was begun, and as long as its records reach without a gap', () => {
  const record = (n: number, offset: number, size: number) => ({
    path: recordPath(upload, { number: 5, token: 't' }, n, offset),
    size,
    modified: 7,
  })
  const begin = { path: beginPath(upload), size: 0, modified: 1 }
  assert.deepEqual(readLog([]), { begun: false, size: 0, segments: [], last: 0, paths: [], modified: 0 })
  assert.equal(readLog([record(0, 0, 10)]).begun, false)
  const held = readLog([begin, record(0, 0, 10), record(2, 20, 10)])
  assert.deepEqual([held.begun, held.size, held.last, held.paths.length, held.modified], [true, 10, 5, 3, 7])
  assert.equal(readLog([begin, record(0, 0, 10), record(1, 4, 0)]).size, 4)
})
