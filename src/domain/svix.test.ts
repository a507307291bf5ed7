import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isCode } from '../base/errors.ts'
import { checkSignature } from './svix.ts'

// the example that Svix publishes
const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
const event = {
  id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
  timestamp: '1614265330',
  signatures: 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  body: Buffer.from('{"test": 2432232314}'),
}
const now = new Date(1614265330_000)

test('the published example is signed, also beside other signatures and five minutes away', () => {
  checkSignature(event, secret, now)
  checkSignature({ ...event, signatures: `v1,AAAA v2,x ${event.signatures}` }, secret, now)
  for (const ms of [-300_000, 300_000]) checkSignature(event, secret, new Date(now.getTime() + ms))
})

test('any other id, time, body, secret or moment is not', () => {
  const refused = (change: Partial<typeof event>, at = now, key = secret) =>
    assert.throws(
      () => checkSignature({ ...event, ...change }, key, at),
      (error) => isCode(error, 'signature_invalid'),
      JSON.stringify(change),
    )
  refused({ id: 'msg_other' })
  refused({ timestamp: '1614265331' })
  refused({ timestamp: '1614265330 ' })
  refused({ timestamp: '' })
  refused({ body: Buffer.from('{"test": 2432232315}') })
  refused({ signatures: event.signatures.replace('v1', 'v2') })
  refused({ signatures: event.signatures.replace('g0', 'g1') })
  refused({ signatures: '' })
  refused({}, now, 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSx')
  for (const ms of [-301_000, 301_000]) refused({}, new Date(now.getTime() + ms))
})
