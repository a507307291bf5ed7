/** Fetches from a real server that does all the things servers do, into a real store. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { closeSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import https from 'node:https'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { after, before, beforeEach, test } from 'node:test'
import { crc32, gzipSync } from 'node:zlib'
import { mp3, mp4, png } from '../../../test/media.ts'
import { temporaryFolder } from '../../../test/postgres.ts'
import { openProvider, type Provider } from '../../../test/provider.ts'
import { setClock } from '../../../test/world.ts'
import { after as later } from '../../base/clock.ts'
import { AppError } from '../../base/errors.ts'
import { readWhole } from '../../ports/bytes.ts'
import { type SafeHttpOptions, safeHttp } from '../../ports/http/safe.ts'
import { ffprobe } from '../../ports/probe/ffprobe.ts'
import { providersInTurn } from '../../ports/providers/turns.ts'
import { diskStorage } from '../../ports/storage/disk.ts'
import type { Storage } from '../../ports/storage/port.ts'
import { type FetchDeps, type Fetched, type FetchPatience, fetchMedia, type MediaRequest } from './fetch.ts'

const dir = temporaryFolder()
const clock = setClock()
const storage = diskStorage({ dir, clock })
// answers are late on a busy machine; only silence is waited for
const limits = { connectMs: 5000, headersMs: 5000, idleMs: 1000 }
const song = mp3({ frames: 2000 })
let provider: Provider
before(async () => {
  await storage.identify('0197f6a0-0000-7000-8000-000000000001')
  provider = await openProvider()
})
beforeEach(() => {
  provider.asked.length = 0
})
after(async () => {
  await provider.close()
  rmSync(dir, { recursive: true, force: true })
})

const open = (options: SafeHttpOptions = {}): FetchDeps => ({
  storage,
  clock,
  http: safeHttp({ besides: ['127.0.0.1'], limits, ...options }),
  providers: providersInTurn({ clock, perSecond: 1000 }),
})

let keys = 0
/** A request for the file at `where` with what is usual. */
function ask(where: string, change: Partial<MediaRequest> = {}): MediaRequest {
  keys += 1
  const usual = { role: 'audio' as const, maxBytes: 10_000_000, deadline: later(clock.now(), 3_600_000) }
  return {
    url: `${provider.url}${where}`,
    key: `galleries/g/assets/${keys}.bin`,
    signal: new AbortController().signal,
    ...usual,
    ...change,
  }
}
const quick: FetchPatience = { waits: [10, 20] }
const get = (request: MediaRequest, deps = open(), patience = quick): Promise<Fetched> => fetchMedia(deps, request, patience)

async function failing(work: Promise<unknown>): Promise<AppError> {
  const error = await work.then(
    (value) => assert.fail(`it answered ${JSON.stringify(value)}`),
    (cause) => cause,
  )
  assert.ok(error instanceof AppError, String(error?.stack))
  return error
}
/** Fails with this code, and nothing of it is left in the store. */
async function fails(request: MediaRequest, code: string, reason?: string, deps?: FetchDeps, patience?: FetchPatience): Promise<AppError> {
  const error = await failing(get(request, deps, patience))
  assert.equal(error.code, code, JSON.stringify(error.facts))
  if (reason !== undefined) assert.equal(error.facts.reason, reason)
  await isClean(request)
  return error
}
async function isClean({ key }: MediaRequest): Promise<void> {
  assert.equal(await storage.size(key), null)
  assert.deepEqual(readdirSync(path.join(dir, 'uploads')), [])
  assert.deepEqual(readdirSync(path.join(dir, 'tmp')), [])
}
async function holds(fetched: Fetched, bytes: Buffer): Promise<void> {
  const stored = await readWhole(await storage.open(fetched.key, 0, bytes.length), bytes.length)
  assert.ok(stored.equals(bytes))
  const { size, sha256, crc32: sum } = fetched
  assert.deepEqual([size, sha256, sum], [bytes.length, createHash('sha256').update(bytes).digest('hex'), crc32(bytes)])
  assert.equal(await storage.size(fetched.key), bytes.length)
  assert.deepEqual(readdirSync(path.join(dir, 'uploads')), [])
}

test('a song, a cover and a film are fetched, and told with what they are', async () => {
  provider.media.set('/song', { bytes: song, type: 'text/html' })
  const cover = await import('sharp').then(({ default: sharp }) =>
    sharp({ create: { width: 300, height: 200, channels: 3, background: '#345' } })
      .jpeg()
      .toBuffer(),
  )
  provider.media.set('/cover', { bytes: cover })
  provider.media.set('/film', { bytes: mp4() })
  const one = await get(ask('/song', { expectedSeconds: 52, headers: { 'x-mine': '1' } }))
  await holds(one, song)
  assert.deepEqual([one.mime, one.extension, one.seconds], ['audio/mpeg', 'mp3', (2000 * 1152) / 44_100])
  assert.equal(provider.asked[0]!.headers['x-mine'], '1')
  assert.equal(provider.asked[0]!.headers['user-agent'], 'Keepsake')
  const two = await get(ask('/cover', { role: 'cover' }))
  await holds(two, cover)
  assert.deepEqual([two.mime, two.extension, two.seconds, two.width, two.height], ['image/jpeg', 'jpg', null, 300, 200])
  const three = await get(ask('/film', { role: 'video' }))
  await holds(three, mp4())
  assert.deepEqual([three.mime, three.seconds, three.width], ['video/mp4', 2, 640])
})

test('a transfer that breaks off goes on where it was, twice', async () => {
  const date = 'Sat, 06 Jun 2020 10:00:00 GMT'
  const ways = [{ etag: '"v1"' }, { lastModified: date }]
  for (const validator of ways) {
    provider.asked.length = 0
    const faults = [
      { kind: 'cut' as const, after: 300_000 },
      { kind: 'stall' as const, after: 200_000 },
    ]
    provider.media.set('/broken', { bytes: song, ...validator, faults })
    await holds(await get(ask('/broken')), song)
    const [first, ...from] = provider.asked.map(({ headers }) => Number(/^bytes=(\d+)-$/.exec(headers.range ?? 'bytes=0-')![1]))
    // what had come and was not read yet when the line broke is asked for again
    assert.ok(first === 0 && from.length === 2, String(from))
    assert.ok(0 < from[0]! && from[0]! <= 300_000 && from[0]! < from[1]! && from[1]! <= 500_000, String(from))
    assert.equal(provider.asked[1]!.headers['if-range'], validator.etag ?? date)
  }
})

test('without a validator, with a weak one, or where Range is not heeded, it begins anew', async () => {
  for (const media of [{}, { etag: 'W/"v1"' }, { etag: '"v1"', ranges: false }]) {
    provider.asked.length = 0
    provider.media.set('/anew', { bytes: song, ...media, faults: [{ kind: 'cut', after: 300_000 }] })
    await holds(await get(ask('/anew')), song)
    assert.equal(provider.asked.length, 2)
    assert.equal(provider.asked[1]!.headers.range !== undefined, 'ranges' in media)
  }
})

test('bytes that change between two tries are never mixed', async () => {
  const other = mp3({ frames: 1500, seed: 2 })
  const deps = open()
  provider.media.set('/changed', { bytes: song, etag: '"v1"', faults: [{ kind: 'cut', after: 300_000 }] })
  const fetching = fetchMedia(deps, ask('/changed'), { waits: [300, 300] })
  await until(() => provider.asked.length === 1)
  provider.media.set('/changed', { bytes: other, etag: '"v2"' })
  await holds(await fetching, other)
  // one that says 206 and means another file, of the same length
  const twin = mp3({ frames: 2000, seed: 3 })
  provider.media.set('/liar', { bytes: song, etag: '"v1"', faults: [{ kind: 'cut', after: 300_000 }] })
  const lied = fetchMedia(deps, ask('/liar'), { waits: [300, 300] })
  await until(() => provider.asked.filter(({ path: at }) => at === '/liar').length === 1)
  const partly = { 'content-range': `bytes 300000-${twin.length - 1}/${twin.length}`, etag: '"v2"' }
  const fault = { kind: 'status' as const, status: 206, headers: partly, body: twin.subarray(300_000) }
  provider.media.set('/liar', { bytes: twin, etag: '"v2"', faults: [fault] })
  await holds(await lied, twin)
})

async function until(look: () => boolean): Promise<void> {
  for (const end = performance.now() + 60_000; performance.now() < end; await new Promise((resolve) => setTimeout(resolve, 5)))
    if (look()) return
  assert.fail('what was awaited did not come')
}

test('three tries and no more; what is gone, junk or too large is asked for once', async () => {
  const cut = { kind: 'cut' as const, after: 1000 }
  provider.media.set('/never', { bytes: song, faults: [cut, cut, cut, cut] })
  await fails(ask('/never'), 'remote_unreachable', 'it broke off')
  assert.equal(provider.asked.length, 3)
  const statuses: [number, string, number][] = [
    [404, 'remote_gone', 1],
    [410, 'remote_gone', 1],
    [403, 'remote_unreachable', 3],
    [500, 'remote_unreachable', 3],
    [204, 'remote_unreachable', 3],
    [304, 'remote_unreachable', 3],
    [202, 'remote_busy', 3],
  ]
  for (const [status, code, tries] of statuses) {
    provider.asked.length = 0
    provider.media.set('/status', { bytes: song, faults: Array.from({ length: 4 }, () => ({ kind: 'status', status })) })
    await fails(ask('/status'), code)
    assert.equal(provider.asked.length, tries, String(status))
  }
  provider.asked.length = 0
  provider.media.set('/page', { bytes: Buffer.from('<!doctype html><title>Expired</title>'), type: 'audio/mpeg' })
  await fails(ask('/page'), 'remote_unreadable', 'web_page')
  provider.media.set('/picture', { bytes: png({ pixels: Buffer.alloc(10) }) })
  await fails(ask('/picture'), 'remote_unreadable', 'wrong_kind')
  provider.media.set('/none', { bytes: Buffer.alloc(0) })
  await fails(ask('/none'), 'remote_unreadable', 'empty')
  await fails(ask('/song', { expectedSeconds: 240 }), 'remote_unreadable', 'too_short')
  await fails(ask('/song', { maxBytes: song.length - 1 }), 'remote_too_large')
  assert.equal(provider.asked.length, 5)
})

test('a body that ends early without having said how long it is counts as broken off', async () => {
  provider.media.set('/short', { bytes: song, faults: [{ kind: 'short', bytes: 400_000 }] })
  await holds(await get(ask('/short')), song)
  assert.equal(provider.asked.length, 2)
  const short = { kind: 'short' as const, bytes: 400_000 }
  provider.media.set('/short', { bytes: song, faults: [short, short, short] })
  await fails(ask('/short'), 'remote_unreadable', 'cut')
  // one that says its length and is cut nevertheless is so at the provider
  provider.asked.length = 0
  provider.media.set('/half', { bytes: song.subarray(0, 400_000) })
  await fails(ask('/half'), 'remote_unreadable', 'cut')
  assert.equal(provider.asked.length, 1)
})

test('an endless body ends at the limit, and what comes packed stays packed and is refused', async () => {
  const endless = mp3({ frames: 100, xing: false, id3: false })
  provider.answers.set('/endless', (_request, answer) => {
    answer.writeHead(200)
    const more = () => {
      while (!answer.destroyed && answer.write(endless));
    }
    answer.on('drain', more)
    more()
  })
  await fails(ask('/endless', { maxBytes: 500_000 }), 'remote_too_large')
  const bomb = gzipSync(Buffer.alloc(30_000_000))
  const packed = { kind: 'status' as const, status: 200, headers: { 'content-encoding': 'gzip' }, body: bomb }
  provider.media.set('/bomb', { bytes: bomb, faults: [packed] })
  await fails(ask('/bomb'), 'remote_unreadable', 'packed')
  await fails(ask('/bomb'), 'remote_unreadable', 'packed')
})

test('one byte at a time is given up, and so is what passes the deadline', async () => {
  const drip = { kind: 'drip' as const, everyMs: 20 }
  provider.media.set('/drip', { bytes: song, faults: [drip, drip, drip] })
  await fails(ask('/drip'), 'remote_unreachable', 'too slow', open(), { waits: [10, 10], windowMs: 200 })
  assert.equal(provider.asked.length, 3)
  provider.asked.length = 0
  provider.media.set('/drip', { bytes: song, faults: [drip] })
  await fails(ask('/drip', { deadline: later(clock.now(), 2000) }), 'remote_unreachable', 'it took too long', open(), { waits: [5000] })
  await fails(ask('/drip', { deadline: clock.now() }), 'remote_unreachable', 'no time left')
  assert.equal(provider.asked.length, 1)
})

test('who asks us to wait is left alone by all fetches of the process', async () => {
  const deps = open()
  const busy = { kind: 'status' as const, status: 429, headers: { 'retry-after': '120' } }
  provider.media.set('/busy', { bytes: song, faults: [busy] })
  assert.equal((await fails(ask('/busy'), 'remote_busy', undefined, deps)).facts.retryAfterMs, 120_000)
  await fails(ask('/song'), 'remote_busy', undefined, deps)
  assert.equal(provider.asked.length, 1)
  clock.advance(121_000)
  await holds(await get(ask('/busy'), deps), song)
  // a short wait is waited for
  const brief = { kind: 'status' as const, status: 503, headers: { 'retry-after': '1' } }
  provider.media.set('/busy', { bytes: song, faults: [brief] })
  const waiting = get(ask('/busy'), deps)
  await until(() => provider.asked.length === 3)
  setTimeout(() => clock.advance(1000), 500)
  await holds(await waiting, song)
})

test('what another program cannot read at all is not kept; without its word ours counts', async () => {
  const says = (name: string, script: string) => {
    const file = path.join(dir, name)
    writeFileSync(file, `#!/bin/sh\n/bin/cat >/dev/null\n${script}\n`, { mode: 0o755 })
    return { ...open(), probe: ffprobe({ file }) }
  }
  const no = says('no', 'exit 1')
  provider.media.set('/other', { bytes: song })
  const { facts } = await fails(ask('/other'), 'remote_unreadable', 'unplayable', no)
  assert.match(String(facts.detail), /ffprobe/)
  provider.media.set('/film', { bytes: mp4() })
  await fails(ask('/film', { role: 'video' }), 'remote_unreadable', 'unplayable', no)
  for (const [name, script] of Object.entries({ yes: 'echo audio', ill: 'exit 127' }))
    await holds(await get(ask('/other'), says(name, script)), song)
})

test('the owner’s wish ends a fetch at once, and leaves nothing', async () => {
  const stop = new AbortController()
  provider.media.set('/stall', { bytes: song, faults: [{ kind: 'stall', after: 1000 }] })
  const request = ask('/stall', { signal: stop.signal })
  const fetching = get(request)
  await until(() => provider.asked.length === 1)
  stop.abort(new Error('deleted meanwhile'))
  await assert.rejects(fetching, /deleted meanwhile/)
  await isClean(request)
})

test('no byte leaves for an address that is not public, nor for a host that is not the provider’s', async (t) => {
  const house = await openProvider()
  t.after(house.close)
  house.media.set('/secret', { bytes: song })
  const port = new URL(house.url).port
  // strict: this machine is not the world
  const strict = open({ besides: [] })
  const literals = [
    '127.0.0.1',
    '127.1',
    '2130706433',
    '0x7f.0.0.1',
    '0177.0.0.1',
    '[::1]',
    '[::ffff:127.0.0.1]',
    '169.254.169.254',
    '10.0.0.1',
  ]
  for (const host of literals) await fails(ask('', { url: `http://${host}:${port}/secret` }), 'address_refused', undefined, strict)
  // rebinding: first an address of the world, then ours
  const answers = [['127.0.0.1'], ['127.0.0.2']]
  const rebinding = open({ lookup: async () => answers.shift() ?? ['127.0.0.2'] })
  provider.media.set('/cut', { bytes: song, faults: [{ kind: 'cut', after: 1000 }] })
  const there = new URL(provider.url).port
  await fails(ask('', { url: `http://media.test:${there}/cut` }), 'address_refused', undefined, rebinding)
  for (const location of [`http://127.0.0.2:${port}/secret`, 'http://169.254.169.254/', 'http://[::1]/', 'file:///etc/passwd']) {
    provider.media.set('/led', { bytes: song, faults: [{ kind: 'status', status: 302, headers: { location } }] })
    await fails(ask('/led'), 'address_refused')
  }
  const replicate = ask('/song', { provider: 'replicate' })
  await fails(replicate, 'address_refused')
  assert.deepEqual(house.asked, [])
})

test('a redirect is followed, and its end gets none of our headers', async (t) => {
  const cdn = await openProvider()
  t.after(cdn.close)
  cdn.media.set('/file', { bytes: song, etag: '"v1"', faults: [{ kind: 'cut', after: 300_000 }] })
  provider.answers.set('/moved', (_request, answer) => answer.writeHead(302, { location: `${cdn.url}/file` }).end())
  await holds(await get(ask('/moved', { headers: { authorization: 'Bearer mine' } })), song)
  assert.deepEqual(
    cdn.asked.map(({ headers }) => [headers.authorization, headers.range !== undefined]),
    [
      [undefined, false],
      [undefined, true],
    ],
  )
})

test('a disk that fills while bytes come is left as it was, and has room for others', async (t) => {
  const mount = temporaryFolder()
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', mount], { stdio: 'pipe' })
  } catch {
    t.skip('A small disk cannot be mounted here (this needs root on Linux).')
    return
  }
  t.after(() => execFileSync('umount', [mount]))
  const small = diskStorage({ dir: path.join(mount, 'store'), clock })
  await small.identify('a')
  const deps = { ...open(), storage: small }
  provider.media.set('/long', { bytes: mp3({ frames: 25_000 }) })
  const error = await failing(get(ask('/long', { maxBytes: 20_000_000 }), deps))
  assert.equal(error.code, 'storage_full')
  assert.deepEqual(readdirSync(path.join(mount, 'store/uploads')), [])
  assert.equal((await get(ask('/song'), deps)).size, song.length)
})

test('a server whose certificate nobody vouches for cannot be reached, and is told nothing', async (t) => {
  const folder = temporaryFolder()
  const [key, cert] = [path.join(folder, 'key.pem'), path.join(folder, 'cert.pem')]
  const make = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', cert, '-days', '2', '-subj', '/CN=media.test']
  execFileSync('openssl', make, { stdio: 'ignore' })
  let asked = 0
  const server = https.createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (_request, answer) => {
    asked += 1
    answer.end(song)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  const { port } = server.address() as AddressInfo
  await fails(
    ask('', { url: `https://127.0.0.1:${port}/song` }),
    'remote_unreachable',
    'its certificate is signed by itself (DEPTH_ZERO_SELF_SIGNED_CERT)',
  )
  assert.equal(asked, 0)
})

test('bytes that the disk gives back otherwise than they came are not taken', async () => {
  // one bit turns between the write and the look
  const rotten: Storage = {
    ...storage,
    finishUpload: async (upload, key) => {
      await storage.finishUpload(upload, key)
      const file = openSync(path.join(dir, 'objects', key), 'r+')
      writeSync(file, Buffer.from([song[400_000]! ^ 1]), 0, 1, 400_000)
      closeSync(file)
    },
  }
  await fails(ask('/song'), 'source_changed', undefined, { ...open(), storage: rotten })
})
