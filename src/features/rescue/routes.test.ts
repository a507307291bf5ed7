/** The rescue over the API: the words of 002, who may ask, what may be played by all. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { AddedTracks, Page, RescueRun, RescueStatistics, Track, TrackDetails } from '../../../sdk/src/wire.ts'
import { openProvider, type Provider } from '../../../test/provider.ts'
import { type Served, served } from '../../../test/served.ts'
import { testSettings } from '../../../test/world.ts'
import { days } from '../../base/clock.ts'
import { createKey } from '../accounts/keys.ts'
import { createUser } from '../accounts/users.ts'
import { song } from './testbed.test.ts'

let server: Served
let provider: Provider
const cron = 'Qm7xT2vLk9RzW4nB8yJc5HdG1sFp3aEuXo6i'
before(async () => {
  server = await served({ settings: { ...testSettings, cronSecret: cron } })
  provider = await openProvider()
})
after(async () => {
  await provider.close()
  await server.close()
})

let count = 0
/** A track that is due, as somebody sends it. */
function due(more: object = {}) {
  const name = `/api-${++count}.mp3`
  provider.media.set(name, { bytes: song() })
  const created_at = new Date(server.world.clock.now().getTime() - days(13)).toISOString()
  return { provider: 'suno', provider_ref: `${count}`, title: `Song ${count}`, audio_url: `${provider.url}${name}`, created_at, ...more }
}
const post = async (body: object, person = server.ida) =>
  person.ask<AddedTracks & { code: string }>('/api/tracks', { method: 'POST', body })
const archive = (body: object | undefined, headers: Record<string, string>) =>
  server.guest(headers).ask<RescueRun & { code: string }>('/functions/v1/archive-tracks', { method: 'POST', body })

test('the run of 002 has exactly its words, for whoever holds the service’s secret', async () => {
  const one = await post({
    tracks: [due(), due({ audio_url: `${provider.url}/none.mp3`, expires_at: server.world.clock.now().toISOString() })],
  })
  assert.equal(one.status, 201)
  const bad = one.body.tracks[1]!.id
  const answer = await archive({ limit: 10 }, { authorization: `Bearer ${cron}` })
  assert.equal(answer.status, 200)
  assert.deepEqual(answer.body, {
    success: true,
    message: 'Archived 1/2 tracks',
    results: {
      total: 2,
      succeeded: 1,
      failed: 1,
      errors: [{ trackId: bad, title: 'Song 2', error: answer.body.results.errors[0]!.error }],
    },
  })
  const empty = await archive(undefined, { authorization: `Bearer ${cron}` })
  assert.deepEqual([empty.body.success, empty.body.message, empty.body.archived], [true, 'No tracks need archiving', 0])
})

test('neither a browser nor a key without the scope runs it, and a key runs its owner’s tracks alone', async () => {
  const { deps } = server.world
  const jo = await createUser(deps, { name: 'Jo', email: 'jo@example.com', password: 'a long password', role: 'owner' })
  const theirs = (await post(due(), server.guest({ cookie: `as=${jo.id}` }))).body.tracks[0]!.id
  const mine = (await post(due())).body.tracks[0]!.id
  const refused: Record<string, string>[] = [{}, { cookie: `as=${jo.id}` }, { authorization: 'Bearer wrong' }]
  for (const headers of refused) assert.equal((await archive({}, headers)).status, 401)
  const weak = await createKey(deps, jo.id, { name: 'weak', scopes: ['galleries:write'] })
  const strong = await createKey(deps, jo.id, { name: 'strong', scopes: ['rescue:run'] })
  assert.equal((await archive({}, { authorization: `Bearer ${weak.key}` })).body.code, 'key_scope')
  assert.equal((await archive({ trackId: mine }, { authorization: `Bearer ${strong.key}` })).status, 404)
  assert.equal((await archive({}, { authorization: `Bearer ${strong.key}` })).body.message, 'Archived 1/1 tracks')
  assert.equal((await server.guest({ cookie: `as=${jo.id}` }).ask<TrackDetails>(`/api/tracks/${theirs}`)).body.state, 'rescued')
  assert.equal((await server.ida.ask<TrackDetails>(`/api/tracks/${mine}`)).body.state, 'scheduled')
  assert.equal((await server.ida.ask(`/api/tracks/${theirs}`)).status, 404)
})

test('a NUL, which no text of the database can hold, is refused and no failure of ours', async () => {
  assert.equal((await server.ida.ask<{ code: string }>('/api/tracks?search=%00')).body.code, 'bad_request')
  const refused = await post(due({ audio_url: `${provider.url}/a\0.mp3` }))
  assert.deepEqual([refused.status, refused.body.code], [400, 'bad_request'])
})

test('a track is listed, run, made public for players with ranges, closed again and deleted', async () => {
  const { ida } = server
  const id = (await post(due({ title: 'Only this' }))).body.tracks[0]!.id
  const found = await ida.ask<Page<Track>>('/api/tracks?search=only&sort=expires&state=scheduled,retrying')
  assert.deepEqual(
    found.body.rows.map((track) => track.id),
    [id],
  )
  assert.equal((await ida.ask<RescueRun>('/api/rescue/run', { method: 'POST', body: { trackId: id } })).body.message, 'Archived 1/1 tracks')
  const { body } = await ida.ask<TrackDetails>(`/api/tracks/${id}`)
  assert.deepEqual([body.state, body.rounds.map(({ outcome }) => outcome), body.public], ['rescued', ['rescued'], false])
  const address = body.storage_audio_url!
  assert.equal((await server.guest().ask(address)).status, 404)
  await ida.ask(`/api/tracks/${id}`, { method: 'PATCH', body: { public: true } })
  const part = await server.guest({ range: 'bytes=10-19' }).ask(address)
  assert.deepEqual(
    [part.status, part.headers.get('content-range')?.replace(/\/\d+/, ''), part.headers.get('content-type')],
    [206, 'bytes 10-19', 'audio/mpeg'],
  )
  await ida.ask(`/api/tracks/${id}`, { method: 'PATCH', body: { public: false } })
  assert.equal((await server.guest().ask(address)).status, 404)
  assert.ok((await ida.ask<RescueStatistics>('/api/rescue/statistics')).body.total_archived >= 1)
  assert.equal((await ida.ask(`/api/tracks/${id}`, { method: 'DELETE' })).status, 204)
  assert.equal((await ida.ask(`/api/tracks/${id}`)).status, 404)
  assert.equal((await ida.ask(address)).status, 404)
})

test('what is no track is refused with the field that is wrong, and nothing is added', async () => {
  const before = (await server.ida.ask<RescueStatistics>('/api/rescue/statistics')).body.total_tracks
  for (const wrong of [
    {},
    { audio_url: 'ftp://a.example/1' },
    { ...due(), more: 1 },
    { tracks: [] },
    due({ created_at: 'yesterday' }),
    due({ provider: 'A B' }),
  ])
    assert.equal((await post(wrong)).status, 400)
  assert.equal((await post(due({ cover_url: 'http://192.168.1.1/x' }))).body.code, 'address_refused')
  assert.equal((await server.ida.ask('/api/tracks?sort=title&cursor=x')).status, 400)
  assert.equal((await server.ida.ask<RescueStatistics>('/api/rescue/statistics')).body.total_tracks, before)
})

test('a file that the provider has no more is brought by hand, checked as one that was fetched, and not replaced', async () => {
  const { ida } = server
  const lost = due({ audio_url: `${provider.url}/gone.mp3`, expires_at: server.world.clock.now().toISOString() })
  const id = (await post(lost)).body.tracks[0]!.id
  await ida.ask('/api/rescue/run', { method: 'POST', body: { trackId: id } })
  const put = (bytes: Buffer, role = 'audio') =>
    fetch(`${server.url}/api/tracks/${id}/media/${role}`, {
      method: 'PUT',
      headers: { cookie: `as=${server.world.ownerId}`, 'content-type': 'application/octet-stream' },
      body: new Uint8Array(bytes),
    })
  assert.equal((await ida.ask<TrackDetails>(`/api/tracks/${id}`)).body.state, 'lost')
  const junk = await put(Buffer.from('<html>not a song</html>'.repeat(50)))
  assert.equal(((await junk.json()) as { code: string }).code, 'media_type')
  const bytes = song()
  const done = await put(bytes)
  assert.equal(done.status, 200)
  const track = (await done.json()) as TrackDetails
  assert.deepEqual([track.state, track.archived_to_storage, track.bytes, track.error_code], ['rescued', true, bytes.length, null])
  const got = await fetch(`${server.url}${track.storage_audio_url}`, { headers: { cookie: `as=${server.world.ownerId}` } })
  assert.ok(Buffer.from(await got.arrayBuffer()).equals(bytes))
  assert.equal((await put(song())).status, 409)
  assert.equal((await put(song(), 'video')).status, 415)
})
