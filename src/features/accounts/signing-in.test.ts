/** Signing in by result: a second factor, another sign-in, tokens of programs, invitations, accounts that are switched off. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { codeOf } from '../../../test/codes.ts'
import { type OtherSignIn, otherSignIn } from '../../../test/oidc.ts'
import { freePort } from '../../../test/port.ts'
import { type TestWorld, testSettings, testWorld } from '../../../test/world.ts'
import { makeServer } from '../../app/server.ts'
import { days } from '../../base/clock.ts'
import { type App, galleryParams, type RoutePlugin } from '../../http/app.ts'
import { makeGuard } from '../../http/guard.ts'
import type { Letter } from '../../ports/mail/port.ts'
import { joseTokens } from '../../ports/tokens/jose.ts'
import { addClient } from '../galleries/clients.ts'
import { createGallery } from '../galleries/edit.ts'
import { makeAuth } from './auth.ts'
import { changeUser } from './manage.ts'
import { accountRoutes } from './routes.ts'

const password = 'a long password'
let world: TestWorld
let app: App
let url: string
let other: OtherSignIn
const letters: Letter[] = []

// stands in for the pages of guests: what matters here is who may pass
const doors: RoutePlugin = (scope, _deps, guard) => {
  scope.get('/t/visit/:id', { schema: { params: galleryParams } }, async (request) => {
    const gallery = await guard.visit(request, request.params.id)
    return { slug: gallery.slug, client: (await guard.pass(request, gallery))?.link.clientId ?? null }
  })
}

before(async () => {
  other = await otherSignIn()
  const port = await freePort()
  url = `http://127.0.0.1:${port}`
  const settings = {
    ...testSettings,
    publicUrl: url,
    oidc: { issuer: other.issuer, clientId: other.clientId, clientSecret: other.clientSecret, name: 'Halden' },
  }
  const mail = {
    deliver: async (letter: Letter) => {
      letters.push(letter)
      return { kept: false, response: '250 taken' }
    },
  }
  world = await testWorld({ settings, mail })
  const auth = makeAuth(world.deps)
  const tokens = joseTokens({ jwksUrl: `${other.issuer}/jwks`, issuer: other.issuer, audience: other.clientId })
  app = await makeServer({
    deps: world.deps,
    guard: makeGuard(world.deps, auth, tokens),
    routes: [accountRoutes({ auth, setUpCode: 'c' }), doors],
    trustProxy: 1,
  })
  await app.listen({ port, host: '127.0.0.1' })
})
after(async () => {
  app?.server.closeAllConnections()
  await app?.close()
  await world?.close()
  await other?.close()
})

let browsers = 0
/** A browser: it keeps cookies and follows nothing. Each has an address of its own, for one may sign in 30 times a minute. */
function browser() {
  const jar = new Map<string, string>()
  const address = `198.51.100.${++browsers}`
  const ask = async (method: string, path: string, body?: unknown, more: Record<string, string> = {}) => {
    const answer = await fetch(path.startsWith('http') ? path : `${url}${path}`, {
      method,
      redirect: 'manual',
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; '),
        'x-forwarded-for': address,
        ...more,
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    })
    for (const line of answer.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line)!
      if (value && !/max-age=0/i.test(line)) jar.set(name!, value)
      else jar.delete(name!)
    }
    const text = await answer.text()
    return { status: answer.status, json: text.startsWith('{') ? JSON.parse(text) : {}, location: answer.headers.get('location') }
  }
  return { ask, signIn: (email: string, word = password) => ask('POST', '/api/session', { email, password: word }) }
}

/** The code that the app shows next: it is taken already, and nobody has used it. */
const nextOf = (secret: string) => codeOf(secret, Date.now() + 30_000)

let ida: ReturnType<typeof browser> | undefined
async function admin() {
  if (ida) return ida
  ida = browser()
  assert.equal((await ida.signIn('ida@example.com')).status, 200)
  return ida
}

async function add(email: string, role = 'owner'): Promise<string> {
  const made = await (await admin()).ask('POST', '/api/users', { name: 'Somebody', email, role, password })
  assert.equal(made.status, 201)
  return made.json.id
}

test('everybody may change their own name, which clients read, and nothing else of their account', async () => {
  await add('name@example.com')
  const mine = browser()
  await mine.signIn('name@example.com')
  const changed = await mine.ask('PATCH', '/api/account', { name: '  Studio Halden ' })
  assert.deepEqual([changed.status, changed.json.user.name], [200, 'Studio Halden'])
  assert.equal((await mine.ask('GET', '/api/session')).json.user.name, 'Studio Halden')
  for (const body of [{ name: ' ' }, { name: 'a\0b' }, { name: 'x'.repeat(101) }, { role: 'admin' }, { name: 'A', role: 'admin' }, {}])
    assert.equal((await mine.ask('PATCH', '/api/account', body)).json.code, 'bad_request', JSON.stringify(body))
  assert.equal((await mine.ask('GET', '/api/account')).json.user.role, 'owner')
  assert.equal((await browser().ask('PATCH', '/api/account', { name: 'Nobody' })).json.code, 'sign_in_required')
})

test('a second factor is asked for once it was confirmed; a wrong code opens nothing and a backup code opens once', async () => {
  await add('two@example.com')
  const mine = browser()
  await mine.signIn('two@example.com')
  assert.equal((await mine.ask('POST', '/api/account/second-factor', { password: 'wrong' })).json.code, 'wrong_credentials')
  const { json: made } = await mine.ask('POST', '/api/account/second-factor', { password })
  assert.match(made.uri, /^otpauth:\/\/totp\/Keepsake/)
  assert.equal(made.backup_codes.length, 10)
  assert.equal((await browser().signIn('two@example.com')).json.user?.email, 'two@example.com', 'not confirmed: nothing is asked')
  assert.equal((await mine.ask('POST', '/api/account/second-factor/confirm', { code: '000000' })).json.code, 'code_wrong')
  assert.equal((await mine.ask('POST', '/api/account/second-factor/confirm', { code: codeOf(made.secret) })).status, 204)
  assert.equal((await mine.ask('GET', '/api/account')).json.second_factor, true, 'and the one who did it is still signed in')
  assert.equal((await mine.ask('POST', '/api/account/second-factor', { password })).json.code, 'second_factor_on')

  const phone = browser()
  assert.deepEqual((await phone.signIn('two@example.com')).json, { second_factor: true })
  assert.equal((await phone.ask('GET', '/api/session')).json.code, 'sign_in_required', 'the password alone opens nothing')
  assert.equal((await phone.ask('POST', '/api/session/code', { code: '000000' })).json.code, 'code_wrong')
  assert.equal((await phone.ask('POST', '/api/session/code', { code: nextOf(made.secret) })).json.user.email, 'two@example.com')
  assert.equal((await phone.ask('GET', '/api/session')).status, 200)
  assert.equal((await browser().ask('POST', '/api/session/code', { code: codeOf(made.secret) })).json.code, 'code_late')

  const [backup] = made.backup_codes
  const lost = browser()
  await lost.signIn('two@example.com')
  assert.equal((await lost.ask('POST', '/api/session/code', { code: backup, backup: true })).status, 200)
  const again = browser()
  await again.signIn('two@example.com')
  assert.equal((await again.ask('POST', '/api/session/code', { code: backup, backup: true })).json.code, 'code_wrong')

  assert.equal((await phone.ask('POST', '/api/account/second-factor/off', { password: 'wrong' })).json.code, 'wrong_credentials')
  assert.equal((await phone.ask('POST', '/api/account/second-factor/off', { password })).status, 204)
  assert.equal((await browser().signIn('two@example.com')).json.user.email, 'two@example.com')
})

test('a code opens once: not again while the app shows it, and for one of two who come with it at once', async () => {
  const email = 'once@example.com'
  const id = await add(email)
  const mine = browser()
  await mine.signIn(email)
  const { json: made } = await mine.ask('POST', '/api/account/second-factor', { password })
  const shown = codeOf(made.secret)
  assert.equal((await mine.ask('POST', '/api/account/second-factor/confirm', { code: shown })).status, 204)
  const enter = (who: typeof mine, code: string) => who.ask('POST', '/api/session/code', { code })
  const half = async () => {
    const somebody = browser()
    assert.deepEqual((await somebody.signIn(email)).json, { second_factor: true })
    return somebody
  }
  const failures = async () =>
    (await world.deps.db.selectFrom('twoFactors').select('failedVerificationCount as n').where('userId', '=', id).executeTakeFirstOrThrow())
      .n
  const [one, other] = [await half(), await half()]
  assert.equal((await enter(one, shown)).json.code, 'code_wrong', 'it has switched the second factor on')
  assert.equal(await failures(), 1, 'it counts as any wrong one')
  const next = nextOf(made.secret)
  const answers = await Promise.all([one, other].map((who) => enter(who, next)))
  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 422])
  const late = answers[0]!.status === 422 ? one : other
  assert.equal((await enter(await half(), next)).json.code, 'code_wrong')
  const [backup] = made.backup_codes
  assert.equal((await late.ask('POST', '/api/session/code', { code: backup, backup: true })).status, 200, 'who came late may go on')
})

test('who knows the password cannot guess codes without end, and keeps nobody out for good', async () => {
  const email = 'guess@example.com'
  const id = await add(email)
  const mine = browser()
  await mine.signIn(email)
  const { json: made } = await mine.ask('POST', '/api/account/second-factor', { password })
  await mine.ask('POST', '/api/account/second-factor/confirm', { code: codeOf(made.secret) })
  // each time as if half a minute had passed
  const enter = async (who: typeof mine) => {
    await world.deps.db.deleteFrom('throttles').where('key', 'like', `code ${id} %`).execute()
    return who.ask('POST', '/api/session/code', { code: codeOf(made.secret) })
  }
  const guess = async (times: number) => {
    const thief = browser()
    assert.deepEqual((await thief.signIn(email)).json, { second_factor: true })
    const answers: string[] = []
    for (let n = 0; n < times; n++) answers.push((await thief.ask('POST', '/api/session/code', { code: '000000' })).json.code)
    return answers
  }
  assert.deepEqual(await guess(6), [...Array(5).fill('code_wrong'), 'code_late'], 'five end a sign-in')
  assert.deepEqual(await guess(6), [...Array(5).fill('code_wrong'), 'too_many_requests'], 'ten close the second step')
  assert.deepEqual(await guess(1), ['too_many_requests'], 'from wherever they come')
  const right = browser()
  await right.signIn(email)
  const shut = await enter(right)
  assert.deepEqual([shut.status, shut.json.retry_after_ms], [429, 900_000], 'also for the right one')
  const lock = (from: number) =>
    world.deps.db
      .updateTable('twoFactors')
      .set({ failedVerificationCount: 10, lockedUntil: new Date(Date.now() + from) })
      .where('userId', '=', id)
      .execute()
  await lock(-1000)
  assert.equal((await enter(right)).status, 200, 'a quarter of an hour later')

  // a new password opens it at once, and leaves the thief before the first step
  await lock(900_000)
  const word = 'another long one'
  assert.equal((await mine.ask('POST', '/api/account/password', { current: password, password: word })).status, 204)
  const again = browser()
  await again.signIn(email, word)
  assert.equal((await enter(again)).status, 200)
  await lock(900_000)
  const { json: fresh } = await (await admin()).ask('POST', `/api/users/${id}/invitation`, {})
  const path = new URL(fresh.url).pathname.replace('/invite/', '/api/invitations/')
  const invited = browser()
  assert.deepEqual((await invited.ask('POST', path, { password })).json, { second_factor: true })
  assert.equal((await enter(invited)).status, 200)
  assert.equal((await browser().signIn(email, word)).json.code, 'wrong_credentials')
})

test('an admin switches off the second factor of somebody who has lost their phone', async () => {
  const id = await add('lost@example.com')
  const mine = browser()
  await mine.signIn('lost@example.com')
  const { json: made } = await mine.ask('POST', '/api/account/second-factor', { password })
  await mine.ask('POST', '/api/account/second-factor/confirm', { code: codeOf(made.secret) })
  const ida = await admin()
  assert.equal((await ida.ask('PATCH', `/api/users/${id}`, { second_factor: false })).status, 200)
  assert.equal((await browser().signIn('lost@example.com')).json.user.email, 'lost@example.com')
})

test('whoever is switched off is out at once: session, sign-in, key and token; their account comes back as it was', async () => {
  const id = await add('off@example.com')
  const off = browser()
  await off.signIn('off@example.com')
  const { json: made } = await off.ask('POST', '/api/keys', { name: 'one', scopes: ['galleries:read'] })
  const byKey = () => browser().ask('GET', '/api/users', undefined, { authorization: `Bearer ${made.key}` })
  const token = await other.token({ email: 'off@example.com' })
  const byToken = () => browser().ask('GET', '/api/account', undefined, { authorization: `Bearer ${token}` })
  assert.deepEqual([(await byKey()).json.code, (await byToken()).status], ['forbidden', 200])
  const ida = await admin()
  await ida.ask('PATCH', `/api/users/${id}`, { disabled: true })
  assert.equal((await off.ask('GET', '/api/account')).json.code, 'sign_in_required')
  assert.equal((await off.ask('GET', '/api/session')).json.code, 'sign_in_required')
  assert.equal((await off.signIn('off@example.com')).json.code, 'account_disabled')
  assert.equal((await off.ask('GET', '/api/session')).json.code, 'sign_in_required', 'and no session was left behind')
  assert.deepEqual([(await byKey()).json.code, (await byToken()).json.code], ['sign_in_required', 'sign_in_required'])
  await ida.ask('PATCH', `/api/users/${id}`, { disabled: false })
  assert.equal((await off.signIn('off@example.com')).status, 200)
  assert.equal((await byKey()).json.code, 'forbidden', 'the key opens what it opened before')
})

test('somebody must run the installation: the last admin stays one, also when two go at once', async () => {
  const ida = await admin()
  const { json } = await ida.ask('GET', '/api/users')
  const first = json.rows.find((one: { email: string }) => one.email === 'ida@example.com')
  for (const change of [{ disabled: true }, { role: 'owner' }])
    assert.equal((await ida.ask('PATCH', `/api/users/${first.id}`, change)).json.code, 'last_admin')
  const second = await add('second@example.com', 'admin')
  const both = await Promise.allSettled([first.id, second].map((id) => changeUser(world.deps, id, { role: 'owner' })))
  assert.deepEqual(both.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
  await world.deps.db.updateTable('users').set({ role: 'admin' }).where('id', '=', first.id).execute()
  await world.deps.db.updateTable('users').set({ role: 'owner' }).where('id', '=', second).execute()
})

test('who was invited gets a letter and chooses a password, once and within seven days', async () => {
  const ida = await admin()
  const made = await ida.ask('POST', '/api/users', { name: 'Jonas', email: 'jonas@example.com', role: 'owner', locale: 'de' })
  assert.equal(made.status, 201)
  const { invitation } = made.json
  assert.equal(invitation.mailed, true)
  const letter = letters.at(-1)!
  assert.deepEqual([letter.to, letter.subject], ['jonas@example.com', 'Ida Photo lädt Sie zu Keepsake ein'])
  assert.ok(letter.text.includes(invitation.url) && letter.html.includes(invitation.url))
  const row = (await ida.ask('GET', '/api/users')).json.rows.find((one: { email: string }) => one.email === 'jonas@example.com')
  assert.deepEqual([row.state, row.galleries, row.last_seen_at], ['invited', 0, null])
  assert.equal((await browser().signIn('jonas@example.com')).json.code, 'wrong_credentials')

  const path = new URL(invitation.url).pathname.replace('/invite/', '/api/invitations/')
  const jonas = browser()
  assert.deepEqual((await jonas.ask('GET', path)).json, { name: 'Jonas', email: 'jonas@example.com' })
  assert.equal((await jonas.ask('POST', path, { password: 'short' })).json.code, 'password_weak')
  const turned = `${path.slice(0, -1)}${path.endsWith('A') ? 'B' : 'A'}`
  assert.equal((await jonas.ask('POST', turned, { password })).json.code, 'invitation_ended')
  const two = await Promise.all([browser().ask('POST', path, { password }), browser().ask('POST', path, { password })])
  assert.deepEqual(two.map(({ status }) => status).sort(), [200, 410])
  assert.equal((await jonas.signIn('jonas@example.com')).status, 200)
  assert.equal((await jonas.ask('POST', path, { password: 'another long one' })).json.code, 'invitation_ended')

  const late = await ida.ask('POST', '/api/users', { name: 'Late', email: 'late@example.com', role: 'owner' })
  const latePath = new URL(late.json.invitation.url).pathname.replace('/invite/', '/api/invitations/')
  world.clock.advance(days(7) + 1000)
  assert.equal((await browser().ask('GET', latePath)).json.code, 'invitation_ended')
  // the same way leads back in for who has forgotten their password
  const fresh = await ida.ask('POST', `/api/users/${late.json.id}/invitation`, {})
  const freshPath = new URL(fresh.json.url).pathname.replace('/invite/', '/api/invitations/')
  assert.equal((await browser().ask('POST', freshPath, { password })).status, 200)
})

test('only admins see and change accounts', async () => {
  const id = await add('plain@example.com')
  const plain = browser()
  await plain.signIn('plain@example.com')
  assert.equal((await plain.ask('GET', '/api/users')).json.code, 'forbidden')
  assert.equal((await plain.ask('PATCH', `/api/users/${id}`, { role: 'admin' })).json.code, 'forbidden')
  assert.equal((await plain.ask('POST', `/api/users/${id}/invitation`, {})).json.code, 'forbidden')
})

test('a new password needs the old one and ends the other sessions', async () => {
  await add('word@example.com')
  const [here, there] = [browser(), browser()]
  await here.signIn('word@example.com')
  await there.signIn('word@example.com')
  const change = (current: string, to: string) => here.ask('POST', '/api/account/password', { current, password: to })
  assert.equal((await change('wrong', 'another long one')).json.code, 'wrong_credentials')
  assert.equal((await change(password, 'short')).json.code, 'password_weak')
  assert.equal((await change(password, 'another long one')).status, 204)
  assert.equal((await here.ask('GET', '/api/account')).status, 200)
  assert.equal((await there.ask('GET', '/api/account')).json.code, 'sign_in_required')
  assert.equal((await browser().signIn('word@example.com')).json.code, 'wrong_credentials')
  assert.equal((await browser().signIn('word@example.com', 'another long one')).status, 200)
})

/** To the other sign-in and back, as a browser goes. */
async function elsewhere(next = '') {
  const person = browser()
  const begun = await person.ask('GET', `/api/session/oidc${next}`)
  assert.equal(begun.status, 302)
  assert.ok(begun.location!.startsWith(`${other.issuer}/authorize?`))
  const signed = await fetch(begun.location!, { redirect: 'manual' })
  const back = await person.ask('GET', signed.headers.get('location')!)
  return { person, back, callback: signed.headers.get('location')! }
}

test('another sign-in opens the account with the same verified address, and no other', async () => {
  await add('mara@example.com')
  assert.deepEqual((await browser().ask('GET', '/api/session/ways')).json, { oidc: 'Halden', passkeys: null })
  Object.assign(other.person, { sub: 'mara-1', email: 'Mara@Example.com', email_verified: true })
  const { person, back, callback } = await elsewhere('?next=/outbox')
  assert.deepEqual([back.status, back.location], [302, '/outbox'])
  assert.equal((await person.ask('GET', '/api/session')).json.user.email, 'mara@example.com')
  assert.equal((await browser().ask('GET', callback)).location, '/sign-in?problem=elsewhere', 'the way back is for the browser that went')

  // known by now: a changed address there changes nothing here
  Object.assign(other.person, { email: 'mara.new@example.com' })
  assert.equal((await (await elsewhere()).person.ask('GET', '/api/session')).json.user.email, 'mara@example.com')

  for (const [who, facts] of Object.entries({
    unverified: { sub: 'x1', email: 'plain@example.com', email_verified: false },
    'unverified, in words': { sub: 'x3', email: 'plain@example.com', email_verified: 'false' },
    'no word about it': { sub: 'x4', email: 'plain@example.com', email_verified: undefined },
    stranger: { sub: 'x2', email: 'nobody@example.com', email_verified: true },
  })) {
    Object.assign(other.person, facts)
    const refused = await elsewhere()
    assert.equal(refused.back.location, '/sign-in?problem=elsewhere', who)
    assert.equal((await refused.person.ask('GET', '/api/session')).json.code, 'sign_in_required', who)
  }
  const found = await world.deps.db.selectFrom('users').select('id').where('email', '=', 'nobody@example.com').execute()
  assert.equal(found.length, 0, 'nobody gets an account by coming')
})

test('a foreign address to go on to is not followed', async () => {
  Object.assign(other.person, { sub: 'mara-1', email: 'mara@example.com', email_verified: true })
  for (const next of ['//evil.example', '/\\evil.example', 'https://evil.example'])
    assert.equal((await elsewhere(`?next=${encodeURIComponent(next)}`)).back.location, '/', next)
})

test('whoever is switched off does not come in by another sign-in', async () => {
  const id = await add('gone@example.com')
  Object.assign(other.person, { sub: 'gone-1', email: 'gone@example.com', email_verified: true })
  await (await admin()).ask('PATCH', `/api/users/${id}`, { disabled: true })
  const { person, back } = await elsewhere()
  assert.equal(back.location, '/sign-in?problem=elsewhere')
  assert.equal((await person.ask('GET', '/api/session')).json.code, 'sign_in_required')
  assert.deepEqual(await world.deps.db.selectFrom('sessions').select('id').where('userId', '=', id).execute(), [], 'nor on a later day')
})

test('the same number at another issuer is another person', async () => {
  const second = await otherSignIn()
  Object.assign(second.person, { sub: 'mara-1', email: 'nobody@example.com', email_verified: true })
  const oidc = { issuer: second.issuer, clientId: second.clientId, clientSecret: second.clientSecret, name: 'Moved' }
  const deps = { ...world.deps, settings: { ...world.deps.settings, oidc } }
  const auth = makeAuth(deps)
  const moved = await makeServer({ deps, guard: makeGuard(deps, auth), routes: [accountRoutes({ auth, setUpCode: 'c' })] })
  const begun = await moved.inject({ url: '/api/session/oidc' })
  const cookie = begun.cookies.map(({ name, value }) => `${name}=${encodeURIComponent(value)}`).join('; ')
  const signed = await fetch(begun.headers.location!, { redirect: 'manual' })
  const back = await moved.inject({ url: signed.headers.get('location')!.replace(url, ''), headers: { cookie } })
  assert.equal(back.headers.location, '/sign-in?problem=elsewhere')
  await moved.close()
  await second.close()
})

test('a token of the other sign-in counts when its key, issuer, audience, time and address are right', async () => {
  await add('token@example.com')
  const by = async (token: string) => (await browser().ask('GET', '/api/account', undefined, { authorization: `Bearer ${token}` })).json
  const right = { email: 'Token@example.com' }
  assert.equal((await by(await other.token(right))).user.email, 'token@example.com')
  const wrong = {
    'another issuer': await other.token({ ...right, iss: 'https://elsewhere.example' }),
    'another audience': await other.token({ ...right, aud: 'another program' }),
    'too old': await other.token({ ...right, exp: Math.floor(Date.now() / 1000) - 120 }),
    'an address that is not verified': await other.token({ ...right, email_verified: false }),
    'nobody here': await other.token({ email: 'nobody@example.com' }),
    'another key': await other.forged(),
    unsigned: `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from(JSON.stringify({ iss: other.issuer, aud: other.clientId, sub: 'x', ...right })).toString('base64url')}.x`,
  }
  for (const [what, token] of Object.entries(wrong)) assert.equal((await by(token)).code, 'sign_in_required', what)
})

test('the token of a client opens their gallery as their own link does, for as long as they may, and no other gallery', async () => {
  const { deps, ownerId, clock } = world
  const mine = await createGallery(deps, ownerId, { title: 'Closed to all others' })
  const others = await createGallery(deps, ownerId, { title: 'Somebody else’s' })
  for (const { id } of [mine, others])
    await deps.db.updateTable('galleries').set({ state: 'active', isPublic: false, passwordHash: 'x' }).where('id', '=', id).execute()
  const client = await addClient(deps, mine.id, 'anna@example.com', null)
  const look = async (slug: string, token: string) =>
    (await browser().ask('GET', `/t/visit/${slug}`, undefined, { authorization: `Bearer ${token}` })).json
  const anna = await other.token({ email: 'Anna@example.com' })
  assert.deepEqual(await look(mine.slug, anna), { slug: mine.slug, client: client.id })
  assert.equal((await look(others.slug, anna)).code, 'not_found')
  assert.equal((await look(mine.slug, await other.token({ email: 'otto@example.com' }))).code, 'not_found')
  await deps.db.updateTable('galleryClients').set({ accessExpiresAt: clock.now() }).where('id', '=', client.id).execute()
  assert.equal((await look(mine.slug, anna)).code, 'access_ended')
})
