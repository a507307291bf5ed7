/** Who may see and take what: clients and their own links, links to pass on, passwords. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, test } from 'node:test'
import type {
  Client,
  ClientInput,
  DownloadResponse,
  Gallery,
  GalleryInput,
  GuestGallery,
  Item,
  Link,
  NewLink,
  Page,
  Problem,
} from '../../sdk/src/wire.ts'
import { days, hours, after as later } from '../../src/base/clock.ts'
import { findArchive } from '../../src/data/archives.ts'
import { removeClient } from '../../src/data/clients.ts'
import { listOfArchive } from '../../src/data/letters.ts'
import { publish } from '../../src/features/archives/publish.ts'
import { announce } from '../../src/features/delivery/announce.ts'
import { invite } from '../../src/features/delivery/invite.ts'
import { writeOut } from '../../src/features/delivery/write.ts'
import { personalLink } from '../../src/features/galleries/share.ts'
import { importFolder } from '../../src/features/uploads/import.ts'
import { photoBytes } from '../pictures.ts'
import { type Served, served } from '../served.ts'
import type { Answer, Person } from './people.ts'

let s: Served
before(async () => {
  s = await served()
  await s.world.work({ 'delivery.announce': async () => {}, 'delivery.invite': async () => {}, 'delivery.send': async () => {} })
})
after(() => s.close())

let count = 0
/** A published gallery with two photos. */
async function shown(change: Partial<GalleryInput> = {}): Promise<Gallery> {
  const { body } = await s.ida.ask<Gallery>('/api/galleries', { method: 'POST', body: { title: `Access ${++count}`, ...change } })
  const folder = mkdtempSync('/tmp/keepsake-access-')
  for (const name of ['a.jpg', 'b.jpg'])
    writeFileSync(path.join(folder, name), await photoBytes(count * 10 + name.charCodeAt(0), { width: 60, height: 40 }))
  await importFolder(s.world.deps, { ...body, ownerId: s.world.ownerId } as never, folder)
  rmSync(folder, { recursive: true })
  await publish(s.world.deps, body.id, { userId: null, source: 'publish' })
  return body
}
const addClient = async (gallery: Gallery, input: Partial<ClientInput> = {}) =>
  (await s.ida.ask<Client>(`/api/galleries/${gallery.id}/clients`, { method: 'POST', body: { email: 'Mara.Lind@Example.com', ...input } }))
    .body
const change = (gallery: Gallery, client: Client, body: object) =>
  s.ida.ask<Client>(`/api/galleries/${gallery.id}/clients/${client.id}`, { method: 'PATCH', body })
const linkOf = (gallery: Gallery, client: Client) =>
  s.ida.ask<NewLink>(`/api/galleries/${gallery.id}/clients/${client.id}/link`, { method: 'POST' })
const share = async (gallery: Gallery, body: object = {}) =>
  (await s.ida.ask<NewLink>(`/api/galleries/${gallery.id}/share`, { method: 'POST', body })).body
const look = (who: Person, gallery: Gallery) => who.ask<GuestGallery & Problem>(`/api/g/${gallery.slug}`)
const download = (who: Person, gallery: Gallery, query = '') =>
  who.ask<DownloadResponse & Pick<Problem, 'code'>>(`/api/galleries/${gallery.slug}/download${query}`)
const refusal = ({ status, body }: Answer) => [status, (body as Problem).code]
const here = (link: { url: string }) => s.here(link.url)
/** A browser that has followed this link. */
async function cameBy(link: NewLink): Promise<Person> {
  const person = s.guest()
  assert.equal((await person.ask(here(link))).status, 303)
  return person
}

test('a client’s own link opens a gallery with a password, and the page knows who they are', async () => {
  const gallery = await shown({ password: 'pale blue' })
  const client = await addClient(gallery, { name: 'Mara' })
  assert.deepEqual(refusal(await look(s.guest(), gallery)), [401, 'password_required'])
  const made = await linkOf(gallery, client)
  const browser = s.guest()
  const followed = await browser.ask(here(made.body))
  assert.deepEqual(
    [followed.status, followed.headers.get('location'), followed.headers.get('cache-control')],
    [303, `/g/${gallery.slug}`, 'no-store'],
  )
  const cookie = followed.headers.getSetCookie()[0]!
  assert.match(cookie, /; HttpOnly/)
  assert.match(cookie, /; SameSite=Lax/)
  assert.ok(!cookie.includes(made.body.url.split('/').at(-1)!.slice(0, 30)), 'the cookie is not the link')
  const page = await look(browser, gallery)
  assert.deepEqual([page.status, page.body.visitor, page.body.may_download], [200, { name: 'Mara', email: 'm•••@example.com' }, true])
  assert.equal((await linkOf(gallery, client)).body.url, made.body.url, 'the same one for half its life')
  const zip = await download(browser, gallery)
  assert.ok(zip.body.download_url)
  const { rows } = (await s.ida.ask<Page<Link>>(`/api/galleries/${gallery.id}/links`)).body
  assert.deepEqual(rows.map((l) => [l.kind, l.email, l.state]).sort(), [
    ['client', 'mara.lind@example.com', 'live'],
    ['share', 'mara.lind@example.com', 'live'],
  ])
})

test('a client who is removed loses the page, every link and every later part of a download at once', async () => {
  const gallery = await shown({ password: 'pale blue' })
  const client = await addClient(gallery)
  const link = (await linkOf(gallery, client)).body
  const browser = await cameBy(link)
  const zip = s.here((await download(browser, gallery)).body.download_url!)
  const whole = await fetch(zip)
  const etag = whole.headers.get('etag')!
  await whole.arrayBuffer()
  const removed = await s.ida.ask(`/api/galleries/${gallery.id}/clients/${client.id}`, { method: 'DELETE' })
  assert.equal(removed.status, 204)
  assert.deepEqual(refusal(await look(browser, gallery)), [401, 'password_required'])
  assert.deepEqual(refusal(await s.guest().ask(here(link))), [410, 'link_revoked'])
  for (const headers of [{}, { range: 'bytes=100-', 'if-range': etag }]) {
    const answer = await fetch(zip, { headers })
    assert.deepEqual([answer.status, ((await answer.json()) as Problem).code], [410, 'link_revoked'])
  }
  assert.equal((await linkOf(gallery, client)).status, 404)
})

test('of a link and a removal at the same moment no link is left that opens anything', async () => {
  const gallery = await shown()
  const { deps } = s.world
  for (let i = 0; i < 20; i++) {
    const client = await addClient(gallery, { email: `race${i}@example.com` })
    const remove = () => deps.db.transaction().execute((tx) => removeClient(tx, gallery.id, client.id, deps.clock.now()))
    await Promise.allSettled([personalLink(deps, gallery.id, client.id), remove(), personalLink(deps, gallery.id, client.id)])
  }
  const left = await deps.db.selectFrom('links').select('id').where('galleryId', '=', gallery.id).where('revokedAt', 'is', null).execute()
  assert.deepEqual(left, [])
})

test('when a client’s time is over they read that, get no new link, and the links they have give nothing', async () => {
  const gallery = await shown()
  const end = later(s.world.clock.now(), hours(2)).toISOString()
  const client = await addClient(gallery, { access_expires_at: end })
  const browser = await cameBy((await linkOf(gallery, client)).body)
  const zip = s.here((await download(browser, gallery)).body.download_url!)
  s.world.clock.advance(hours(2))
  assert.deepEqual(refusal(await look(browser, gallery)), [403, 'access_ended'])
  assert.deepEqual(refusal(await download(browser, gallery)), [403, 'access_ended'])
  assert.deepEqual(refusal(await linkOf(gallery, client)), [403, 'access_ended'])
  assert.deepEqual(refusal(await s.guest().ask(zip)), [403, 'access_ended'])
  const page = await s.guest().ask<string>(zip, { headers: { accept: 'text/html' } })
  assert.match(page.body, /Your access has ended/)
  assert.doesNotMatch(page.body, /<form/)
  await change(gallery, client, { access_expires_at: null })
  assert.equal((await look(browser, gallery)).status, 200, 'extended, it opens again')
})

test('who may only look gets no ZIP, no file, no original and no letter with a link', async () => {
  const gallery = await shown()
  const client = await addClient(gallery)
  const browser = await cameBy((await linkOf(gallery, client)).body)
  const zip = s.here((await download(browser, gallery)).body.download_url!)
  const [item] = (await look(browser, gallery)).body.items as [Item]
  assert.equal((await browser.ask(`/media/${item.asset_id}/original`)).status, 200)
  assert.equal((await change(gallery, client, { permission: 'view' })).body.permission, 'view')
  assert.deepEqual([(await look(browser, gallery)).body.may_download, (await look(browser, gallery)).status], [false, 200])
  const forbidden = [403, 'download_forbidden']
  assert.deepEqual(refusal(await download(browser, gallery)), forbidden)
  assert.deepEqual(refusal(await download(browser, gallery, '?file=a.jpg')), forbidden)
  assert.deepEqual(refusal(await browser.ask(`/media/${item.asset_id}/original`)), forbidden)
  assert.deepEqual(refusal(await browser.ask(`/media/${item.asset_id}`)), forbidden)
  assert.deepEqual(refusal(await browser.ask(`/api/galleries/${gallery.slug}/items/${item.id}/media`)), forbidden)
  assert.deepEqual(refusal(await s.guest().ask(zip)), forbidden, 'a link from before')
  await addClient(gallery, { email: 'jonas@example.com' })
  const [archive] = await s.world.deps.db.selectFrom('archives').select('id').where('galleryId', '=', gallery.id).execute()
  await s.world.until(async () => (await findArchive(s.world.deps.db, archive!.id))?.status === 'ready')
  await announce(s.world.deps, archive!.id)
  assert.deepEqual(
    (await listOfArchive(s.world.deps.db, archive!.id)).map((l) => l.recipient),
    ['jonas@example.com'],
  )
})

test('the letter of somebody who may only look opens the gallery for them, without its password', async () => {
  const gallery = await shown({ password: 'pale blue' })
  await addClient(gallery, { permission: 'view', name: 'Mara' })
  await invite(s.world.deps, gallery.id)
  const [letter] = await s.world.deps.db.selectFrom('letters').selectAll().where('galleryId', '=', gallery.id).execute()
  assert.deepEqual([letter!.kind, letter!.recipient], ['published', 'mara.lind@example.com'])
  const url = /http:\/\/keepsake\.test\/s\/\S+/.exec((await writeOut(s.world.deps, letter!)).text)![0]
  const browser = await cameBy({ url } as NewLink)
  const { body } = await look(browser, gallery)
  assert.deepEqual([body.photos, body.may_download, body.visitor?.name], [2, false, 'Mara'])
  assert.deepEqual(refusal(await download(browser, gallery)), [403, 'download_forbidden'])
})

test('a client is one lower-case address; adding them again changes only what is named', async () => {
  const gallery = await shown()
  const first = await addClient(gallery, { name: 'Mara', permission: 'view' })
  const again = await addClient(gallery, { email: 'mara.lind@EXAMPLE.com', notify_on_archive: false })
  assert.deepEqual(
    [again.id, again.email, again.name, again.permission, again.notify_on_archive],
    [first.id, 'mara.lind@example.com', 'Mara', 'view', false],
  )
  const post = (body: object) => s.ida.ask(`/api/galleries/${gallery.id}/clients`, { method: 'POST', body })
  for (const email of ['a@b.c, d@e.f', 'a@b.c\r\nBcc: x@y.z', 'a@@b.c', 'Mara <m@example.com>'])
    assert.deepEqual(refusal(await post({ email })), [422, 'email_invalid'])
  for (const body of [
    { email: 'a@b.cd', permission: 'manage' },
    { email: 'a@b.cd', access_expires_at: 'soon' },
    { email: 'a@b.cd', id: first.id },
  ])
    assert.deepEqual(refusal(await post(body)), [400, 'bad_request'])
  assert.deepEqual(refusal(await change(gallery, first, { email: 'x@y.zz' })), [400, 'bad_request'])
  assert.equal((await change(await shown(), first, { name: 'Other' })).status, 404, 'a client of another gallery')
})

test('a cookie that we did not make for this gallery opens nothing', async () => {
  const locked = await shown({ password: 'pale blue' })
  const other = await shown({ password: 'pale blue' })
  const theirs = await s.guest().ask(here((await linkOf(other, await addClient(other))).body))
  const value = theirs.headers.getSetCookie()[0]!.split(';')[0]!.split('=')[1]!
  const [id, mac] = value.split('.')
  for (const forged of ['1', 'true', '', '.', value, `${id}.`, `${id}.${'A'.repeat(43)}`, `${id}.${mac}.x`, encodeURIComponent("' or 1=1")])
    for (const name of [`ks_l_${locked.id}`, `ks_g_${locked.id}`, `gallery_access_${locked.id}`])
      assert.deepEqual(refusal(await look(s.guest({ cookie: `${name}=${forged}` }), locked)), [401, 'password_required'], forged)
})

test('a gallery that is not public answers like none, and opens by its share link until that is replaced or withdrawn', async () => {
  const gallery = await shown({ public: false })
  assert.deepEqual(refusal(await look(s.guest(), gallery)), [404, 'not_found'])
  assert.deepEqual(refusal(await s.guest().ask(`/api/g/${gallery.slug}/unlock`, { method: 'POST', body: { password: 'x' } })), [
    404,
    'not_found',
  ])
  assert.deepEqual(refusal(await download(s.guest(), gallery)), [404, 'not_found'])
  const first = await share(gallery)
  const browser = await cameBy(first)
  assert.deepEqual([(await look(browser, gallery)).status, (await look(browser, gallery)).body.visitor], [200, null])
  const second = await share(gallery)
  assert.deepEqual(refusal(await s.guest().ask(here(first))), [410, 'link_revoked'])
  assert.deepEqual(refusal(await look(browser, gallery)), [410, 'link_revoked'], 'also where it was opened before')
  const next = await cameBy(second)
  assert.equal((await look(next, gallery)).status, 200)
  await s.ida.ask(`/api/galleries/${gallery.id}`, { method: 'PATCH', body: { password: 'pale blue' } })
  assert.deepEqual(refusal(await look(next, gallery)), [401, 'password_required'], 'a link to pass on does not replace the password')
  const own = await cameBy((await linkOf(gallery, await addClient(gallery))).body)
  await own.ask(here(second))
  assert.equal((await look(own, gallery)).body.visitor?.email, 'm•••@example.com', 'who is known stays known')
  assert.equal((await s.ida.ask(`/api/galleries/${gallery.id}/share`, { method: 'DELETE' })).status, 204)
  assert.deepEqual(refusal(await s.guest().ask(here(second))), [410, 'link_revoked'])
  assert.equal((await look(own, gallery)).status, 200, 'clients keep theirs')
})

test('a link for two visits counts clicks, not looks: programs that open every link use none up', async () => {
  const gallery = await shown({ public: false })
  const link = await share(gallery, { max_uses: 2, permission: 'view' })
  for (const method of ['GET', 'HEAD', 'GET']) {
    const answer = await s.guest().ask<string>(here(link), { method })
    assert.deepEqual([answer.status, answer.headers.getSetCookie()], [200, []])
  }
  const used = async () => (await s.ida.ask<Page<Link>>(`/api/galleries/${gallery.id}/links`)).body.rows[0]!.used_count
  assert.equal(await used(), 0)
  const click = (who: Person) => who.ask(here(link), { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' } })
  const [mara, jonas, third] = [s.guest(), s.guest(), s.guest()]
  assert.deepEqual([(await click(mara)).status, (await click(mara)).status, (await click(jonas)).status, await used()], [303, 303, 303, 2])
  assert.deepEqual(refusal(await click(third)), [410, 'link_used_up'])
  assert.deepEqual(refusal(await third.ask(here(link))), [410, 'link_used_up'])
  assert.deepEqual([(await look(mara, gallery)).status, (await look(mara, gallery)).body.may_download], [200, false])
  assert.equal((await mara.ask(here(link))).status, 303, 'who was let in is not counted again')
  const both = await share(gallery, { max_uses: 1 })
  const racing = await Promise.all([1, 2, 3, 4].map(() => s.guest().ask(here(both), { method: 'POST' })))
  assert.deepEqual(racing.map((a) => a.status).sort(), [303, 410, 410, 410])
})

test('a changed password ends the visits that began with the old one, and personal links go on', async () => {
  const gallery = await shown({ password: 'pale blue' })
  const guest = s.guest()
  assert.equal((await guest.ask(`/api/g/${gallery.slug}/unlock`, { method: 'POST', body: { password: 'pale blue' } })).status, 204)
  const own = await cameBy((await linkOf(gallery, await addClient(gallery))).body)
  assert.deepEqual([(await look(guest, gallery)).status, (await look(own, gallery)).status], [200, 200])
  await s.ida.ask(`/api/galleries/${gallery.id}`, { method: 'PATCH', body: { password: 'pale green' } })
  assert.deepEqual(refusal(await look(guest, gallery)), [401, 'password_required'])
  assert.equal((await look(own, gallery)).status, 200)
})

test('five wrong passwords make one address wait, for this gallery alone, and nobody else', async () => {
  const [gallery, other] = [await shown({ password: 'pale blue' }), await shown({ password: 'pale blue' })]
  const guess = async (password: string, remoteAddress: string, at = gallery) => {
    const answer = await s.app.inject({ method: 'POST', url: `/api/g/${at.slug}/unlock`, payload: { password }, remoteAddress })
    return [answer.statusCode, answer.headers['retry-after']]
  }
  for (let i = 0; i < 5; i++) assert.equal((await guess(`guess ${i}`, '192.0.2.1'))[0], 401)
  assert.deepEqual(await guess('pale blue', '192.0.2.1'), [429, '60'], 'also the right one')
  assert.deepEqual((await guess('pale blue', '192.0.2.2'))[0], 204, 'another address')
  assert.deepEqual((await guess('pale blue', '192.0.2.1', other))[0], 204, 'another gallery')
  s.world.clock.advance(60_000)
  assert.deepEqual((await guess('wrong again', '192.0.2.1'))[0], 401)
  assert.deepEqual(await guess('pale blue', '192.0.2.1'), [429, '120'])
  s.world.clock.advance(120_000)
  assert.deepEqual((await guess('pale blue', '192.0.2.1'))[0], 204)
})

test('thirty wrong passwords by one link make it wait, from wherever they come, and nobody without that link', async () => {
  const gallery = await shown({ password: 'pale blue', public: false })
  const shared = await share(gallery)
  const came = (await cameBy(shared)).headers()
  const other = (await cameBy((await linkOf(gallery, await addClient(gallery))).body)).headers()
  const guess = async (password: string, host: number, headers: Record<string, string>) => {
    const asked = { method: 'POST' as const, url: `/api/g/${gallery.slug}/unlock`, payload: { password }, headers }
    return (await s.app.inject({ ...asked, remoteAddress: `198.51.100.${host}` })).statusCode
  }
  for (let i = 0; i < 30; i++) assert.equal(await guess('wrong', i, came), 401)
  assert.equal(await guess('pale blue', 200, came), 429, 'also the right one')
  assert.equal(await guess('pale blue', 201, other), 204)
  s.world.clock.advance(60_000)
  assert.equal(await guess('pale blue', 202, came), 204)
})

test('a share link lives a year, or until the day that was asked for', async () => {
  const gallery = await shown({ public: false })
  const soon = later(s.world.clock.now(), days(3)).toISOString()
  const link = await share(gallery, { expires_at: soon })
  assert.equal(link.expires_at, soon)
  const browser = await cameBy(link)
  s.world.clock.advance(days(3))
  assert.deepEqual(refusal(await s.guest().ask(here(link))), [410, 'link_expired'])
  assert.deepEqual(refusal(await look(browser, gallery)), [410, 'link_expired'])
  const past = await s.ida.ask(`/api/galleries/${gallery.id}/share`, { method: 'POST', body: { expires_at: soon } })
  assert.deepEqual(refusal(past), [400, 'bad_request'])
})
