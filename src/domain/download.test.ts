import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Answer, agentFamily, type Copy, covered, isWhole, join, lengthOf, nothing, type Stretch, take } from './download.ts'

const answer = (from: number, sure: number, until: number, begun: number, last = begun, to = until): Answer => ({
  from,
  sure,
  until,
  to,
  begun,
  last,
})
const after = (...answers: Answer[]): Copy => answers.reduce(take, nothing)

test('what was received whole is joined, in any order', () => {
  const copy = after(answer(50, 100, 100, 1), answer(0, 20, 20, 2), answer(10, 50, 50, 3))
  assert.deepEqual(covered(copy, 1000), [{ from: 0, to: 100 }])
  assert.ok(isWhole(covered(copy, 1000), 100))
  assert.ok(!isWhole(covered(copy, 1000), 101))
})

test('of a broken answer only the sure part counts, until somebody goes on inside of what was under way', () => {
  const cut = answer(0, 30, 60, 1, 5)
  assert.deepEqual(covered(after(cut), 100), [{ from: 0, to: 30 }])
  assert.deepEqual(covered(after(cut, answer(45, 100, 100, 6)), 100), [{ from: 0, to: 100 }])
  assert.deepEqual(covered(after(answer(45, 100, 100, 6), cut), 100), [{ from: 0, to: 100 }], 'also when the break is noticed late')
  assert.deepEqual(
    covered(after(cut, answer(61, 100, 100, 6)), 100),
    [
      { from: 0, to: 30 },
      { from: 61, to: 100 },
    ],
    'nobody can have more than was sent',
  )
})

test('who asked for another part while the bytes still flowed has not gone on', () => {
  const first = answer(0, 30, 60, 1, 5)
  const beside = answer(45, 100, 100, 4)
  assert.equal(lengthOf(covered(after(first, beside), 200)), 85)
})

test('of several who go on the one furthest behind says where it broke', () => {
  assert.equal(lengthOf(covered(after(answer(0, 30, 60, 1, 5), answer(55, 100, 100, 6), answer(40, 55, 55, 7)), 100)), 100)
  assert.equal(lengthOf(covered(after(answer(0, 30, 60, 1, 5), answer(55, 100, 100, 6), answer(40, 45, 45, 7)), 100)), 90)
})

test('a line broken off where another had begun counts when nothing else is missing', () => {
  const first = answer(0, 30, 60, 1, 5, 100)
  const second = answer(50, 100, 100, 2)
  assert.equal(lengthOf(covered(after(first, second), 100)), 100)
  assert.equal(lengthOf(covered(after(first, answer(50, 90, 100, 2)), 100)), 70, 'but not when the other one is broken as well')
  assert.equal(lengthOf(covered(after(answer(0, 30, 50, 1, 5, 50), second), 100)), 80, 'nor when it had nothing more to fetch')
})

test('very many pieces claim less, never more', () => {
  let copy = nothing
  for (let n = 0; n < 1500; n++) copy = take(copy, answer(n * 10, n * 10 + 1 + (n % 3), n * 10 + 1 + (n % 3), n))
  assert.equal(copy.received.length, 1000)
  assert.equal(copy.answers.length, 256)
  assert.ok(copy.received.every((s) => s.from % 10 === 0 && s.to <= s.from + 3))
  assert.equal(lengthOf(covered(copy, 100_000)), 500 * 3 + 500 * 2)
})

/** A reader on one line after the other, each broken anywhere; what is under way when it breaks is lost. */
const lines = fc.array(fc.record({ got: fc.nat(300), lost: fc.nat(40), restart: fc.boolean(), late: fc.boolean() }), { maxLength: 90 })

test('whatever breaks wherever, nothing is claimed that did not arrive, and going on to the end completes it', () => {
  const size = 1000
  const underWay = 50
  fc.assert(
    fc.property(lines, (cuts) => {
      let copy = nothing
      let has = 0
      let most = 0
      let held: Answer | undefined
      cuts.forEach(({ got, lost, restart, late }, n) => {
        const from = restart ? 0 : has
        has = Math.min(size - 1, from + got)
        most = Math.max(most, has)
        const until = Math.min(size, has + lost)
        const ended = answer(from, Math.max(from, until - underWay), until, 2 * n, 2 * n + 1)
        if (held) copy = take(copy, held)
        held = late ? ended : undefined
        if (!late) copy = take(copy, ended)
        assert.ok(within(covered(copy, 1000), [{ from: 0, to: most }]))
      })
      if (held) copy = take(copy, held)
      copy = take(copy, answer(has, size, size, 1000))
      assert.ok(isWhole(covered(copy, 1000), size), JSON.stringify(covered(copy, 1000)))
    }),
    { numRuns: 2000 },
  )
})

const within = (claimed: Stretch[], had: Stretch[]) => claimed.every((c) => join(had).some((h) => h.from <= c.from && c.to <= h.to))

test('programs are told apart as families', () => {
  const edge = 'Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Safari/537.36 Edg/130.0'
  assert.equal(agentFamily(edge), 'edge')
  assert.equal(agentFamily(edge.replace(/ Edg.*/, '')), 'chrome')
  assert.equal(agentFamily('Mozilla/5.0 (iPhone) AppleWebKit/605.1.15 Version/18.0 Mobile/15E148 Safari/604.1'), 'safari')
  assert.deepEqual(['curl/8.5.0', 'Wget/1.21', 'aria2/1.36.0', 'secret name', undefined].map(agentFamily), [
    'curl',
    'wget',
    'aria2',
    'other',
    'other',
  ])
})
