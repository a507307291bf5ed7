/** Tracks that providers tell of: signed webhooks, and Replicate's API spoken by a real server. */
import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { after, before, beforeEach, test } from 'node:test'
import { mp3 } from '../../../test/media.ts'
import { openProvider, type Provider } from '../../../test/provider.ts'
import { setClock, type TestWorld, testSettings, testWorld } from '../../../test/world.ts'
import { makeServer } from '../../app/server.ts'
import { days, hours, after as later, minutes } from '../../base/clock.ts'
import { keepSetting } from '../../data/settings.ts'
import { pageTracks } from '../../data/tracks.ts'
import { findFirstAdmin } from '../../data/users.ts'
import type { App } from '../../http/app.ts'
import { makeGuard } from '../../http/guard.ts'
import { safeHttp } from '../../ports/http/safe.ts'
import { replicateApi } from '../../ports/providers/replicate.ts'
import { providersInTurn } from '../../ports/providers/turns.ts'
import { fetchMedia } from './fetch.ts'
import { poll, wakePoll } from './intake.ts'
import { trackRoutes } from './routes.ts'
import { rescueStatistics } from './statistics.ts'

const secretOf = (letter: string) => `whsec_${Buffer.from(letter.repeat(32)).toString('base64')}`
const settings = { ...testSettings, replicateWebhookSecret: secretOf('r'), rescueWebhookSecret: secretOf('s') }
const clock = setClock()
const stay = new AbortController().signal
let provider: Provider
let world: TestWorld
let app: App
/** where Replicate's files lie, on this machine */
let files: string
before(async () => {
  provider = await openProvider()
  const port = new URL(provider.url).port
  files = `http://pbxt.replicate.delivery:${port}`
  const lookup = async (name: string) => (name.endsWith('replicate.delivery') || name.endsWith('.test') ? ['127.0.0.1'] : [])
  const http = safeHttp({ besides: ['127.0.0.1'], lookup })
  const replicate = replicateApi({ http, clock, token: 'r8_test', base: provider.url })
  world = await testWorld({ http, clock, settings, providers: providersInTurn({ clock, perSecond: 1000, apis: { replicate } }) })
  const owner = { userId: world.ownerId, role: 'admin' as const }
  app = await makeServer({ deps: world.deps, guard: makeGuard(world.deps, { read: async () => owner }), routes: [trackRoutes] })
})
beforeEach(() => {
  provider.asked.length = 0
})
after(async () => {
  await app.close()
  await world.close()
  await provider.close()
})

const mine = async () => (await pageTracks(world.deps.db, world.ownerId, { limit: 200, sort: 'created' })).toReversed()
const refs = async () => (await mine()).map(({ providerRef }) => providerRef)

let events = 0
interface Change {
  secret?: string
  at?: Date
  prefix?: string
  signature?: string
}
function tell(name: string, value: unknown, { secret = secretOf('s'), at = clock.now(), prefix = 'webhook', signature }: Change = {}) {
  const body = typeof value === 'string' ? value : JSON.stringify(value)
  const [id, timestamp] = [`msg_${++events}`, String(Math.floor(at.getTime() / 1000))]
  const sum = createHmac('sha256', Buffer.from(secret.slice(6), 'base64'))
    .update(`${id}.${timestamp}.${body}`)
    .digest('base64')
  const signed = { [`${prefix}-id`]: id, [`${prefix}-timestamp`]: timestamp, [`${prefix}-signature`]: signature ?? `v1,${sum}` }
  const headers = { 'content-type': 'application/json', ...signed }
  return app.inject({ method: 'POST', url: `/api/ingest/providers/${name}`, headers, payload: body })
}
const replicate: Change = { secret: secretOf('r') }
let made = 0
const prediction = (change: object = {}) => {
  const id = `pred${++made}`
  const at = clock.now().toISOString()
  const usual = { id, status: 'succeeded', created_at: at, completed_at: at, input: { prompt: `Song ${made}` } }
  return { ...usual, output: [`${files}/${id}.mp3`], ...change }
}

test('Replicate’s webhook brings the tracks of a prediction that succeeded, each once', async () => {
  const done = prediction()
  const first = await tell('replicate', done, replicate)
  assert.equal(first.statusCode, 200, first.body)
  assert.equal(first.json().tracks[0].added, true)
  assert.equal((await tell('replicate', done, { ...replicate, prefix: 'svix' })).json().tracks[0].added, false)
  for (const status of ['starting', 'processing', 'failed', 'canceled'])
    assert.deepEqual((await tell('replicate', prediction({ status, output: null }), replicate)).json(), { tracks: [], passed_over: [] })
  const elsewhere = prediction({ output: ['https://evil.example/a.mp3', 'http://169.254.169.254/a.mp3'] })
  assert.deepEqual((await tell('replicate', elsewhere, replicate)).json(), {
    tracks: [],
    passed_over: [
      { provider_ref: elsewhere.id, reason: 'elsewhere' },
      { provider_ref: `${elsewhere.id}/2`, reason: 'elsewhere' },
    ],
  })
  const [track, ...more] = await mine()
  assert.deepEqual([track!.providerRef, track!.title, more.length], [done.id, `Song ${made - 5}`, 0])
  // its files go after an hour: it is fetched at once
  assert.equal(track!.scheduledAt.getTime(), clock.now().getTime())
  assert.equal(track!.expiresAt.getTime(), clock.now().getTime() + hours(1))
})

test('a prediction that made a picture or a film alone is no track, and its owner sees so, once', async () => {
  const picture = prediction({ output: [`${files}/a.png`] })
  const film = prediction({ output: `${files}/a.mp4` })
  for (const one of [picture, picture, film]) {
    const { tracks, passed_over } = (await tell('replicate', one, replicate)).json()
    assert.deepEqual([tracks, passed_over], [[], [{ provider_ref: one.id, reason: one === film ? 'film' : 'picture' }]])
  }
  const admin = await findFirstAdmin(world.deps.db)
  const { passed_over } = await rescueStatistics(world.deps, admin!.id)
  const seen = passed_over.latest.filter(({ provider_ref }) => [picture.id, film.id].includes(provider_ref))
  assert.deepEqual(seen.map(({ provider, reason }) => `${provider} ${reason}`).sort(), ['replicate film', 'replicate picture'])
  clock.advance(days(31))
  assert.equal((await rescueStatistics(world.deps, admin!.id)).passed_over.total, 0)
})

test('anybody who knows the secret brings tracks in the words of the API', async () => {
  const one = { audio_url: 'http://cdn.test:8443/a.mp3', provider_ref: 'song-1', title: 'One', duration_seconds: 180 }
  assert.equal((await tell('suno', one)).json().tracks[0].provider, 'suno')
  const several = { tracks: [one, { ...one, provider_ref: 'song-2', provider: 'liar' }] }
  const told = (await tell('suno', several)).json().tracks
  assert.deepEqual(
    told.map(({ provider, provider_ref, added }: Record<string, unknown>) => [provider, provider_ref, added]),
    [
      ['suno', 'song-1', false],
      ['suno', 'song-2', true],
    ],
  )
  const two = (await mine()).find(({ providerRef }) => providerRef === 'song-2')!
  assert.equal(two.expiresAt.getTime() - clock.now().getTime(), days(15))
  for (const [body, status] of [
    ['{"audio_url":', 400],
    [{ audio_url: 'ftp://x/a.mp3' }, 400],
    [{ ...one, colour: 'red' }, 400],
    [{ ...one, audio_url: 'http://10.0.0.1/a.mp3' }, 422],
  ] as const)
    assert.equal((await tell('suno', body)).statusCode, status, JSON.stringify(body))
})

test('what is not signed, wrongly signed, old, or signed for another door is refused, and adds nothing', async () => {
  const before = await refs()
  const done = prediction()
  const cases: [string, Change][] = [
    ['replicate', { signature: '' }],
    ['replicate', { signature: 'v1,AAAA' }],
    ['replicate', { secret: secretOf('s') }],
    ['replicate', { ...replicate, at: later(clock.now(), -minutes(6)) }],
    ['replicate', { ...replicate, at: later(clock.now(), minutes(6)) }],
    ['suno', { secret: secretOf('r') }],
  ]
  for (const [name, change] of cases) assert.equal((await tell(name, done, change)).statusCode, 401, JSON.stringify(change))
  assert.deepEqual(await refs(), before)
  const closed = await makeServer({
    deps: { ...world.deps, settings: testSettings },
    guard: makeGuard(world.deps, { read: async () => null }),
    routes: [trackRoutes],
  })
  assert.equal((await closed.inject({ method: 'POST', url: '/api/ingest/providers/suno', payload: {} })).statusCode, 404)
  await closed.close()
})

/** Pages of the API, in the form of its documentation. */
function speak(pages: object[][], change: { next?: string } = {}) {
  provider.answers.set('/v1/predictions', (request, answer) => {
    if (request.headers.authorization !== 'Bearer r8_test') return answer.writeHead(401).end('{"detail":"Unauthenticated"}')
    const page = Number(new URL(request.url!, provider.url).searchParams.get('cursor') ?? 0)
    const next = page + 1 < pages.length ? (change.next ?? `${provider.url}/v1/predictions?cursor=${page + 1}`) : null
    answer.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ previous: null, next, results: pages[page] }))
  })
}
const look = () => poll(world.deps, stay)

test('the API is asked page by page, as far back as needed, and again only for what is new', async () => {
  clock.advance(days(200))
  const ago = (ms: number) => ({ created_at: later(clock.now(), -ms).toISOString(), completed_at: later(clock.now(), -ms).toISOString() })
  const [fresh, older, old, ancient] = [
    prediction(ago(1000)),
    prediction(ago(days(2))),
    prediction(ago(days(80))),
    prediction(ago(days(100))),
  ]
  const before = new Set(await refs())
  speak([
    [fresh, prediction({ ...ago(2000), status: 'processing', output: null })],
    [older],
    [old],
    [ancient],
    [prediction(ago(days(101)))],
  ])
  await look()
  assert.deepEqual((await refs()).filter((ref) => !before.has(ref)).toSorted(), [fresh.id, older.id, old.id].toSorted())
  assert.equal(provider.asked.length, 4, 'what is older than anything that is kept is not asked for')
  provider.asked.length = 0
  clock.advance(minutes(5))
  // begun before the last look, and ended since
  const slow = prediction({ ...ago(minutes(20)), completed_at: clock.now().toISOString() })
  speak([[slow], [older], [old]])
  await look()
  assert.ok((await refs()).includes(slow.id))
  assert.equal(provider.asked.length, 2)
})

test('a look that fails is done again from the same moment, and our token goes nowhere else', async () => {
  clock.advance(hours(5))
  const house = await openProvider()
  const one = prediction({ completed_at: later(clock.now(), -hours(4)).toISOString() })
  try {
    speak([[prediction()], [one]], { next: `${house.url}/v1/predictions` })
    await look()
    assert.deepEqual(house.asked, [])
    for (const status of [500, 401, 429]) {
      provider.answers.set('/v1/predictions', (_request, answer) => answer.writeHead(status, { 'retry-after': '7' }).end('no'))
      await look()
    }
    for (const junk of ['<html>', '{"detail":"?"}', 'null']) {
      provider.answers.set('/v1/predictions', (_request, answer) => answer.end(junk))
      await look()
    }
    speak([[], [one]])
    await look()
    assert.ok((await refs()).includes(one.id))
  } finally {
    await house.close()
  }
})

test('the job is sent every five minutes, and never where no API is asked', async () => {
  const sent: string[] = []
  const queue = { ...world.deps.queue, send: async (_tx: unknown, job: { name: string }) => void sent.push(job.name) }
  await look()
  await wakePoll({ ...world.deps, queue })
  assert.deepEqual(sent, [])
  clock.advance(minutes(5))
  await wakePoll({ ...world.deps, queue })
  assert.deepEqual(sent, ['rescue.poll'])
  await wakePoll({ ...world.deps, queue, providers: providersInTurn({ clock }) })
  assert.equal(sent.length, 1)
  // what was looked at by a clock that had jumped a year ahead does not count when it is back
  await keepSetting(world.deps.db, 'polled_replicate', later(clock.now(), days(365)).toISOString())
  await wakePoll({ ...world.deps, queue })
  assert.equal(sent.length, 2)
  await look()
  await wakePoll({ ...world.deps, queue })
  assert.equal(sent.length, 2)
})

test('a file whose signed address has ended is fetched from where the API says it is now, with our token', async () => {
  const song = mp3({ frames: 60 })
  for (const [path, answer] of [
    ['/old.mp3', 403],
    ['/gone.mp3', 404],
  ] as const) {
    provider.media.set(path, { bytes: song, faults: Array.from({ length: 9 }, () => ({ kind: 'status', status: answer })) })
    provider.media.set('/new.mp3', { bytes: song })
    const done = prediction({ id: 'pred-signed', output: [`${files}/new.mp3?sig=2`] })
    provider.answers.set('/v1/predictions/pred-signed', (_request, to) => to.end(JSON.stringify(done)))
    const key = `galleries/g/assets/signed-${answer}`
    const wish = { url: `${files}${path}?sig=1`, role: 'audio' as const, key, provider: 'replicate', providerRef: 'pred-signed' }
    const more = { maxBytes: 1e6, deadline: later(clock.now(), hours(1)), signal: stay }
    const got = await fetchMedia(world.deps, { ...wish, ...more }, { waits: [5, 5] })
    assert.equal(got.size, song.length)
    assert.equal(provider.asked.at(-1)!.headers.authorization, 'Bearer r8_test')
    // nothing newer: it is what it is
    provider.answers.set('/v1/predictions/pred-signed', (_request, to) => to.writeHead(404).end())
    const again = { ...wish, ...more, key: `${key}-again` }
    await assert.rejects(fetchMedia(world.deps, again, { waits: [5, 5] }), { code: answer === 404 ? 'remote_gone' : 'remote_unreachable' })
  }
})
