/** Passkeys by result: an authenticator in software makes them, signs in with them, and lies in every way we know. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Authenticator, authenticator, type Twist } from '../../../test/authenticator.ts'
import { codeOf } from '../../../test/codes.ts'
import { type TestWorld, testSettings, testWorld } from '../../../test/world.ts'
import { makeServer } from '../../app/server.ts'
import { minutes } from '../../base/clock.ts'
import type { App } from '../../http/app.ts'
import { makeGuard } from '../../http/guard.ts'
import { makeAuth } from './auth.ts'
import { accountRoutes } from './routes.ts'
import { createUser } from './users.ts'

const password = 'a long password'
const origin = 'https://photos.example.com'
let world: TestWorld
let app: App
let plain: App

before(async () => {
  world = await testWorld({ settings: { ...testSettings, publicUrl: origin } })
  const serve = async (publicUrl: string) => {
    const deps = { ...world.deps, settings: { ...testSettings, publicUrl } }
    const auth = makeAuth(deps)
    return makeServer({ deps, guard: makeGuard(deps, auth), routes: [accountRoutes({ auth, setUpCode: 'c' })], trustProxy: 1 })
  }
  app = await serve(origin)
  plain = await serve('http://nas:3000')
})
after(async () => {
  await app?.close()
  await plain?.close()
  await world?.close()
})

let lastAddress = 0
/** A browser: it keeps cookies, at an address of its own. */
function browser(server = app) {
  const jar = new Map<string, string>()
  const address = `10.0.0.${++lastAddress}`
  const ask = async (method: 'GET' | 'POST' | 'DELETE', url: string, payload?: object, more: Record<string, string> = {}) => {
    const headers = {
      cookie: [...jar].map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('; '),
      'x-forwarded-for': address,
      ...more,
    }
    const answer = await server.inject({ method, url, headers, payload })
    for (const { name, value, maxAge } of answer.cookies) {
      if (value && maxAge !== 0) jar.set(name, value)
      else jar.delete(name)
    }
    return { status: answer.statusCode, json: answer.body.startsWith('{') ? answer.json() : {} }
  }
  return { jar, ask, signIn: (email: string, word = password) => ask('POST', '/api/session', { email, password: word }) }
}
type Browser = ReturnType<typeof browser>

async function somebody(email: string): Promise<{ id: string; page: Browser }> {
  const { id } = await createUser(world.deps, { name: 'Somebody', email, role: 'owner', password })
  const page = browser()
  assert.equal((await page.signIn(email)).status, 200)
  return { id, page }
}

async function add(page: Browser, key: Authenticator, twist: Twist = {}) {
  const { options } = (await page.ask('POST', '/api/account/passkeys/options', { password })).json
  return page.ask('POST', '/api/account/passkeys', { name: 'My phone', ...key.make(options, twist) })
}

async function enter(page: Browser, key: Authenticator, twist: Twist = {}) {
  const { options } = (await page.ask('POST', '/api/session/passkey/options')).json
  return page.ask('POST', '/api/session/passkey', key.sign(options, twist))
}

const letters = (kind: 'passkey_added' | 'passkey_copied', recipient: string) =>
  world.deps.db.selectFrom('letters').selectAll().where('kind', '=', kind).where('recipient', '=', recipient).execute()

test('a passkey opens the account of who made it, without an address, a password or a code, and its owner hears of it by letter', async () => {
  const { page } = await somebody('mara@example.com')
  const { json: made } = await page.ask('POST', '/api/account/second-factor', { password })
  await page.ask('POST', '/api/account/second-factor/confirm', { code: codeOf(made.secret) })
  const phone = authenticator(origin, { counts: false })
  const added = await add(page, phone)
  assert.equal(added.status, 201)
  assert.deepEqual([added.json.name, added.json.backed_up, added.json.last_used_at], ['My phone', true, null])
  const [letter] = await letters('passkey_added', 'mara@example.com')
  assert.deepEqual(letter!.facts, { name: 'My phone' })

  const elsewhere = browser()
  const inside = await enter(elsewhere, phone)
  assert.deepEqual([inside.status, inside.json.user.email], [200, 'mara@example.com'])
  assert.equal((await elsewhere.ask('GET', '/api/session')).json.user.email, 'mara@example.com')
  assert.equal((await enter(browser(), phone)).status, 200, 'one that does not count opens again')
  const { rows } = (await page.ask('GET', '/api/account/passkeys')).json
  assert.equal(rows.length, 1)
  assert.equal(rows[0].last_used_at, world.clock.now().toISOString())
  await elsewhere.ask('DELETE', '/api/session')
  assert.equal((await elsewhere.ask('GET', '/api/account')).json.code, 'sign_in_required')
})

test('what does not prove everything opens nothing, and one answer hides what was wrong', async () => {
  const { page } = await somebody('otto@example.com')
  const { id: other } = await somebody('other@example.com')
  const key = authenticator(origin)
  await add(page, key)
  const stranger = authenticator(origin)
  stranger.make({ rp: { id: 'photos.example.com' }, user: { id: 'AAAA' }, challenge: 'x' })
  const forger: Authenticator = {
    ...stranger,
    sign: (options, twist) => ({ ...stranger.sign(options, twist), id: key.id, user_handle: handle }),
  }
  const handle = key.sign({ rpId: 'photos.example.com', challenge: 'x' }).user_handle
  const wrong: [string, Authenticator, Twist][] = [
    ['another origin', key, { origin: 'https://photos.example.com.evil.example' }],
    ['the same name over http', key, { origin: 'http://photos.example.com' }],
    ['another name', key, { rpId: 'evil.example' }],
    ['nobody was verified', key, { unverified: true }],
    ['made, not signed', key, { type: 'webauthn.create' }],
    ['out of a frame of another site', key, { crossOrigin: true }],
    ['somebody else’s account', key, { handle: Buffer.from(other).toString('base64url') }],
    ['a passkey that nobody has here', stranger, {}],
    ['another key under this passkey’s id', forger, {}],
  ]
  for (const [what, with_, twist] of wrong) {
    const person = browser()
    const { status, json } = await enter(person, with_, twist)
    assert.deepEqual([status, json.code, person.jar.size], [401, 'passkey_wrong', 0], what)
  }
  assert.equal((await enter(browser(), key)).status, 200, 'and nothing of this has hurt the right one')
})

test('a challenge is answered once, by whom it was given to, and within five minutes', async () => {
  const { page } = await somebody('late@example.com')
  const key = authenticator(origin)
  await add(page, key)
  const ask = async () => (await page.ask('POST', '/api/session/passkey/options')).json.options
  const answer = (body: object) => browser().ask('POST', '/api/session/passkey', body)

  const signed = key.sign(await ask())
  assert.equal((await answer(signed)).status, 200)
  assert.equal((await answer(signed)).json.code, 'passkey_late', 'said again')
  assert.equal((await enter(browser(), key, { challenge: 'of-their-own' })).json.code, 'passkey_late')
  const old = await ask()
  world.clock.advance(minutes(5))
  assert.equal((await answer(key.sign(old))).json.code, 'passkey_late')
  // one that was given for making a passkey signs nobody in, and the other way round
  const { options: making } = (await page.ask('POST', '/api/account/passkeys/options', { password })).json
  assert.equal((await answer(key.sign({ ...making, rpId: making.rp.id }))).json.code, 'passkey_late')
  const second = authenticator(origin)
  const made = { name: 'x', ...second.make({ ...making, challenge: (await ask()).challenge }) }
  assert.equal((await page.ask('POST', '/api/account/passkeys', made)).json.code, 'passkey_late')
  // nor does it make a passkey of somebody else
  const { page: thief } = await somebody('thief@example.com')
  const theirs = (await page.ask('POST', '/api/account/passkeys/options', { password })).json.options
  assert.equal((await thief.ask('POST', '/api/account/passkeys', { name: 'x', ...second.make(theirs) })).json.code, 'passkey_late')
  const two = key.sign(await ask())
  const both = await Promise.all([answer(two), answer(two)])
  assert.deepEqual(both.map(({ status }) => status).sort(), [200, 401])
})

test('a passkey that counts backwards is refused, and its owner hears of it once; who has no key cannot bring that about', async () => {
  const { page } = await somebody('count@example.com')
  const key = authenticator(origin)
  await add(page, key, { counter: 7 })
  assert.equal((await enter(browser(), key, { counter: 9 })).status, 200)
  const told = () => letters('passkey_copied', 'count@example.com')
  const { options } = (await page.ask('POST', '/api/session/passkey/options')).json
  const unsigned = { ...key.sign(options, { counter: 1 }), signature: 'AAAA' }
  assert.equal((await page.ask('POST', '/api/session/passkey', unsigned)).json.code, 'passkey_wrong')
  assert.equal((await told()).length, 0)
  for (const counter of [9, 8, 0]) {
    const person = browser()
    const { status, json } = await enter(person, key, { counter })
    assert.deepEqual([status, json.code, person.jar.size], [401, 'passkey_copied', 0], String(counter))
  }
  assert.equal((await told()).length, 1)
  assert.equal((await enter(browser(), key, { counter: 10 })).status, 200)
})

test('whoever is switched off does not come in by a passkey, and no session waits for the day they are switched on', async () => {
  const { id, page } = await somebody('off@example.com')
  const key = authenticator(origin)
  await add(page, key)
  const set = (disabledAt: Date | null) => world.deps.db.updateTable('users').set({ disabledAt }).where('id', '=', id).execute()
  await set(world.clock.now())
  const person = browser()
  assert.equal((await enter(person, key)).json.code, 'account_disabled')
  assert.equal((await page.ask('GET', '/api/account/passkeys')).json.code, 'sign_in_required')
  await world.deps.db.deleteFrom('sessions').where('userId', '=', id).execute()
  assert.equal((await enter(person, key)).json.code, 'account_disabled')
  assert.equal(person.jar.size, 0)
  assert.deepEqual(await world.deps.db.selectFrom('sessions').select('id').where('userId', '=', id).execute(), [])
  await set(null)
  assert.equal((await enter(person, key)).status, 200)
})

test('a passkey is made by who has just signed in or knows the password', async () => {
  const { id, page } = await somebody('proof@example.com')
  const begin = (body: object) => page.ask('POST', '/api/account/passkeys/options', body)
  assert.equal((await begin({})).status, 200, 'signed in a moment ago')
  await world.deps.db
    .updateTable('sessions')
    .set({ createdAt: new Date(Date.now() - minutes(6)) })
    .where('userId', '=', id)
    .execute()
  assert.equal((await begin({})).json.code, 'proof_needed')
  assert.equal((await begin({ password: 'wrong' })).json.code, 'wrong_credentials')
  assert.equal((await begin({ password })).status, 200)
  const key = await page.ask('POST', '/api/keys', { name: 'one', scopes: ['galleries:read'] })
  const byKey = await browser().ask('POST', '/api/account/passkeys/options', { password }, { authorization: `Bearer ${key.json.key}` })
  assert.equal(byKey.json.code, 'forbidden')
  for (let n = 0; n < 5; n++) await begin({ password: 'wrong' })
  assert.deepEqual([(await begin({ password })).status, (await page.signIn('proof@example.com')).status], [429, 200], 'its own count')
})

test('nothing but a whole, verified passkey of this place is taken into an account', async () => {
  const { page } = await somebody('made@example.com')
  const certificates = new Map<string, unknown>([
    ['alg', -7],
    ['sig', Buffer.alloc(70)],
    ['x5c', [Buffer.alloc(300)]],
  ])
  for (const [what, twist] of Object.entries({
    'another origin': { origin: 'https://evil.example' },
    'another name': { rpId: 'evil.example' },
    'nobody verified': { unverified: true },
    signed: { type: 'webauthn.get' },
    'out of a frame': { crossOrigin: true },
    'a format of nobody': { format: 'made up' },
    'certificates, whose lists would be fetched': { format: 'packed', statement: certificates },
    'certificates of a phone': { format: 'android-key', statement: certificates },
  } satisfies Record<string, Twist>))
    assert.equal((await add(page, authenticator(origin), twist)).json.code, 'passkey_wrong', what)
  assert.deepEqual((await page.ask('GET', '/api/account/passkeys')).json.rows, [])

  const key = authenticator(origin)
  assert.equal((await add(page, key)).status, 201)
  const { options } = (await page.ask('POST', '/api/account/passkeys/options', { password })).json
  assert.deepEqual(
    options.excludeCredentials.map(({ id }: { id: string }) => id),
    [key.id],
  )
  const { page: second } = await somebody('second@example.com')
  assert.equal((await add(second, key)).json.code, 'passkey_known', 'one passkey, one account')
  for (let n = 1; n < 20; n++) assert.equal((await add(page, authenticator(origin))).status, 201)
  assert.equal((await page.ask('POST', '/api/account/passkeys/options', { password })).json.code, 'passkeys_full')
})

test('a removed passkey opens nothing; the last way in stays, and a foreign one is as one that is not there', async () => {
  const { id, page } = await somebody('gone@example.com')
  const [one, two] = [authenticator(origin), authenticator(origin)]
  const [first, second] = [(await add(page, one)).json.id, (await add(page, two)).json.id]
  const { page: stranger } = await somebody('stranger@example.com')
  const remove = (who: Browser, passkey: string) => who.ask('DELETE', `/api/account/passkeys/${passkey}`)
  assert.equal((await remove(stranger, first)).json.code, 'passkey_unknown')
  assert.equal((await remove(page, first)).status, 204)
  assert.equal((await remove(page, first)).json.code, 'passkey_unknown')
  assert.equal((await enter(browser(), one)).json.code, 'passkey_wrong')
  assert.equal((await enter(browser(), two)).status, 200)
  // somebody who always came by another sign-in that is not there any more
  await world.deps.db.deleteFrom('accounts').where('userId', '=', id).execute()
  assert.equal((await remove(page, second)).json.code, 'last_way_in')
  assert.equal((await enter(browser(), two)).status, 200)
})

test('without https there are no passkeys, and that is said', async () => {
  const page = browser(plain)
  assert.deepEqual((await page.ask('GET', '/api/session/ways')).json, { oidc: null, passkeys: null })
  assert.equal((await page.ask('POST', '/api/session/passkey/options')).json.code, 'passkeys_off')
  assert.equal((await browser().ask('GET', '/api/session/ways')).json.passkeys, origin)
})

test('garbage, other sites and crowds get no further than the door', async () => {
  const { page } = await somebody('door@example.com')
  const key = authenticator(origin)
  await add(page, key)
  const { options } = (await page.ask('POST', '/api/session/passkey/options')).json
  const signed = key.sign(options)
  const send = (body: object, more?: Record<string, string>) => browser().ask('POST', '/api/session/passkey', body, more)
  const foreign = { origin: 'https://evil.example', cookie: 'a=b' }
  assert.equal((await send(signed, foreign)).json.code, 'foreign_origin')
  for (const path of ['/api/session/passkey/options', '/api/account/passkeys/options', '/api/account/passkeys'])
    assert.equal((await page.ask('POST', path, {}, { origin: 'https://evil.example' })).json.code, 'foreign_origin', path)
  for (const [what, body, code] of [
    ['more than is asked for', { ...signed, user_id: 'x' }, 'bad_request'],
    ['no base64url', { ...signed, signature: '+/==' }, 'bad_request'],
    ['too long', { ...signed, authenticator_data: 'A'.repeat(5000) }, 'bad_request'],
    ['no JSON inside', { ...signed, client_data: Buffer.from('{').toString('base64url') }, 'passkey_wrong'],
    ['null inside', { ...signed, client_data: Buffer.from('null').toString('base64url') }, 'passkey_wrong'],
    ['a list inside', { ...signed, client_data: Buffer.from('{"challenge":["x"]}').toString('base64url') }, 'passkey_wrong'],
  ] as const)
    assert.equal((await send(body)).json.code, code, what)
  assert.equal((await send({ ...signed, signature: 'A'.repeat(2_000_000) })).json.code, 'bad_request')
  assert.equal((await send(signed)).status, 200, 'none of them has used the challenge up')

  // the object that an authenticator makes: cut, deep, and lies about its length
  const deep = Buffer.concat([Buffer.alloc(5000, 0x81), Buffer.from([0])]).toString('base64url')
  const huge = Buffer.from([0x5b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]).toString('base64url')
  for (const attestation_object of [deep, huge, 'AAAA', Buffer.alloc(4000, 0xbf).toString('base64url')]) {
    const { options } = (await page.ask('POST', '/api/account/passkeys/options', { password })).json
    const made = { name: 'x', ...authenticator(origin).make(options), attestation_object }
    assert.equal((await page.ask('POST', '/api/account/passkeys', made)).json.code, 'passkey_wrong')
  }
  const crowd = browser()
  const answers: number[] = []
  for (let n = 0; n < 31; n++) answers.push((await crowd.ask('POST', '/api/session/passkey/options')).status)
  assert.deepEqual([answers.filter((status) => status === 200).length, answers.at(-1)], [30, 429])
})

test('a session that somebody had set before is not the one that signing in makes', async () => {
  const { page } = await somebody('fixed@example.com')
  const key = authenticator(origin)
  await add(page, key)
  const { page: thief } = await somebody('fixer@example.com')
  const victim = browser()
  for (const [name, value] of thief.jar) victim.jar.set(name, value)
  assert.equal((await enter(victim, key)).status, 200)
  assert.equal((await victim.ask('GET', '/api/session')).json.user.email, 'fixed@example.com')
  assert.equal((await thief.ask('GET', '/api/session')).json.user.email, 'fixer@example.com')
})
