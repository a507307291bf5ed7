/** The rules of the rescue, by tables of cases. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { after, days, hours, minutes } from '../base/clock.ts'
import { daysLeft, mediaName, nextTry, schedule, stagesOf } from './rescue.ts'

const now = new Date('2026-06-06T10:00:00Z')
const keeping = { retentionDays: 15, leadDays: 13 }
const at = (ms: number) => after(now, ms)

test('a track is fetched 13 days after it was made, 2 days before it goes, and never in the past', () => {
  const cases: [madeAt: Date | null, expiresAt: Date | null, scheduledAt: Date, ends: Date][] = [
    [now, null, at(days(13)), at(days(15))],
    [null, null, at(days(13)), at(days(15))],
    [at(-days(3)), null, at(days(10)), at(days(12))],
    // its time has passed by our rule: it is tried at once all the same
    [at(-days(20)), null, now, at(-days(5))],
    // the provider says when
    [now, at(days(5)), at(days(3)), at(days(5))],
    [now, at(days(1)), now, at(days(1))],
    // a provider's clock that runs ahead
    [at(days(9)), null, at(days(13)), at(days(15))],
  ]
  for (const [madeAt, expiresAt, scheduledAt, ends] of cases) {
    const found = schedule({ madeAt, expiresAt }, keeping, now)
    assert.deepEqual([found.scheduledAt, found.expiresAt], [scheduledAt, ends])
  }
  const hour = schedule({ madeAt: now, expiresAt: null }, { retentionDays: 1 / 24, leadDays: 0 }, now)
  assert.deepEqual([hour.scheduledAt, hour.expiresAt], [now, at(hours(1))])
})

test('tries come closer as the end does, the last one at the end itself, and then there is none', () => {
  assert.deepEqual(nextTry(1, at(days(2)), now), at(minutes(5)))
  assert.deepEqual(nextTry(9, at(days(2)), now), at(hours(6)))
  assert.deepEqual(nextTry(9, at(hours(4)), now), at(hours(2)))
  assert.deepEqual(nextTry(9, at(minutes(3)), now), at(minutes(1.5)))
  assert.deepEqual(nextTry(9, at(minutes(0.5)), now), at(minutes(0.5)))
  assert.equal(nextTry(1, now, now), null)
  // a provider that asks for a day, or for more than is left, is asked before
  assert.deepEqual(nextTry(1, at(days(2)), now, days(1)), at(minutes(15)))
  assert.deepEqual(nextTry(1, at(minutes(20)), now, days(9)), at(minutes(10)))
  let [tries, time] = [0, now]
  for (let next: Date | null = now; next; next = nextTry(tries, at(days(2)), time)) {
    time = next
    tries++
    assert.ok(tries < 100)
  }
  assert.deepEqual(time, at(days(2)))
})

test('each stage of danger is reached once, and what is saved is in none', () => {
  const track = { state: 'retrying' as const, rounds: 1, scheduledAt: now, expiresAt: at(days(2)) }
  assert.deepEqual(stagesOf({ ...track, expiresAt: at(days(9)) }, now), ['failed'])
  assert.deepEqual(stagesOf(track, at(minutes(5))), ['failed', 'urgent'])
  assert.deepEqual(stagesOf(track, at(hours(25))), ['failed', 'urgent', 'half'])
  assert.deepEqual(stagesOf(track, at(hours(39))), ['failed', 'urgent', 'half', 'late'])
  assert.deepEqual(stagesOf({ ...track, state: 'lost' }, at(days(3))).at(-1), 'lost')
  assert.deepEqual(stagesOf({ ...track, state: 'scheduled', rounds: 0 }, at(minutes(5))), [])
  // nobody has come for it: a worker that is down is told as well
  assert.deepEqual(stagesOf({ ...track, state: 'scheduled', rounds: 0 }, at(hours(39))), ['half', 'late'])
  for (const state of ['partial', 'rescued', 'deleted'] as const) assert.deepEqual(stagesOf({ ...track, state }, at(hours(39))), [])
})

test('days left are never rounded up, and files are called as their track is', () => {
  assert.deepEqual([daysLeft(at(days(2) - 1), now), daysLeft(at(-1), now), daysLeft(at(days(13)), now)], [1.9, -0.1, 13])
  assert.equal(mediaName({ title: 'Lovely', artist: 'Mara' }, 'mp3'), 'Mara - Lovely.mp3')
  assert.equal(mediaName({ title: 'a/b', artist: null }, 'jpg'), 'a_b.jpg')
  assert.equal(mediaName({ title: ' ', artist: '' }, 'mp4'), 'Track.mp4')
})
