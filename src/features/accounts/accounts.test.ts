/** Accounts by result: set-up, sign-in, keys, scopes, limits, all over the server as it is served. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { quiet, type TestDatabase, testDatabase } from '../../../test/postgres.ts'
import { makeServer } from '../../app/server.ts'
import { after as later, minutes } from '../../base/clock.ts'
import { newId } from '../../base/id.ts'
import type { App, RoutePlugin } from '../../http/app.ts'
import { galleryParams, slugParams } from '../../http/app.ts'
import { makeGuard } from '../../http/guard.ts'
import { hashPassword } from '../../http/password.ts'
import { unlock } from '../../http/unlock.ts'
import type { Deps } from '../../ports/deps.ts'
import { pgbossQueue } from '../../ports/queue/pgboss.ts'
import { makeAuth } from './auth.ts'
import { createKey, revokeKey } from './keys.ts'
import { accountRoutes } from './routes.ts'
import { createUser, ensureOwner } from './users.ts'

const password = 'correct horse battery'
let base: TestDatabase
let deps: Deps
let app: App
let now = new Date('2026-05-01T10:00:00Z')
const log: string[] = []

// stands in for the routes of galleries: what matters here is who may pass
const doors: RoutePlugin = (scope, world, guard) => {
  scope.get('/t/read/:id', { schema: { params: galleryParams } }, async (request) => ({
    slug: (await guard.gallery(request, request.params.id, 'galleries:read')).slug,
  }))
  scope.post('/t/write/:id', { schema: { params: galleryParams } }, async (request) => ({
    slug: (await guard.gallery(request, request.params.id, 'galleries:write')).slug,
  }))
  scope.get('/t/guest/:slug', { schema: { params: slugParams } }, async (request) => ({
    slug: (await guard.guest(request, request.params.slug)).slug,
  }))
  scope.get('/t/visit/:id', { schema: { params: galleryParams } }, async (request) => ({
    slug: (await guard.visit(request, request.params.id)).slug,
  }))
  scope.post('/t/unlock/:slug', { schema: { params: slugParams } }, async (request, reply) => {
    await unlock(
      world,
      request,
      reply,
      await guard.published(request, request.params.slug),
      String((request.body as { password: string }).password),
      undefined,
    )
    return {}
  })
}

before(async () => {
  base = await testDatabase()
  const note = (facts: Record<string, unknown>, message: string) => void log.push(JSON.stringify([facts, message]))
  deps = {
    db: base.db,
    queue: await pgbossQueue({ db: base.db, url: base.url, log: quiet }),
    clock: { now: () => now },
    log: { info: note, warn: note, error: note },
    settings: { publicUrl: 'http://localhost:4000', tokenSecrets: ['0123456789abcdefghijklmnopqrstuvwxyz'] },
    storage: { ready: async () => {} },
  } as unknown as Deps
  const auth = makeAuth(deps)
  app = await makeServer({
    deps,
    guard: makeGuard(deps, auth),
    routes: [accountRoutes({ auth, setUpCode: 'the-code' }), doors],
    trustProxy: 1,
  })
})
after(async () => {
  await app?.close()
  await deps?.queue.stop(0)
  await base?.close()
})

interface Ask {
  body?: unknown
  cookie?: string
  key?: string
  from?: string
  headers?: Record<string, string>
}
async function ask(method: 'GET' | 'POST' | 'DELETE', url: string, { body, cookie, key, from = '198.51.100.1', headers }: Ask = {}) {
  const answer = await app.inject({
    method,
    url,
    headers: {
      'x-forwarded-for': from,
      ...(cookie ? { cookie } : {}),
      ...(key ? { authorization: `Bearer ${key}` } : {}),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    payload: body === undefined ? undefined : JSON.stringify(body),
  })
  const json = answer.body && answer.headers['content-type']?.includes('json') ? answer.json() : undefined
  const cookies = [answer.headers['set-cookie'] ?? []].flat()
  return {
    status: answer.statusCode,
    code: json?.code,
    json,
    cookies,
    cookie: cookies.map((c) => c.split(';')[0]).join('; '),
    headers: answer.headers,
  }
}
const signIn = async (email: string) => (await ask('POST', '/api/session', { body: { email, password } })).cookie

async function gallery(ownerId: string, slug: string, more: Record<string, unknown> = {}): Promise<string> {
  const id = newId(now)
  await base.db
    .insertInto('galleries')
    .values({ id, ownerId, slug, title: slug, state: 'active', createdAt: now, ...more } as never)
    .execute()
  return id
}

test('the first account needs the code, adopts the owner the command line made, and is signed in', async () => {
  const owner = await ensureOwner(deps)
  assert.equal((await ensureOwner(deps)).id, owner.id, 'asked twice it is the same owner')
  assert.deepEqual((await ask('GET', '/api/setup')).json, { needed: true })
  const first = { code: 'the-code', name: 'Mara', email: 'Mara@Example.com', password }
  assert.equal((await ask('POST', '/api/setup', { body: { ...first, code: 'the-codf' } })).code, 'set_up_code_wrong')
  assert.equal((await ask('POST', '/api/setup', { body: { ...first, password: 'short' } })).code, 'password_weak')
  assert.equal((await ask('POST', '/api/setup', { body: { ...first, email: 'a@b.com, c@d.com' } })).code, 'email_invalid')
  const [one, two] = await Promise.all([ask('POST', '/api/setup', { body: first }), ask('POST', '/api/setup', { body: first })])
  assert.deepEqual([one.status, two.status].sort(), [201, 409], 'of two at once one wins')
  const won = one.status === 201 ? one : two
  assert.deepEqual(won.json, { user: { id: owner.id, name: 'Mara', email: 'mara@example.com', role: 'admin' } })
  assert.match(won.cookies.join(), /HttpOnly; SameSite=Lax/i)
  assert.doesNotMatch(won.cookies.join(), /Secure/, 'over plain http a Secure cookie would never come back')
  assert.equal((await ask('GET', '/api/session', { cookie: won.cookie })).json.user.email, 'mara@example.com')
  assert.deepEqual((await ask('GET', '/api/setup')).json, { needed: false })
  assert.equal((await ask('POST', '/api/setup', { body: first })).code, 'set_up_done')
})

test('a session opens what is its own until it is ended', async () => {
  const cookie = await signIn('MARA@example.com')
  assert.equal((await ask('GET', '/api/session')).code, 'sign_in_required')
  assert.equal((await ask('GET', '/api/session', { cookie: `${cookie.slice(0, -12)}AAAA${cookie.slice(-8)}` })).code, 'sign_in_required')
  assert.equal((await ask('GET', '/api/session', { cookie })).status, 200)
  const row = await base.db.selectFrom('sessions').select(['ipAddress', 'expiresAt']).executeTakeFirstOrThrow()
  assert.equal(row.ipAddress, '198.51.100.1', 'the address is the one we saw')
  assert.equal((await ask('DELETE', '/api/session', { cookie })).status, 204)
  assert.equal((await ask('GET', '/api/session', { cookie })).code, 'sign_in_required')
  assert.equal((await ask('DELETE', '/api/session')).status, 204, 'ending nothing is no error')
})

test('signing in again replaces nothing, and what is no account answers alike', async () => {
  const cookie = await signIn('mara@example.com')
  assert.equal((await ask('POST', '/api/session', { cookie, body: { email: 'mara@example.com', password } })).status, 200)
  const wrong = await ask('POST', '/api/session', { from: '203.0.113.1', body: { email: 'mara@example.com', password: 'x' } })
  for (const email of ['nobody@example.com', 'not an address', 'owner@localhost']) {
    const answer = await ask('POST', '/api/session', { from: '203.0.113.1', body: { email, password: 'x' } })
    assert.deepEqual({ ...answer.json, request_id: '' }, { ...wrong.json, request_id: '' }, email)
  }
})

test('under https the cookie is Secure, and a session of another secret opens nothing', async () => {
  const settings = { ...deps.settings, publicUrl: 'https://photos.example.com', tokenSecrets: ['zyxwvutsrqponmlkjihgfedcba9876543210'] }
  const world = { ...deps, settings }
  const auth = makeAuth(world)
  const other = await makeServer({ deps: world, guard: makeGuard(world, auth), routes: [accountRoutes({ auth, setUpCode: 'c' })] })
  const body = { email: 'mara@example.com', password }
  const answer = await other.inject({ method: 'POST', url: '/api/session', payload: body })
  assert.match(
    String(answer.headers['set-cookie']),
    /^__Secure-keepsake\.session_token=.*Max-Age=2592000; .*HttpOnly; Secure; SameSite=Lax/,
  )
  const mine = await signIn('mara@example.com')
  const foreign = await other.inject({ url: '/api/session', headers: { cookie: mine.replace('keepsake', '__Secure-keepsake') } })
  assert.equal(foreign.json().code, 'sign_in_required')
  await other.close()
})

test('nobody can sign themselves up, and the routes of the library are closed', async () => {
  for (const url of ['/api/auth/sign-up/email', '/api/auth/sign-in/email', '/api/auth/get-session']) {
    assert.equal((await ask('POST', url, { body: {} })).code, 'not_found')
  }
})

test('only an admin adds users, and an address has one account', async () => {
  const admin = await signIn('mara@example.com')
  const body = { name: 'Jonas', email: 'jonas@example.com', password, role: 'owner' }
  assert.equal((await ask('POST', '/api/users', { body })).code, 'sign_in_required')
  assert.equal((await ask('POST', '/api/users', { body: { ...body, name: 'a\0b' }, cookie: admin })).code, 'bad_request')
  assert.equal((await ask('POST', '/api/users', { body, cookie: admin })).status, 201)
  assert.equal((await ask('POST', '/api/users', { body: { ...body, email: 'JONAS@example.com' }, cookie: admin })).code, 'account_exists')
  const jonas = await signIn('jonas@example.com')
  assert.equal((await ask('POST', '/api/users', { body: { ...body, email: 'x@example.com' }, cookie: jonas })).code, 'forbidden')
})

test('a key opens what its scopes say, is shown once and can be revoked', async () => {
  const cookie = await signIn('mara@example.com')
  const { id: userId } = (await ask('GET', '/api/session', { cookie })).json.user
  await gallery(userId, 'mara-one')
  assert.equal((await ask('POST', '/api/keys', { cookie, body: { name: 'a\0b', scopes: ['galleries:read'] } })).code, 'bad_request')
  const made = await ask('POST', '/api/keys', { cookie, body: { name: 'backup', scopes: ['galleries:read'] } })
  assert.equal(made.status, 201)
  const { key, id } = made.json
  assert.match(key, /^ks_[\w-]{32}$/)
  assert.equal((await ask('GET', '/t/read/mara-one', { key })).status, 200)
  assert.equal((await ask('POST', '/t/write/mara-one', { key })).code, 'key_scope')
  assert.equal((await ask('POST', '/t/write/no-such', { key })).code, 'key_scope', 'a scope that is missing tells nothing')
  assert.equal((await ask('POST', '/api/keys', { key, body: { name: 'more', scopes: ['galleries:write'] } })).code, 'forbidden')
  assert.equal(
    (await ask('POST', '/api/users', { key, body: { name: 'x', email: 'x@example.com', password, role: 'admin' } })).code,
    'forbidden',
  )
  const listed = await ask('GET', '/api/keys', { cookie })
  assert.deepEqual(listed.json.rows[0].last_used_at, now.toISOString())
  assert.ok(!JSON.stringify(listed.json).includes(key.slice(3)))
  assert.equal((await ask('DELETE', `/api/keys/${id}`, { cookie: await signIn('jonas@example.com') })).code, 'key_unknown')
  assert.equal((await ask('DELETE', `/api/keys/${id}`, { cookie })).status, 204)
  assert.equal((await ask('GET', '/t/read/mara-one', { key })).code, 'sign_in_required')
  assert.equal((await ask('GET', '/t/read/mara-one', { key: `${key}x` })).code, 'sign_in_required')
})

test('the use of a key is noted at most once a minute', async () => {
  const user = await ensureOwner(deps)
  const { key, made } = await createKey(deps, user.id, { name: 'often', scopes: ['galleries:read'] })
  const used = async () =>
    (await base.db.selectFrom('apiKeys').select('lastUsedAt').where('id', '=', made.id).executeTakeFirst())?.lastUsedAt
  const start = now
  await ask('GET', '/t/read/mara-one', { key })
  now = later(start, 30_000)
  await ask('GET', '/t/read/mara-one', { key })
  assert.deepEqual(await used(), start)
  now = later(start, 61_000)
  await ask('GET', '/t/read/mara-one', { key })
  assert.deepEqual(await used(), now)
  await revokeKey(deps, user.id, made.id)
})

test('a foreign gallery answers exactly like an unknown one', async () => {
  const jonas = await createUser(deps, { name: 'J', email: 'j2@example.com', password, role: 'owner' })
  const id = await gallery(jonas.id, 'jonas-one')
  const cookie = await signIn('mara@example.com')
  const unknown = await ask('GET', `/t/read/${newId(now)}`, { cookie })
  for (const name of [id, 'jonas-one']) {
    const foreign = await ask('GET', `/t/read/${name}`, { cookie })
    assert.equal(foreign.status, 404)
    assert.deepEqual({ ...foreign.json, request_id: '' }, { ...unknown.json, request_id: '' })
  }
  assert.equal((await ask('GET', '/t/read/jonas-one')).code, 'sign_in_required')
  assert.equal((await ask('GET', '/t/read/no-such')).code, 'sign_in_required')
})

test('a guest sees what is published and not past, and an owner their drafts too', async () => {
  const user = await ensureOwner(deps)
  await gallery(user.id, 'draft-one', { state: 'draft' })
  await gallery(user.id, 'gone-one', { state: 'deleted' })
  await gallery(user.id, 'past-one', { expiresAt: later(now, -1) })
  const cases = [
    ['mara-one', 200],
    ['draft-one', 404],
    ['gone-one', 404],
    ['no-such', 404],
    ['past-one', 410],
  ] as const
  for (const [slug, status] of cases) {
    assert.equal((await ask('GET', `/t/guest/${slug}`)).status, status, slug)
    assert.equal((await ask('GET', `/t/visit/${slug}`)).status, status, slug)
  }
  const cookie = await signIn('mara@example.com')
  assert.equal((await ask('GET', '/t/visit/draft-one', { cookie })).status, 200)
  assert.equal((await ask('GET', '/t/visit/gone-one', { cookie })).status, 404)
})

test('a gallery password opens it for 30 days, and a new password ends that', async () => {
  const user = await ensureOwner(deps)
  const id = await gallery(user.id, 'locked-one', { passwordHash: await hashPassword('sesame') })
  assert.equal((await ask('GET', '/t/guest/locked-one')).code, 'password_required')
  assert.equal((await ask('GET', '/t/guest/locked-one', { cookie: await signIn('mara@example.com') })).status, 200)
  assert.equal((await ask('POST', '/t/unlock/locked-one', { body: { password: 'nope' } })).code, 'password_wrong')
  const opened = await ask('POST', '/t/unlock/locked-one', { body: { password: 'sesame' } })
  const { cookie } = opened
  assert.match(opened.cookies.join(), new RegExp(`^ks_g_${id}=.*HttpOnly; SameSite=Lax`))
  assert.equal((await ask('GET', '/t/guest/locked-one', { cookie })).status, 200)
  for (let i = cookie.indexOf('=') + 1; i < cookie.length; i += 5) {
    const forged = `${cookie.slice(0, i)}${cookie[i] === 'x' ? 'y' : 'x'}${cookie.slice(i + 1)}`
    assert.equal((await ask('GET', '/t/guest/locked-one', { cookie: forged })).code, 'password_required', `character ${i}`)
  }
  const start = now
  now = later(start, minutes(30 * 24 * 60))
  assert.equal((await ask('GET', '/t/guest/locked-one', { cookie })).code, 'password_required')
  now = start
  await base.db
    .updateTable('galleries')
    .set({ passwordHash: await hashPassword('sesame') })
    .where('id', '=', id)
    .execute()
  assert.equal((await ask('GET', '/t/guest/locked-one', { cookie })).code, 'password_required')
})

test('five wrong passwords make one address wait, twice as long each time, and nobody else', async () => {
  const start = now
  const wrong = (from: string) => ask('POST', '/api/session', { from, body: { email: 'jonas@example.com', password: 'not the one' } })
  for (let i = 0; i < 5; i++) assert.equal((await wrong('203.0.113.7')).code, 'wrong_credentials')
  const blocked = await wrong('203.0.113.7')
  assert.deepEqual([blocked.code, blocked.headers['retry-after']], ['too_many_requests', '60'])
  const right = { email: 'jonas@example.com', password }
  assert.equal((await ask('POST', '/api/session', { from: '203.0.113.7', body: right })).status, 429, 'the right one has to wait too')
  assert.equal((await ask('POST', '/api/session', { from: '203.0.113.8', body: right })).status, 200, 'another address does not')
  for (const wait of [120, 240, 480, 960, 1920, 3600, 3600]) {
    now = later(now, 3_600_000)
    assert.equal((await wrong('203.0.113.7')).code, 'wrong_credentials')
    assert.equal((await wrong('203.0.113.7')).headers['retry-after'], String(wait))
  }
  now = later(now, 3_600_000)
  assert.equal((await ask('POST', '/api/session', { from: '203.0.113.7', body: right })).status, 200, 'success forgets it all')
  assert.equal((await wrong('203.0.113.7')).code, 'wrong_credentials')
  now = start
})

test('guesses sent side by side are counted like those sent one after the other', async () => {
  const wrong = () => ask('POST', '/api/session', { from: '203.0.113.20', body: { email: 'jonas@example.com', password: 'not the one' } })
  const answers = await Promise.all(Array.from({ length: 20 }, wrong))
  assert.equal(answers.filter((a) => a.code === 'wrong_credentials').length, 5)
})

test('another site cannot act through a browser', async () => {
  const cookie = await signIn('mara@example.com')
  const cases: [Record<string, string>, number][] = [
    [{ origin: 'https://evil.example' }, 403],
    [{ origin: 'null' }, 403],
    [{ 'sec-fetch-site': 'cross-site', origin: 'http://localhost:4000' }, 403],
    [{ 'sec-fetch-site': 'same-site' }, 403],
    [{ origin: 'http://localhost:4000', host: 'proxy.internal' }, 201],
    [{ origin: 'http://192.168.1.5:4000', host: '192.168.1.5:4000' }, 201],
    [{ 'sec-fetch-site': 'same-origin' }, 201],
    [{}, 201],
  ]
  for (const [headers, status] of cases) {
    const answer = await ask('POST', '/api/keys', { cookie, headers, body: { name: 'k', scopes: ['galleries:read'] } })
    assert.equal(answer.status, status, JSON.stringify(headers))
  }
})

test('no password, key, cookie or code is in the log', () => {
  const text = log.join('\n')
  assert.ok(log.length > 50)
  for (const secret of [password, 'sesame', 'the-code', 'ks_', 'session_token', 'not the one', '0123456789abcdef']) {
    assert.ok(!text.includes(secret), secret)
  }
})
