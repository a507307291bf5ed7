import assert from 'node:assert/strict'
import { test } from 'node:test'
import { photoBytes } from '../../../test/pictures.ts'
import { capturedAt } from './captured.ts'

test('the moment a JPEG was taken is read from its first bytes', async () => {
  const photo = await photoBytes(3, { width: 300, height: 200 })
  assert.equal(capturedAt(photo), '2026-06-04T11:03:21')
  assert.equal(capturedAt(photo.subarray(0, 4096)), '2026-06-04T11:03:21')
})
test('bytes cut or changed anywhere give a moment or none, never a failure', async () => {
  const photo = (await photoBytes(3, { width: 300, height: 200 })).subarray(0, 2048)
  for (let n = 0; n < photo.length; n++) {
    capturedAt(photo.subarray(0, n))
    const changed = Buffer.from(photo)
    changed[n]! ^= 0xff
    const time = capturedAt(changed)
    assert.ok(time === undefined || /^[+-]?\d+-\d\d-\d\dT/.test(time))
  }
})
