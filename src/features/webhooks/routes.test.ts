import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, test } from 'node:test'
import type { NewWebhook, Page, Webhook, WebhookDelivery } from '../../../sdk/src/wire.ts'
import { type Served, served } from '../../../test/served.ts'
import { findWebhook } from '../../data/webhooks.ts'
import { eventTypes } from '../../domain/webhook.ts'
import { createUser } from '../accounts/users.ts'
import { createGallery } from '../galleries/edit.ts'
import { type Receiver, receiver, signaturesOf, tell, work } from './testbed.test.ts'

let server: Served
let to: Receiver
before(async () => {
  server = await served()
  to = await receiver()
})
after(async () => {
  await server.close()
  await to.close()
})
const add = async (body: object, person = server.ida) =>
  person.ask<NewWebhook & { code: string }>('/api/webhooks', { method: 'POST', body })

test('a webhook is made, shown without its secret, changed, and deleted with its messages', async () => {
  const { ida, world } = server
  const made = await add({ url: to.url, types: ['archive.ready', 'archive.ready', 'event.published'] })
  assert.equal(made.status, 201)
  assert.match(made.body.secret, /^whsec_[A-Za-z0-9+/]{43}=$/)
  assert.equal(made.headers.get('cache-control'), 'no-store')
  const { secret, ...rest } = made.body
  assert.deepEqual(rest.types, ['archive.ready', 'event.published'])
  const at = `/api/webhooks/${rest.id}`
  assert.deepEqual((await ida.ask<Webhook>(at)).body, rest)
  assert.deepEqual((await ida.ask<Page<Webhook>>('/api/webhooks')).body, { rows: [rest], next: null })
  const changed = await ida.ask<Webhook>(at, { method: 'PATCH', body: { types: ['event.deleted'], active: false } })
  assert.deepEqual(
    [changed.status, changed.body.types, changed.body.state, changed.body.disabled_reason],
    [200, ['event.deleted'], 'disabled', 'by_owner'],
  )
  const on = await ida.ask<Webhook>(at, { method: 'PATCH', body: { active: true } })
  assert.deepEqual([on.body.state, on.body.disabled_reason], ['active', null])
  const rotated = await ida.ask<NewWebhook>(`${at}/rotate`, { method: 'POST' })
  assert.equal(rotated.status, 200)
  assert.notEqual(rotated.body.secret, secret)
  assert.ok(rotated.body.old_secret_until)
  const gallery = await createGallery(world.deps, world.ownerId, { title: 'Gone' })
  await tell(world, gallery.id, { type: 'event.deleted' })
  assert.equal((await ida.ask(at, { method: 'DELETE' })).status, 204)
  assert.equal((await ida.ask(at)).status, 404)
  assert.equal((await ida.ask(at, { method: 'DELETE' })).status, 404)
  assert.deepEqual(await world.deps.db.selectFrom('webhookDeliveries').selectAll().execute(), [])
  assert.deepEqual((await add({ url: to.url })).body.types, [...eventTypes], 'all of them where none is named')
})

test('private targets and wrong wishes are refused before anything is made', async () => {
  const { ida, world } = server
  const count = async () => (await ida.ask<Page<Webhook>>('/api/webhooks')).body.rows.length
  const before = await count()
  const private_ = [
    'http://127.0.0.2/',
    'http://10.0.0.1/hook',
    'https://[::1]/',
    'http://169.254.169.254/',
    'ftp://example.com/',
    'https://a:b@example.com/',
    'no address',
  ]
  for (const url of private_) {
    const { status, body } = await add({ url })
    assert.deepEqual([status, body.code], [422, 'address_refused'], url)
  }
  for (const body of [
    {},
    { url: 1 },
    { url: to.url, types: [] },
    { url: to.url, types: ['event.none'] },
    { url: to.url, secret: 'mine' },
    { url: `${to.url}/${'x'.repeat(2000)}` },
  ])
    assert.equal((await add(body)).status, 400, JSON.stringify(body))
  assert.equal(await count(), before)
  const [first] = (await ida.ask<Page<Webhook>>('/api/webhooks')).body.rows
  const at = `/api/webhooks/${first!.id}`
  assert.equal((await ida.ask(at, { method: 'PATCH', body: { url: 'http://127.0.0.2/' } })).status, 422)
  assert.equal((await ida.ask(at, { method: 'PATCH', body: { state: 'active' } })).status, 400)
  assert.equal((await ida.ask<Webhook>(at)).body.url, to.url)
  // a name that stands for nothing today may stand for something tomorrow
  assert.equal((await add({ url: 'https://hooks.invalid/keepsake' })).status, 201)
  assert.equal((await findWebhook(world.deps.db, first!.id))!.state, 'active')
})

test('twenty are enough for one account, also when they are made at once', async () => {
  const { world } = server
  const jonas = await createUser(world.deps, { name: 'Jonas', email: 'jonas@example.com', password: 'a long password', role: 'owner' })
  const his = server.guest({ cookie: `as=${jonas.id}` })
  const made = await Promise.all(Array.from({ length: 24 }, () => add({ url: to.url }, his)))
  assert.deepEqual(made.map((one) => one.status).sort(), [...Array(20).fill(201), ...Array(4).fill(409)])
  assert.equal(made.find((one) => one.status === 409)!.body.code, 'webhooks_full')
})

test('the log is read in pages, newest first, and a message is sent again', async () => {
  const { ida, world } = server
  for (const { id } of (await ida.ask<Page<Webhook>>('/api/webhooks')).body.rows) await ida.ask(`/api/webhooks/${id}`, { method: 'DELETE' })
  const { id, secret } = (await add({ url: to.url })).body
  const gallery = await createGallery(world.deps, world.ownerId, { title: 'Told' })
  for (let n = 0; n < 5; n++) {
    await tell(world, gallery.id, { more: { n } })
    world.clock.advance(1000)
  }
  await work(world, { id })
  const at = `/api/webhooks/${id}/deliveries`
  const seen: WebhookDelivery[] = []
  for (let next: string | null = ''; next !== null; ) {
    const { body }: { body: Page<WebhookDelivery> } = await ida.ask<Page<WebhookDelivery>>(`${at}?limit=2${next ? `&cursor=${next}` : ''}`)
    assert.ok(body.rows.length <= 2)
    seen.push(...body.rows)
    next = body.next
  }
  assert.deepEqual(
    seen.map((row) => row.payload.data.n),
    [4, 3, 2, 1, 0],
  )
  const last = seen[0]!
  assert.deepEqual([last.status, last.attempts, last.answer_status, last.next_at, last.gallery_id], ['sent', 1, 204, null, gallery.id])
  assert.equal((await ida.ask(`${at}?cursor=nonsense`)).status, 400)
  const again = await ida.ask<WebhookDelivery>(`${at}/${last.id}/replay`, { method: 'POST' })
  assert.deepEqual([again.status, again.body.status, again.body.attempts], [202, 'queued', 0])
  const before = to.got.length
  await work(world, { id })
  assert.deepEqual(
    to.got.slice(before).map((got) => [got.id, signaturesOf(got, [secret]).match]),
    [[last.id, 1]],
  )
  await ida.ask(`/api/webhooks/${id}`, { method: 'PATCH', body: { active: false } })
  const off = await ida.ask<{ code: string }>(`${at}/${last.id}/replay`, { method: 'POST' })
  assert.deepEqual([off.status, off.body.code], [409, 'webhook_off'])
  assert.equal((await ida.ask<Page<WebhookDelivery>>(`${at}?limit=1`)).body.rows[0]!.status, 'sent', 'and it is as it was')
})

test('a test answers what the receiver said', async () => {
  const { ida } = server
  const { id } = (await add({ url: to.url })).body
  to.answer = (response) => void response.writeHead(500).end('out of order')
  const tested = await ida.ask<WebhookDelivery>(`/api/webhooks/${id}/test`, { method: 'POST' })
  assert.deepEqual(
    [tested.status, tested.body.status, tested.body.type, tested.body.answer_body],
    [200, 'failed', 'webhook.test', 'out of order'],
  )
  to.answer = (response) => void response.writeHead(200).end()
  assert.equal((await ida.ask<WebhookDelivery>(`/api/webhooks/${id}/test`, { method: 'POST' })).body.status, 'sent')
  assert.equal((await ida.ask<Page<WebhookDelivery>>(`/api/webhooks/${id}/deliveries`)).body.rows.length, 2)
})

test('docs/webhooks.md names every type, and its program knows our messages from others', async () => {
  const { ida, world } = server
  const text = readFileSync(path.join(import.meta.dirname, '../../../docs/webhooks.md'), 'utf8')
  for (const type of eventTypes) assert.ok(text.includes(`\`${type}\``), type)
  const program = /```js\n(.*?)```/s.exec(text)![1]!
  const { isGenuine } = await import(`data:text/javascript,${encodeURIComponent(program)}`)
  const { id, secret } = (await add({ url: to.url })).body
  const old = (await ida.ask<NewWebhook>(`/api/webhooks/${id}/rotate`, { method: 'POST' })).body.secret
  await ida.ask(`/api/webhooks/${id}/test`, { method: 'POST' })
  const { headers, body } = to.got.at(-1)!
  const now = world.clock.now().getTime()
  for (const one of [secret, old]) assert.equal(isGenuine(headers, body, one, now), true)
  assert.equal(isGenuine(headers, body, secret, now + 301_000), false)
  assert.equal(isGenuine(headers, Buffer.concat([body, Buffer.from(' ')]), secret, now), false)
  assert.equal(isGenuine({ ...headers, 'webhook-id': 'another' }, body, secret, now), false)
})
