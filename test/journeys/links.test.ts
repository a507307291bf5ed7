/** Links over HTTP: ranges, withdrawn, ended and changed ones, the same bytes live and stored. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import http from 'node:http'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import type { DownloadResponse, Problem } from '../../sdk/src/wire.ts'
import { createGallery, guest, type Person, publish, readyArchive, setUp } from './people.ts'
import { photos, sendPhotos, sha256 } from './sending.ts'
import { freshInstallation, type Installation, until } from './service.ts'

const fetched = async (link: string, headers: Record<string, string> = {}, method = 'GET') => {
  const answer = await fetch(link, { headers, method })
  return { status: answer.status, headers: answer.headers, bytes: Buffer.from(await answer.arrayBuffer()) }
}
const codeOf = (bytes: Buffer) => (JSON.parse(bytes.toString()) as Problem).code

async function linkOf(ida: Person, gallery: string): Promise<string> {
  return (await ida.ask<DownloadResponse>(`/api/galleries/${gallery}/download`)).body.download_url!
}

test('a link gives its file, live and stored alike, whole and in parts, until it ends', { timeout: 300_000 }, async (t) => {
  const installation = await freshInstallation(t)
  const web = await installation.start('web')
  const ida = await setUp(installation, web)
  const { id } = await createGallery(ida, { title: 'Links' })
  await sendPhotos(installation, ida, id, await photos(5, 200_000))
  await publish(ida, id)
  const link = await linkOf(ida, id)
  const live = await fetched(link)
  await t.test('live: whole, with a strong ETag', () => {
    assert.equal(live.status, 200)
    assert.match(live.headers.get('etag')!, /^"[0-9a-f]{64}"$/)
  })
  await t.test('live: every kind of range', () => ranges(link, live.bytes, live.headers.get('etag')!))

  await installation.start('worker')
  const { checksum, file_size_bytes } = await readyArchive(ida, id)
  const stored = await fetched(link)
  await t.test('stored: the same bytes under the same ETag', () => {
    assert.equal(stored.headers.get('etag'), live.headers.get('etag'))
    assert.ok(stored.bytes.equals(live.bytes))
    assert.equal(sha256(stored.bytes), checksum)
    assert.equal(stored.bytes.length, file_size_bytes)
    assert.match(stored.headers.get('content-disposition')!, /^attachment; filename="links\.zip"$/)
  })
  await t.test('stored: every kind of range', () => ranges(link, stored.bytes, stored.headers.get('etag')!))
  await t.test('whatever Host a request names, links are those of the configured address', () => spoofed(installation, ida, id, link))
  await t.test('no changed link is accepted', () => tampered(link))
  await t.test('withdrawn, it is closed within a second', () => withdrawn(ida, id, link))
  await t.test('ended, it is closed and says so', () => expired(installation, ida, id))
})

async function spoofed({ url }: Installation, ida: Person, id: string, link: string): Promise<void> {
  const evil = { host: 'evil.example', 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'https', forwarded: 'host=evil.example' }
  const ask = async (path: string, method = 'GET') => {
    const sending = http.request(url + path, { method, headers: { ...ida.headers(), ...evil } }).end()
    const [answer] = (await once(sending, 'response')) as [http.IncomingMessage]
    return { answer, text: await text(answer) }
  }
  const made = await ask(`/api/galleries/${id}/download`)
  assert.equal(new URL((JSON.parse(made.text) as DownloadResponse).download_url!).origin, new URL(link).origin)
  for (const [path, method] of [
    [`/api/galleries/${id}`, 'GET'],
    [`/api/galleries/${id}/share`, 'POST'],
    ['/g/links', 'GET'],
    ['/', 'GET'],
  ] as const) {
    const { answer, text } = await ask(path, method)
    assert.ok(answer.statusCode! < 500)
    assert.ok(!`${text} ${JSON.stringify(answer.headers)}`.includes('evil.example'), path)
  }
}

async function ranges(link: string, whole: Buffer, etag: string): Promise<void> {
  const size = whole.length
  const parts: [string, number, number][] = [
    ['bytes=0-0', 0, 1],
    ['bytes=100-', 100, size],
    ['bytes=-500', size - 500, size],
    [`bytes=-${size + 9}`, 0, size],
    [`bytes=5-${size + 9}`, 5, size],
    [`bytes=${size - 1}-`, size - 1, size],
    ['bytes=150000-450000', 150_000, 450_001],
  ]
  for (const [range, from, to] of parts) {
    const { status, headers, bytes } = await fetched(link, { range, 'if-range': etag })
    assert.equal(status, 206, range)
    assert.equal(headers.get('content-range'), `bytes ${from}-${to - 1}/${size}`)
    assert.equal(headers.get('content-length'), String(to - from))
    assert.equal(headers.get('etag'), etag)
    assert.ok(bytes.equals(whole.subarray(from, to)), range)
  }
  for (const changed of ['"another"', `W/${etag}`, 'Sat, 06 Jun 2026 10:00:00 GMT']) {
    const { status, bytes } = await fetched(link, { range: 'bytes=100-', 'if-range': changed })
    assert.equal(status, 200, `If-Range: ${changed}`)
    assert.ok(bytes.equals(whole))
  }
  for (const range of [`bytes=${size}-`, 'bytes=-0']) {
    const { status, headers, bytes } = await fetched(link, { range })
    assert.equal(status, 416, range)
    assert.equal(headers.get('content-range'), `bytes */${size}`)
    assert.equal(codeOf(bytes), 'range_invalid')
  }
  const head = await fetched(link, { range: 'bytes=0-9' }, 'HEAD')
  assert.deepEqual([head.status, head.bytes.length, head.headers.get('content-length')], [200, 0, String(size)])
  assert.deepEqual([head.headers.get('etag'), head.headers.get('accept-ranges')], [etag, 'bytes'])
  assert.equal((await fetched(link, { 'if-none-match': etag })).status, 304)
}

/** Every place of the token with every letter of its alphabet, and other lengths; none may open anything. */
async function tampered(link: string): Promise<void> {
  const at = link.lastIndexOf('/') + 1
  const [base, token] = [link.slice(0, at), link.slice(at)]
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  const changed = new Set([
    '',
    'A',
    `${token}A`,
    `${token}=`,
    `${token}==`,
    `%20${token}`,
    `${token}%00`,
    `${token}/`,
    token.toUpperCase(),
    token.toLowerCase(),
  ])
  for (let i = 0; i < token.length; i++) {
    changed.add(token.slice(0, i) + token.slice(i + 1))
    changed.add(`${token.slice(0, i)}%2B${token.slice(i + 1)}`)
    for (const letter of alphabet) changed.add(token.slice(0, i) + letter + token.slice(i + 1))
  }
  changed.delete(token)
  const waiting = [...changed]
  const wrong: string[] = []
  const tryAll = async () => {
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const { status, bytes } = await fetched(base + next, {}, 'GET')
      if (status !== 404 || !['link_unknown', 'not_found'].includes(codeOf(bytes))) wrong.push(`${next}: ${status}`)
    }
  }
  await Promise.all(Array.from({ length: 8 }, tryAll))
  assert.deepEqual(wrong, [])
  assert.ok(changed.size > 4000)
  assert.equal((await fetched(link, {}, 'HEAD')).status, 200, 'the right one still works')
}

async function withdrawn(ida: Person, gallery: string, link: string): Promise<void> {
  const { rows } = (await ida.ask<{ rows: { id: string }[] }>(`/api/galleries/${gallery}/links`)).body
  for (const { id } of rows) assert.equal((await ida.ask(`/api/galleries/${gallery}/links/${id}`, { method: 'DELETE' })).status, 204)
  const closed = async () => (await fetched(link)).status === 410
  await until(closed, { what: 'the end of the link', ms: 1000 })
  for (const headers of [undefined, { range: 'bytes=100-' }]) {
    const { status, bytes } = await fetched(link, headers)
    assert.deepEqual([status, codeOf(bytes)], [410, 'link_revoked'])
  }
  const next = await linkOf(ida, gallery)
  assert.notEqual(next, link)
  assert.equal((await fetched(next)).status, 200, 'who asks again gets a new one')
}

async function expired(installation: Installation, ida: Person, gallery: string): Promise<void> {
  const link = await linkOf(ida, gallery)
  await installation.sql('update links set expires_at = now() where revoked_at is null')
  const { status, bytes } = await fetched(link)
  assert.deepEqual([status, codeOf(bytes)], [410, 'link_expired'])
  const page = await guest(installation.url).ask<Problem>(new URL(link).pathname)
  assert.match(page.body.title, /ask the photographer/)
}
