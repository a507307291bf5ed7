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
