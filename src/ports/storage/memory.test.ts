/** Memory storage passes the contract, and tells what a power cut takes. */

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { systemClock } from '../../base/clock.ts'
import { memoryStorage } from './memory.ts'
import { bodyOf, literal, named, readRange, refuses } from './samples.ts'
import { storageSuite } from './suite.ts'

storageSuite('memory', async () => {
  const storage = memoryStorage({ clock: systemClock })
  return { storage, cleanup: async () => {}, reopen: () => storage.reopen(), loseMarker: async () => storage.loseMarker() }
})

async function identified(sync = true) {
  const storage = memoryStorage({ clock: systemClock, sync })
  await storage.identify('a')
  return storage
}

test('what a write answered survives a power cut', async () => {
  const storage = await identified()
  const bytes = randomBytes(200_000)
  await storage.put('put', bytes)
  await storage.assemble('assembled', [literal(bytes)])
  await storage.beginUpload(named('u'))
  await storage.appendUpload(named('u'), 0, bodyOf(bytes, 1000), 1e6)
  await storage.beginUpload(named('v'))
  await storage.appendUpload(named('v'), 0, bodyOf(bytes, 1000), 1e6)
  await storage.finishUpload(named('v'), 'finished')
  storage.powerCut()
  for (const key of ['put', 'assembled', 'finished']) assert.ok(bytes.equals(await readRange(storage, key, 0, bytes.length)))
  await storage.finishUpload(named('u'), 'later')
  assert.equal(await storage.size('later'), bytes.length)
})

test('control: without syncs a power cut takes everything', async () => {
  const storage = await identified(false)
  await storage.put('k', randomBytes(10))
  storage.powerCut()
  await refuses('storage_unreachable', storage.size('k'))
})

test('a crash before any effect leaves the old or the new state', async () => {
  const bytes = randomBytes(200_000)
  for (let n = 0; ; n++) {
    const storage = await identified()
    await storage.beginUpload(named('u'))
    await storage.appendUpload(named('u'), 0, bodyOf(bytes, 70_000), 1e6)
    let effects = 0
    storage.faults.before = () => {
      if (effects++ === n) storage.powerCut()
    }
    const done: string[] = []
    const steps = { put: () => storage.put('put', bytes), finished: () => storage.finishUpload(named('u'), 'finished') }
    for (const [key, step] of Object.entries(steps)) {
      await step().then(
        () => done.push(key),
        () => {},
      )
    }
    storage.faults.before = undefined
    for (const key of Object.keys(steps)) {
      const size = await storage.size(key)
      assert.ok(size === bytes.length || (size === null && !done.includes(key)), `${key} after ${n} effects: ${size}`)
    }
    await storage.finishUpload(named('u'), 'finished')
    if (done.length === 2 && effects <= n) break
  }
})

test('a crash or power cut before any effect of a takeover or of the end after it loses nothing acknowledged', async () => {
  const bytes = randomBytes(50_000)
  for (const how of ['crash', 'powerCut'] as const)
    for (let n = 0; ; n++) {
      const storage = await identified()
      await storage.beginUpload(named('u'))
      await storage.appendUpload(named('u'), 0, bodyOf(bytes, 20_000), 1e6)
      let effects = 0
      storage.faults.before = () => {
        if (effects++ === n) storage[how]()
      }
      const end = async () => {
        await storage.takeUpload(named('u', 1), bytes.length)
        await storage.finishUpload(named('u', 1), 'k')
      }
      await end().catch(() => {})
      storage.faults.before = undefined
      await storage.takeUpload(named('u', 2), bytes.length)
      await storage.finishUpload(named('u', 2), 'k')
      storage.powerCut()
      assert.ok(bytes.equals(await readRange(storage, 'k', 0, bytes.length)), `${how} after ${n} effects`)
      for (const generation of [0, 1, 2]) await refuses('upload_unknown', storage.openUpload(named('u', generation), 0, 0))
      if (effects <= n) break
    }
})

test('what was deleted stays away, also when the first try was killed before its sync', async () => {
  const storage = await identified()
  await storage.put('k', randomBytes(10))
  storage.faults.before = (op) => {
    if (op === 'syncFolder') storage.crash()
  }
  await refuses('storage_unreachable', storage.delete('k'))
  storage.faults.before = undefined
  await storage.delete('k')
  storage.powerCut()
  assert.equal(await storage.size('k'), null)
})

test('damage on demand is seen by readers', async () => {
  const storage = await identified()
  const bytes = randomBytes(1000)
  for (const key of ['a', 'b', 'c']) await storage.put(key, bytes)
  storage.corrupt('a', 500)
  storage.truncate('b', 10)
  storage.lose('c')
  assert.ok(!bytes.equals(await readRange(storage, 'a', 0, 1000)))
  await refuses('source_changed', storage.open('b', 0, 1000), { reason: 'short' })
  await refuses('source_changed', storage.open('c', 0, 1000), { reason: 'missing' })
})
