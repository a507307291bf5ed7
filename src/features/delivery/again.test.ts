import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { sql } from 'kysely'
import type { Archive as ArchiveView, Letter as LetterView } from '../../../sdk/src/wire.ts'
import type { Office } from '../../../test/post-office.ts'
import type { TestWorld } from '../../../test/world.ts'
import { makeServer } from '../../app/server.ts'
import { days, hours } from '../../base/clock.ts'
import { newId } from '../../base/id.ts'
import { findLink } from '../../data/links.ts'
import type { App } from '../../http/app.ts'
import { makeGuard } from '../../http/guard.ts'
import { createUser } from '../accounts/users.ts'
import { archiveRoutes } from '../archives/routes.ts'
import { announce } from './announce.ts'
import { deliveryRoutes } from './routes.ts'
import { send } from './send.ts'
import { job, lettersOf, letterWorld, published } from './testbed.test.ts'

let world: TestWorld
let office: Office
let app: App
let close: () => Promise<void>
let asking: string | null
before(async () => {
  ;({ world, office, close } = await letterWorld())
  asking = world.ownerId
  const read = async () => (asking ? { userId: asking, role: 'owner' as const } : null)
  app = await makeServer({ deps: world.deps, guard: makeGuard(world.deps, { read }), routes: [deliveryRoutes, archiveRoutes] })
})
after(async () => {
  await app.close()
  await close()
})

const post = (url: string, payload?: object) => app.inject({ method: 'POST', url, headers: { cookie: 'a=b' }, payload })
const tokenIn = (raw: string) => /keepsake\.test\/d\/(\S+)/.exec(raw.replace(/=\r?\n/g, ''))![1]!

test('an archive is sent again by hand: a new letter with a new link, to a client or to any one mailbox', async () => {
  const { gallery, archive } = await published(world, ['mara@example.com'])
  await announce(world.deps, archive.id)
  const [first] = await lettersOf(world, gallery)
  await send(world.deps, first!.id, job())
  world.clock.advance(days(8))
  for (const email of [' MARA@example.com', 'aunt@example.org']) {
    const answer = await post(`/api/archives/${archive.id}/resend`, { email })
    assert.equal(answer.statusCode, 200, answer.body)
    const letter = answer.json<LetterView>()
    assert.deepEqual([letter.kind, letter.recipient, letter.status], ['archive_ready', email.trim(), 'queued'])
    await send(world.deps, letter.id, job())
  }
  const [a, b, c] = office.taken.slice(-3)
  assert.deepEqual([a!.to, b!.to.toLowerCase(), c!.to], ['mara@example.com', 'mara@example.com', 'aunt@example.org'])
  assert.equal(new Set([a, b, c].map((one) => tokenIn(one!.raw))).size, 3)
  const [, again, aunt] = await Promise.all((await lettersOf(world, gallery)).map((l) => findLink(world.deps.db, l.linkId!)))
  const links = [again!, aunt!].sort((x, y) => Number(x.clientId === null) - Number(y.clientId === null))
  assert.ok(links[0]!.clientId, 'a client’s letter has the client’s link')
  assert.equal(links[1]!.clientId, null)
  assert.equal(links[0]!.expiresAt.getTime(), world.clock.now().getTime() + days(7))
})

test('an address that is not exactly one mailbox, an archive that is not ready, and floods are refused', async () => {
  const { gallery, archive } = await published(world, ['mara@example.com'])
  const before = (await lettersOf(world, gallery)).length
  for (const email of ['', 'a@example.com, b@example.com', 'a@example.com\r\nBcc: eve@evil.example', 'Mara <a@example.com>'])
    assert.equal((await post(`/api/archives/${archive.id}/resend`, { email })).json().code, 'email_invalid')
  assert.equal((await post(`/api/archives/${archive.id}/resend`, { email: 'a@example.com', bcc: 'x' })).statusCode, 400)
  assert.equal((await post(`/api/archives/${archive.id}/resend`, {})).statusCode, 400)
  assert.equal((await lettersOf(world, gallery)).length, before)

  const five = await Promise.all(Array.from({ length: 8 }, () => post(`/api/archives/${archive.id}/resend`, { email: 'a@example.com' })))
  assert.deepEqual(five.map((one) => one.statusCode).sort(), [200, 200, 200, 200, 200, 429, 429, 429])
  assert.ok(five.find((one) => one.statusCode === 429)!.headers['retry-after'])
  world.clock.advance(hours(2))
  assert.equal((await post(`/api/archives/${archive.id}/resend`, { email: 'a@example.com' })).statusCode, 200)

  await world.deps.db.updateTable('archives').set({ status: 'failed' }).where('id', '=', archive.id).execute()
  assert.equal((await post(`/api/archives/${archive.id}/resend`, { email: 'b@example.com' })).json().code, 'archive_not_ready')
})

test('who does not own the gallery can send nothing again, and cannot tell it from what does not exist', async () => {
  const { gallery, archive } = await published(world, ['mara@example.com'])
  await announce(world.deps, archive.id)
  const [letter] = await lettersOf(world, gallery)
  await send(world.deps, letter!.id, job())
  const otto = await createUser(world.deps, { name: 'Otto', email: 'otto@example.com', password: 'a long password', role: 'owner' })
  const unknown = newId(world.clock.now())
  for (const [who, status] of [
    [otto.id, 404],
    [null, 401],
  ] as const) {
    asking = who
    for (const [theirs, nothing] of [
      [`/api/archives/${archive.id}/resend`, `/api/archives/${unknown}/resend`],
      [`/api/letters/${letter!.id}/resend`, `/api/letters/${unknown}/resend`],
    ] as const) {
      const body = theirs.includes('archives') ? { email: 'otto@example.com' } : undefined
      const [one, other] = [await post(theirs, body), await post(nothing, body)]
      assert.deepEqual([one.statusCode, other.statusCode, one.json().code], [status, status, other.json().code])
    }
  }
  asking = world.ownerId
  assert.equal((await lettersOf(world, gallery)).length, 1)
})

test('a letter of the outbox goes out once more, and the one that waits does not', async () => {
  office.dead.add('typo@example.com')
  const { gallery, archive } = await published(world, ['typo@example.com'])
  await announce(world.deps, archive.id)
  const [letter] = await lettersOf(world, gallery)
  assert.equal((await post(`/api/letters/${letter!.id}/resend`)).json().code, 'letter_waits')
  await send(world.deps, letter!.id, job())
  assert.equal((await post(`/api/letters/${letter!.id}/resend`)).json().code, 'mail_suppressed')
  office.dead.clear()
  const { rows } = (await app.inject({ url: '/api/suppressions', headers: { cookie: 'a=b' } })).json()
  assert.deepEqual(
    rows.map((row: { address: string; reason: string; detail: string }) => [row.address, row.reason, row.detail]),
    [['typo@example.com', 'bounce', '550 5.1.1 no such user']],
  )
  await app.inject({ method: 'DELETE', url: `/api/suppressions/${rows[0].id}`, headers: { cookie: 'a=b' } })
  world.clock.advance(days(30))
  const again = (await post(`/api/letters/${letter!.id}/resend`)).json<LetterView>()
  await send(world.deps, again.id, job())
  assert.equal(office.taken.at(-1)!.messageId, `${again.id}@keepsake.test`)
  // also the photographer's own letter, which has no link
  const bounced = (await lettersOf(world, gallery)).find((l) => l.kind === 'mail_bounced')!
  await send(world.deps, bounced.id, job())
  const copy = (await post(`/api/letters/${bounced.id}/resend`)).json<LetterView>()
  await send(world.deps, copy.id, job())
  assert.match(office.taken.at(-1)!.raw, /typo@example\.com/)
})

test('what was sent stands at the archive, in the API and in the views of the database', async () => {
  const { gallery, archive } = await published(world, ['mara@example.com', 'jonas@example.com', 'waits@example.com'])
  const view = async () => {
    const { rows } = (await app.inject({ url: `/api/galleries/${gallery.id}/archives`, headers: { cookie: 'a=b' } })).json<{
      rows: ArchiveView[]
    }>()
    return [rows[0]!.email_sent, rows[0]!.email_sent_at, rows[0]!.email_recipient]
  }
  assert.deepEqual(await view(), [false, null, null])
  await announce(world.deps, archive.id)
  const letters = await lettersOf(world, gallery)
  for (const letter of letters.filter((l) => l.recipient !== 'waits@example.com')) await send(world.deps, letter.id, job())
  const at = world.clock.now()
  assert.deepEqual(await view(), [true, at.toISOString(), 'jonas@example.com, mara@example.com'])
  const found = await sql<object>`select * from gallery_archives where gallery_id = ${gallery.id}`.execute(world.deps.db)
  const { storagePath, checksum, imagesHash, createdAt, completedAt, expiresAt, fileSizeBytes, ...rest } = found.rows[0] as Record<
    string,
    unknown
  >
  assert.deepEqual(rest, {
    id: archive.id,
    galleryId: gallery.id,
    version: 1,
    imageCount: 1,
    status: 'completed',
    errorMessage: null,
    emailSent: true,
    emailSentAt: at,
    emailRecipient: 'jonas@example.com, mara@example.com',
  })
  assert.ok(storagePath && checksum && imagesHash && createdAt && completedAt && expiresAt && fileSizeBytes)
  const words = ['queued', 'processing', 'verifying', 'failed', 'deleted'] as const
  const shown: Record<string, unknown> = {}
  for (const status of words) {
    await world.deps.db.updateTable('archives').set({ status }).where('id', '=', archive.id).execute()
    const { rows } = await sql<{ status: string }>`select status from gallery_archives where id = ${archive.id}`.execute(world.deps.db)
    shown[status] = rows[0]?.status
  }
  assert.deepEqual(shown, { queued: 'pending', processing: 'processing', verifying: 'processing', failed: 'failed', deleted: undefined })
  const jobs = await sql<Record<string, unknown>>`select * from archive_jobs where archive_id = ${archive.id} order by run_at`.execute(
    world.deps.db,
  )
  assert.deepEqual(
    jobs.rows.map((row) => [row.galleryId, row.status, row.attempts, row.maxAttempts, row.lastError, row.lockedBy]),
    [
      [gallery.id, 'completed', 1, 4, null, null],
      [gallery.id, 'completed', 1, 4, null, null],
    ],
  )
  assert.deepEqual(Object.keys(jobs.rows[0]!).sort(), [
    'archiveId',
    'attempts',
    'galleryId',
    'id',
    'lastError',
    'lockedAt',
    'lockedBy',
    'maxAttempts',
    'priority',
    'runAt',
    'status',
  ])
})
