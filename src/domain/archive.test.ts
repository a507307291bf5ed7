import assert from 'node:assert/strict'
import { test } from 'node:test'
import { minutes } from '../base/clock.ts'
import { type Archive, archiveWord, eta, mayRetryByAsking, percent } from './archive.ts'

const of = (status: Archive['status']) => ({ status }) as Archive

test('one status is spoken in the words of 000', () => {
  assert.equal(archiveWord(undefined, undefined, false), 'none')
  assert.equal(archiveWord(of('queued'), undefined, false), 'pending')
  assert.equal(archiveWord(of('verifying'), undefined, false), 'processing')
  assert.equal(archiveWord(of('ready'), of('ready'), true), 'ready')
  assert.equal(archiveWord(of('ready'), of('ready'), false), 'outdated')
  assert.equal(archiveWord(of('processing'), of('ready'), false), 'processing')
  assert.equal(archiveWord(of('failed'), of('ready'), false), 'outdated')
  assert.equal(archiveWord(of('failed'), undefined, false), 'failed')
})
test('asking again restarts a failed build after 1, 5 and 30 minutes, then no more (X-08)', () => {
  const failed = new Date(0)
  const may = (failures: number, later: number) => mayRetryByAsking(failures, failed, new Date(later))
  assert.deepEqual(
    [may(1, minutes(1) - 1), may(1, minutes(1)), may(2, minutes(4)), may(2, minutes(5)), may(3, minutes(30))],
    [false, true, false, true, true],
  )
  assert.equal(may(4, minutes(100_000)), false)
})
test('percent never says 100 before the archive is verified', () => {
  assert.equal(percent({ status: 'processing', processedBytes: 100, fileSizeBytes: 100 }), 50)
  assert.equal(percent({ status: 'verifying', processedBytes: 100, fileSizeBytes: 100 }), 99)
  assert.equal(percent({ status: 'ready', processedBytes: 0, fileSizeBytes: 100 }), 100)
  assert.equal(percent({ status: 'failed', processedBytes: 50, fileSizeBytes: 100 }), 0)
})
test('the ETA counts what is left of building and verifying', () => {
  assert.equal(eta('processing', 50, 100, 1000), 3)
  assert.equal(eta('verifying', 50, 100, 1000), 1)
  assert.equal(eta('processing', 0, 100, 1000), null)
})
