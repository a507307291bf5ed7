/** The SQL names in which callers of 002 read and steer the rescue: two views and two functions, asked as they would. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { sql } from 'kysely'
import { AppError } from '../../base/errors.ts'
import { run } from './run.ts'
import { type Bed, bed, song } from './testbed.test.ts'

let b: Bed
before(async () => {
  b = await bed()
})
after(() => b.close())

const db = () => b.world.deps.db
const numbers = async () => (await sql<Record<string, unknown>>`select * from archive_statistics`.execute(db())).rows[0]!
/** The functions go by the database's own clock, which is not the one of this world. */
const endsIn = (id: string, days: number) =>
  sql`update rescues set due_at = now() - interval '1 minute', expires_at = now() + make_interval(hours => ${Math.round(days * 24)}) where item_id = ${id}`.execute(
    db(),
  )

test('X-05: archive_statistics is true at every look, and what has expired is not counted as urgent', async () => {
  assert.deepEqual(await numbers(), {
    totalArchived: 0,
    pendingArchive: 0,
    urgentArchiveNeeded: 0,
    expiredTracks: 0,
    archivePercentage: '100.0',
  })
  const me = await b.owner()
  const ids = await b.add(me, ...Array.from({ length: 5 }, () => b.offer()))
  const ends = [-1, 1, 1.5, 3, 9]
  for (const [n, id] of ids.entries()) await endsIn(id, ends[n]!)
  const found = await numbers()
  assert.deepEqual([found.totalArchived, found.pendingArchive, found.urgentArchiveNeeded, found.expiredTracks], [0, 4, 2, 1])
  await sql`update rescues set state = 'rescued', archived_at = now(), due_at = null where item_id = ${ids[1]}`.execute(db())
  const next = await numbers()
  assert.deepEqual([next.totalArchived, next.pendingArchive, next.urgentArchiveNeeded, next.expiredTracks], [1, 3, 1, 1])
  assert.equal(next.archivePercentage, '20.0')
})

test('X-05: get_tracks_needing_archiving gives the most urgent first, and expired tracks never fill its list', async () => {
  const me = await b.owner()
  const ids = await b.add(me, ...Array.from({ length: 60 }, () => b.offer()))
  for (const [n, id] of ids.entries()) await endsIn(id, n < 56 ? -1 : 60 - n)
  const needing = await sql<{ trackId: string; daysUntilExpiry: number }>`
    select track_id, days_until_expiry from get_tracks_needing_archiving() where user_id = ${me}`.execute(db())
  assert.deepEqual(
    needing.rows.map(({ trackId, daysUntilExpiry }) => [trackId, Math.round(daysUntilExpiry)]),
    [59, 58, 57, 56].map((n) => [ids[n], 60 - n]),
  )
  const [first] = (await sql<{ trackId: string }>`select track_id from get_tracks_needing_archiving(1) where user_id = ${me}`.execute(db()))
    .rows
  assert.equal(first!.trackId, ids[59])
})

test('what mark_track_archived names is fetched from there and checked, and only then the track is archived', async () => {
  const me = await b.owner()
  const track = b.offer({}, { audio: null })
  const [id] = await b.add(me, track)
  await b.go({ ownerId: me })
  const brought = `${b.provider.url}/brought.mp3`
  b.provider.media.set('/brought.mp3', { bytes: song(), type: 'audio/mpeg' })
  const mark = async (address: string) =>
    (await sql<{ done: boolean }>`select mark_track_archived(${id}, ${address}) as done`.execute(db())).rows[0]!.done
  assert.equal(await mark(brought), true)
  assert.equal((await b.see(me, id!)).archived_to_storage, false, 'nobody’s word is taken for it')
  // due by the database's clock: by the one of this world that is later
  await db().updateTable('rescues').set({ dueAt: b.world.clock.now() }).where('itemId', '=', id!).execute()
  assert.equal((await b.go({ ownerId: me })).results.succeeded, 1)
  assert.deepEqual([(await b.see(me, id!)).state, b.asked(brought)], ['rescued', 1])
  assert.equal(await mark(`${b.provider.url}/other.mp3`), false, 'what is stored is not replaced')
})

test('X-09: a store that does not take the bytes leaves the track where it is, and it is tried again', async () => {
  const me = await b.owner()
  const [id] = await b.add(me, b.offer())
  const storage = { ...b.world.deps.storage, finishUpload: () => Promise.reject(new AppError('storage_unreachable')) }
  await assert.rejects(run({ ...b.world.deps, storage }, { ownerId: me, limit: 5 }, new AbortController().signal, { waits: [] }), {
    code: 'storage_unreachable',
  })
  const found = await b.see(me, id!)
  assert.deepEqual([found.state, found.archived_to_storage, found.storage_audio_url], ['scheduled', false, null])
  b.world.clock.advance(120_000)
  assert.equal((await b.go({ ownerId: me })).results.succeeded, 1)
})
