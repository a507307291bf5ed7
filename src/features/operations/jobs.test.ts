/** Failed work by result: each kind is shown with its reason and, tried again, comes to its end. */
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import type { FailedJob, HealthReport, Installation, MailTested, NewWebhook, Page, RetriedJobs, Usage } from '../../../sdk/src/wire.ts'
import type { Person } from '../../../test/journeys/people.ts'
import { type Served, served } from '../../../test/served.ts'
import { AppError, errorTable } from '../../base/errors.ts'
import { newId } from '../../base/id.ts'
import { findArchive } from '../../data/archives.ts'
import type { Gallery } from '../../domain/gallery.ts'
import type { Letter } from '../../ports/mail/port.ts'
import { askArchive } from '../archives/ask.ts'
import { askExport } from '../archives/export-ask.ts'
import { publish } from '../archives/publish.ts'
import { addPhoto } from '../delivery/testbed.test.ts'
import { addClient } from '../galleries/clients.ts'
import { createGallery } from '../galleries/edit.ts'

let s: Served
let jonas: Person
let broken = true
let refused = true
const mailed: Letter[] = []
const heard: unknown[] = []
const hook = createServer((request, response) => {
  let text = ''
  request.on('data', (part) => {
    text += part
  })
  request.on('end', () => {
    heard.push(JSON.parse(text))
    response.end()
  })
})

before(async () => {
  await new Promise<void>((done) => hook.listen(0, '127.0.0.1', done))
  s = await served({
    mail: {
      check: async () => {},
      deliver: async (letter) => {
        if (refused) throw new AppError('mail_refused', { response: '550 no such relay' }, { final: true })
        mailed.push(letter)
        return { kept: false, response: '250 taken' }
      },
    },
  })
  const { storage } = s.world.deps
  const { assemble } = storage
  storage.assemble = async (...all) => {
    if (broken) throw new AppError('source_changed', {}, { final: true })
    return assemble(...all)
  }
  const now = s.world.clock.now()
  const user = { id: newId(now), name: 'Jonas', email: 'jonas@example.com', emailVerified: false, image: null, role: 'owner' as const }
  await s.world.deps.db.insertInto('users').values(user).execute()
  jonas = s.guest({ cookie: `as=${user.id}` })
  await s.world.work()
})
after(async () => {
  await s?.close()
  hook.close()
})

const jobs = async (person: Person, query = '') => (await person.ask<Page<FailedJob>>(`/api/jobs${query}`)).body.rows
const kinds = async (person: Person) => (await jobs(person)).map(({ kind }) => kind).sort()
const retry = async (person: Person, body: object) => (await person.ask<RetriedJobs>('/api/jobs/retry', { method: 'POST', body })).body
const setUp = async (title: string): Promise<Gallery> => {
  const gallery = await createGallery(s.world.deps, s.world.ownerId, { title })
  await addPhoto(s.world, gallery)
  return gallery
}

test('what has failed is shown with its reason, to its owner alone, and comes to its end when all is tried again', async () => {
  const { deps, ownerId, until } = s.world
  const gallery = await setUp('Broken')
  const client = 'mara@example.com'
  await addClient(deps, gallery.id, client, null)
  const made = await s.ida.ask<NewWebhook>('/api/webhooks', {
    method: 'POST',
    body: { url: `http://127.0.0.1:${(hook.address() as AddressInfo).port}/hook`, types: ['archive.ready'] },
  })
  assert.equal(made.status, 201)
  const message = { id: newId(deps.clock.now()), webhookId: made.body.id, galleryId: gallery.id, type: 'archive.ready', dedupeKey: 'once' }
  await deps.db
    .insertInto('webhookDeliveries')
    .values({
      ...message,
      body: '{"was":"lost"}',
      status: 'failed',
      attempts: 9,
      answerStatus: 500,
      error: 'it answered 500',
      nextAt: deps.clock.now(),
      createdAt: deps.clock.now(),
    })
    .execute()
  const { archive } = await publish(deps, gallery.id, { userId: ownerId, source: 'publish' })
  await until(async () => (await findArchive(deps.db, archive.id))?.status === 'failed', 'the failure of the archive')
  const asked = await askExport(deps, gallery.id, { requester: `user ${ownerId}`, userId: ownerId, limited: false }, {
    items: 'all',
    size: 'original',
    format: 'zip',
    split: false,
    notify: null,
  } as never)
  await until(async () => (await kinds(s.ida)).includes('export'), 'the failure of the export')
  // the letter about the failure is refused by the mail server as well
  await until(async () => (await kinds(s.ida)).join() === 'archive,export,letter,webhook', 'all failures')

  const rows = await jobs(s.ida)
  const of = (kind: string) => rows.find((row) => row.kind === kind)!
  assert.deepEqual([of('archive').code, of('archive').gallery_title, of('archive').subject], ['source_changed', 'Broken', 'delivery'])
  assert.deepEqual([of('letter').code, of('letter').subject], ['mail_refused', 'ida@example.com'])
  assert.equal(of('letter').reason, `${errorTable.mail_refused[1]} (550 no such relay)`)
  assert.deepEqual([of('webhook').code, of('webhook').tries, of('webhook').webhook_id], ['500', 9, made.body.id])
  assert.deepEqual([of('export').id, of('export').code], [asked.id, 'source_changed'])
  assert.deepEqual((await jobs(s.ida, '?kind=letter')).length, 1)
  const first = (await s.ida.ask<Page<FailedJob>>('/api/jobs?limit=3')).body
  const rest = (await s.ida.ask<Page<FailedJob>>(`/api/jobs?limit=3&cursor=${first.next}`)).body
  assert.deepEqual(
    [...first.rows, ...rest.rows].map(({ id }) => id),
    rows.map(({ id }) => id),
    'two pages are the whole',
  )

  assert.deepEqual(await jobs(jonas), [])
  const foreign = await retry(jonas, { jobs: rows.map(({ kind, id }) => ({ kind, id })) })
  assert.deepEqual([foreign.retried, foreign.refused.map(({ code }) => code)], [0, rows.map(() => 'not_found')])
  assert.deepEqual(await retry(jonas, { all: true }), { retried: 0, refused: [] })

  broken = false
  refused = false
  assert.deepEqual(await retry(s.ida, { all: true }), { retried: 4, refused: [] })
  await until(async () => (await jobs(s.ida)).length === 0, 'that nothing is failed')
  await until(async () => heard.some((body) => (body as { was?: string }).was === 'lost'), 'the message')
  await until(async () => mailed.some(({ to }) => to === 'ida@example.com'), 'the letter')
  await until(async () => mailed.some(({ to }) => to === client), 'that the client hears of the archive')
  await until(
    async () => (await deps.db.selectFrom('exports').select('status').where('id', '=', asked.id).executeTakeFirst())?.status === 'ready',
    'the export',
  )
  assert.deepEqual((await retry(s.ida, { jobs: [{ kind: 'archive', id: archive.id }] })).refused[0]?.code, 'not_found', 'done is done')
})

test('one that cannot be tried again stops no other and says why', async () => {
  const { deps, until } = s.world
  broken = true
  const [one, two] = [await setUp('Emptied'), await setUp('Stays')]
  for (const gallery of [one, two]) {
    const archive = await askArchive(deps, gallery.id, { userId: null, force: false })
    await until(async () => (await findArchive(deps.db, archive.id))?.status === 'failed', 'the failure')
  }
  await deps.db.updateTable('assets').set({ state: 'deleted' }).where('galleryId', '=', one.id).execute()
  broken = false
  const answer = await retry(s.ida, { all: true, kind: 'archive' })
  assert.deepEqual([answer.retried, answer.refused.map(({ code }) => code)], [1, ['gallery_empty']])
})

test('an import that failed has the sentence of its code', async () => {
  const { deps } = s.world
  const gallery = await setUp('From the bucket')
  const now = deps.clock.now()
  const row = { galleryId: gallery.id, prefix: 'albums/empty/', copy: false, state: 'failed' as const, error: 'prefix_empty' }
  await deps.db
    .insertInto('gallerySources')
    .values({ ...row, createdAt: now, lookedAt: now, finishedAt: null, dueAt: now })
    .execute()
  const rows = await jobs(s.ida, '?kind=import')
  assert.deepEqual(
    rows.map(({ code, reason, subject }) => [code, reason, subject]),
    [['prefix_empty', errorTable.prefix_empty[1], 'albums/empty/']],
  )
  await deps.db.deleteFrom('gallerySources').where('galleryId', '=', gallery.id).execute()
})

test('an admin sees health, the installation, and that storage and mail work; a photographer does not', async () => {
  const health = (await s.ida.ask<HealthReport>('/api/admin/health')).body
  assert.equal(health.ready.status, 'ready')
  assert.deepEqual(
    health.findings.map(({ check }) => check),
    ['database', 'storage', 'disk', 'mail', 'clock', 'queue', 'media', 'maintenance'],
  )
  const installation = (await s.ida.ask<Installation>('/api/admin/installation')).body
  assert.deepEqual(installation.storage, { kind: 'disk', bucket: null })
  assert.deepEqual(installation.mail, { sends: true, from: 'Keepsake <photos@example.com>' })
  assert.doesNotMatch(JSON.stringify(installation), /Zk3vR8/, 'no secret')
  const storage = await s.ida.ask<{ ok: boolean }>('/api/admin/storage-test', { method: 'POST' })
  assert.deepEqual([storage.status, storage.body.ok], [200, true])
  const mail = await s.ida.ask<MailTested>('/api/admin/mail-test', { method: 'POST', body: { to: 'ida@example.com', locale: 'ru' } })
  assert.deepEqual(mail.body, { sent: true, response: '250 taken' })
  assert.equal(mailed.at(-1)!.subject, 'Письма вашего Keepsake доходят')
  refused = true
  assert.equal((await s.ida.ask('/api/admin/mail-test', { method: 'POST', body: { to: 'ida@example.com' } })).status, 502)
  for (const [method, path] of [
    ['GET', 'health'],
    ['GET', 'installation'],
    ['POST', 'storage-test'],
    ['POST', 'mail-test'],
  ] as const) {
    const body = path === 'mail-test' ? { to: 'x@example.com' } : undefined
    assert.equal((await jonas.ask(`/api/admin/${path}`, { method, body })).status, 403, path)
  }
})

test('what is stored is counted by its owner: originals, ZIPs, previews', async () => {
  const { deps, ownerId } = s.world
  const sum = async (table: 'assets' | 'archives', column: 'size' | 'fileSizeBytes', state: string) => {
    const rows = (await deps.db
      .selectFrom(table as 'assets')
      .select(column as 'size')
      .where((table === 'assets' ? 'state' : 'status') as 'state', '=', state as 'stored')
      .execute()) as unknown as Record<string, number>[]
    return rows.reduce((all, row) => all + row[column]!, 0)
  }
  const usage = (await s.ida.ask<Usage>('/api/usage')).body
  assert.equal(usage.originals, await sum('assets', 'size', 'stored'))
  assert.equal(usage.deliveries, await sum('archives', 'fileSizeBytes', 'ready'))
  assert.ok(usage.originals > 0 && usage.deliveries > usage.originals && usage.free! > 0)
  assert.deepEqual((await jonas.ask<Usage>('/api/usage')).body, { originals: 0, archives: 0, deliveries: 0, previews: 0, free: null })
  assert.ok(ownerId)
})
