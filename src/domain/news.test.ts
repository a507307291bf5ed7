import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hours, minutes } from '../base/clock.ts'
import { dueAt, newsFor } from './news.ts'

const at = new Date('2026-06-06T10:00:00Z')
const later = (ms: number) => new Date(at.getTime() + ms)

test('who hears what of a version that is ready', () => {
  const first = { archiveId: 'v1', missing: 0, at }
  const partial = { archiveId: 'v1', missing: 2, at }
  const v2 = { id: 'v2', announce: false, missingCount: 0, supersededBy: null as string | null }
  const table: [ReturnType<typeof newsFor>, Partial<typeof v2>, boolean, typeof first | undefined][] = [
    ['archive_ready', { announce: true }, false, undefined],
    ['archive_ready', { announce: true }, true, first],
    [undefined, { announce: true, id: 'v1' }, true, first],
    [undefined, {}, false, first],
    ['new_version', {}, true, first],
    // who came later hears of the version that is ready then
    ['archive_ready', {}, true, undefined],
    ['archive_ready', {}, false, undefined],
    [undefined, { supersededBy: 'v3' }, true, undefined],
    ['archive_completed', {}, false, partial],
    ['archive_completed', { announce: true }, true, partial],
    [undefined, { missingCount: 1 }, false, partial],
    ['new_version', { missingCount: 1 }, true, partial],
    [undefined, { supersededBy: 'v3' }, true, first],
    ['archive_ready', { supersededBy: 'v3', announce: true }, false, undefined],
  ]
  for (const [expected, change, notifyNewVersions, told] of table)
    assert.equal(newsFor({ ...v2, ...change }, { notifyNewVersions }, told), expected, JSON.stringify({ change, notifyNewVersions, told }))
})

test('a new version waits until an hour after the last letter, and the next ones do not make it wait longer', () => {
  const told = { archiveId: 'v1', missing: 0, at }
  assert.deepEqual(dueAt(told, undefined, later(minutes(10))), later(hours(1)))
  assert.equal(dueAt(told, undefined, later(hours(1))), null)
  assert.deepEqual(dueAt({ ...told, at: later(minutes(5)) }, later(hours(1)), later(minutes(50))), later(hours(1)))
})
