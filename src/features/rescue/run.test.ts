/** Runs of the rescue against a real provider: what is saved, in which order, what becomes of what cannot be. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { sql } from 'kysely'
import { mp4 } from '../../../test/media.ts'
import { days, hours, after as later, minutes, seconds } from '../../base/clock.ts'
import { isCode } from '../../base/errors.ts'
import { findAsset, markMissing } from '../../data/assets.ts'
import { databaseCalendar } from '../../data/moment.ts'
import { claimRescue } from '../../data/rescues.ts'
import { keepSetting } from '../../data/settings.ts'
import { listRounds } from '../../data/tracks.ts'
import { readWhole } from '../../ports/bytes.ts'
import { collect } from '../operations/collect.ts'
import { wakeRescue } from '../operations/reconcile.ts'
import { bringMedia } from './bring.ts'
import { removeTrack } from './remove.ts'
import { run } from './run.ts'
import { rescueStatistics } from './statistics.ts'
import { type Bed, bed, picture, song } from './testbed.test.ts'

let b: Bed
before(async () => {
  b = await bed()
})
after(() => b.close())
const now = () => b.world.clock.now()
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')

/** The bytes that a stored address stands for. */
async function stored(address: string | null): Promise<Buffer> {
  const asset = (await findAsset(b.world.deps.db, address!.split('/').at(-1)!))!
  const source = await b.world.deps.storage.open(asset.storageKey, asset.storageOffset, asset.storageOffset + asset.size)
  return readWhole(source, asset.size)
}
/** Garbage without the bytes that something living needs. */
const livingKeys = async () =>
  (
    await sql<{
      n: number
    }>`select count(*)::int as n from assets a join garbage g on g.key = a.storage_key where a.state = 'stored'`.execute(b.world.deps.db)
  ).rows[0]!.n

test('a film that comes for more than a day is not collected before it is all here', async () => {
  const { deps, clock } = b.world
  const { storage } = deps
  const me = await b.owner()
  const film = mp4({ seconds: 3 })
  b.provider.media.set('/long.mp4', { bytes: film, type: 'video/mp4' })
  const [id] = await b.add(me, b.offer({ videoUrl: `${b.provider.url}/long.mp4` }))
  const { finishUpload } = storage
  let finished = 0
  storage.finishUpload = async (...asked) => {
    const done = await finishUpload(...asked)
    // the song is here by then
    if (finished++ === 1) {
      clock.advance(hours(30))
      await collect(deps)
    }
    return done
  }
  await b.go({ ownerId: me }).finally(() => {
    storage.finishUpload = finishUpload
  })
  const { state, storage_video_url } = await b.see(me, id!)
  assert.deepEqual([finished, state], [2, 'rescued'])
  clock.advance(days(4))
  await collect(deps)
  assert.equal(sha256(await stored(storage_video_url)), sha256(film))
})
test('audio and cover of a track are copied, byte for byte, and the provider is not asked again', async () => {
  const me = await b.owner()
  const [audio, cover] = [song(), picture()]
  const track = b.offer({}, { audio, cover })
  const [id] = await b.add(me, track)
  assert.deepEqual((await b.go({ ownerId: me })).message, 'Archived 1/1 tracks')
  const found = await b.see(me, id!)
  assert.deepEqual(
    [found.state, found.archived_to_storage, found.archived_at, found.next_try_at],
    ['rescued', true, now().toISOString(), null],
  )
  assert.equal(sha256(await stored(found.storage_audio_url)), sha256(audio))
  assert.equal(sha256(await stored(found.storage_cover_url)), sha256(cover))
  assert.deepEqual([found.play.audio, found.play.cover], [found.storage_audio_url, found.storage_cover_url])
  assert.equal(await livingKeys(), 0)
  assert.deepEqual(await b.go({ ownerId: me, trackId: id! }), {
    success: true,
    message: 'No tracks need archiving',
    archived: 0,
    results: { total: 0, succeeded: 0, failed: 0, errors: [] },
  })
  assert.equal(b.asked(track.audioUrl), 1)
  const rows = await sql<{ status: string; original_audio_url: string; storage_audio_url: string }>`
    select * from track_archiving_jobs where track_id = ${id}`.execute(b.world.deps.db)
  assert.deepEqual(
    rows.rows.map((row) => Object.values(row).length > 5 && [row.status, (row as never as Record<string, string>).originalAudioUrl]),
    [['completed', track.audioUrl]],
  )
})

test('X-05: 60 expired tracks starve neither a fresh nor an urgent one, and none of them is tried twice', async () => {
  const me = await b.owner()
  const dead = Array.from({ length: 60 }, () => b.offer({ expiresAt: later(now(), -days(1)) }, { audio: null }))
  const fresh = b.offer({ expiresAt: later(now(), days(2)) })
  const urgent = b.offer({ expiresAt: later(now(), hours(1)) })
  const ids = await b.add(me, ...dead, fresh, urgent)
  const needing = await sql<{ trackId: string }>`select track_id from get_tracks_needing_archiving(50) where user_id = ${me}`.execute(
    b.world.deps.db,
  )
  // by the database's own clock, which is another one here: what it lists has not expired
  assert.ok(needing.rows.every(({ trackId }) => !ids.slice(0, 60).includes(trackId)))
  const first = await b.go({ ownerId: me, limit: 50 })
  assert.equal(first.results.total, 50)
  assert.deepEqual([(await b.see(me, ids[60]!)).state, (await b.see(me, ids[61]!)).state], ['rescued', 'rescued'])
  assert.equal((await b.go({ ownerId: me, limit: 50 })).results.total, 12)
  b.world.clock.advance(days(3))
  assert.equal((await b.go({ ownerId: me, limit: 50 })).results.total, 0)
  assert.ok(dead.every((track) => b.asked(track.audioUrl) === 1))
  const numbers = await rescueStatistics(b.world.deps, me)
  assert.deepEqual([numbers.total_archived, numbers.expired_tracks, numbers.urgent_archive_needed, numbers.pending_archive], [2, 60, 0, 0])
})

test('X-05: whoever fails waits for the next try, and a limit of one still reaches all', async () => {
  const me = await b.owner()
  const failing = Array.from({ length: 5 }, () => b.offer({ expiresAt: later(now(), hours(5)) }, { audio: null }))
  const good = Array.from({ length: 5 }, () => b.offer({ expiresAt: later(now(), days(1)) }))
  const ids = await b.add(me, ...failing, ...good)
  for (let n = 0; n < 10; n++) assert.equal((await b.go({ ownerId: me, limit: 1 })).results.total, 1)
  for (const id of ids.slice(5)) assert.equal((await b.see(me, id)).state, 'rescued')
})

test('X-09: a page of HTML, an empty body and half a file are not saved as audio, whatever their status', async () => {
  const me = await b.owner()
  const html = Buffer.from('<!doctype html><html><body><h1>Sorry, this song is gone</h1></body></html>'.repeat(20))
  const tracks = [b.offer({}, { audio: html }), b.offer({}, { audio: Buffer.alloc(0) }), b.offer(), b.offer({}, { audio: null })]
  b.provider.media.get(new URL(tracks[2]!.audioUrl).pathname)!.faults = [{ kind: 'cut', after: 500 }]
  const ids = await b.add(me, ...tracks)
  const answer = await b.go({ ownerId: me })
  assert.deepEqual([answer.message, answer.results.failed, answer.results.errors.length], ['Archived 0/4 tracks', 4, 4])
  for (const id of ids) {
    const track = await b.see(me, id)
    assert.deepEqual([track.state, track.archived_to_storage, track.storage_audio_url], ['retrying', false, null])
    // what can be played is still the provider's
    assert.equal(track.play.audio, track.audio_url)
  }
  assert.deepEqual(await Promise.all(ids.map(async (id) => (await b.see(me, id)).error_code)), [
    'remote_unreadable',
    'remote_unreadable',
    'remote_unreachable',
    'remote_gone',
  ])
  const { rows } = await sql<{
    n: number
  }>`select count(*)::int as n from assets a join galleries g on g.id = a.gallery_id where g.owner_id = ${me}`.execute(b.world.deps.db)
  assert.equal(rows[0]!.n, 0)
})

test('X-09: one owner runs nobody else’s tracks, and the function that marks tracks is not for everybody', async () => {
  const [me, other] = [await b.owner(), await b.owner()]
  const track = b.offer()
  const [id] = await b.add(me, track)
  assert.equal((await b.go({ ownerId: other })).results.total, 0)
  await assert.rejects(b.go({ ownerId: other, trackId: id! }), (error) => isCode(error, 'not_found'))
  assert.equal(b.asked(track.audioUrl), 0)
  const { rows } = await sql<{ free: boolean }>`
    select exists (select 1 from pg_proc p, aclexplode(p.proacl) a where p.proname = 'mark_track_archived' and a.grantee = 0) as free`.execute(
    b.world.deps.db,
  )
  assert.equal(rows[0]!.free, false)
})

test('one owner whose provider gives every byte slowly does not hold up the others', async () => {
  const [slow, other] = [await b.owner(), await b.owner()]
  const stall = (_: unknown, answer: { writeHead(status: number): { write(bytes: Buffer): void } }) =>
    answer.writeHead(200).write(song().subarray(0, 500))
  const many = Array.from({ length: 14 }, () => b.offer({ expiresAt: later(now(), hours(1)) }))
  for (const { audioUrl } of many) b.provider.answers.set(new URL(audioUrl).pathname, stall)
  await b.add(slow, ...many)
  const stop = new AbortController()
  const everything = { ownerId: null, limit: Number.POSITIVE_INFINITY }
  const running = run(b.world.deps, everything, stop.signal, { waits: [], lookMs: 20 })
  running.catch(() => {})
  const asked = () => many.filter(({ audioUrl }) => b.asked(audioUrl) > 0).length
  await b.world.until(async () => asked() >= 8)
  // it comes due while the run is at work, and is saved by the same run
  const [id] = await b.add(other, b.offer())
  await b.world.until(async () => (await b.see(other, id!)).state === 'rescued')
  assert.equal(asked(), 8)
  stop.abort(new Error('enough'))
  await assert.rejects(running, /enough/)
})

test('five runs at once fetch every file once', async () => {
  const me = await b.owner()
  const tracks = Array.from({ length: 30 }, () => b.offer({}, { cover: picture() }))
  await b.add(me, ...tracks)
  const runs = await Promise.all(Array.from({ length: 5 }, () => b.go({ ownerId: me })))
  assert.equal(
    runs.reduce((sum, { results }) => sum + results.succeeded, 0),
    30,
  )
  for (const track of tracks) assert.deepEqual([b.asked(track.audioUrl), b.asked(track.coverUrl!)], [1, 1])
})

test('a cover that is away leaves the track partial, is tried again, and the audio is not fetched again', async () => {
  const me = await b.owner()
  const track = b.offer({ coverUrl: `${b.provider.url}/late.png` })
  const [id] = await b.add(me, track)
  await b.go({ ownerId: me })
  const partial = await b.see(me, id!)
  assert.deepEqual([partial.state, partial.archived_to_storage, partial.error_code], ['partial', true, 'remote_gone'])
  b.provider.media.set('/late.png', { bytes: picture() })
  b.world.clock.advance(minutes(6))
  await b.go({ ownerId: me })
  assert.equal((await b.see(me, id!)).state, 'rescued')
  assert.equal(b.asked(track.audioUrl), 1)
})

test('a cover that never comes is given up at the end, and the track stays what it is', async () => {
  const me = await b.owner()
  const [id] = await b.add(me, b.offer({ coverUrl: `${b.provider.url}/never.png`, expiresAt: later(now(), hours(1)) }))
  for (let n = 0; n < 30; n++) {
    await b.go({ ownerId: me })
    b.world.clock.advance(minutes(10))
  }
  const found = await b.see(me, id!)
  assert.deepEqual([found.state, found.media.map(({ state }) => state), found.next_try_at], ['partial', ['stored', 'lost'], null])
})

test('the same bytes are stored once, and stay while one track has them', async () => {
  const me = await b.owner()
  const cover = picture()
  const [one, two] = await b.add(me, b.offer({}, { cover }), b.offer({}, { cover }))
  await b.go({ ownerId: me, trackId: one! })
  await b.go({ ownerId: me, trackId: two! })
  const [first, second] = [await b.see(me, one!), await b.see(me, two!)]
  assert.equal(first.storage_cover_url, second.storage_cover_url)
  await removeTrack(b.world.deps, me, one!)
  assert.equal(sha256(await stored((await b.see(me, two!)).storage_cover_url)), sha256(cover))
  await removeTrack(b.world.deps, me, two!)
  assert.equal(await findAsset(b.world.deps.db, second.storage_cover_url!.split('/').at(-1)!), undefined)
})

test('a track that its owner deletes while it is fetched stays deleted, and its bytes are garbage', async () => {
  const me = await b.owner()
  const audio = song()
  const track = b.offer({}, { audio })
  const { pathname } = new URL(track.audioUrl)
  let deleted: Promise<void> | undefined
  const [id] = await b.add(me, track)
  b.provider.answers.set(pathname, (_, answer) => {
    deleted = removeTrack(b.world.deps, me, id!).then(() => void answer.writeHead(200, { 'content-length': audio.length }).end(audio))
  })
  const answer = await b.go({ ownerId: me })
  await deleted
  assert.deepEqual([answer.results.total, answer.results.succeeded], [1, 0])
  const { rows } = await sql<{ state: string; assets: number; garbage: number }>`
    select state, (select count(*)::int from assets where item_id = ${id}) as assets,
      (select count(*)::int from garbage join items i on i.id = ${id} where key like 'galleries/' || i.gallery_id || '/%') as garbage
    from rescues where item_id = ${id}`.execute(b.world.deps.db)
  assert.deepEqual([rows[0]!.state, rows[0]!.assets, rows[0]!.garbage], ['deleted', 0, 1])
})

test('a holder that died is followed by another one after a minute, and its round has an end', async () => {
  const me = await b.owner()
  const [id] = await b.add(me, b.offer())
  const claim = { now: now(), until: later(now(), seconds(60)), ownerId: me, paused: [] }
  assert.equal((await b.world.deps.db.transaction().execute((tx) => claimRescue(tx, claim)))?.itemId, id)
  assert.equal((await b.go({ ownerId: me })).results.total, 0)
  b.world.clock.advance(seconds(61))
  assert.equal((await b.go({ ownerId: me })).results.succeeded, 1)
  assert.deepEqual(
    (await listRounds(b.world.deps.db, id!)).map(({ outcome }) => outcome),
    ['rescued'],
  )
})

test('our own full disk or a stop is no failure of the track: it stands where it stood', async () => {
  const me = await b.owner()
  const [id] = await b.add(me, b.offer())
  const stopped = new AbortController()
  stopped.abort(new Error('drain'))
  await assert.rejects(run(b.world.deps, { ownerId: me, limit: 5 }, stopped.signal), /drain/)
  const full = {
    ...b.world.deps.storage,
    appendUpload: async () => Promise.reject(new (await import('../../base/errors.ts')).AppError('storage_full')),
  }
  await assert.rejects(run({ ...b.world.deps, storage: full }, { ownerId: me, limit: 5 }, new AbortController().signal), (error) =>
    isCode(error, 'storage_full'),
  )
  const found = await b.see(me, id!)
  assert.deepEqual([found.state, found.tries], ['scheduled', 0])
  assert.equal((await listRounds(b.world.deps.db, id!))[0]!.outcome, 'broken_off')
  b.world.clock.advance(minutes(2))
  assert.equal((await b.go({ ownerId: me })).results.succeeded, 1)
})

test('what is lost may be asked for once more by hand', async () => {
  const me = await b.owner()
  const track = b.offer({ expiresAt: later(now(), -hours(1)) }, { audio: null })
  const [id] = await b.add(me, track)
  await b.go({ ownerId: me })
  assert.deepEqual([(await b.see(me, id!)).state, (await b.see(me, id!)).play.audio], ['lost', null])
  b.provider.media.set(new URL(track.audioUrl).pathname, { bytes: song() })
  assert.equal((await b.go({ ownerId: me, trackId: id! })).results.succeeded, 1)
  assert.equal((await b.see(me, id!)).state, 'rescued')
})

test('a cover that is told of while the sound is being fetched is fetched after it', async () => {
  const me = await b.owner()
  const audio = song()
  const track = b.offer({}, { audio: null })
  const cover = picture()
  b.provider.media.set('/meanwhile.png', { bytes: cover })
  // as providers do that tell of the song first and of the whole track a moment later
  b.provider.answers.set(new URL(track.audioUrl).pathname, (_, answer) => {
    void b
      .add(me, { ...track, coverUrl: `${b.provider.url}/meanwhile.png` })
      .then(() => answer.writeHead(200, { 'content-length': audio.length }).end(audio))
  })
  const [id] = await b.add(me, track)
  await b.go({ ownerId: me, limit: 1 })
  const first = await b.see(me, id!)
  assert.deepEqual([first.state, first.archived_to_storage, first.next_try_at], ['partial', true, now().toISOString()])
  await b.go({ ownerId: me, limit: 1 })
  const found = await b.see(me, id!)
  assert.equal(found.state, 'rescued')
  assert.equal(sha256(await stored(found.storage_cover_url)), sha256(cover))
  assert.equal(b.asked(track.audioUrl), 1)
})

test('a fresh address or a later end that is told of during the last try is heeded: the track is not lost', async () => {
  for (const change of ['address', 'end'] as const) {
    const me = await b.owner()
    const audio = song()
    const track = b.offer({ expiresAt: later(now(), -hours(1)) }, { audio: null })
    const fresh = { audioUrl: `${b.provider.url}/fresh-${change}.mp3` }
    b.provider.media.set(new URL(fresh.audioUrl).pathname, { bytes: audio })
    b.provider.answers.set(new URL(track.audioUrl).pathname, (_, answer) => {
      void b
        .add(me, { ...track, ...(change === 'address' ? fresh : {}), ...(change === 'end' ? { expiresAt: later(now(), days(2)) } : {}) })
        .then(() => answer.writeHead(404).end())
    })
    const [id] = await b.add(me, track)
    await b.go({ ownerId: me, limit: 1 })
    assert.deepEqual([change, (await b.see(me, id!)).state], [change, 'retrying'])
    b.provider.answers.delete(new URL(track.audioUrl).pathname)
    b.provider.media.set(new URL(track.audioUrl).pathname, { bytes: audio })
    b.world.clock.advance(minutes(6))
    await b.go({ ownerId: me, limit: 1 })
    const found = await b.see(me, id!)
    assert.deepEqual([change, found.state], [change, 'rescued'])
    assert.equal(sha256(await stored(found.storage_audio_url)), sha256(audio))
  }
})

test('a clock that runs a year ahead for an hour loses no track, and puts none off for a year', async () => {
  const me = await b.owner()
  const { deps } = b.world
  // every certificate has expired by that clock, so nothing can be fetched
  const waits = b.offer({ madeAt: now() }, { audio: null })
  const failing = b.offer({}, { audio: null })
  const ids = await b.add(me, waits, failing)
  const clock = { now: () => later(now(), days(365)) }
  for (const [what, theirs] of [
    ['apart from the database', 0],
    ['together with it', days(365)],
  ] as const) {
    const calendar = databaseCalendar(deps.db, clock, async () => later(now(), theirs))
    if (theirs) await keepSetting(deps.db, 'clock', { at: now().toISOString(), steady: 0, needed: 0 })
    for (const trackId of ids) {
      const wish = { ownerId: me, trackId, limit: 1 }
      assert.equal((await run({ ...deps, clock, calendar }, wish, new AbortController().signal, { waits: [] })).results.failed, 1, what)
      assert.equal((await b.see(me, trackId)).state, 'retrying', what)
    }
  }
  // one was held by a process that died while the clock was wrong
  const held = { now: clock.now(), until: later(clock.now(), seconds(60)), ownerId: me, paused: [], itemId: ids[1]! }
  await deps.db.transaction().execute((tx) => claimRescue(tx, held))
  assert.equal((await b.go({ ownerId: me })).results.total, 0)
  for (const { audioUrl } of [waits, failing]) b.provider.media.set(new URL(audioUrl).pathname, { bytes: song() })
  const sent: string[] = []
  await wakeRescue({ ...deps, queue: { ...deps.queue, send: async (_, job) => void sent.push(job.name) } })
  assert.deepEqual(sent, ['rescue.run'])
  assert.equal((await b.go({ ownerId: me })).results.succeeded, 2)
})

test('a file that is brought by hand: what a killed upload left goes after a day, and a cover brings no lost sound back', async () => {
  const me = await b.owner()
  const { deps, clock } = b.world
  const [id] = await b.add(me, b.offer({ expiresAt: later(now(), -hours(1)) }, { audio: null }))
  await b.go({ ownerId: me })
  assert.equal((await b.see(me, id!)).state, 'lost')
  const before = await readdir(join(b.world.dir, 'uploads'))
  // whoever is killed drops nothing
  const storage = { ...deps.storage, dropUpload: async () => {} }
  async function* half(): AsyncGenerator<Uint8Array> {
    yield song().subarray(0, 400)
    throw new Error('the line broke')
  }
  await assert.rejects(bringMedia({ ...deps, storage }, me, id!, 'audio', half()), /the line broke/)
  assert.equal((await readdir(join(b.world.dir, 'uploads'))).length, before.length + 1)
  clock.advance(hours(25))
  await collect(deps)
  assert.deepEqual(await readdir(join(b.world.dir, 'uploads')), before)

  async function* whole(bytes: Buffer): AsyncGenerator<Uint8Array> {
    yield bytes
  }
  await bringMedia(deps, me, id!, 'cover', whole(picture()))
  const found = await b.see(me, id!)
  // not one that fails: of that its owner would get a letter every morning for ever
  assert.deepEqual([found.state, found.next_try_at], ['lost', null])
  await bringMedia(deps, me, id!, 'audio', whole(song()))
  assert.equal((await b.see(me, id!)).state, 'rescued')
})

test('a saved file that was lost is healed by hand, for all tracks that had it, and another one takes the place of its own alone', async () => {
  const me = await b.owner()
  const { deps } = b.world
  const [audio, other] = [song(), song()]
  const [one, two, three] = await b.add(me, b.offer({}, { audio }), b.offer({}, { audio }), b.offer({}, { audio: other }))
  for (const trackId of [one!, two!, three!]) await b.go({ ownerId: me, trackId })
  async function* body(bytes: Buffer): AsyncGenerator<Uint8Array> {
    yield bytes
  }
  await assert.rejects(bringMedia(deps, me, one!, 'audio', body(audio)), { code: 'track_saved' })
  const assetOf = async (id: string) => (await b.see(me, id)).media[0]!.asset_id!
  // as the scrub notes what it cannot read any more
  const lose = async (id: string) => markMissing(deps.db, [await assetOf(id)])
  const lost = await assetOf(two!)
  await lose(two!)
  await bringMedia(deps, me, two!, 'audio', body(audio))
  for (const id of [one!, two!]) {
    const found = await b.see(me, id)
    assert.equal(found.state, 'rescued')
    assert.equal(sha256(await stored(found.storage_audio_url)), sha256(audio))
  }
  assert.equal(await findAsset(deps.db, lost), undefined)
  // they are lost again, and one of them comes back as another recording
  await lose(one!)
  const again = song()
  await bringMedia(deps, me, one!, 'audio', body(again))
  assert.equal(sha256(await stored((await b.see(me, one!)).storage_audio_url)), sha256(again))
  assert.equal((await b.see(me, two!)).storage_audio_url, null)
  assert.equal((await findAsset(deps.db, await assetOf(two!)))!.itemId, two!)
  assert.equal(sha256(await stored((await b.see(me, three!)).storage_audio_url)), sha256(other))
})
