/** A full disk corrupts nothing, is told as such, and when there is room again everything goes on. Needs root for a small disk. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import type { Archive, DownloadResponse, Gallery, Item, Problem } from '../../sdk/src/wire.ts'
import { allArrived } from './ledger.ts'
import { allOf, archiveOf, createGallery, type Person, publish, readyArchive, setUp } from './people.ts'
import { judgeZip, run, sha256Of, soundForAll } from './programs.ts'
import { type Photo, photos, sendPhoto, sendPhotos, sha256 } from './sending.ts'
import { freshInstallation, type Installation, until } from './service.ts'

const mib = 1024 * 1024

/** An installation whose storage, or whose whole data folder, is a disk of `size` MiB; undefined where none can be mounted. */
async function smallDisk(t: TestContext, size: number, below = 'storage'): Promise<Installation | undefined> {
  const mounted: string[] = []
  // runs after the service has been ended below, and before its folder is removed
  const installation = await freshInstallation(t, { MIN_FREE_BYTES: '0' }, () => {
    for (const mount of mounted) execFileSync('umount', ['-l', mount])
  })
  const mount = path.join(installation.dir, below)
  mkdirSync(mount, { recursive: true })
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}m,mode=711`, 'tmpfs', mount], { stdio: 'pipe' })
  } catch {
    t.skip('A small disk cannot be mounted here (this needs root on Linux), so the full disk was not tried.')
    return undefined
  }
  mounted.push(mount)
  return installation
}

test('a disk that is full for photos and PostgreSQL alike is an outage that ends by itself, and takes nothing back', {
  timeout: 600_000,
}, async (t) => {
  const installation = await smallDisk(t, 320, '')
  if (!installation) return
  const service = await installation.start()
  const ida = await setUp(installation, service)
  const { id } = await createGallery(ida, { title: 'Full' })
  const sent = await photos(3, 2 * mib)
  await sendPhotos(installation, ida, id, sent)
  await rendered(ida, id)
  const names: string[] = []
  const seen = new Map<string, number>()
  /** Somebody works: photos come, galleries are made. Each answer is a yes that is kept, or says when to come again. */
  const work = async () => {
    const [photo] = await photos(1, 300_000, 100 + seen.size + names.length)
    const title = `Made ${names.length + [...seen.values()].reduce((a, b) => a + b, 0)}`
    const made = await ida.ask<{ code?: string }>('/api/galleries', { method: 'POST', body: { title } })
    if (made.status === 201) names.push(title)
    const begun = await begin(installation, ida, id, photo!)
    for (const [what, status, headers] of [
      ['gallery', made.status, made.headers],
      ['upload', begun.status, begun.headers],
    ] as const) {
      seen.set(`${what} ${status}`, (seen.get(`${what} ${status}`) ?? 0) + 1)
      assert.ok([201, 503, 507].includes(status), `${what}: ${status} ${JSON.stringify(made.body)}\n${service.log().slice(-3000)}`)
      if (status !== 201) assert.ok(Number(headers.get('retry-after')) > 0, `${what} ${status}`)
    }
  }
  const taken = ballast(installation, 0, '')
  for (let n = 0; n < 10; n++) await work()
  assert.ok(seen.get('upload 507') || seen.get('upload 503'), [...seen].join(' '))
  // until a table needs one more page than there is
  const long = 'x'.repeat(150)
  const make = async (n: number) => {
    const title = `Long ${n} ${long}`
    const { status, body, headers } = await ida.ask<Problem>('/api/galleries', { method: 'POST', body: { title } })
    if (status === 201) return !names.push(title)
    assert.deepEqual([status, body.code], [507, 'storage_full'])
    assert.ok(Number(headers.get('retry-after')) > 0)
    return true
  }
  let [refused, made] = [false, 0]
  while (!refused && made < 400) refused = (await Promise.all(Array.from({ length: 8 }, () => make(made++)))).some(Boolean)
  assert.ok(refused, 'a table had room')
  // its journal grows until there is no page left for it: PostgreSQL gives up, and cannot start while it is so
  const grow = () => installation.sql(`select pg_logical_emit_message(false, 'a test', repeat('x', 4000000))`)
  const died = () =>
    grow().then(
      () => false,
      () => true,
    )
  await until(died, { what: 'the end of PostgreSQL', ms: 120_000 })
  const state = async () => (await fetch(`${installation.url}/readyz`)).status
  await until(async () => (await state()) === 503, { what: 'the outage', ms: 60_000 })
  for (let n = 0; n < 5; n++) await work()
  assert.equal((await fetch(`${installation.url}/healthz`)).status, 200)

  taken.remove()
  await until(async () => (await state()) === 200, { what: 'the service', ms: 120_000, every: 200 })
  process.kill(service.pid, 0)
  const more = await photos(1, 2 * mib, 50)
  await sendPhotos(installation, ida, id, more)
  await allArrived(ida, id, [...sent, ...more])
  const titles = (await allOf<Gallery>(ida, '/api/galleries')).map(({ title }) => title)
  for (const name of names) assert.ok(titles.includes(name), `${name} was acknowledged`)
  await publish(ida, id)
  const archive = await readyArchive(ida, id, 240_000)
  const zip = path.join(installation.dir, 'whole.zip')
  writeFileSync(zip, await zipOf(ida, archive.id))
  assert.deepEqual([await sha256Of(zip), await judgeZip(zip)], [archive.checksum, soundForAll])
  t.diagnostic([...seen].map(([what, n]) => `${what}: ${n}`).join(', '))
})

/** Takes free space until only `left` bytes remain; `remove` gives it back. Others write meanwhile: a disk that is full before is full. */
function ballast({ dir }: Installation, left: number, below = 'storage'): { remove(): void } {
  const file = path.join(dir, below, 'ballast')
  const { bavail, bsize } = statfsSync(path.dirname(file))
  try {
    writeFileSync(file, Buffer.alloc(Math.max(0, bavail * bsize - left)))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
  }
  return { remove: () => rmSync(file) }
}

test('uploads into a full disk are refused in time, keep what they have, and end when there is room', { timeout: 300_000 }, async (t) => {
  const installation = await smallDisk(t, 48)
  if (!installation) return
  const ida = await setUp(installation, await installation.start())
  const { id } = await createGallery(ida, { title: 'Small disk' })
  const [kept, large, tooLarge] = (await Promise.all([10, 20, 60].map((size, n) => photos(1, size * mib, n + 1)))).flat() as [
    Photo,
    Photo,
    Photo,
  ]
  await sendPhoto(installation, ida, id, kept)

  await isFull(await begin(installation, ida, id, tooLarge), 'before a byte of it is read')
  const begun = await begin(installation, ida, id, large)
  assert.equal(begun.status, 201)
  const address = new URL(begun.headers.get('location')!, installation.url).href
  const part = 4 * mib
  assert.equal((await send(ida, address, large, 0, part)).status, 204)
  const taken = ballast(installation, 2 * mib)
  await isFull(await send(ida, address, large, part, large.bytes.length), 'while it comes')
  const standing = await fetch(address, { method: 'HEAD', headers: { ...ida.headers(), 'tus-resumable': '1.0.0' } })
  assert.equal(standing.headers.get('upload-offset'), String(part), 'what was acknowledged is kept')
  await isFull(await begin(installation, ida, id, kept), 'what was promised to another counts as taken')

  taken.remove()
  await sendPhoto(installation, ida, id, large, { uploadUrl: address })
  const items = await allOf<Item>(ida, `/api/galleries/${id}/items`)
  assert.deepEqual(items.map((item) => item.name).sort(), [kept.name, large.name].sort())
  for (const photo of [kept, large]) {
    const { asset_id } = items.find((item) => item.name === photo.name)!
    const original = await fetch(ida.address(`/media/${asset_id}/original`), { headers: ida.headers() })
    assert.equal(sha256(Buffer.from(await original.arrayBuffer())), photo.sha256)
  }
})

test('an archive that does not fit is told, tried again, and finished when there is room', { timeout: 600_000 }, async (t) => {
  const installation = await smallDisk(t, 96)
  if (!installation) return
  const service = await installation.start()
  const ida = await setUp(installation, service)
  const { id } = await createGallery(ida, { title: 'Small disk' })
  await sendPhotos(installation, ida, id, await photos(6, 4 * mib))
  await rendered(ida, id)
  const taken = ballast(installation, 10 * mib)
  await publish(ida, id)
  await until(async () => (await archiveOf(ida, id)).archive?.error_code === 'storage_full', { what: 'the full disk' })
  await t.test('meanwhile the originals give the same bytes', async () => {
    const { body } = await ida.ask<DownloadResponse>(`/api/galleries/${id}/download`)
    const live = path.join(installation.dir, 'live.zip')
    assert.equal((await run('curl', ['-fsS', '-o', live, body.download_url!])).code, 0)
    assert.deepEqual(await judgeZip(live), soundForAll)
  })
  // tried again and again, and no try is used up by that
  const tries = () => service.log().split('"code":"storage_full"').length - 1
  const before = tries()
  await until(() => tries() > before, { what: 'another try', ms: 120_000 })
  assert.equal((await archiveOf(ida, id)).status, 'pending', 'a full disk is no verdict about an archive')
  taken.remove()
  const archive = await readyArchive(ida, id, 240_000)
  const live = path.join(installation.dir, 'live.zip')
  assert.equal(await sha256Of(live), archive.checksum)

  await t.test('a new version that does not fit leaves the ready one as it is, and takes its place when it does', async () => {
    const again = ballast(installation, 10 * mib)
    await ida.ask(`/api/galleries/${id}/archive`, { method: 'POST', body: { force: true } })
    await until(async () => (await newest(ida, id)).error_code === 'storage_full', { what: 'the full disk' })
    const file = path.join(installation.dir, 'ready.zip')
    writeFileSync(file, await zipOf(ida, archive.id))
    assert.equal(await sha256Of(file), archive.checksum)
    again.remove()
    await until(async () => (await newest(ida, id)).status === 'ready', { what: 'the new version', ms: 240_000, every: 200 })
    const { version, checksum } = await newest(ida, id)
    assert.deepEqual([version, checksum], [archive.version + 1, archive.checksum])
  })
})

const newest = async (ida: Person, id: string): Promise<Archive> => (await allOf<Archive>(ida, `/api/galleries/${id}/archives`))[0]!

async function zipOf(ida: Person, archive: string): Promise<Buffer> {
  const answer = await fetch(ida.address(`/api/archives/${archive}/download`), { headers: ida.headers() })
  assert.equal(answer.status, 200)
  return Buffer.from(await answer.arrayBuffer())
}

/** Small pictures take room too: they are there before it is measured. */
async function rendered(ida: Person, id: string): Promise<void> {
  const waiting = async () => (await allOf<Item>(ida, `/api/galleries/${id}/items`)).every((item) => item.render_state !== 'waiting')
  await until(waiting, { what: 'the previews', ms: 120_000, every: 200 })
}

function begin({ url }: Installation, person: Person, gallery: string, { name, bytes }: Photo): Promise<Response> {
  const text = (value: string) => Buffer.from(value).toString('base64')
  return fetch(`${url}/api/uploads`, {
    method: 'POST',
    headers: {
      ...person.headers(),
      'tus-resumable': '1.0.0',
      'upload-length': String(bytes.length),
      'upload-metadata': `gallery ${text(gallery)},filename ${text(name)}`,
    },
  })
}

function send(person: Person, address: string, { bytes }: Photo, from: number, to: number): Promise<Response> {
  return fetch(address, {
    method: 'PATCH',
    headers: {
      ...person.headers(),
      'tus-resumable': '1.0.0',
      'upload-offset': String(from),
      'content-type': 'application/offset+octet-stream',
    },
    body: bytes.subarray(from, to),
  })
}

async function isFull(answer: Response, when: string): Promise<void> {
  assert.equal(answer.status, 507, when)
  assert.ok(Number(answer.headers.get('retry-after')) > 0, when)
  assert.equal(((await answer.json()) as Problem).code, 'storage_full', when)
}
