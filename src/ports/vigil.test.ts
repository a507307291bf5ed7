/** Who waits for somebody that has gone hears of it; who waits for somebody that is only slow goes on. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { vigil } from './vigil.ts'

const short = { patience: 40, deadline: 40 }

test('what waits for a side that answers nobody is told, once', async () => {
  const watch = vigil({ ...short, probe: async () => Promise.reject(new Error('nobody')) })
  let told = 0
  watch.waits(() => told++)
  while (told === 0) await sleep(10)
  await sleep(300)
  assert.equal(told, 1)
})

test('a slow answer is waited for, as long as the other side lives', async () => {
  let asked = 0
  const watch = vigil({ ...short, probe: async () => asked++ })
  const over = watch.waits(() => assert.fail('given up'))
  while (asked < 2) await sleep(10)
  over()
})

test('nobody asks while nothing waits', async () => {
  let asked = 0
  const watch = vigil({ ...short, probe: async () => asked++ })
  watch.waits(() => {})()
  await sleep(200)
  assert.equal(asked, 0)
})
