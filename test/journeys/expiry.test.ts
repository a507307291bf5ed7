/** The end of galleries: reminders, the day itself, the button that puts it off, and what guests read. */
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { sql } from 'kysely'
import type { Activity, Client, DownloadResponse, EditablePage, Gallery, NewLink, Notifications, Page } from '../../sdk/src/wire.ts'
import { handlers } from '../../src/app/worker.ts'
import { days, hours, after as later, minutes } from '../../src/base/clock.ts'
import { insertUser } from '../../src/data/users.ts'
import { formatMoment } from '../../src/domain/letters/words.ts'
import { publish } from '../../src/features/archives/publish.ts'
import { send } from '../../src/features/delivery/send.ts'
import { job } from '../../src/features/delivery/testbed.test.ts'
import { importFolder } from '../../src/features/uploads/import.ts'
import { smtpMail } from '../../src/ports/mail/smtp.ts'
import { photoBytes } from '../pictures.ts'
import { type Office, postOffice } from '../post-office.ts'
import { type Served, served } from '../served.ts'
import type { Person } from './people.ts'

let s: Served
let office: Office
const webDir = mkdtempSync('/tmp/keepsake-expiry-web-')
const errors: { facts: Record<string, unknown>; message: string }[] = []
before(async () => {
  office = await postOffice()
  mkdirSync(path.join(webDir, 'assets'))
  for (const name of ['studio', 'guest']) writeFileSync(path.join(webDir, `${name}.html`), `<p>${name}`)
  writeFileSync(path.join(webDir, 'notice.html'), '<html lang="en"><title>Keepsake</title><div id="root"></div>')
  const log = {
    info: () => {},
    warn: () => {},
    error: (facts: Record<string, unknown>, message: string) => void errors.push({ facts, message }),
  }
  s = await served({ mail: smtpMail({ url: office.url, from: 'Keepsake <photos@example.com>' }), log }, webDir)
  // letters and the minute's work are done by hand, so that the clock may be moved between them; so is archiving by itself, where it matters
  const none = async () => {}
  const retiring = async ({ galleryId }: { galleryId: string }) => void toRetire.add(galleryId)
  await s.world.work({
    'delivery.invite': none,
    'delivery.announce': none,
    'delivery.send': none,
    'gallery.retire': retiring,
    reconcile: none,
    maintenance: none,
  })
})
after(async () => {
  await s.close()
  await office.close()
  rmSync(webDir, { recursive: true })
})

const now = () => s.world.clock.now()
const inDays = (n: number) => later(now(), days(n)).toISOString()

/** Whom the minute's work wants archived. */
const toRetire = new Set<string>()
let count = 0
/** A published gallery with one photo and its verified archive; its clients in their order. */
async function shown(change: object = {}, ...emails: string[]): Promise<{ gallery: Gallery; clients: Client[] }> {
  const { body: gallery } = await s.ida.ask<Gallery>('/api/galleries', { method: 'POST', body: { title: `Gallery ${++count}`, ...change } })
  const folder = mkdtempSync('/tmp/keepsake-expiry-')
  writeFileSync(path.join(folder, 'a.jpg'), await photoBytes(count + 9000, { width: 60, height: 40 }))
  await importFolder(s.world.deps, { ...gallery, ownerId: s.world.ownerId } as never, folder)
  rmSync(folder, { recursive: true })
  const clients: Client[] = []
  for (const email of emails) {
    const made = await s.ida.ask<Client>(`/api/galleries/${gallery.id}/clients`, { method: 'POST', body: { email } })
    clients.push(made.body)
  }
  const { archive } = await publish(s.world.deps, gallery.id, { userId: null, source: 'publish' })
  await s.world.until(async () => {
    const row = await s.world.deps.db.selectFrom('archives').select('status').where('id', '=', archive.id).executeTakeFirst()
    return row?.status === 'ready'
  }, 'the archive')
  return { gallery, clients }
}
const patch = (gallery: Gallery, body: object) => s.ida.ask<Gallery>(`/api/galleries/${gallery.id}`, { method: 'PATCH', body })
const stateOf = async (gallery: Gallery) => (await s.ida.ask<Gallery>(`/api/galleries/${gallery.id}`)).body.state
const rowOf = (gallery: Gallery) =>
  s.world.deps.db.selectFrom('galleries').selectAll().where('id', '=', gallery.id).executeTakeFirstOrThrow()

/** What happens every minute, as the worker does it; then every letter that waits is sent. */
async function minute(): Promise<void> {
  await handlers(s.world.deps).reconcile({}, job())
  const waiting = await s.world.deps.db.selectFrom('letters').select('id').where('status', '=', 'queued').orderBy('id').execute()
  for (const { id } of waiting) await send(s.world.deps, id, job())
}
async function pass(ms: number, step = hours(6)): Promise<void> {
  for (const end = now().getTime() + ms; now().getTime() < end; ) {
    s.world.clock.advance(Math.min(step, end - now().getTime()))
    await minute()
  }
}

/** What the mail server got for this gallery, as `day: kind recipient`, days since `start`. */
async function heard(gallery: Gallery, start: Date): Promise<string[]> {
  const rows = await s.world.deps.db
    .selectFrom('letters')
    .select(['id', 'kind', 'recipient', 'createdAt', 'status'])
    .where('galleryId', '=', gallery.id)
    .orderBy('createdAt')
    .orderBy('recipient')
    .execute()
  return rows.map((row) => {
    const arrived = office.taken.filter(({ messageId }) => messageId.startsWith(row.id))
    assert.deepEqual([row.status, arrived.map(({ to }) => to)], ['sent', [row.recipient]])
    const day = (row.createdAt.getTime() - start.getTime()) / days(1)
    return `${Number(day.toFixed(2))}: ${row.kind} ${row.recipient.split('@')[0]}`
  })
}
/** The text part of a letter as it arrived, decoded. */
function textOf({ raw }: { raw: string }): string {
  const [, head, body] = /(Content-Type: text\/plain[\s\S]*?)\r\n\r\n([\s\S]*?)\r\n--/.exec(raw)!
  if (/base64/i.test(head!)) return Buffer.from(body!, 'base64').toString()
  if (!/quoted-printable/i.test(head!)) return body!
  const bytes = body!.replace(/=\r\n/g, '').replace(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)))
  return Buffer.from(bytes, 'latin1').toString().replaceAll('\r\n', '\n')
}
/** The last letter that an address got. */
function lastTo(to: string): { raw: string; text: string } {
  const letter = office.taken.findLast((one) => one.to === to)!
  return { raw: letter.raw, text: textOf(letter) }
}

/** Takes the whole archive home, as a browser does that closes its line afterwards. */
async function takeHome(gallery: Gallery, client: Client): Promise<void> {
  const { body: link } = await s.ida.ask<NewLink>(`/api/galleries/${gallery.id}/clients/${client.id}/link`, { method: 'POST' })
  const person = s.guest()
  await person.ask(s.here(link.url))
  const { body } = await person.ask<DownloadResponse>(`/api/galleries/${gallery.slug}/download`)
  await new Promise<void>((done, failed) => {
    http.get(s.here(body.download_url!), { agent: false }, (answer) => answer.resume().on('end', done)).on('error', failed)
  })
  await s.world.until(async () => {
    const row = await s.world.deps.db.selectFrom('downloads').select('completeAt').where('clientId', '=', client.id).executeTakeFirst()
    return row?.completeAt
  }, 'the complete copy')
}

test('forty days of two galleries: 30, 7 and 1 days before each end who lacks a copy is reminded, and on the day all are told', async () => {
  const start = now()
  const one = await shown(
    { title: 'Mara & Jonas', expires_at: inDays(40), customer_email: 'Customer@example.com' },
    'mara@example.com',
    'jonas@example.com',
    'lena@example.com',
    'quiet@example.com',
  )
  const change = (client: Client, body: object) =>
    s.ida.ask(`/api/galleries/${one.gallery.id}/clients/${client.id}`, { method: 'PATCH', body })
  await change(one.clients[2]!, { permission: 'view' })
  await change(one.clients[3]!, { notify_on_archive: false })
  const two = await shown({ title: 'Schulfest', locale: 'de', expires_at: inDays(35) }, 'heidi@example.com')
  await pass(days(10))
  // two tells its date anew, one is downloaded
  await patch(two.gallery, { expires_at: inDays(10) })
  await pass(days(5))
  await takeHome(one.gallery, one.clients[1]!)
  await pass(days(25.25))

  assert.deepEqual(await heard(one.gallery, start), [
    '10: gallery_ending Customer',
    '10: gallery_ending jonas',
    '10: gallery_ending mara',
    // jonas has his copy now
    '16: downloads_digest ida',
    '33: gallery_ending Customer',
    '33: gallery_ending mara',
    '39: gallery_ending Customer',
    '39: gallery_ending mara',
    '40: gallery_expired Customer',
    '40: own_gallery_expired ida',
    '40: gallery_expired jonas',
    '40: gallery_expired lena',
    '40: gallery_expired mara',
  ])
  assert.deepEqual(await heard(two.gallery, start), [
    '5: gallery_ending heidi',
    // the date was moved nearer: the step in whose time that is, at once, and its own letters after it
    '10.25: gallery_ending heidi',
    '13: gallery_ending heidi',
    '19: gallery_ending heidi',
    '20: gallery_expired heidi',
    '20: own_gallery_expired ida',
  ])
  assert.deepEqual([await stateOf(one.gallery), await stateOf(two.gallery)], ['expired', 'expired'])

  // as the mail server got them: each says the days that are left, and the date as it was then
  const textsTo = (to: string) => office.taken.filter((letter) => letter.to === to).map(textOf)
  const end = formatMoment(later(start, days(40)), 'en')
  const [month, week, day, over] = textsTo('mara@example.com')
  for (const [text, left] of [
    [month, '30 days'],
    [week, '7 days'],
    [day, '1 day'],
  ])
    assert.ok(text!.includes(`Your gallery from Ida Photo ends in ${left}.`) && text!.includes(`It is open until ${end}.`), text)
  assert.ok(over!.includes(`was open until ${end}. Its photos are no longer shown there.`), over)
  const german = textsTo('heidi@example.com')
  const ends = [35, 20, 20, 20, 20].map((n) => formatMoment(later(start, days(n)), 'de'))
  assert.deepEqual(
    german.map((text) => /offen bis zum (.*?UTC)/.exec(text)![1]),
    ends,
  )
  assert.deepEqual(
    german.slice(0, 4).map((text) => /endet in (\d+ \w+)\./.exec(text)![1]),
    ['30 Tagen', '10 Tagen', '7 Tagen', '1 Tag'],
  )
})

test('a reminder says days, end and zone, opens the gallery by the client’s own link, and can be refused for good', async () => {
  const { gallery, clients } = await shown(
    { title: 'Праздник', locale: 'ru', expires_at: inDays(5), password: 'pale blue' },
    'olga@example.com',
  )
  await minute()
  s.world.clock.advance(hours(23))
  await minute()
  assert.deepEqual(await heard(gallery, now()), [], 'nobody is reminded on the day of their invitation')
  s.world.clock.advance(hours(2))
  await minute()
  await pass(hours(12))
  assert.equal((await heard(gallery, now())).length, 1, 'published five days before its end: one reminder, not two')
  const first = lastTo('olga@example.com')
  assert.match(first.text, /Ваша галерея закроется через 4 дня\. Автор: Ida Photo\./)
  assert.ok(first.text.includes(`Галерея открыта до: ${formatMoment(new Date(gallery.expires_at!), 'ru')}.`), first.text)
  assert.match(first.text, /UTC/)
  const link = /http:\/\/keepsake\.test\/s\/\S+/.exec(first.text)![0]
  const olga = s.guest()
  assert.equal((await olga.ask(s.here(link))).status, 303)
  assert.equal((await olga.ask<{ visitor: object | null }>(`/api/g/${gallery.slug}`)).status, 200)
  // the mailbox's own button (RFC 8058)
  const leave = /^List-Unsubscribe:\s*<(.*)>/im.exec(first.raw)![1]!
  assert.match(first.raw, /^List-Unsubscribe-Post: List-Unsubscribe=One-Click/im)
  assert.ok(first.text.includes(leave))
  assert.equal((await s.guest().ask(s.here(leave), { method: 'POST' })).status, 200)
  await pass(days(5))
  const rows = await s.world.deps.db
    .selectFrom('letters')
    .select(['kind', 'status'])
    .where('galleryId', '=', gallery.id)
    .orderBy('createdAt')
    .orderBy('kind')
    .execute()
  assert.deepEqual(
    rows.map(({ kind, status }) => `${kind} ${status}`),
    ['gallery_ending sent', 'gallery_ending suppressed', 'gallery_expired suppressed', 'own_gallery_expired sent'],
  )
  assert.equal(clients.length, 1)
})

/** Retired for real: its originals lie inside its final archive. */
async function archived(gallery: Gallery): Promise<void> {
  const asked = await s.ida.ask(`/api/galleries/${gallery.id}/retire`, { method: 'POST' })
  assert.equal(asked.status, 202)
  await s.world.until(async () => (await rowOf(gallery)).state === 'archived', 'the end of archiving')
}

/** The letter about this gallery's end that its photographer got last. */
async function ownLetter(gallery: Gallery): Promise<{ text: string; link: string }> {
  const query = s.world.deps.db
    .selectFrom('letters')
    .select('id')
    .where('galleryId', '=', gallery.id)
    .where('kind', '=', 'own_gallery_expired')
  const { id } = await query.orderBy('createdAt', 'desc').executeTakeFirstOrThrow()
  const text = textOf(office.taken.find(({ to, messageId }) => to === 'ida@example.com' && messageId.startsWith(id))!)
  return { text, link: /\/extend\/\S+/.exec(text)![0] }
}
const html = { accept: 'text/html' }
const form = { ...html, 'content-type': 'application/x-www-form-urlencoded' }

test('the button in the photographer’s letter: looking changes nothing, one click gives thirty days, two give no more', async () => {
  const { gallery } = await shown({ title: 'Sommer <b>', expires_at: inDays(2) }, 'mara2@example.com')
  await pass(days(2) + hours(1), hours(1))
  assert.equal(await stateOf(gallery), 'expired')
  const { text, link } = await ownLetter(gallery)
  assert.match(text, /This gallery was open until \d+ \w+ 2026 at \d\d:00 UTC/)
  assert.match(text, /Complete copies: 0 of 1 clients/)
  const before = await rowOf(gallery)
  for (let n = 0; n < 3; n++) {
    const page = await s.guest().ask<string>(link, { headers: html })
    assert.equal(page.status, 200)
    assert.match(page.body, /<form method="post"><button class="button main">Extend by 30 days<\/button>/)
    assert.ok(page.body.includes('Sommer &#60;b&#62;') && !page.body.includes('<b>'))
  }
  assert.deepEqual(await rowOf(gallery), before)
  // who reads letters in the evening is not too late: the gallery is not archived by itself yet
  await pass(hours(22), hours(1))
  await s.world.until(async () => !(await s.world.deps.queue.depth())['gallery.retire'], 'an idle queue')
  assert.ok(!toRetire.has(gallery.id))
  const clicks = await Promise.all([1, 2, 3].map(() => s.guest().ask<string>(link, { method: 'POST', headers: form })))
  const to = later(now(), days(30))
  for (const { status, body } of clicks) {
    assert.equal(status, 200)
    assert.match(body, /The date of “Sommer &#60;b&#62;” has been moved/)
  }
  const { state, expiresAt } = await rowOf(gallery)
  assert.deepEqual([state, expiresAt], ['active', to])
  const actions = (await s.ida.ask<Page<Activity>>(`/api/galleries/${gallery.id}/activity`)).body.rows
  assert.deepEqual(actions.filter(({ action }) => action === 'extended').length, 1)
  // a day later nothing in it has changed, and another end is not this letter's to move
  s.world.clock.advance(days(1))
  const after = await s.guest().ask<string>(link, { headers: html })
  assert.doesNotMatch(after.body, /<form/)
  await patch(gallery, { expires_at: inDays(-1) })
  await s.guest().ask(link, { method: 'POST', headers: form })
  assert.equal(await stateOf(gallery), 'expired')
  // one changed letter of the token opens nothing
  const wrong = link.replace(/.$/, (c) => (c === 'A' ? 'B' : 'A'))
  for (const method of ['GET', 'POST'])
    assert.equal((await s.guest().ask(wrong, { method, headers: method === 'POST' ? form : html })).status, 404)
})

test('a gallery that is archived, or being archived, is not opened by an old letter, and the page says why', async () => {
  const { gallery } = await shown({ expires_at: inDays(1) }, 'mara3@example.com')
  await pass(days(1))
  const { link } = await ownLetter(gallery)
  const refused = async (state: string) => {
    const before = await rowOf(gallery)
    assert.equal(before.state, state)
    for (const method of ['GET', 'POST']) {
      const page = await s.guest().ask<string>(link, { method, headers: method === 'POST' ? form : html })
      assert.equal(page.status, 409)
      assert.match(page.body, /restore it in the studio/i)
    }
    assert.deepEqual(await rowOf(gallery), before)
  }
  await s.world.deps.db.updateTable('galleries').set({ state: 'archiving' }).where('id', '=', gallery.id).execute()
  await refused('archiving')
  await s.world.deps.db.updateTable('galleries').set({ state: 'expired' }).where('id', '=', gallery.id).execute()
  await archived(gallery)
  await refused('archived')
})

test('a day after its end a gallery is archived by itself', async () => {
  const { gallery } = await shown({ expires_at: inDays(1) }, 'mara3b@example.com')
  await pass(days(2), hours(1))
  assert.equal(await stateOf(gallery), 'expired')
  s.world.clock.advance(minutes(1))
  await minute()
  await s.world.until(async () => toRetire.has(gallery.id), 'the job')
  await handlers(s.world.deps)['gallery.retire']({ galleryId: gallery.id, source: 'expiry' }, job())
  await s.world.until(async () => (await rowOf(gallery)).state === 'archived', 'the end of archiving')
})

test('the owner’s own change of the date opens an ended gallery again, and a letter that has not left is not sent', async () => {
  const { gallery } = await shown({ expires_at: inDays(1) }, 'mara4@example.com')
  for (const expires_at of [inDays(60), null]) {
    await patch(gallery, { expires_at: inDays(-0.5) })
    office.down = true
    await handlers(s.world.deps).reconcile({}, job())
    assert.equal((await rowOf(gallery)).state, 'expired')
    const written = await s.world.deps.db.selectFrom('letters').select('id').where('galleryId', '=', gallery.id).execute()
    assert.equal(written.length, 2)
    assert.equal((await patch(gallery, { expires_at })).body.state, 'active')
    office.down = false
    await minute()
    assert.deepEqual(await heard(gallery, now()), [])
  }
})

test('who is removed gets no letter that waits, and nothing of their address stays', async () => {
  const { gallery, clients } = await shown({ expires_at: inDays(8), public: false }, 'secret.person@example.com')
  await pass(days(2))
  office.down = true
  s.world.clock.advance(days(6))
  await handlers(s.world.deps).reconcile({}, job())
  const rows = () => s.world.deps.db.selectFrom('letters').selectAll().where('galleryId', '=', gallery.id).orderBy('kind').execute()
  assert.deepEqual(
    (await rows()).map(({ kind, status }) => `${kind} ${status}`),
    ['gallery_ending sent', 'gallery_expired queued', 'own_gallery_expired queued'],
  )
  assert.equal((await s.ida.ask(`/api/galleries/${gallery.id}/clients/${clients[0]!.id}`, { method: 'DELETE' })).status, 204)
  office.down = false
  await minute()
  const left = await rows()
  assert.deepEqual(
    left.map(({ kind, status }) => `${kind} ${status}`),
    ['gallery_ending sent', 'gallery_expired failed', 'own_gallery_expired sent'],
  )
  assert.doesNotMatch(JSON.stringify(left), /secret/)
})

test('one gallery whose letters cannot be written stops no other, is named, and is noted when they can; nor does one without addresses', async () => {
  const { deps } = s.world
  const nobody = '01900000-0000-7000-8000-00000000bbbb'
  await insertUser(deps.db, { id: nobody, name: 'Owner', email: 'owner', role: 'owner' }, now())
  const { gallery: silent } = await shown({ expires_at: inDays(1) })
  await deps.db.updateTable('galleries').set({ ownerId: nobody }).where('id', '=', silent.id).execute()
  const { gallery: broken } = await shown({ expires_at: inDays(1.1) }, 'mara5@example.com')
  const { gallery: fine } = await shown({ expires_at: inDays(1.2) }, 'mara6@example.com')
  await sql`create function no_letters() returns trigger language plpgsql as $$ begin raise exception 'no letters here'; end $$`.execute(
    deps.db,
  )
  await sql
    .raw(
      `create trigger no_letters before insert on letters for each row when (new.gallery_id = '${broken.id}') execute function no_letters()`,
    )
    .execute(deps.db)
  errors.length = 0
  await pass(days(1.5), hours(12))
  const states = async () => Promise.all([silent, broken, fine].map(async (gallery) => (await rowOf(gallery)).state))
  assert.deepEqual(await states(), ['expired', 'active', 'expired'])
  const named = errors.filter(({ facts }) => facts.gallery === broken.id).map(({ message }) => message)
  assert.ok(
    named.some((message) => message.includes('noted as expired')) && named.some((message) => message.includes('reminders')),
    String(named),
  )
  assert.ok(
    errors.every(({ facts }) => facts.gallery === broken.id),
    JSON.stringify(errors),
  )
  await sql`drop trigger no_letters on letters`.execute(deps.db)
  await minute()
  assert.deepEqual(await states(), ['expired', 'expired', 'expired'])
  const letters = await deps.db.selectFrom('letters').select(['kind']).where('galleryId', '=', broken.id).orderBy('kind').execute()
  assert.deepEqual(
    letters.map(({ kind }) => kind),
    ['gallery_expired', 'own_gallery_expired'],
  )
})

const pageAt = async (who: Person, address: string, language = 'en') => {
  const { status, body, headers } = await who.ask<string>(address, { headers: { ...html, 'accept-language': language } })
  return { status, body, policy: headers.get('content-security-policy') ?? '' }
}

test('guests of an ended gallery read since when, with a clock; of an archived one no more than of one that never was', async () => {
  const end = inDays(1)
  const { gallery, clients } = await shown({ expires_at: end, locale: 'de' }, 'mara7@example.com')
  const { body: link } = await s.ida.ask<NewLink>(`/api/galleries/${gallery.id}/clients/${clients[0]!.id}/link`, { method: 'POST' })
  assert.equal((await pageAt(s.guest(), `/g/${gallery.slug}`)).body, '<p>guest')
  s.world.clock.advance(days(1) + minutes(1))
  const day = Number(end.slice(8, 10))
  for (const state of ['active', 'expired', 'archiving'] as const) {
    await s.world.deps.db.updateTable('galleries').set({ state }).where('id', '=', gallery.id).execute()
    const mara = s.guest()
    assert.equal((await mara.ask(s.here(link.url), { headers: html })).status, 303)
    for (const who of [s.guest(), mara]) {
      const { status, body, policy } = await pageAt(who, `/g/${gallery.slug}`)
      assert.equal(status, 410)
      assert.match(body, /<html lang="de">[\s\S]*<title>Diese Galerie ist abgelaufen<\/title>/)
      assert.match(body, /<svg [^>]*aria-hidden="true"><circle/)
      assert.match(body, new RegExp(`Sie war offen bis zum ${day}\\. \\w+ 2026 um \\d\\d:\\d\\d UTC\\.`))
      assert.match(policy, /default-src 'none'/)
    }
  }
  // to strangers a gallery that is not public never says that it was there
  await patch(gallery, { public: false })
  assert.equal((await pageAt(s.guest(), `/g/${gallery.slug}`)).status, 404)
  const mara = s.guest()
  await mara.ask(s.here(link.url), { headers: html })
  assert.equal((await pageAt(mara, `/g/${gallery.slug}`)).status, 410)
  await patch(gallery, { public: true })

  await s.world.deps.db.updateTable('galleries').set({ state: 'expired' }).where('id', '=', gallery.id).execute()
  await archived(gallery)
  for (const [language, sentence] of [
    ['en', 'This gallery is no longer available.'],
    ['de-DE,de;q=0.9', 'Diese Galerie ist nicht mehr verfügbar.'],
    ['ru', 'Эта галерея больше недоступна.'],
  ] as const) {
    const never = await pageAt(s.guest(), '/g/there-was-none', language)
    assert.equal(never.status, 404)
    assert.ok(never.body.includes(`<h1>${sentence}</h1>`), never.body)
    assert.deepEqual(await pageAt(s.guest(), `/g/${gallery.slug}`, language), never)
    assert.deepEqual(await pageAt(mara, `/g/${gallery.slug}`, language), never)
    assert.deepEqual(await pageAt(s.guest(), s.here(link.url), language), never)
    assert.deepEqual(await pageAt(s.guest(), '/g/NO%20slug', language), never)
  }
  // whoever asks for it reads the same as who asks for nothing, and its photographer hears of it once a day
  const wishes = async () => (await s.ida.ask<Notifications>('/api/notifications')).body.rows.filter((row) => row.kind === 'restore_asked')
  const wish = async (who: Person, address: string) => {
    const { status, body } = await who.ask<string>(address, { method: 'POST', headers: html })
    return { status, body }
  }
  const none = await wish(s.guest(), '/g/there-was-none')
  assert.equal(none.status, 202)
  assert.match(none.body, /Your wish has been passed on/)
  assert.deepEqual(await wishes(), [])
  assert.deepEqual(await wish(s.guest(), `/g/${gallery.slug}`), none)
  assert.deepEqual(await wish(s.guest(), s.here(link.url)), none)
  assert.deepEqual(
    (await wishes()).map((row) => row.gallery_id),
    [gallery.id],
  )
  s.world.clock.advance(days(1) + minutes(1))
  assert.deepEqual(await wish(s.guest(), `/g/${gallery.slug}`), none)
  assert.equal((await wishes()).length, 2)
  // also when its links were withdrawn with it
  await s.world.deps.db.updateTable('links').set({ revokedAt: now() }).where('galleryId', '=', gallery.id).execute()
  assert.equal((await pageAt(s.guest(), s.here(link.url))).status, 404)
  assert.equal((await s.guest().ask<{ code: string }>(`/api/g/${gallery.slug}`)).body.code, 'not_found')
})

test('both pages can be written by an admin, in Markdown that can do nothing', async () => {
  const { gallery } = await shown({ expires_at: inDays(1) })
  s.world.clock.advance(days(2))
  const put = (name: string, markdown: string, locale = 'en') =>
    s.ida.ask<EditablePage>(`/api/pages/${name}/${locale}`, { method: 'PUT', body: { markdown } })
  const first = await s.ida.ask<EditablePage>('/api/pages/gallery-expired/en')
  assert.deepEqual([first.body.own, first.body.updated_at], [false, null])
  const own = await put(
    'gallery-expired',
    '# Gone fishing\n\nCall **us**: [+49 30 1](tel:+49301), [write](mailto:ida@example.com) or [look](https://example.com/a?b=1&c="2").',
  )
  assert.equal(own.status, 200)
  const page = await pageAt(s.guest(), `/g/${gallery.slug}`)
  assert.match(page.body, /<title>Gone fishing<\/title>/)
  for (const part of [
    '<strong>us</strong>',
    'href="tel:+49301"',
    'href="mailto:ida@example.com"',
    'href="https://example.com/a?b=1&amp;c=%222%22"',
  ])
    assert.ok(page.body.includes(part), part)
  assert.match(page.body, /It was open until/)

  const hostile = [
    '<script>alert(1)</script>',
    '<img src=x onerror=alert(1)>',
    '<svg/onload=alert(1)>',
    '[a](javascript:alert(1))',
    '[a](JaVaScRiPt:alert(1))',
    '[a](&#106;avascript:alert(1))',
    '[a](java\nscript:alert(1))',
    '[a](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)',
    '[a](vbscript:x)',
    '[a](//evil.example)',
    '[a]: javascript:alert(1)\n\n[a]',
    '<javascript:alert(1)>',
    '![x](https://evil.example/pixel.png)',
    '![x](x "onerror=alert(1)")',
    '[a](https://example.com "x\\" onmouseover=\\"alert(1)")',
    '`</code><script>alert(1)</script>`',
    '```"><script>alert(1)</script>\nx\n```',
    '# <title>x</title><script>alert(1)</script>',
    '</main><iframe src="https://evil.example">',
    '<!-- --><style>*{display:none}</style>',
    '<a href="https://evil.example" onclick="x">y</a>',
    '&lt;script&gt;alert(1)&lt;/script&gt;',
  ]
  const allowed = /^(p|h[1-6]|strong|em|a|ul|ol|li|code|pre|blockquote|hr|br|s)$/
  for (const markdown of [...hostile, hostile.join('\n\n')]) {
    assert.equal((await put('gallery-not-found', markdown)).status, 200, markdown)
    const { body } = await pageAt(s.guest(), '/g/there-was-none')
    const inside = /<div class="written">([\s\S]*)<\/div><\/div><form/.exec(body)![1]!
    for (const [tag, name, attributes] of inside.matchAll(/<\/?([a-z0-9]+)([^>]*)>/gi)) {
      assert.match(name!, allowed, `${markdown} became ${tag}`)
      assert.match(
        attributes!,
        /^( ?\/| href="(https?:|mailto:|tel:)[^"]*"| title="[^"]*"| class="language-[^"<>]*")*$/,
        `${markdown} became ${tag}`,
      )
    }
    assert.doesNotMatch(body.replace(inside, '').replace(/<title>[^<]*<\/title>/, ''), /alert/)
    assert.match(/<title>([^<]*)<\/title>/.exec(body)![1]!, /\S/)
  }
  for (const name of ['gallery-expired', 'gallery-not-found'])
    assert.equal((await s.ida.ask(`/api/pages/${name}/en`, { method: 'DELETE' })).status, 204)
  assert.match((await pageAt(s.guest(), `/g/${gallery.slug}`)).body, /This gallery has ended/)
  assert.equal((await put('gallery-expired', 'x'.repeat(20_001))).status, 400)
  assert.equal((await put('gallery-expired', ' ')).status, 400)
  assert.equal((await put('privacy', 'x')).status, 400)
  assert.equal((await put('gallery-expired', 'x', 'fr')).status, 400)

  const other = '01900000-0000-7000-8000-00000000cccc'
  await insertUser(s.world.deps.db, { id: other, name: 'Jonas', email: 'other@example.com', role: 'owner' }, now())
  const jonas = s.guest({ cookie: `as=${other}` })
  for (const [who, status] of [
    [jonas, 403],
    [s.guest(), 401],
  ] as const) {
    for (const method of ['GET', 'DELETE']) assert.equal((await who.ask('/api/pages/gallery-expired/en', { method })).status, status)
    assert.equal((await who.ask('/api/pages/gallery-expired/en', { method: 'PUT', body: { markdown: 'mine' } })).status, status)
  }
})

test('what happens to a gallery is written down, with who did it, for its owner alone, and cannot be changed', async () => {
  const { gallery, clients } = await shown({ expires_at: inDays(1) }, 'mara8@example.com')
  await patch(gallery, { password: 'pale blue', expires_at: inDays(2) })
  await patch(gallery, { title: 'Another', expires_at: inDays(2) })
  await s.ida.ask(`/api/galleries/${gallery.id}/share`, { method: 'POST', body: {} })
  await s.ida.ask(`/api/galleries/${gallery.id}/share`, { method: 'DELETE' })
  await s.ida.ask(`/api/galleries/${gallery.id}/clients/${clients[0]!.id}`, { method: 'DELETE' })
  s.world.clock.advance(days(2))
  await minute()
  s.world.clock.advance(1)
  await s.guest().ask((await ownLetter(gallery)).link, { method: 'POST', headers: form })
  s.world.clock.advance(1)
  await s.ida.ask(`/api/galleries/${gallery.id}`, { method: 'DELETE' })
  const rows: Activity[] = []
  for (let cursor = ''; ; ) {
    const { body } = await s.ida.ask<Page<Activity>>(`/api/activity?limit=7${cursor && `&cursor=${cursor}`}`)
    rows.push(...body.rows.filter((row) => row.gallery_id === gallery.id))
    if (!body.next) break
    cursor = body.next
  }
  const me = `user ${s.world.ownerId}`
  const told = rows.map(
    ({ action, actor, subject }) => `${action} ${actor === me ? 'ida' : actor}${subject === clients[0]!.id ? ' mara' : ''}`,
  )
  // those of one moment stand in the order of their ids
  assert.deepEqual(told.slice(0, 3), ['deleted ida', 'extended ida', 'expired system'])
  assert.deepEqual(told.slice(3).sort(), [
    'archive_asked system',
    'archive_ready system',
    'client_added ida mara',
    'client_removed ida mara',
    'date_moved ida',
    'link_revoked ida',
    'password_changed ida',
    'published system',
  ])
  const kept = JSON.stringify(rows)
  for (const secret of ['mara8', 'example.com', 'pale blue', 'scrypt']) assert.ok(!kept.includes(secret), secret)

  const { db } = s.world.deps
  await assert.rejects(db.updateTable('activity').set({ actor: 'guest' }).execute(), /only ever added to/)
  await assert.rejects(db.deleteFrom('activity').execute(), /only ever added to/)
  await assert.rejects(sql`truncate activity`.execute(db), /only ever added to/)

  const other = '01900000-0000-7000-8000-00000000dddd'
  await insertUser(db, { id: other, name: 'Ruth', email: 'ruth@example.com', role: 'owner' }, now())
  const ruth = s.guest({ cookie: `as=${other}` })
  assert.deepEqual((await ruth.ask<Page<Activity>>('/api/activity')).body.rows, [])
  assert.equal((await s.guest().ask('/api/activity')).status, 401)
})

test('that a gallery was archived, brought back and deleted for good is written down, and outlives it', async () => {
  const { gallery } = await shown({}, 'mara9@example.com')
  await archived(gallery)
  s.world.clock.advance(1)
  assert.equal((await s.ida.ask(`/api/galleries/${gallery.id}/restore`, { method: 'POST', body: {} })).status, 202)
  s.world.clock.advance(1)
  await archived(gallery)
  s.world.clock.advance(1)
  const { finalArchiveId } = await rowOf(gallery)
  const gone = await s.ida.ask(`/api/admin/archives/${finalArchiveId}`, { method: 'DELETE', body: { confirm: gallery.slug } })
  assert.equal(gone.status, 204)
  const { rows } = (await s.ida.ask<Page<Activity>>('/api/activity?limit=50')).body
  const told = rows.filter((row) => row.gallery_id === gallery.id && /^(archived|restored|deleted)/.test(row.action))
  assert.deepEqual(
    told.map(({ action, actor, subject }) => [action, actor, subject === finalArchiveId]),
    [
      ['deleted_for_good', `user ${s.world.ownerId}`, true],
      ['archived', `user ${s.world.ownerId}`, true],
      ['restored', `user ${s.world.ownerId}`, false],
      ['archived', `user ${s.world.ownerId}`, false],
    ],
  )
})

test('the studio tells of an end beside the letter, and knows what was read', async () => {
  const { body: before } = await s.ida.ask<Notifications>('/api/notifications?limit=1')
  const { gallery } = await shown({ title: 'Told', expires_at: inDays(1) })
  s.world.clock.advance(days(1))
  await minute()
  const { body } = await s.ida.ask<Notifications>('/api/notifications?limit=1')
  assert.equal(body.unread, before.unread + 1)
  const [row] = body.rows
  assert.deepEqual([row!.kind, row!.gallery_id, row!.gallery_title, row!.read_at], ['gallery_expired', gallery.id, 'Told', null])
  for (let n = 0; n < 2; n++) assert.equal((await s.ida.ask(`/api/notifications/${row!.id}/read`, { method: 'POST' })).status, 204)
  const after = (await s.ida.ask<Notifications>('/api/notifications?limit=1')).body
  assert.deepEqual([after.unread, after.rows[0]!.read_at], [before.unread, now().toISOString()])
  const second = await s.ida.ask<Notifications>(`/api/notifications?limit=1&cursor=${after.next}`)
  assert.notEqual(second.body.rows[0]!.id, row!.id)
})
