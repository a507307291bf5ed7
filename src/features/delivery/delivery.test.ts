import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { sql } from 'kysely'
import { SMTPServer } from 'smtp-server'
import { photoBytes } from '../../../test/pictures.ts'
import { type TestWorld, testWorld } from '../../../test/world.ts'
import { days } from '../../base/clock.ts'
import { findArchive } from '../../data/archives.ts'
import { listOfArchive } from '../../data/letters.ts'
import { findLink } from '../../data/links.ts'
import { readLink } from '../../domain/link.ts'
import { smtpMail } from '../../ports/mail/smtp.ts'
import { publish } from '../archives/publish.ts'
import { addClient } from '../galleries/clients.ts'
import { createGallery } from '../galleries/edit.ts'
import { importFolder } from '../uploads/import.ts'
import { announce } from './announce.ts'
import { send } from './send.ts'

let world: TestWorld
let server: SMTPServer
const taken: string[] = []
// how the server answers the next recipients
let answers: (number | undefined)[] = []

before(async () => {
  server = new SMTPServer({
    disabledCommands: ['STARTTLS', 'AUTH'],
    onRcptTo: (_address, _session, done) => {
      const code = answers.shift()
      done(code ? Object.assign(new Error('not now'), { responseCode: code }) : null)
    },
    onData: (stream, _session, done) => {
      const chunks: Buffer[] = []
      stream
        .on('data', (c: Buffer) => chunks.push(c))
        .on('end', () => {
          taken.push(Buffer.concat(chunks).toString())
          done()
        })
    },
  })
  await new Promise<void>((ok) => server.listen(0, '127.0.0.1', ok))
  const { port } = server.server.address() as AddressInfo
  world = await testWorld({ mail: smtpMail({ url: `smtp://127.0.0.1:${port}`, from: 'Keepsake <photos@example.com>' }) })
  // letters are sent by hand here, to see every try
  await world.work({ 'delivery.announce': async () => {}, 'delivery.send': async () => {} })
})
after(async () => {
  await world.close()
  await new Promise<void>((ok) => server.close(() => ok()))
})

let count = 0
/** A verified archive, announced to so many clients. */
async function announced(clients: string[]) {
  const folder = mkdtempSync('/tmp/keepsake-letters-')
  writeFileSync(path.join(folder, 'a.jpg'), await photoBytes(++count, { width: 60, height: 40 }))
  const gallery = await createGallery(world.deps, world.ownerId, { title: `Mara & "Jonas" <${count}>` })
  await importFolder(world.deps, gallery, folder)
  rmSync(folder, { recursive: true })
  for (const email of clients) await addClient(world.deps, gallery.id, email, null)
  const { archive } = await publish(world.deps, gallery.id, { userId: null, source: 'publish' })
  await world.until(async () => (await findArchive(world.deps.db, archive.id))?.status === 'ready')
  await announce(world.deps, archive.id)
  return { gallery, archive, letters: () => listOfArchive(world.deps.db, archive.id) }
}
const job = (last = false) => ({ signal: new AbortController().signal, attempt: 1, last })
const linkIn = (raw: string) => /http:\/\/keepsake\.test\/d\/(\S+)/.exec(raw.replace(/=\r?\n/g, ''))![1]!

test('a client gets one letter by SMTP, and its link is theirs', async () => {
  const { letters, archive } = await announced(['mara@example.com'])
  const [letter] = await letters()
  await send(world.deps, letter!.id, job())
  await send(world.deps, letter!.id, job())
  assert.equal(taken.length, 1)
  const raw = taken.pop()!
  assert.match(raw, /^To: mara@example\.com/m)
  assert.match(raw, new RegExp(`^Message-ID: <${letter!.id}@keepsake\\.test>`, 'mi'))
  const grant = readLink(linkIn(raw), world.deps.settings.tokenSecrets)
  const link = await findLink(world.deps.db, grant.id)
  assert.deepEqual([link?.archiveId, grant.kind, link?.id], [archive.id, 'email', letter!.linkId])
  assert.deepEqual(
    (await letters()).map((l) => [l.status, l.attempts]),
    [['sent', 1]],
  )
})

test('a server that is busy is asked again with the same letter; a refusal for good ends it', async () => {
  const { letters } = await announced(['later@example.com', 'nobody@example.com'])
  const [later, nobody] = await letters()
  answers = [450]
  await assert.rejects(send(world.deps, later!.id, job()), { code: 'mail_unreachable' })
  assert.equal((await letters())[0]!.status, 'queued')
  await send(world.deps, later!.id, job())
  answers = [550]
  await send(world.deps, nobody!.id, job())
  assert.deepEqual(
    (await letters()).map((l) => [l.status, l.attempts]),
    [
      ['sent', 2],
      ['failed', 1],
    ],
  )
  assert.match((await letters())[1]!.error!, /mail_refused/)
})

test('announcing again, also twice at once, writes nobody a second letter', async () => {
  const { archive, letters } = await announced(['a@example.com', 'b@example.com'])
  await Promise.allSettled([announce(world.deps, archive.id), announce(world.deps, archive.id)])
  assert.equal((await letters()).length, 2)
})

test('no link that opens anything stands in the database in clear (P19)', async () => {
  const { letters } = await announced(['secret@example.com'])
  const [letter] = await letters()
  taken.length = 0
  await send(world.deps, letter!.id, job())
  const token = linkIn(taken.pop()!)
  const tables = await sql<{
    name: string
  }>`select table_schema || '.' || table_name as name from information_schema.tables where table_schema in ('public', 'queue') and table_type = 'BASE TABLE'`.execute(
    world.deps.db,
  )
  assert.ok(tables.rows.length > 15)
  for (const { name } of tables.rows) {
    const { rows } = await sql<{
      n: number
    }>`select count(*)::int as n from ${sql.raw(name)} t where t::text like ${`%${token.slice(0, 40)}%`}`.execute(world.deps.db)
    assert.equal(rows[0]!.n, 0, name)
  }
})

test('a mail server that is away for however long costs no letter, until its link has ended', async () => {
  const { letters } = await announced(['patient@example.com'])
  const [letter] = await letters()
  answers = [450]
  await assert.rejects(send(world.deps, letter!.id, job(true)), { code: 'mail_unreachable' })
  assert.equal((await letters())[0]!.status, 'queued')
  const later = { now: () => new Date(world.clock.now().getTime() + days(8)) }
  await assert.rejects(send({ ...world.deps, clock: later }, letter!.id, job()), { code: 'link_expired' })
  assert.equal((await letters())[0]!.status, 'failed')
})

test('the owner that the command line made has no mailbox, and letters go out all the same', async () => {
  const { letters } = await announced(['first@example.com'])
  const { db } = world.deps
  const rename = (email: string) => db.updateTable('users').set({ email }).where('id', '=', world.ownerId).execute()
  await rename('owner@localhost')
  await send(world.deps, (await letters())[0]!.id, job())
  await rename('ida@example.com')
  assert.equal((await letters())[0]!.status, 'sent')
  assert.doesNotMatch(taken.pop()!, /^Reply-To:/im)
})
