import assert from 'node:assert/strict'
import type { ServerResponse } from 'node:http'
import { after, before, beforeEach, test } from 'node:test'
import { sql } from 'kysely'
import { type TestWorld, testSettings, testWorld } from '../../../test/world.ts'
import { days, hours, minutes, seconds } from '../../base/clock.ts'
import { emit } from '../../data/events.ts'
import { pageNotifications } from '../../data/notifications.ts'
import { findWebhook, listDueWebhooks } from '../../data/webhooks.ts'
import { archivePath } from '../../domain/event.ts'
import type { Gallery } from '../../domain/gallery.ts'
import { waitAfter } from '../../domain/webhook.ts'
import { safeHttp } from '../../ports/http/safe.ts'
import { writeOut } from '../delivery/write.ts'
import { createGallery, deleteGallery } from '../galleries/edit.ts'
import { editWebhook, replay, rotateSecret, testWebhook } from './edit.ts'
import { deliveries, make, type Receiver, receiver, signaturesOf, tell, work } from './testbed.test.ts'

let world: TestWorld
let gallery: Gallery
let to: Receiver
/** names of this test's world */
const names = new Map<string, string[]>()
const open: Receiver[] = []
before(async () => {
  const lookup = async (name: string) => names.get(name) ?? Promise.reject(Object.assign(new Error(name), { code: 'ENOTFOUND' }))
  world = await testWorld({ http: safeHttp({ besides: ['127.0.0.1'], lookup }) })
})
beforeEach(async () => {
  await world.deps.db.deleteFrom('webhooks').execute()
  await world.deps.db.deleteFrom('letters').execute()
  gallery = await createGallery(world.deps, world.ownerId, { title: 'Mara & Jonas', change: { customerEmail: 'mara@example.com' } })
  to = await receiver()
  open.push(to)
})
after(async () => {
  for (const one of open) await one.close()
  await world.close()
})
const answering =
  (status: number, headers: Record<string, string> = {}) =>
  (response: ServerResponse) =>
    void response.writeHead(status, headers).end('said')
const stateOf = async (hook: { id: string }) => {
  const { state, disabledReason } = (await findWebhook(world.deps.db, hook.id))!
  return [state, disabledReason]
}
const shown = async (hook: { id: string }) => (await deliveries(world, hook)).map((d) => [d.status, d.attempts])
const letters = async () => world.deps.db.selectFrom('letters').selectAll().where('kind', '=', 'webhook_disabled').execute()

test('a message is signed as the standard says, and tells of the gallery', async () => {
  const hook = await make(world, to.url)
  assert.equal(await tell(world, gallery.id), 1)
  await work(world, hook)
  const [got] = to.got
  assert.ok(got)
  assert.deepEqual(signaturesOf(got, [hook.plain]), { match: 1, given: 1 })
  const [row] = await deliveries(world, hook)
  assert.deepEqual(
    [got.id, got.headers['content-type'], got.headers['webhook-timestamp']],
    [row!.id, 'application/json', String(world.clock.now().getTime() / 1000)],
  )
  assert.deepEqual(JSON.parse(got.body.toString()), {
    type: 'event.published',
    timestamp: world.clock.now().toISOString(),
    data: {
      event: {
        id: gallery.id,
        slug: gallery.slug,
        event_name: 'Mara & Jonas',
        event_type: null,
        event_date: null,
        share_url: `http://keepsake.test/g/${gallery.slug}`,
        share_token: null,
        customer_name: null,
        customer_email: 'mara@example.com',
        customer_phone: null,
      },
    },
  })
  assert.deepEqual([row!.status, row!.answerStatus, row!.sentAt?.getTime()], ['sent', 204, world.clock.now().getTime()])
  await work(world, hook)
  assert.equal(to.got.length, 1)
})

test('where nobody listens nothing is written; each fact is told once; what was rolled back is not told', async () => {
  assert.equal(await tell(world, gallery.id), 0)
  const hook = await make(world, to.url, ['event.published'])
  assert.equal(await tell(world, gallery.id, { type: 'event.expired' }), 0)
  await tell(world, gallery.id, { dedupeKey: 'same' })
  await tell(world, gallery.id, { dedupeKey: 'same' })
  assert.equal((await deliveries(world, hook)).length, 1)
  const failing = world.deps.db.transaction().execute(async (tx) => {
    await emit(world.deps, tx, { galleryId: gallery.id, type: 'event.published', dedupeKey: 'never' })
    throw new Error('rolled back')
  })
  await assert.rejects(failing, /rolled back/)
  assert.equal((await deliveries(world, hook)).length, 1)
  await editWebhook(world.deps, world.ownerId, hook.id, { active: false })
  assert.equal(await tell(world, gallery.id), 0)
})

test('where the archive of an archived gallery lies is said, for a folder and for a bucket', async () => {
  assert.equal(archivePath(null, 'galleries/1/archives/1.zip'), 'galleries/1/archives/1.zip')
  assert.equal(archivePath('photos', 'galleries/1/archives/1.zip'), 's3://photos/objects/galleries/1/archives/1.zip')
  const hook = await make(world, to.url)
  await tell(world, gallery.id, { type: 'event.archived', archivePath: 'galleries/1/archives/1.zip' })
  await work(world, hook)
  assert.equal(to.got[0]!.data.event!.archive_path, 'galleries/1/archives/1.zip')
})

test('what fails is tried again with the same id and body, over three days, and then given up', async () => {
  const hook = await make(world, to.url)
  const other = await receiver()
  open.push(other)
  // somebody else's, which goes well
  await make(world, other.url)
  to.answer = answering(500)
  await tell(world, gallery.id)
  const begun = world.clock.now().getTime()
  const tries: number[] = []
  for (let n = 0; n < 12; n++) {
    await work(world, hook)
    const [row] = await deliveries(world, hook)
    if (row!.status !== 'queued') break
    assert.equal(row!.error, 'it answered 500')
    assert.equal(row!.answerBody, 'said')
    tries.push(row!.nextAt.getTime() - world.clock.now().getTime())
    // a moment too early nothing is sent
    const before = to.got.length
    world.clock.advance(tries.at(-1)! - 1)
    await work(world, hook)
    assert.equal(to.got.length, before)
    world.clock.advance(1)
  }
  assert.deepEqual(await shown(hook), [['failed', 10]])
  assert.equal(to.got.length, 10)
  assert.equal(new Set(to.got.map((got) => `${got.id} ${got.body}`)).size, 1)
  for (const got of to.got) assert.deepEqual(signaturesOf(got, [hook.plain]), { match: 1, given: 1 })
  assert.equal(new Set(to.got.map((got) => got.headers['webhook-signature'])).size, 10, 'each try has a time of its own')
  const wanted = [seconds(5), minutes(5), minutes(30), hours(2), hours(5), hours(10), hours(14), hours(20), hours(24)]
  for (const [n, wait] of tries.entries()) assert.ok(wait <= wanted[n]! && wait >= wanted[n]! * 0.9, `${n}: ${wait}`)
  const took = world.clock.now().getTime() - begun
  assert.ok(took > days(2.8) && took < days(3.3), String(took))
  // all that time nothing was taken
  assert.deepEqual(await stateOf(hook), ['disabled', 'failing'])
  const [letter, ...more] = await letters()
  const noticed = await pageNotifications(world.deps.db, gallery.ownerId, { limit: 1 })
  assert.deepEqual([noticed[0]?.kind, noticed[0]?.facts], ['webhook_disabled', letter?.facts])
  assert.deepEqual(more, [])
  const { text, to: recipient } = await writeOut(world.deps, letter!)
  assert.equal(recipient, 'ida@example.com')
  assert.match(text, /127\.0\.0\.1:\d+ has taken no message for several days/)
  assert.equal(waitAfter(10, 0), null)
})

test('a message that is never taken harms no webhook that takes others', async () => {
  const hook = await make(world, to.url)
  to.answer = (response, got) => void response.writeHead(got.type === 'event.expired' ? 500 : 200).end()
  await tell(world, gallery.id, { type: 'event.expired' })
  for (let day = 0; day < 4; day++) {
    for (let n = 0; n < 24; n++) {
      await work(world, hook)
      world.clock.advance(hours(1))
    }
    await tell(world, gallery.id)
  }
  await work(world, hook)
  assert.deepEqual(await shown(hook), [
    ['failed', 10],
    ['sent', 1],
    ['sent', 1],
    ['sent', 1],
    ['sent', 1],
  ])
  assert.deepEqual(await stateOf(hook), ['active', null])
})

test('messages keep their order over a hiccup; after six minutes one that is not taken holds up no other', async () => {
  const hook = await make(world, to.url)
  for (let n = 0; n < 30; n++) await tell(world, gallery.id, { more: { n } })
  const seen = () => to.got.map((got) => got.data.n as unknown as number)
  let failures = 3
  to.answer = (response) => void response.writeHead(to.got.length >= 5 && failures-- > 0 ? 503 : 200).end()
  for (let n = 0; n < 8; n++) {
    await work(world, hook)
    world.clock.advance(minutes(1))
  }
  // 4 is tried at once, after 5 s and after 5 min, and nothing behind it meanwhile
  const first = seen().slice(0, 7)
  assert.deepEqual(first, [0, 1, 2, 3, 4, 4, 4])
  world.clock.advance(minutes(30))
  to.answer = (response) => void response.writeHead(200).end()
  for (let n = 0; n < 3; n++) await work(world, hook)
  assert.deepEqual(new Set(seen()), new Set(Array.from({ length: 30 }, (_, n) => n)))
  assert.deepEqual(
    (await shown(hook)).filter(([status]) => status !== 'sent'),
    [],
  )
})

test('in one job a webhook sends twenty, in order, and then stands at the end of the line', async () => {
  const hook = await make(world, to.url)
  for (let n = 0; n < 25; n++) await tell(world, gallery.id, { more: { n } })
  await work(world, hook)
  assert.equal(to.got.length, 20)
  await work(world, hook)
  assert.deepEqual(
    to.got.map((got) => got.data.n as unknown as number),
    Array.from({ length: 25 }, (_, n) => n),
  )
})
test('410 ends it at once: what waits has failed, and the photographer gets a letter', async () => {
  const hook = await make(world, to.url)
  to.answer = answering(410)
  await tell(world, gallery.id)
  await tell(world, gallery.id)
  await work(world, hook)
  assert.equal(to.got.length, 1)
  assert.deepEqual(await stateOf(hook), ['disabled', 'gone'])
  assert.deepEqual(await shown(hook), [
    ['failed', 1],
    ['failed', 0],
  ])
  const [letter] = await letters()
  assert.match((await writeOut(world.deps, letter!)).text, /wants no more messages \(410\)/)
  for (const locale of ['de', 'ru'] as const) {
    const { subject, text } = await writeOut(world.deps, { ...letter!, locale })
    assert.match(subject + text, locale === 'de' ? /abgeschaltet.*nicht betroffen/s : /отключён.*не затрагивает/s)
    assert.doesNotMatch(text, /\/hook/)
  }
  await world.deps.queue.send(world.deps.db, { name: 'webhook.deliver', payload: { webhookId: hook.id } })
  await work(world, hook)
  assert.equal(to.got.length, 1)
})

test('429 and 503 give the break that they ask for, in seconds or until a date', async () => {
  const hook = await make(world, to.url)
  to.answer = answering(429, { 'retry-after': '120' })
  await tell(world, gallery.id)
  await tell(world, gallery.id)
  await work(world, hook)
  assert.equal(to.got.length, 1)
  world.clock.advance(seconds(119))
  await work(world, hook)
  assert.equal(to.got.length, 1, 'neither this message nor another')
  assert.deepEqual(await listDueWebhooks(world.deps.db, world.clock.now(), 10), [])
  to.answer = answering(503, { 'retry-after': new Date(world.clock.now().getTime() + minutes(20)).toUTCString() })
  world.clock.advance(seconds(1))
  await work(world, hook)
  assert.equal(to.got.length, 2)
  world.clock.advance(minutes(19))
  await work(world, hook)
  assert.equal(to.got.length, 2)
  to.answer = answering(200)
  world.clock.advance(minutes(1))
  await work(world, hook)
  assert.deepEqual(await shown(hook), [
    ['sent', 3],
    ['sent', 1],
  ])
  // nonsense, and a year, ask for no more than the schedule or a day
  to.answer = answering(503, { 'retry-after': 'soon' })
  await tell(world, gallery.id)
  await work(world, hook)
  assert.ok((await deliveries(world, hook))[2]!.nextAt.getTime() - world.clock.now().getTime() <= seconds(5))
  world.clock.advance(seconds(5))
  to.answer = answering(503, { 'retry-after': '99999999' })
  await work(world, hook)
  assert.equal((await deliveries(world, hook))[2]!.nextAt.getTime() - world.clock.now().getTime(), days(1))
})

test('redirects, hangs, broken lines and endless answers end in a state that can be read', async () => {
  const house = await receiver('127.0.0.2')
  open.push(house)
  // only who waits for nothing need not be given time
  const cases: [string, Receiver['answer'], string, RegExp, number?][] = [
    ['a redirect', answering(302, { location: house.url }), 'queued', /^it answered 302$/],
    ['a hang', () => {}, 'queued', /^it took too long$/, 400],
    ['a broken line', (response) => void response.destroy(), 'queued', /^it broke off the connection \(ECONNRESET\)$/],
    ['400', answering(400), 'queued', /^it answered 400$/],
  ]
  for (const [what, answer, status, error, deadlineMs] of cases) {
    const hook = await make(world, to.url)
    to.answer = answer
    await tell(world, gallery.id)
    await work(world, hook, deadlineMs)
    const [row] = await deliveries(world, hook)
    assert.equal(row!.status, status, what)
    assert.match(String(row!.error), error, what)
    await world.deps.db.deleteFrom('webhooks').execute()
  }
  assert.equal(house.reached, 0)
  // ten megabytes are read to 64 KiB, and one is kept
  const hook = await make(world, to.url)
  let sent = 0
  const closed = Promise.withResolvers<void>()
  to.answer = (response) => {
    response.on('close', () => closed.resolve())
    const chunk = Buffer.alloc(64 * 1024, 'a\0')
    const more = () => {
      while (sent < 160 && !response.destroyed) {
        sent++
        if (!response.write(chunk)) return void response.once('drain', more)
      }
      response.end()
    }
    more()
  }
  await tell(world, gallery.id)
  await work(world, hook)
  await closed.promise
  assert.ok(sent < 160, `${sent} of 160 pieces were taken`)
  const [row] = await deliveries(world, hook)
  assert.deepEqual([row!.status, row!.answerBody], ['sent', 'a'.repeat(512)])
})

test('a name that turns to an address of ours is refused when it is sent, and taken again when it is right', async () => {
  const house = await receiver('127.0.0.2')
  open.push(house)
  const port = new URL(house.url).port
  names.set('hooks.test', ['127.0.0.1'])
  const hook = await make(world, `http://hooks.test:${port}/`)
  names.set('hooks.test', ['127.0.0.2'])
  await tell(world, gallery.id)
  await work(world, hook)
  const [row] = await deliveries(world, hook)
  assert.deepEqual([row!.status, row!.attempts], ['queued', 1])
  assert.match(row!.error!, /^This address is not used: /)
  assert.equal(house.reached, 0)
  names.delete('hooks.test')
  world.clock.advance(seconds(5))
  await work(world, hook)
  assert.match((await deliveries(world, hook))[0]!.error!, /ENOTFOUND/)
})

test('a crash between the answer and the row sends the same message again, under the same id', async () => {
  const hook = await make(world, to.url)
  await tell(world, gallery.id)
  const { db } = world.deps
  // the answer is there, and nothing can be written any more
  await sql`create function broken() returns trigger language plpgsql as $$ begin raise exception 'killed here'; end $$`.execute(db)
  await sql`create trigger broken before update on webhook_deliveries execute function broken()`.execute(db)
  await assert.rejects(work(world, hook), /killed here/)
  await sql`drop function broken cascade`.execute(db)
  assert.deepEqual(await shown(hook), [['queued', 0]])
  assert.deepEqual(await listDueWebhooks(db, world.clock.now(), 10), [hook.id], 'the reconciler sees it')
  await work(world, hook)
  assert.deepEqual(
    to.got.map((got) => got.id),
    [to.got[0]!.id, to.got[0]!.id],
  )
  assert.equal(to.got.length, 2)
  assert.deepEqual(await shown(hook), [['sent', 1]])
})

test('a worker that was taken for dead notes nothing over what another has noted', async () => {
  const hook = await make(world, to.url)
  await tell(world, gallery.id)
  const both = Promise.withResolvers<void>()
  to.answer = (response) => {
    const first = to.got.length === 1
    if (!first) both.resolve()
    // the first one hears of its failure after the second has heard of its success
    const noted = () => world.until(async () => (await shown(hook)).every(([status]) => status === 'sent'), 'the success')
    both.promise.then(async () => {
      if (first) await noted()
      response.writeHead(first ? 500 : 200).end()
    })
  }
  await Promise.all([work(world, hook), work(world, hook)])
  assert.equal(to.got.length, 2)
  assert.deepEqual(await shown(hook), [['sent', 1]])
  assert.equal((await findWebhook(world.deps.db, hook.id))!.failingSince, null)
})

test('while a secret is rotated both sign, and after a day the new one alone', async () => {
  const hook = await make(world, to.url)
  const { secret } = await rotateSecret(world.deps, world.ownerId, hook.id)
  assert.notEqual(secret, hook.plain)
  await tell(world, gallery.id)
  await work(world, hook)
  assert.deepEqual(signaturesOf(to.got[0]!, [secret, hook.plain]), { match: 2, given: 2 })
  world.clock.advance(days(1))
  await tell(world, gallery.id)
  await work(world, hook)
  assert.deepEqual(signaturesOf(to.got[1]!, [secret]), { match: 1, given: 1 })
})

test('no secret stands in the database, and they outlive a rotation of the token secret', async () => {
  const hook = await make(world, to.url)
  const { rows } = await sql<{ row: string }>`select to_jsonb(w)::text as row from webhooks w`.execute(world.deps.db)
  const raw = Buffer.from(hook.plain.slice(6), 'base64')
  for (const { row } of rows)
    for (const form of [hook.plain, hook.plain.slice(6), raw.toString('hex'), Buffer.from(hook.plain).toString('hex')])
      assert.ok(!row.includes(form))
  const renewed = { ...testSettings, tokenSecrets: ['a new secret of thirty-two letters', ...testSettings.tokenSecrets] }
  const later = { ...world, deps: { ...world.deps, settings: renewed } }
  await tell(world, gallery.id)
  await work(later, hook)
  // it was sealed anew: the old one may go
  const alone = { ...world, deps: { ...world.deps, settings: { ...renewed, tokenSecrets: [renewed.tokenSecrets[0]!] } } }
  await tell(world, gallery.id)
  await work(alone, hook)
  for (const got of to.got) assert.deepEqual(signaturesOf(got, [hook.plain]), { match: 1, given: 1 })
  assert.equal(to.got.length, 2)
  // with neither of them nothing can be signed: the owner is told, and a new secret helps
  await tell(world, gallery.id)
  await work(world, hook)
  assert.equal(to.got.length, 2)
  assert.deepEqual(await stateOf(hook), ['disabled', 'secret_lost'])
  assert.match((await writeOut(world.deps, (await letters())[0]!)).text, /Give the webhook a new secret/)
  const { secret } = await rotateSecret(world.deps, world.ownerId, hook.id)
  await editWebhook(world.deps, world.ownerId, hook.id, { active: true })
  await replay(world.deps, world.ownerId, hook.id, (await deliveries(world, hook))[2]!.id)
  await work(world, hook)
  assert.deepEqual(signaturesOf(to.got[2]!, [secret]), { match: 1, given: 1 })
})

test('a sealed secret is worth nothing in another row', async () => {
  const [one, two] = [await make(world, to.url), await make(world, to.url)]
  await world.deps.db.updateTable('webhooks').set({ secret: two.secret }).where('id', '=', one.id).execute()
  await tell(world, gallery.id)
  await work(world, one)
  assert.deepEqual(await stateOf(one), ['disabled', 'secret_lost'])
})

test('a message can be sent again by hand, under its own id, with all its tries before it', async () => {
  const hook = await make(world, to.url)
  await tell(world, gallery.id)
  await work(world, hook)
  const [row] = await deliveries(world, hook)
  await replay(world.deps, world.ownerId, hook.id, row!.id)
  await work(world, hook)
  assert.deepEqual(
    to.got.map((got) => got.id),
    [row!.id, row!.id],
  )
  assert.deepEqual(await shown(hook), [['sent', 1]])
})

test('switched off by what tells of a gallery that is gone, it writes its letter all the same', async () => {
  const hook = await make(world, to.url)
  to.answer = answering(410)
  await tell(world, gallery.id)
  await deleteGallery(world.deps, gallery.id)
  await work(world, hook)
  assert.deepEqual(await stateOf(hook), ['disabled', 'gone'])
  const [letter, ...more] = await letters()
  assert.deepEqual([letter?.recipient, letter?.galleryId, more], ['ida@example.com', null, []])
  assert.match((await writeOut(world.deps, letter!)).text, /wants no more messages \(410\)/)
})

test('a test is sent once and at once, whatever the webhook’s state, and says how it went', async () => {
  const hook = await make(world, to.url)
  to.answer = answering(410)
  const failed = await testWebhook(world.deps, (await findWebhook(world.deps.db, hook.id))!)
  assert.deepEqual([failed.status, failed.error, failed.answerBody], ['failed', 'it answered 410', 'said'])
  assert.deepEqual(await stateOf(hook), ['active', null])
  await editWebhook(world.deps, world.ownerId, hook.id, { active: false })
  to.answer = answering(200)
  const sent = await testWebhook(world.deps, (await findWebhook(world.deps.db, hook.id))!)
  assert.deepEqual([sent.status, sent.attempts], ['sent', 1])
  assert.deepEqual(
    to.got.map((got) => [got.type, signaturesOf(got, [hook.plain]).match]),
    [
      ['webhook.test', 1],
      ['webhook.test', 1],
    ],
  )
})

test('a webhook that goes while something is told harms nothing', async () => {
  const { db } = world.deps
  for (let n = 0; n < 20; n++) {
    const hook = await make(world, to.url)
    const told = Array.from({ length: 4 }, () => tell(world, gallery.id))
    const gone = db.deleteFrom('webhooks').where('id', '=', hook.id).execute()
    await Promise.all([...told, gone])
  }
})
