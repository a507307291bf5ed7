/** Downloads out of a bucket that clients can reach: handed to the store, resumed there, and ended with our link. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { chromium } from 'playwright-core'
import type { DownloadResponse, Item } from '../../sdk/src/wire.ts'
import { args, program } from '../browser/chromium.ts'
import { freshBucket, testServer } from '../s3/server.ts'
import { allOf, createGallery, publish, readyArchive, setUp } from './people.ts'
import { has, run, sha256Of } from './programs.ts'
import { photos, sendPhotos, sha256 } from './sending.ts'
import { freshInstallation } from './service.ts'

const server = await testServer()
const skip = typeof server === 'string' ? server : false

test('a link hands its file over to the store, and still decides who gets it', { timeout: 600_000, skip }, async (t) => {
  if (typeof server === 'string') return
  const { endpoint, bucket, accessKeyId, secretAccessKey } = await freshBucket(server)
  // another name of the same server: what clients get must be signed for it
  const outside = endpoint!.replace('127.0.0.1', 'localhost')
  const installation = await freshInstallation(t, {
    S3_ENDPOINT: endpoint!,
    S3_PUBLIC_ENDPOINT: outside,
    S3_BUCKET: bucket,
    S3_ACCESS_KEY_ID: accessKeyId,
    S3_SECRET_ACCESS_KEY: secretAccessKey,
  })
  const web = await installation.start('web')
  const ida = await setUp(installation, web)
  const { id } = await createGallery(ida, { title: 'Handed' })
  const odd = { ...(await photos(1, 400_000, 50))[0]!, name: 'Bräutigam "Jörg" & 1 % d\'Or;é.jpg' }
  const sent = [...(await photos(3, 6_000_000)), odd]
  await sendPhotos(installation, ida, id, sent)
  await publish(ida, id)
  const link = (await ida.ask<DownloadResponse>(`/api/galleries/${id}/download`)).body.download_url!
  const at = (name: string) => path.join(installation.dir, name)
  const ask = (headers: Record<string, string> = {}, method = 'GET') => fetch(link, { headers, method, redirect: 'manual' })

  const live = await ask({ range: 'bytes=0-6999999' })
  const begun = Buffer.from(await live.arrayBuffer())
  const etag = live.headers.get('etag')!
  await t.test('while it is built it comes from us', () => assert.deepEqual([live.status, begun.length], [206, 7_000_000]))

  await installation.start('worker')
  const archive = await readyArchive(ida, id)
  const size = archive.file_size_bytes
  await t.test('the archive says what was moved to build it', () => {
    assert.match(archive.checksum!, /^[0-9a-f]{64}$/)
    assert.ok(archive.moved_bytes! < size && archive.moved_bytes! > 0, `${archive.moved_bytes} of ${size}`)
    assert.ok(archive.store_requests! > 0)
  })

  await t.test('then it is handed over, for 15 minutes at most, by an address of this request alone', async () => {
    const answer = await ask()
    assert.equal(answer.status, 302)
    const to = new URL(answer.headers.get('location')!)
    assert.equal(to.origin, outside)
    assert.ok(Number(to.searchParams.get('X-Amz-Expires')) <= 900)
    assert.equal(answer.headers.get('cache-control'), 'no-store')
    assert.equal(answer.headers.get('referrer-policy'), 'no-referrer')
    const whole = await fetch(to)
    assert.equal(whole.headers.get('content-type'), 'application/zip')
    assert.equal(whole.headers.get('content-disposition'), 'attachment; filename="handed.zip"')
    assert.equal(sha256(Buffer.from(await whole.arrayBuffer())), archive.checksum)
    // signed for reading this one object under this name
    for (const [name, value] of Object.entries({ 'response-content-type': 'text/html', 'X-Amz-Expires': '9000' })) {
      const forged = new URL(to)
      forged.searchParams.set(name, value)
      assert.equal((await fetch(forged)).status, 403)
    }
    assert.equal((await fetch(to, { method: 'DELETE' })).status, 403)
  })
  await t.test('HEAD is answered by us, with the length', async () => {
    const { status, headers } = await ask({}, 'HEAD')
    assert.deepEqual([status, headers.get('content-length'), headers.get('etag')], [200, String(size), etag])
    assert.equal(headers.get('accept-ranges'), 'bytes')
    assert.equal((await ask({ 'if-none-match': etag })).status, 304)
  })
  await t.test('who began with us goes on with us, who began at the store there', async () => {
    const ours = await ask({ range: 'bytes=7000000-', 'if-range': etag })
    assert.equal(ours.status, 206)
    assert.equal(sha256(Buffer.concat([begun, Buffer.from(await ours.arrayBuffer())])), archive.checksum)
    const first = await fetch(link, { headers: { range: 'bytes=0-99' } })
    assert.equal(first.status, 206)
    const theirs = await fetch(link, { headers: { range: 'bytes=100-199', 'if-range': first.headers.get('etag')! } })
    assert.deepEqual([theirs.status, theirs.headers.get('content-range')], [206, `bytes 100-199/${size}`])
    // another file in its place: all of it, never a mixture, also where the store does not heed If-Range
    assert.equal((await fetch(link, { headers: { range: 'bytes=100-199', 'if-range': '"another"' } })).status, 200)
    assert.equal((await fetch(link, { headers: { range: `bytes=${size}-` } })).status, 416)
  })
  await t.test('curl and wget go on where they stopped', async () => {
    for (const [name, program, args] of [
      ['curl', 'curl', ['-fsSL', '-C', '-', '-o']],
      ['wget', 'wget', ['-q', '-c', '-O']],
    ] as const) {
      if (!(await has(program))) continue
      const file = at(`${name}.zip`)
      await run('curl', ['-fsSL', '-r', '0-6999999', '-o', file, link])
      assert.equal(statSync(file).size, 7_000_000)
      assert.equal((await run(program, [...args, file, link])).code, 0)
      assert.equal(await sha256Of(file), archive.checksum, name)
    }
    assert.match((await run('curl', ['-sSI', link])).output, new RegExp(`content-length: ${size}`, 'i'))
  })
  await t.test('keepsake get follows to the store, and proves what comes from there', async () => {
    const ran = await installation.command('get', link, '--out', at('got'), '--json')
    assert.equal(ran.code, 0, ran.stderr)
    const got = JSON.parse(ran.stdout) as { file: string; sha256: string; proof: string }
    assert.deepEqual([got.sha256, got.proof, await sha256Of(got.file)], [archive.checksum, 'sha256', archive.checksum])
  })
  const noBrowser = existsSync(program) ? false : 'there is no Chromium here'
  await t.test('a browser follows to the store as well, and saves it under its name', { skip: noBrowser }, async () => {
    const browser = await chromium.launch({ executablePath: program, args: args.split(' ') })
    try {
      const page = await browser.newPage()
      const hosts: string[] = []
      page.on('request', (request) => void hosts.push(new URL(request.url()).origin))
      const begun = page.waitForEvent('download')
      // an address that becomes a download is a page that was not shown
      await page.goto(link).catch(() => undefined)
      const download = await begun
      assert.equal(download.suggestedFilename(), 'handed.zip')
      const file = at('browser.zip')
      await download.saveAs(file)
      assert.equal(await sha256Of(file), archive.checksum)
      assert.deepEqual(hosts, [new URL(link).origin, outside])
    } finally {
      await browser.close()
    }
  })
  await t.test('a single file comes under its own name, whatever stands in it', async () => {
    const item = (await allOf<Item>(ida, `/api/galleries/${id}/items`)).find(({ name }) => name === odd.name)!
    const url = ida.address(`/media/${item.asset_id}/original`)
    const answer = await fetch(url, { headers: ida.headers() })
    assert.equal(new URL(answer.url).origin, outside)
    assert.equal(answer.headers.get('content-type'), 'image/jpeg')
    const name = /filename\*=UTF-8''(\S+)$/.exec(answer.headers.get('content-disposition')!)![1]!
    assert.equal(decodeURIComponent(name), odd.name)
    assert.equal(sha256(Buffer.from(await answer.arrayBuffer())), odd.sha256)
    const file = at('odd.jpg')
    const cookie = Object.entries(ida.headers()).flatMap(([key, value]) => ['-H', `${key}: ${value}`])
    assert.equal((await run('curl', ['-fsSL', ...cookie, '-o', file, url])).code, 0)
    assert.equal(sha256(readFileSync(file)), odd.sha256)
  })
  await t.test('withdrawn, the link hands nothing over any more, at once', async () => {
    const links = await ida.ask<{ rows: { id: string }[] }>(`/api/galleries/${id}/links`)
    for (const { id: linkId } of links.body.rows)
      assert.equal((await ida.ask(`/api/galleries/${id}/links/${linkId}`, { method: 'DELETE' })).status, 204)
    const answer = await ask()
    assert.equal(answer.status, 410)
    assert.equal(answer.headers.get('location'), null)
  })
})
