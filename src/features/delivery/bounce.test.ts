import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { after, before, test } from 'node:test'
import type { Office } from '../../../test/post-office.ts'
import { type TestWorld, testSettings } from '../../../test/world.ts'
import { makeServer } from '../../app/server.ts'
import { minutes } from '../../base/clock.ts'
import { newId } from '../../base/id.ts'
import type { Letter } from '../../data/letters.ts'
import { findSuppression, liftSuppression, listSuppressions } from '../../data/suppressions.ts'
import type { Gallery } from '../../domain/gallery.ts'
import type { App } from '../../http/app.ts'
import { makeGuard } from '../../http/guard.ts'
import { createUser } from '../accounts/users.ts'
import { createGallery } from '../galleries/edit.ts'
import { resendArchive, resendLetter } from './again.ts'
import { announce } from './announce.ts'
import { deliveryRoutes } from './routes.ts'
import { send } from './send.ts'
import { addPhoto, job, lettersOf, letterWorld, nextVersion, published } from './testbed.test.ts'

const key = Buffer.from('a signing secret of thirty-two b')
const secret = `whsec_${key.toString('base64')}`
let world: TestWorld
let office: Office
let app: App
let close: () => Promise<void>
before(async () => {
  ;({ world, office, close } = await letterWorld({ ...testSettings, resendWebhookSecret: secret }))
  const owner = { userId: world.ownerId, role: 'admin' as const }
  app = await makeServer({ deps: world.deps, guard: makeGuard(world.deps, { read: async () => owner }), routes: [deliveryRoutes] })
})
after(async () => {
  await app.close()
  await close()
})

const silent = () => listSuppressions(world.deps.db, world.ownerId)
const shown = async (gallery: Gallery) => (await lettersOf(world, gallery)).map((l) => [l.kind, l.recipient, l.status])
const sendAll = async (gallery: Gallery) => {
  for (const letter of await lettersOf(world, gallery)) await send(world.deps, letter.id, job())
}
async function told(clients: string[], change = {}) {
  const made = await published(world, clients, change)
  await announce(world.deps, made.archive.id)
  return made
}

test('a mailbox that does not exist gets nothing more, and the photographer is told once for each gallery', async () => {
  office.dead.add('gone@example.com')
  const { gallery, archive } = await told(['gone@example.com', 'mara@example.com'])
  await sendAll(gallery)
  await sendAll(gallery)
  assert.deepEqual((await shown(gallery)).sort(), [
    ['archive_ready', 'gone@example.com', 'failed'],
    ['archive_ready', 'mara@example.com', 'sent'],
    ['mail_bounced', 'ida@example.com', 'sent'],
  ])
  const letter = office.taken.find((one) => one.to === 'ida@example.com')!
  assert.match(letter.raw, /gone@example\.com/)
  assert.match(letter.raw, /no such user/)
  assert.deepEqual(
    (await silent()).map((s) => [s.address, s.reason]),
    [['gone@example.com', 'bounce']],
  )

  // another gallery: the server is not even asked
  office.dead.clear()
  office.taken.length = 0
  const other = await told(['gone@example.com'])
  await sendAll(other.gallery)
  await sendAll(other.gallery)
  assert.deepEqual(
    office.taken.map((one) => one.to),
    ['ida@example.com'],
  )
  const [held] = await lettersOf(world, other.gallery)
  assert.deepEqual([held!.status, held!.attempts], ['suppressed', 1])
  assert.match(held!.error!, /^bounce: .*no such user/)
  await assert.rejects(resendArchive(world.deps, archive.id, 'GONE@example.com'), { code: 'mail_suppressed' })
  await assert.rejects(resendLetter(world.deps, held!.id), { code: 'mail_suppressed' })

  // allowed again by hand
  const [noted] = await silent()
  assert.equal((await app.inject({ method: 'DELETE', url: `/api/suppressions/${noted!.id}`, headers: { cookie: 'a=b' } })).statusCode, 204)
  await send(world.deps, await resendLetter(world.deps, held!.id), job())
  assert.equal(office.taken.at(-1)!.to, 'gone@example.com')
})

test('a photographer whose own mailbox is dead gets no letter about it, and the archive does not mind', async () => {
  office.dead.add('ida@example.com')
  office.dead.add('nobody@example.com')
  const { gallery } = await told(['nobody@example.com'])
  await sendAll(gallery)
  await sendAll(gallery)
  assert.deepEqual((await shown(gallery)).sort(), [
    ['archive_ready', 'nobody@example.com', 'failed'],
    ['mail_bounced', 'ida@example.com', 'failed'],
  ])
  office.dead.clear()
  for (const one of await silent()) await liftSuppression(world.deps.db, world.ownerId, one.id)
})

test('what one owner knows of an address says nothing to another owner', async () => {
  office.dead.add('shared@example.com')
  const { gallery } = await told(['shared@example.com'])
  await sendAll(gallery)
  office.dead.clear()
  const other = await createUser(world.deps, { name: 'Otto', email: 'otto@example.com', password: 'a long password', role: 'owner' })
  assert.deepEqual(await listSuppressions(world.deps.db, other.id), [])
  const [noted] = (await silent()).filter((s) => s.address === 'shared@example.com')
  assert.equal(await liftSuppression(world.deps.db, other.id, noted!.id), false)
  const hers = await createGallery(world.deps, other.id, { title: 'Otto’s' })
  const letter = { ownerId: other.id, galleryId: hers.id, recipient: 'shared@example.com', kind: 'archive_ready' as const }
  assert.equal(await findSuppression(world.deps.db, letter), undefined)
})

/** An event as Resend sends it. */
function event(letter: Letter, type: string, data = {}, change: { id?: string; at?: Date; body?: string; signature?: string } = {}) {
  const id = change.id ?? `msg_${newId(world.clock.now())}`
  const timestamp = String(Math.floor((change.at ?? world.clock.now()).getTime() / 1000))
  const body = JSON.stringify({
    type,
    created_at: '2026-06-06T10:00:00.000Z',
    data: { email_id: '56761188', from: 'photos@example.com', to: [letter.recipient], subject: 'x', tags: { letter: letter.id }, ...data },
  })
  const signature = `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`
  const headers = {
    'content-type': 'application/json',
    'svix-id': id,
    'svix-timestamp': timestamp,
    'svix-signature': change.signature ?? `v1,AAAA ${signature}`,
  }
  return app.inject({ method: 'POST', url: '/api/ingest/resend', headers, payload: change.body ?? body })
}

test('Resend tells of a bounce and of a complaint: noted once, and told once, however often it comes', async () => {
  const { gallery } = await told(['late-bounce@example.com', 'angry@example.com', 'soft@example.com'])
  await sendAll(gallery)
  const by = Object.fromEntries((await lettersOf(world, gallery)).map((l) => [l.recipient, l]))
  const bounced = { bounce: { message: '550 5.1.1 unknown', type: 'Permanent', subType: 'General' } }
  const id = 'msg_2bounce'
  for (let n = 0; n < 3; n++) assert.equal((await event(by['late-bounce@example.com']!, 'email.bounced', bounced, { id })).statusCode, 204)
  assert.equal(
    (await event(by['angry@example.com']!, 'email.complained', { tags: [{ name: 'letter', value: by['angry@example.com']!.id }] }))
      .statusCode,
    204,
  )
  assert.equal((await event(by['soft@example.com']!, 'email.bounced', { bounce: { type: 'Transient' } })).statusCode, 204)
  assert.equal((await event(by['soft@example.com']!, 'email.delivered')).statusCode, 204)
  assert.deepEqual((await shown(gallery)).sort(), [
    ['archive_ready', 'angry@example.com', 'sent'],
    ['archive_ready', 'late-bounce@example.com', 'failed'],
    ['archive_ready', 'soft@example.com', 'sent'],
    ['mail_bounced', 'ida@example.com', 'queued'],
    ['mail_bounced', 'ida@example.com', 'queued'],
  ])
  const noted = (await silent()).filter((s) => /bounce|angry|soft/.test(s.address)).map((s) => [s.address, s.reason])
  assert.deepEqual(noted.sort(), [
    ['angry@example.com', 'complaint'],
    ['late-bounce@example.com', 'bounce'],
  ])
  // lifted by hand: the old event that comes once more does not silence the address again
  const [first] = (await silent()).filter((s) => s.address === 'late-bounce@example.com')
  await liftSuppression(world.deps.db, world.ownerId, first!.id)
  await event(by['late-bounce@example.com']!, 'email.bounced', bounced, { id })
  assert.ok(!(await silent()).some((s) => s.address === 'late-bounce@example.com'))
})

test('an event that is forged, changed, old, of the future, or about somebody else changes nothing', async () => {
  const { gallery } = await told(['safe@example.com'])
  const [letter] = await lettersOf(world, gallery)
  const now = world.clock.now().getTime()
  const before = await silent()
  const forged = createHmac('sha256', 'another').update('x').digest('base64')
  for (const change of [
    { signature: `v1,${forged}` },
    { signature: '' },
    { signature: 'v1,' },
    { signature: 'v1a,AAAA' },
    { body: '{"type":"email.bounced"}' },
    { at: new Date(now - minutes(6)) },
    { at: new Date(now + minutes(6)) },
    { at: new Date(Number.NaN) },
  ]) {
    const answer = await event(letter!, 'email.bounced', {}, change)
    assert.equal(answer.statusCode, 401, JSON.stringify(change))
    assert.equal(answer.json().code, 'signature_invalid')
  }
  assert.equal((await event(letter!, 'email.bounced', {}, { at: new Date(now - minutes(4)) })).statusCode, 204, 'the control')
  assert.equal((await event(letter!, 'email.complained', { to: ['other@example.com'] })).statusCode, 204)
  assert.equal((await event(letter!, 'email.complained', { tags: { letter: newId(world.clock.now()) } })).statusCode, 204)
  assert.equal((await event(letter!, 'email.complained', { tags: {} })).statusCode, 204)
  assert.equal((await event(letter!, 'email.complained', { tags: 7 })).statusCode, 400)
  assert.deepEqual(
    (await silent()).filter((s) => !before.some((b) => b.id === s.id)).map((s) => [s.address, s.reason]),
    [['safe@example.com', 'bounce']],
  )
})

test('without a secret there is no door for events', async () => {
  const deps = { ...world.deps, settings: testSettings }
  const closed = await makeServer({ deps, guard: makeGuard(deps, { read: async () => null }), routes: [deliveryRoutes] })
  const answer = await closed.inject({
    method: 'POST',
    url: '/api/ingest/resend',
    headers: { 'content-type': 'application/json' },
    payload: '{}',
  })
  assert.equal(answer.statusCode, 404)
  await closed.close()
})

test('news have one-click unsubscribe: opening the page changes nothing, its POST ends news of this gallery and nothing else', async () => {
  const { gallery, archive } = await told(['reader@example.com'], { notifyNewVersions: true })
  await sendAll(gallery)
  const first = office.taken.findLast((one) => one.to === 'reader@example.com')!
  assert.doesNotMatch(first.raw, /^List-Unsubscribe/im, 'the delivery itself cannot be refused')
  world.clock.advance(minutes(61))
  await addPhoto(world, gallery)
  await announce(world.deps, (await nextVersion(world, gallery)).id)
  await sendAll(gallery)
  const { raw } = office.taken.findLast((one) => one.to === 'reader@example.com')!
  assert.match(raw, /^List-Unsubscribe-Post: List-Unsubscribe=One-Click\r$/m)
  const url = /^List-Unsubscribe: <http:\/\/keepsake\.test(\/unsubscribe\/\S+)>\r$/m.exec(raw.replace(/\r\n[ \t]+/g, ' '))![1]!

  for (const method of ['GET', 'HEAD', 'GET'] as const) {
    const page = await app.inject({ method, url })
    assert.equal(page.statusCode, 200)
    assert.match(page.headers['content-security-policy'] as string, /form-action 'self'/)
    if (method === 'GET') assert.match(page.body, /<form method="post"><button class="button main">No more news<\/button>/)
    assert.ok(!page.body.includes(gallery.title) || !/[<>]/.test(gallery.title), 'names are escaped')
  }
  assert.ok(!(await silent()).some((s) => s.reason === 'unsubscribe'))
  for (const [name, end] of [
    ['one character changed', `${url.slice(0, -2)}${url.at(-2) === 'A' ? 'B' : 'A'}${url.at(-1)}`],
    ['a character more', `${url}A`],
    ['another spelling of the same bytes', `${url}=`],
  ])
    assert.equal((await app.inject({ method: 'POST', url: end! })).statusCode, 404, name)

  // as a mailbox sends it (RFC 8058), twice, and as a multipart form
  const form = { method: 'POST', url, payload: 'List-Unsubscribe=One-Click' } as const
  const types = ['application/x-www-form-urlencoded', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x']
  for (const type of types) assert.equal((await app.inject({ ...form, headers: { 'content-type': type } })).statusCode, 200)
  const ended = (await silent()).filter((s) => s.reason === 'unsubscribe')
  assert.deepEqual(
    ended.map((s) => [s.address, s.galleryId]),
    [['reader@example.com', gallery.id]],
  )

  world.clock.advance(minutes(61))
  await addPhoto(world, gallery)
  const third = await nextVersion(world, gallery)
  await announce(world.deps, third.id)
  await sendAll(gallery)
  assert.equal((await lettersOf(world, gallery)).at(-1)!.status, 'suppressed')
  // the delivery itself still comes, and no photographer is told that a letter "came back"
  await send(world.deps, await resendArchive(world.deps, third.id, 'reader@example.com'), job())
  assert.equal(office.taken.at(-1)!.to, 'reader@example.com')
  assert.ok(!(await shown(gallery)).some(([kind]) => kind === 'mail_bounced'))
  assert.notEqual(archive.id, third.id)
})
