import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { seldom } from './seldom.ts'

/** A count that takes `took` ms of a clock of its own. */
function slowCount(took: number) {
  let at = 0
  let counted = 0
  const count = seldom(
    async () => {
      at += took
      return ++counted
    },
    () => at,
  )
  return {
    count,
    advance: (ms: number) => {
      at += ms
    },
  }
}

test('what is counted quickly is counted for everybody who asks', async () => {
  const { count } = slowCount(200)
  assert.deepEqual([await count(), await count(), await count()], [1, 2, 3])
})

test('what takes a second is counted again after a hundred seconds, and nobody waits for it', async () => {
  const { count, advance } = slowCount(1000)
  assert.equal(await count(), 1)
  advance(99_000)
  assert.equal(await count(), 1)
  advance(2000)
  assert.equal(await count(), 1, 'the last numbers, while it counts')
  await turn()
  assert.equal(await count(), 2)
})

test('a slow count that fails is tried by the next one who asks', async () => {
  let at = 0
  let calls = 0
  const count = seldom(
    async () => {
      at += 1000
      if (++calls === 2) throw new Error('the database is away')
      return calls
    },
    () => at,
  )
  assert.equal(await count(), 1)
  at += 200_000
  assert.equal(await count(), 1)
  await turn()
  assert.equal(await count(), 1)
  await turn()
  assert.equal(await count(), 3)
})
