/** Download links of every kind: forged, ended, withdrawn, resumed, sent anew, and what they give. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, test } from 'node:test'
import type {
  Archive as ArchiveView,
  Client,
  DownloadResponse,
  Gallery,
  Item,
  Link,
  MediaLink,
  NewLink,
  Page,
  Problem,
} from '../../sdk/src/wire.ts'
import { days, hours, after as later, minutes } from '../../src/base/clock.ts'
import { newId } from '../../src/base/id.ts'
import { findArchive } from '../../src/data/archives.ts'
import { insertLink } from '../../src/data/links.ts'
import type { Archive } from '../../src/domain/archive.ts'
import { type LinkKind, mintLink } from '../../src/domain/link.ts'
import { askArchive } from '../../src/features/archives/ask.ts'
import { publish } from '../../src/features/archives/publish.ts'
import { announce } from '../../src/features/delivery/announce.ts'
import { writeOut } from '../../src/features/delivery/write.ts'
import { importFolder } from '../../src/features/uploads/import.ts'
import { photoBytes } from '../pictures.ts'
import { type Served, served } from '../served.ts'
import { sha256 } from './sending.ts'

let s: Served
before(async () => {
  s = await served()
  // letters are looked at, not sent
  await s.world.work({ 'delivery.announce': async () => {}, 'delivery.send': async () => {} })
})
after(() => s.close())

const browser = { accept: 'text/html,application/xhtml+xml' }
const fetched = async (address: string, headers: Record<string, string> = {}, method = 'GET') => {
  const answer = await fetch(s.here(address), { headers, method, redirect: 'manual' })
  const bytes = Buffer.from(await answer.arrayBuffer())
  const isProblem = bytes.length > 0 && /problem/.test(answer.headers.get('content-type') ?? '')
  return {
    status: answer.status,
    headers: answer.headers,
    bytes,
    code: isProblem ? (JSON.parse(bytes.toString()) as Problem).code : undefined,
  }
}
const db = () => s.world.deps.db
const codeOf = async (...asked: Parameters<typeof fetched>) => {
  const { status, code } = await fetched(...asked)
  return [status, code]
}

let count = 0
const photo = async (size = 0) => Buffer.concat([await photoBytes(++count, { width: 60, height: 40 }), randomBytes(size)])
const name = 'Braut & Bräutigam "1".jpg'

interface Delivered {
  gallery: Gallery
  archive: Archive
  photo: Buffer
  /** the link in the letter to mara@example.com */
  link: string
}
/** A gallery delivered to one client, with the link of the letter. */
async function delivered(): Promise<Delivered> {
  const { body: gallery } = await s.ida.ask<Gallery>('/api/galleries', { method: 'POST', body: { title: `Follow ${count}` } })
  const bytes = await photo(300_000)
  await addPhotos(gallery, { [name]: bytes, 'b.jpg': await photo() })
  await s.ida.ask<Client>(`/api/galleries/${gallery.id}/clients`, { method: 'POST', body: { email: 'mara@example.com' } })
  const { archive: asked } = await publish(s.world.deps, gallery.id, { userId: null, source: 'publish' })
  const archive = await ready(asked.id)
  await announce(s.world.deps, archive.id)
  return { gallery, archive, photo: bytes, link: await newestLetterLink(gallery) }
}
async function addPhotos(gallery: Gallery, files: Record<string, Buffer>): Promise<void> {
  const folder = mkdtempSync('/tmp/keepsake-follow-')
  for (const [name, bytes] of Object.entries(files)) writeFileSync(path.join(folder, name), bytes)
  await importFolder(s.world.deps, { ...gallery, ownerId: s.world.ownerId } as never, folder)
  rmSync(folder, { recursive: true })
}
const ready = (id: string) =>
  s.world.until(async () => {
    const archive = await findArchive(db(), id)
    return archive?.status === 'ready' && archive
  })
const lettersOf = (gallery: Gallery) =>
  db().selectFrom('letters').selectAll().where('galleryId', '=', gallery.id).orderBy('createdAt').orderBy('id').execute()
async function newestLetterLink(gallery: Gallery): Promise<string> {
  const letter = await s.world.until(async () => (await lettersOf(gallery)).at(-1))
  return /http:\/\/keepsake\.test\/d\/\S+/.exec((await writeOut(s.world.deps, letter)).text)![0]
}
const ask = async (gallery: Gallery, query = '') =>
  (await s.guest().ask<DownloadResponse & Pick<Problem, 'code'>>(`/api/galleries/${gallery.slug}/download${query}`)).body
const itemsOf = async (gallery: Gallery) => (await s.ida.ask<Page<Item>>(`/api/galleries/${gallery.id}/items`)).body.rows
/** Every row that a visit could have changed. */
const rows = async (gallery: Gallery) => ({
  links: await db().selectFrom('links').selectAll().where('galleryId', '=', gallery.id).orderBy('id').execute(),
  letters: await lettersOf(gallery),
  archives: await db().selectFrom('archives').selectAll().where('galleryId', '=', gallery.id).orderBy('id').execute(),
})

test('tokens of every kind open their own address and no other, and no changed one opens any (P13)', async () => {
  const { gallery, archive } = await delivered()
  const [item] = await itemsOf(gallery)
  const now = s.world.clock.now()
  const { deps } = s.world
  const made = async (kind: LinkKind, target: { archiveId?: string; assetId?: string }) => {
    const link = { id: newId(now), kind, galleryId: gallery.id, ...target, issuedAt: now, expiresAt: later(now, hours(1)) }
    await insertLink(deps.db, link)
    return { ...link, token: mintLink(link, deps.settings.tokenSecrets) }
  }
  const doors = { d: (t: string) => `/d/${t}`, s: (t: string) => `/s/${t}`, media: (t: string) => `/media/${item!.asset_id}?link=${t}` }
  const cases: [kind: LinkKind, target: object, door: keyof typeof doors, status: number][] = [
    ['email', { archiveId: archive.id }, 'd', 200],
    ['client', { archiveId: archive.id }, 'd', 200],
    ['export', { archiveId: archive.id }, 'd', 200],
    ['file', { assetId: item!.asset_id }, 'd', 200],
    ['media', { assetId: item!.asset_id }, 'media', 200],
    ['share', {}, 's', 303],
  ]
  const kinds = cases.map(([kind]) => kind)
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  const wrong: string[] = []
  let tried = 0
  for (const [kind, target, door, status] of cases) {
    const link = await made(kind, target)
    for (const [at, address] of Object.entries(doors))
      assert.equal((await fetched(s.url + address(link.token))).status, at === door ? status : 404, `${kind} at ${at}`)
    const changed = new Set<string>()
    for (let i = 0; i < link.token.length; i++)
      for (let n = 1; n < 64; n += 32)
        changed.add(link.token.slice(0, i) + alphabet[(alphabet.indexOf(link.token[i]!) + n) % 64] + link.token.slice(i + 1))
    // signed by us, but not what the row says: another kind, and of an unknown id
    for (const other of kinds) if (other !== kind) changed.add(mintLink({ ...link, kind: other }, deps.settings.tokenSecrets))
    changed.add(mintLink({ ...link, id: newId(now) }, deps.settings.tokenSecrets))
    for (const token of changed)
      for (const address of Object.values(doors)) {
        const answer = await fetched(s.url + address(token))
        tried++
        if (answer.status !== 404) wrong.push(`${kind} ${address(token)}: ${answer.status}`)
      }
    // the end that counts is the row's: a token that claims a later one opens nothing more
    const longer = mintLink({ ...link, expiresAt: later(now, days(900)) }, deps.settings.tokenSecrets)
    await db().updateTable('links').set({ expiresAt: now }).where('id', '=', link.id).execute()
    assert.deepEqual(await codeOf(s.url + doors[door](longer)), [410, 'link_expired'], kind)
    await db().updateTable('links').set({ expiresAt: link.expiresAt, revokedAt: now }).where('id', '=', link.id).execute()
    assert.deepEqual(await codeOf(s.url + doors[door](link.token)), [410, 'link_revoked'], kind)
  }
  assert.deepEqual(wrong.slice(0, 5), [])
  assert.ok(tried > 2500, `${tried}`)
})

test('a media link plays its own file alone, with ranges for seeking, in place and unable to run anything', async () => {
  const { gallery, photo } = await delivered()
  const items = await itemsOf(gallery)
  const [item, other] = [items.find((i) => i.name === name)!, items.find((i) => i.name === 'b.jpg')!]
  const { body } = await s.guest().ask<MediaLink>(`/api/galleries/${gallery.slug}/items/${item.id}/media`)
  assert.equal(body.expires_in, 6 * 3600)
  const part = await fetched(body.media_url, { range: 'bytes=1000-1999' })
  assert.equal(part.status, 206)
  assert.ok(part.bytes.equals(photo.subarray(1000, 2000)))
  assert.deepEqual(
    ['content-disposition', 'x-content-type-options', 'content-type', 'accept-ranges', 'etag'].map((h) => part.headers.get(h)),
    ['inline', 'nosniff', 'image/jpeg', 'bytes', `"${sha256(photo)}"`],
  )
  assert.match(part.headers.get('content-security-policy')!, /default-src 'none'; sandbox/)
  assert.deepEqual(await codeOf(body.media_url.replace(item.asset_id, other.asset_id)), [404, 'link_unknown'])
  assert.equal((await fetched(`${s.url}/media/${item.asset_id}`, { range: 'bytes=0-9' })).status, 206, 'a guest of the page needs no link')
  s.world.clock.advance(hours(6))
  assert.deepEqual(await codeOf(body.media_url), [410, 'link_expired'])
})

test('one photo comes under its own name, by name or item, as the original it is; for an hour', async () => {
  const { gallery, photo } = await delivered()
  const item = (await itemsOf(gallery)).find((i) => i.name === name)!
  const answer = await ask(gallery, `?file=${encodeURIComponent(name)}`)
  assert.deepEqual([answer.status, answer.file_count, answer.expires_in, answer.album_id], ['ready', 1, 3600, gallery.slug])
  assert.equal((await ask(gallery, `?file=${item.id}`)).download_url, answer.download_url)
  const link = answer.download_url!
  const whole = await fetched(link)
  assert.equal(sha256(whole.bytes), sha256(photo))
  assert.equal(whole.headers.get('etag'), `"${sha256(photo)}"`)
  assert.equal(
    whole.headers.get('content-disposition'),
    `attachment; filename="Braut & Br_utigam _1_.jpg"; filename*=UTF-8''Braut%20%26%20Br%C3%A4utigam%20%221%22.jpg`,
  )
  const part = await fetched(link, { range: 'bytes=100-', 'if-range': whole.headers.get('etag')! })
  assert.deepEqual([part.status, part.bytes.equals(photo.subarray(100))], [206, true])
  for (const file of ['nobody.jpg', '../a.jpg', newId(s.world.clock.now()), item.asset_id, '%00'])
    assert.deepEqual([(await ask(gallery, `?file=${encodeURIComponent(file)}`)).code], ['not_found'], file)
  const stranger = await delivered()
  assert.equal((await ask(stranger.gallery, `?file=${item.id}`)).code, 'not_found', 'an item of another gallery')
  await s.ida.ask(`/api/galleries/${gallery.id}/items/${item.id}`, { method: 'DELETE' })
  assert.deepEqual(await codeOf(link), [404, 'link_unknown'], 'a photo that was removed')
  const other = (await ask(stranger.gallery, '?file=b.jpg')).download_url!
  s.world.clock.advance(hours(1))
  assert.deepEqual(await codeOf(other), [410, 'link_expired'])
})

test('a download that began in time goes on for 48 hours after the link’s end, and nothing else does', async () => {
  const { gallery, link, archive } = await delivered()
  const zip = await fetched(link)
  const etag = zip.headers.get('etag')!
  const never = (await ask(gallery)).download_url!
  const file = (await ask(gallery, `?file=b.jpg`)).download_url!
  const ofFile = await fetched(file)
  assert.equal((await fetched(never, {}, 'HEAD')).status, 200)
  s.world.clock.advance(days(7))
  const resumed = { range: 'bytes=1000-', 'if-range': etag }
  const cases: [what: string, headers: Record<string, string>, method: string, status: number][] = [
    ['the same bytes from where it stopped', resumed, 'GET', 206],
    ['from the beginning', { range: 'bytes=0-', 'if-range': etag }, 'GET', 410],
    ['the whole', {}, 'GET', 410],
    ['without If-Range', { range: 'bytes=1000-' }, 'GET', 410],
    ['other bytes', { range: 'bytes=1000-', 'if-range': '"other"' }, 'GET', 410],
    ['If-Range alone', { 'if-range': etag }, 'GET', 410],
    ['two ranges, which would be the whole', { range: 'bytes=1-2,5-6', 'if-range': etag }, 'GET', 410],
    ['no such part', { range: `bytes=${archive.fileSizeBytes}-`, 'if-range': etag }, 'GET', 410],
    ['HEAD', resumed, 'HEAD', 410],
  ]
  for (const [what, headers, method, status] of cases) assert.equal((await fetched(link, headers, method)).status, status, what)
  const rest = await fetched(link, resumed)
  assert.ok(Buffer.concat([zip.bytes.subarray(0, 1000), rest.bytes]).equals(zip.bytes))
  assert.deepEqual(await codeOf(never, resumed), [410, 'link_expired'], 'a link that was only looked at')
  assert.deepEqual(
    await codeOf(file, { range: 'bytes=10-', 'if-range': ofFile.headers.get('etag')! }),
    [410, 'link_expired'],
    'an hour and 48 are over',
  )
  s.world.clock.advance(hours(48) - 1)
  assert.equal((await fetched(link, resumed)).status, 206)
  s.world.clock.advance(1)
  assert.deepEqual(await codeOf(link, resumed), [410, 'link_expired'])
})

test('a link that is withdrawn while it gives bytes is closed to every further request; the running one may end', async () => {
  const { gallery, link } = await delivered()
  const running = await fetch(s.here(link))
  const etag = running.headers.get('etag')!
  const links = (await s.ida.ask<Page<Link>>(`/api/galleries/${gallery.id}/links`)).body.rows
  for (const { id } of links) await s.ida.ask(`/api/galleries/${gallery.id}/links/${id}`, { method: 'DELETE' })
  for (const headers of [{}, { range: 'bytes=1000-', 'if-range': etag }, { 'if-none-match': etag }])
    assert.deepEqual(await codeOf(link, headers as Record<string, string>), [410, 'link_revoked'])
  assert.equal((await running.arrayBuffer()).byteLength, Number(running.headers.get('content-length')))
  const page = await fetched(link, browser)
  assert.match(page.bytes.toString(), /This link was withdrawn/)
  assert.doesNotMatch(page.bytes.toString(), /<form|<a /)
  assert.deepEqual(await codeOf(link, {}, 'POST'), [410, 'link_revoked'])
})

test('an ended link sends a new one to the same address by one click, and shows that address to nobody', async () => {
  const { gallery, link } = await delivered()
  s.world.clock.advance(days(7))
  const page = (await fetched(link, browser)).bytes.toString()
  assert.match(page, /m•••@example\.com/)
  assert.match(page, /<form method="post"><button class="button main">.*Send me a new link<\/button><\/form>/)
  const form = { ...browser, 'content-type': 'application/x-www-form-urlencoded' }
  const sent = await fetched(link, form, 'POST')
  assert.equal(sent.status, 202)
  assert.match(sent.bytes.toString(), /A new link is on its way.*m•••@example\.com/s)
  const asProgram = await fetched(link, {}, 'POST')
  assert.deepEqual([asProgram.status, JSON.parse(asProgram.bytes.toString())], [202, { sent_to: 'm•••@example.com' }])
  for (const text of [page, sent.bytes.toString(), asProgram.bytes.toString()]) assert.doesNotMatch(text, /mara/)
  const fresh = await newestLetterLink(gallery)
  assert.notEqual(fresh, link)
  assert.equal((await fetched(fresh)).status, 200)
  const letters = await lettersOf(gallery)
  assert.deepEqual(
    letters.map((l) => [l.kind, l.recipient, l.status]),
    [
      ['archive_ready', 'mara@example.com', 'queued'],
      ['link_renewed', 'mara@example.com', 'queued'],
    ],
  )
  assert.equal((await fetched(fresh, form, 'POST')).headers.get('location'), new URL(fresh).pathname, 'one that lives leads to its file')
})

test('ten clicks at once, and clicks on an older link, are one letter an hour', async () => {
  const { gallery, link } = await delivered()
  s.world.clock.advance(days(7))
  const answers = await Promise.all(Array.from({ length: 10 }, () => fetched(link, {}, 'POST')))
  assert.deepEqual(new Set(answers.map((a) => a.status)), new Set([202]))
  const renewed = async () => (await lettersOf(gallery)).filter((l) => l.kind === 'link_renewed').length
  assert.equal(await renewed(), 1)
  s.world.clock.advance(hours(1))
  await fetched(link, {}, 'POST')
  assert.equal(await renewed(), 2)
})

test('too many clicks from one address are refused', async () => {
  const { link } = await delivered()
  s.world.clock.advance(days(7))
  const click = (headers = {}) => s.app.inject({ method: 'POST', url: new URL(link).pathname, remoteAddress: '198.51.100.7', headers })
  const statuses: number[] = []
  for (let i = 0; i < 40; i++) statuses.push((await click()).statusCode)
  assert.deepEqual([statuses[0], statuses.at(-1)], [202, 429])
  const page = await click(browser)
  assert.deepEqual([page.statusCode, Number(page.headers['retry-after']) > 0], [429, true])
  assert.match(page.body, /That was too often/)
})

test('a new link leads to the newest version when the archive of the old one was superseded', async () => {
  const { gallery, link, archive } = await delivered()
  await addPhotos(gallery, { 'later.jpg': await photo() })
  const second = await ready((await askArchive(s.world.deps, gallery.id, { userId: null, force: false })).id)
  assert.notEqual(second.id, archive.id)
  assert.equal((await fetched(link)).headers.get('etag'), `"${archive.planHash}"`, 'while it lives it gives what it was made for')
  s.world.clock.advance(days(7))
  assert.equal((await fetched(link, {}, 'POST')).status, 202)
  assert.equal((await fetched(await newestLetterLink(gallery))).headers.get('etag'), `"${second.planHash}"`)
})

for (const [what, close] of [
  ['has ended', { method: 'PATCH', body: { expires_at: '2026-01-01T00:00:00Z' } }],
  ['was deleted', { method: 'DELETE' }],
] as const)
  test(`the backup of a gallery that ${what} is still given, by a new link, for as long as it is kept; nothing is built for it`, async () => {
    const { gallery, link, archive } = await delivered()
    await addPhotos(gallery, { 'later.jpg': await photo() })
    s.world.clock.advance(days(7))
    assert.ok([200, 204].includes((await s.ida.ask(`/api/galleries/${gallery.id}`, close)).status))
    assert.deepEqual(await codeOf(`${s.url}/api/g/${gallery.slug}`), what === 'was deleted' ? [404, 'not_found'] : [410, 'gallery_closed'])
    assert.match(
      (await fetched(link, browser)).bytes.toString(),
      /<form method="post"><button class="button main">.*Send me a new link<\/button>/,
    )
    assert.deepEqual(JSON.parse((await fetched(link, {}, 'POST')).bytes.toString()), { sent_to: 'm•••@example.com' })
    const fresh = await newestLetterLink(gallery)
    const zip = await fetched(fresh)
    assert.deepEqual([zip.status, sha256(zip.bytes)], [200, archive.checksum])
    assert.equal((await rows(gallery)).archives.length, 1, 'the version that was kept, and no new one')
    // its owner finds it by the gallery's id
    const versions = await s.ida.ask<Page<ArchiveView>>(`/api/galleries/${gallery.id}/archives`)
    assert.deepEqual([versions.status, versions.body.rows[0]?.checksum], [200, archive.checksum])
    assert.equal((await s.ida.ask(`/api/archives/${archive.id}/download`, { method: 'HEAD' })).status, 200)
    assert.equal((await s.guest().ask(`/api/galleries/${gallery.id}/archives`)).status, 401)
    // the last link ends with what it leads to
    await db()
      .updateTable('archives')
      .set({ retainedUntil: later(s.world.clock.now(), days(8)) })
      .where('id', '=', archive.id)
      .execute()
    s.world.clock.advance(days(7))
    await fetched(fresh, {}, 'POST')
    const [last] = (await rows(gallery)).links.filter((l) => l.kind === 'email').sort((a, b) => b.issuedAt.getTime() - a.issuedAt.getTime())
    assert.deepEqual(last!.expiresAt, later(s.world.clock.now(), days(1)))
    s.world.clock.advance(days(1))
    assert.deepEqual(await codeOf(fresh, {}, 'POST'), [410, 'gallery_closed'])
    const page = (await fetched(fresh, browser)).bytes.toString()
    assert.match(page, /This gallery has ended/)
    assert.doesNotMatch(page, /<form/)
  })

test('no new link goes out when there is nothing left to give: switched off, may only look, removed', async () => {
  const cases: [what: string, change: (d: Delivered) => Promise<unknown>, refusal: [number, string]][] = [
    [
      'downloads are off',
      ({ gallery }) => s.ida.ask(`/api/galleries/${gallery.id}`, { method: 'PATCH', body: { download_enabled: false } }),
      [403, 'download_disabled'],
    ],
    ['only look', ({ gallery }) => onClient(gallery, 'PATCH', { permission: 'view' }), [403, 'download_forbidden']],
    ['time over', ({ gallery }) => onClient(gallery, 'PATCH', { access_expires_at: '2026-01-01T00:00:00Z' }), [403, 'access_ended']],
    ['removed', ({ gallery }) => onClient(gallery, 'DELETE'), [410, 'link_revoked']],
  ]
  async function onClient(gallery: Gallery, method: string, body?: object) {
    const { rows } = (await s.ida.ask<Page<Client>>(`/api/galleries/${gallery.id}/clients`)).body
    return s.ida.ask(`/api/galleries/${gallery.id}/clients/${rows[0]!.id}`, { method, body })
  }
  for (const [what, change, refusal] of cases) {
    const d = await delivered()
    s.world.clock.advance(days(7))
    assert.ok([200, 204].includes(((await change(d)) as { status: number }).status), what)
    assert.deepEqual(await codeOf(d.link, {}, 'POST'), refusal, what)
    assert.equal((await lettersOf(d.gallery)).length, 1, what)
    assert.doesNotMatch((await fetched(d.link, browser)).bytes.toString(), /<form/, what)
  }
})

test('who got the link on the page, and not by letter, is led back to the page', async () => {
  const { gallery } = await delivered()
  const link = (await ask(gallery)).download_url!
  s.world.clock.advance(hours(6))
  const page = await fetched(link, browser)
  assert.equal(page.status, 410)
  assert.match(page.bytes.toString(), new RegExp(`<a class="button main" href="/g/${gallery.slug}">To the gallery</a>`))
  assert.deepEqual(await codeOf(link, {}, 'POST'), [410, 'link_expired'])
})

test('a program that opens every link in a letter changes nothing and uses nothing up', async () => {
  const { gallery, link } = await delivered()
  const [client] = (await s.ida.ask<Page<Client>>(`/api/galleries/${gallery.id}/clients`)).body.rows
  const own = (await s.ida.ask<NewLink>(`/api/galleries/${gallery.id}/clients/${client!.id}/link`, { method: 'POST' })).body.url
  const zip = (await ask(gallery)).download_url!
  const before = await rows(gallery)
  for (const address of [own, link, zip])
    for (const headers of [{}, browser]) assert.ok((await fetched(address, headers, 'HEAD')).status < 400)
  // what stands in letters they open as a browser does
  for (const address of [own, link]) assert.ok((await fetched(address, browser)).status < 400)
  assert.deepEqual(await rows(gallery), before)
  // a GET of the file itself is a download; that it began is all it leaves
  // closed in order, so that it is known at once that it has arrived
  await fetched(`${link}?go=1`, { ...browser, connection: 'close' })
  const used = await rows(gallery)
  assert.deepEqual(
    used.links.map((l) => ({ ...l, firstUsedAt: null, lastUsedAt: null })),
    before.links,
  )
  assert.equal(used.links.filter((l) => l.firstUsedAt).length, 1)
  s.world.clock.advance(days(8))
  // the download is counted a moment after its last byte
  await s.world.until(async () => (await rows(gallery)).archives[0]!.downloadCount === 1)
  const ended = await rows(gallery)
  for (const method of ['GET', 'HEAD'])
    for (const headers of [{}, browser]) assert.equal((await fetched(link, headers, method)).status, 410)
  assert.deepEqual(await rows(gallery), ended)
})

test('who opens the link of a letter in a browser sees what it brings, and one button that downloads it', async () => {
  const { gallery, archive, link, photo: original } = await delivered()
  await s.ida.ask(`/api/galleries/${gallery.id}`, { method: 'PATCH', body: { locale: 'de', title: 'Mara & <Jonas>' } })
  const page = await fetched(link, browser)
  assert.deepEqual([page.status, page.headers.get('content-type')], [200, 'text/html; charset=utf-8'])
  assert.deepEqual([page.headers.get('etag'), page.headers.get('content-disposition')], [null, null])
  const text = page.bytes.toString()
  assert.match(text, /<html lang="de">/)
  assert.match(text, /<h1>Mara &#38; &#60;Jonas&#62;<\/h1><p>2 Fotos · \d+\skB<\/p>/)
  assert.match(text, /Gepackt und geprüft am .* Der Link gilt bis \d+\. \S+ 20\d\d/)
  assert.ok(text.includes(`SHA-256 ${archive.checksum}`))
  const href = /<a class="button main" href="([^"]+)">.*?Alles herunterladen · \d+\skB<\/a>/.exec(text)![1]!
  assert.doesNotMatch(text, new RegExp(new URL(link).pathname), 'the link itself stands nowhere in it')
  const button = new URL(href, link).href
  const zip = await fetched(button, browser)
  assert.equal(sha256(zip.bytes), archive.checksum)
  // as browsers go on after a break, at whichever address they were given
  for (const address of [button, link]) {
    const part = await fetched(address, { ...browser, range: 'bytes=1000-', 'if-range': zip.headers.get('etag')! })
    assert.deepEqual([part.status, part.bytes.equals(zip.bytes.subarray(1000))], [206, true])
  }
  // programs want the file: curl and aria2c, wget, fetch
  for (const accept of ['*/*', 'application/octet-stream']) assert.equal(sha256((await fetched(link, { accept })).bytes), archive.checksum)
  assert.equal(sha256((await fetched((await ask(gallery)).download_url!, browser)).bytes), archive.checksum, 'asked for on the page')
  assert.ok(zip.bytes.includes(original.subarray(0, 1000)))
})

test('who has a link to a large archive takes it in files below 4 GB, which no other link shows', async () => {
  const { gallery, link, archive } = await delivered()
  const other = await delivered()
  assert.doesNotMatch((await fetched(link, browser)).bytes.toString(), /smaller files<\/button>/, 'a small one is one file')
  await db().updateTable('archives').set({ fileSizeBytes: 4_100_000_000 }).where('id', '=', archive.id).execute()
  const text = (await fetched(link, browser)).bytes.toString()
  const [, form] = /<form method="post" action="([^"]+)"><button class="button">Take it in smaller files<\/button>/.exec(text)!
  const asked = await fetched(new URL(form!, link).href, browser, 'POST')
  assert.equal(asked.status, 303)
  const page = new URL(asked.headers.get('location')!, link).href
  const shown = await s.world.until(async () => {
    const html = (await fetched(page, browser)).bytes.toString()
    return html.includes('Your photos are ready, in smaller files') && html
  })
  assert.doesNotMatch(shown, new RegExp(new URL(link).pathname), 'the link itself stands nowhere in it')
  const files = [...shown.matchAll(/<a class="button main" href="([^"]+)">/g)].map(([, href]) => href!)
  assert.equal(files.length, 1)
  const zip = await fetched(files[0]!)
  assert.ok(shown.includes(`${sha256(zip.bytes)}  `), 'with the sum of each')
  assert.ok(zip.bytes.length > 300_000)
  // twice is once
  assert.equal((await fetched(new URL(form!, link).href, browser, 'POST')).headers.get('location'), asked.headers.get('location'))
  assert.equal((await fetched(`${other.link}${new URL(page).search}`, browser)).status, 404)
  assert.equal((await fetched(new URL(form!, other.link).href, browser, 'POST')).headers.get('location'), new URL(other.link).pathname)
  await s.ida.ask(`/api/galleries/${gallery.id}`, { method: 'PATCH', body: { expires_at: '2026-01-01T00:00:00Z' } })
  assert.doesNotMatch((await fetched(link, browser)).bytes.toString(), /smaller files<\/button>/, 'its photos are not packed anew')
})

test('a link notes once a minute that it is used, however many parts are fetched', async () => {
  const { gallery, link } = await delivered()
  const began = s.world.clock.now()
  const used = async () =>
    (await s.ida.ask<Page<Link>>(`/api/galleries/${gallery.id}/links`)).body.rows.map((l) => [l.first_used_at, l.last_used_at])[0]
  await fetched(link, {}, 'HEAD')
  assert.deepEqual(await used(), [null, null])
  await fetched(link, { range: 'bytes=0-9' })
  s.world.clock.advance(minutes(1) - 1)
  await fetched(link, { range: 'bytes=10-19' })
  assert.deepEqual(await used(), [began.toISOString(), began.toISOString()])
  s.world.clock.advance(1)
  await fetched(link, { range: 'bytes=20-29' })
  assert.deepEqual(await used(), [began.toISOString(), later(began, minutes(1)).toISOString()])
})
