import assert from 'node:assert/strict'
import { test } from 'node:test'
import { jsonLog } from './log.ts'

const clock = { now: () => new Date('2026-06-06T10:00:00Z') }

test('an error in the facts keeps its words, its code and its cause', () => {
  let line = ''
  const error = Object.assign(new TypeError('what went wrong', { cause: new Error('why') }), { code: 'E1' })
  jsonLog({ write: (text) => (line += text) }, clock, 'info').warn({ err: error, rows: 3n }, 'a job failed')
  const { err, rows } = JSON.parse(line)
  assert.deepEqual([err.message, err.code, err.cause.message, rows], ['what went wrong', 'E1', 'why', '3'])
})

test('what opens something is blotted out, wherever it stands in a line (P19)', () => {
  let text = ''
  const log = jsonLog({ write: (line) => (text += line) }, clock, 'info', ['canary"word', 'other/canary'])
  log.info(
    { url: 'http://x/d/canary.abc-1?x=1', list: ['Bearer canary', { cookie: 'a=canary', 'x-api-key': 'canary' }] },
    'GET /api/download/1?token=canary&x=2',
  )
  log.error({ err: new Error('connect postgres://keepsake:canary@db/x failed with ks_canary12345') }, 'smtp://mara:canary@mail says no')
  const token = `canary-${'x'.repeat(67)}`
  for (const place of ['s', 'invite', 'unsubscribe', 'extend']) log.warn({}, `no answer for https://x/${place}/${token}`)
  log.warn({ said: `/media/1?link=${token} whsec_canary` }, 'POST /api/ingest/s3-events?secret=canary')
  // as a mail server repeats the login that it refuses, wherever the password begins in it
  for (const user of ['', 'i', 'id', 'ida'])
    log.error({}, `535 no: AUTH PLAIN ${Buffer.from(`\0${user}\0other/canary`).toString('base64')}`)
  log.warn({ said: 'canary"word', path: encodeURIComponent('other/canary'), Authorization: 'canary' }, 'x')
  assert.doesNotMatch(text, /canary/)
  assert.doesNotMatch(text, /x{10}/)
  for (const [, packed] of text.matchAll(/AUTH PLAIN ([\w+/=[\]]+)/g)) assert.match(packed!, /^[\w+/]{0,8}\[hidden\][\w+/=]{0,4}$/)
  assert.match(text, /http:\/\/x\/d\/\[hidden\]/)
  assert.match(text, /postgres:\/\/keepsake:\[hidden\]@db/)
  for (const line of text.trim().split('\n')) assert.ok(JSON.parse(line).time, 'every line is JSON still')
})
