import assert from 'node:assert/strict'
import { test } from 'node:test'
import { after, days, hours } from '../base/clock.ts'
import { endOfRestored, extended, type Invited, nextStep, stepAt, toRemind, toTell } from './expiry.ts'

const end = new Date('2026-07-16T10:00:00Z')
const before = (ms: number) => after(end, -ms)

test('a reminder belongs to the last step that has come, and none comes after the end', () => {
  const cases: [number, number | undefined, number | null][] = [
    [days(31), undefined, 30],
    [days(30), 30, 7],
    [days(8), 30, 7],
    [days(7), 7, 1],
    [days(5), 7, 1],
    [days(1), 1, null],
    [hours(1), 1, null],
    [0, undefined, null],
    [-days(1), undefined, null],
  ]
  for (const [left, step, next] of cases) {
    assert.equal(stepAt(end, before(left)), step, `${left / days(1)} days before`)
    assert.deepEqual(nextStep(end, before(left)), next === null ? null : before(days(next)), `${left / days(1)} days before`)
  }
})

test('an end is put off from today, or from itself while it is still to come', () => {
  assert.deepEqual(extended(end, after(end, days(3))), after(end, days(33)))
  assert.deepEqual(extended(end, before(days(3))), after(end, days(30)))
})

test('a gallery that comes back keeps its end, or that it has none; one that is over or near is 30 days away', () => {
  const cases: [ends: Date | null, then: Date | null][] = [
    [null, null],
    [before(days(40)), after(end, days(30))],
    [after(end, days(2)), after(end, days(30))],
    [after(end, days(31)), after(end, days(31))],
  ]
  for (const [expiresAt, then] of cases) assert.deepEqual(endOfRestored({ expiresAt }, end), then, String(expiresAt))
})

const now = before(days(7))
const client = (id: string, change: Partial<Invited> = {}): Invited => ({
  id,
  email: `${id}@example.com`,
  notifyOnArchive: true,
  permission: 'download',
  accessExpiresAt: null,
  createdAt: before(days(40)),
  ...change,
})
const clients = [
  client('lacks'),
  client('has'),
  client('looks', { permission: 'view' }),
  client('over', { accessExpiresAt: before(days(10)) }),
  client('silent', { notifyOnArchive: false }),
  client('fresh', { createdAt: before(days(7) + hours(3)) }),
]
const gallery = { customerEmail: 'Customer@example.com', isPublic: true, downloadEnabled: true }
const remind = (change: Partial<typeof gallery>, complete = ['has']) =>
  toRemind({ ...gallery, ...change }, clients, new Set(complete), now).map(({ recipient }) => recipient.split('@')[0])

test('who may download, wants letters, lacks a copy and was not invited today is reminded; and a customer who can come', () => {
  assert.deepEqual(remind({}), ['lacks', 'Customer'])
  assert.deepEqual(remind({}, ['has', 'lacks']), ['Customer'])
  assert.deepEqual(remind({ isPublic: false }), ['lacks'])
  assert.deepEqual(remind({ downloadEnabled: false }), [])
  // one person, one letter: the one with a link of their own
  assert.deepEqual(remind({ customerEmail: 'LACKS@example.com' }), ['lacks'])
})

test('who could come until the end is told of it, and the customer, each once', () => {
  const told = (customerEmail: string) =>
    toTell({ ...gallery, customerEmail }, clients, now).map(({ recipient }) => recipient.split('@')[0])
  assert.deepEqual(told('customer@example.com'), ['lacks', 'has', 'looks', 'fresh', 'customer'])
  assert.deepEqual(told('Has@example.com'), ['lacks', 'has', 'looks', 'fresh'])
})
