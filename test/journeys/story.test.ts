/** One gallery from the first letter to the complete copy: half a download, a changed photo, a new version, an ended link, a new one. */
import assert from 'node:assert/strict'
import { existsSync, statSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import { SMTPServer } from 'smtp-server'
import type { ClientDelivery, Deliveries, Item, Letter } from '../../sdk/src/wire.ts'
import { allOf, archiveOf, createGallery, type Person, publish, readyArchive, setUp } from './people.ts'
import { judgeZip, run, sha256Of, soundForAll } from './programs.ts'
import { photos, sendPhotos } from './sending.ts'
import { freshInstallation, until } from './service.ts'

const mb = 1_000_000

/** A mail server that keeps what it takes. */
async function mailServer(t: TestContext): Promise<{ url: string; taken: { to: string; text: string }[] }> {
  const taken: { to: string; text: string }[] = []
  const server = new SMTPServer({
    disabledCommands: ['STARTTLS', 'AUTH'],
    onData(stream, session, done) {
      const parts: Buffer[] = []
      stream.on('data', (part: Buffer) => parts.push(part))
      stream.on('end', () => {
        taken.push({ to: session.envelope.rcptTo.map((r) => r.address).join(), text: Buffer.concat(parts).toString() })
        done()
      })
    },
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  t.after(() => new Promise<void>((done) => server.close(done)))
  return { url: `smtp://127.0.0.1:${(server.server.address() as AddressInfo).port}`, taken }
}

/** The link in the text of a letter, put together from its quoted-printable lines. */
const linkIn = (text: string): string => /https?:\/\/[^\s"<>]+\/d\/[\w-]+/.exec(text.replace(/=\r?\n/g, '').replace(/=3D/g, '='))![0]

const sizeOf = (file: string) => (existsSync(file) ? statSync(file).size : 0)

async function deliveriesOf(ida: Person, gallery: string): Promise<Deliveries> {
  const answer = await ida.ask<Deliveries>(`/api/galleries/${gallery}/deliveries`)
  assert.equal(answer.status, 200)
  return answer.body
}

test('from the first letter to the complete copy, with everything that comes between', { timeout: 600_000 }, async (t) => {
  const mail = await mailServer(t)
  const installation = await freshInstallation(t, { SMTP_URL: mail.url, EMAIL_FROM: 'Keepsake <photos@example.com>' })
  const ida = await setUp(installation, await installation.start())
  const { id } = await createGallery(ida, { title: 'Mara & Jonas' })
  const mara = { email: 'mara@example.com', name: 'Mara' }
  assert.equal((await ida.ask(`/api/galleries/${id}/clients`, { method: 'POST', body: mara })).status, 201)
  const [replaced, ...others] = await photos(12, 6 * mb)
  await sendPhotos(installation, ida, id, [replaced!, ...others])
  /** Mara's line, when it says that. */
  const delivery = (what: string, look: (now: ClientDelivery) => unknown) =>
    until(
      async () => {
        const [now] = (await deliveriesOf(ida, id)).clients
        return now && look(now) ? now : undefined
      },
      { what },
    )

  // publish, mail
  await publish(ida, id)
  const first = await readyArchive(ida, id)
  await until(() => mail.taken.length === 1, { what: 'the letter' })
  assert.equal(mail.taken[0]!.to, mara.email)
  const link = linkIn(mail.taken[0]!.text)
  const waiting = await delivery('the sent letter', (now) => now.letters_sent === 1)
  assert.deepEqual([waiting.links, waiting.downloads, waiting.percent, waiting.last_at], [1, 0, 0, null])

  // half a download
  const half = path.join(installation.dir, 'half.zip')
  const cut = new AbortController()
  const running = run('curl', ['-fsS', '--limit-rate', '8M', '-o', half, link], { signal: cut.signal })
  await until(() => sizeOf(half) > first.file_size_bytes / 2, { what: 'half of the download', every: 5 })
  cut.abort()
  await running
  const begun = await delivery('the note of it', (now) => now.last_at)
  const has = (100 * sizeOf(half)) / first.file_size_bytes
  assert.ok(begun.percent <= has, `${begun.percent} % noted of ${has} %`)
  assert.deepEqual([begun.complete_at, begun.downloads, begun.version, begun.up_to_date], [null, 0, 1, true])

  // a photo is replaced: what is there is outdated
  const items = await allOf<Item>(ida, `/api/galleries/${id}/items`)
  const old = items.find((item) => item.name === replaced!.name)!
  assert.equal((await ida.ask(`/api/galleries/${id}/items/${old.id}`, { method: 'DELETE' })).status, 204)
  await sendPhotos(installation, ida, id, await photos(1, 5 * mb, 99))
  assert.equal((await archiveOf(ida, id)).status, 'outdated')

  // a new version, and a letter about it; the begun download of the old one can still be ended
  await publish(ida, id)
  const second = await readyArchive(ida, id)
  assert.equal(second.version, 2)
  assert.notEqual(second.checksum, first.checksum)
  await until(() => mail.taken.length === 2, { what: 'the letter about the new version' })
  const rest = await run('curl', ['-fsS', '-C', '-', '-o', half, link])
  assert.equal(rest.code, 0, rest.output)
  assert.equal(await sha256Of(half), first.checksum)
  const ended = await delivery('the complete copy', (now) => now.complete_at)
  assert.deepEqual([ended.downloads, ended.percent, ended.version, ended.up_to_date], [1, 100, 1, false])

  // the links have ended
  await installation.sql('update links set expires_at = now()')
  for (const dead of [link, linkIn(mail.taken[1]!.text)]) {
    const refused = await run('curl', ['-sS', '-o', '/dev/null', '-w', '%{http_code}', dead])
    assert.equal(refused.output, '410')
  }

  // the page of the ended link sends a new one, to the same person and to nobody who asks
  const page = await run('curl', ['-sS', '-H', 'Accept: text/html', link])
  assert.match(page.output, /m•••@example\.com/)
  assert.match(page.output, /<form method="post">/)
  assert.equal((await run('curl', ['-fsS', '-X', 'POST', '-H', 'Accept: text/html', '-o', '/dev/null', link])).code, 0)
  await until(() => mail.taken.length === 3, { what: 'the letter with the new link' })
  assert.equal(mail.taken[2]!.to, mara.email)
  const renewed = linkIn(mail.taken[2]!.text)

  // the complete copy of the new version
  const whole = path.join(installation.dir, 'whole.zip')
  assert.equal((await run('curl', ['-fsS', '-o', whole, renewed])).code, 0)
  assert.equal(await sha256Of(whole), second.checksum)
  assert.deepEqual(await judgeZip(whole), soundForAll)
  const now = await delivery('the complete copy of the new version', ({ up_to_date }) => up_to_date)
  assert.deepEqual([now.version, now.percent, now.downloads], [2, 100, 2])
  const all = await deliveriesOf(ida, id)
  assert.deepEqual(all.totals, {
    clients: 1,
    clients_complete: 1,
    downloads: 2,
    bytes: all.totals.bytes,
  })
  assert.ok(all.totals.bytes >= first.file_size_bytes + second.file_size_bytes)
  assert.equal((await archiveOf(ida, id)).archive!.download_count, 1)
  const letters = await allOf<Letter>(ida, '/api/letters')
  assert.ok(letters.every((letter) => letter.status === 'sent' && letter.attempts === 1))
})
