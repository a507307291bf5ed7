/** Faults between us and a real S3 server: each ends in the right bytes or in an honest error. */

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { describe, mock, type TestContext, test } from 'node:test'
import { byteProxy, requestProxy } from '../../../test/s3/faults.ts'
import { freshBucket, type Server, testServer } from '../../../test/s3/server.ts'
import { systemClock } from '../../base/clock.ts'
import { isOutage } from '../../base/errors.ts'
import { s3Storage } from './s3.ts'
import type { S3Options } from './s3-client.ts'
import { bodyOf, copyOf, described, drain, literal, named, readRange, refuses } from './samples.ts'

const server = await testServer()
const clock = systemClock
const MiB = 2 ** 20
// long enough for a machine that does other things, too
const impatient = { connect: 5_000, idle: 1_500, whole: 30_000 }

if (typeof server === 'string') test('faults of an S3 server', { skip: server }, () => {})
else describe('faults of an S3 server', { timeout: 600_000 }, () => tests(server))

const on =
  (method: string, part = '') =>
  ({ method: asked, url }: IncomingMessage) =>
    asked === method && !!url?.includes(part)

function tests(server: Server): void {
  /** A store behind a proxy, and the same one without it. */
  async function behind<P extends { endpoint: string; close(): Promise<void> }>(
    t: TestContext,
    make: (target: string) => Promise<P>,
    change: Partial<S3Options> = {},
  ) {
    const options = await freshBucket(server)
    const proxy = await make(server.endpoint)
    t.after(() => proxy.close())
    const direct = s3Storage({ ...options, clock })
    await direct.identify('a')
    await direct.put('warm-up', randomBytes(1))
    const storage = s3Storage({ ...options, endpoint: proxy.endpoint, clock, patience: impatient, ...change })
    await storage.identify('a', true)
    return { proxy, direct, storage, options }
  }

  for (const action of ['reset', 'end', 'stall'] as const)
    test(`reads go on after a line that meets ${action}`, async (t) => {
      const { proxy, direct, storage } = await behind(t, byteProxy)
      const bytes = randomBytes(2 * MiB)
      await direct.put('k', bytes)
      const cut = () => {
        proxy.cutAll()
        proxy.toxics.splice(0, 9, { dir: 'down', after: 400_000, action, times: 3 })
      }
      cut()
      assert.ok(bytes.equals(await readRange(storage, 'k', 0, bytes.length, 300_000)))
      cut()
      const found = await storage.digest('k', Float64Array.of(bytes.length))
      assert.equal(found.sha256, described(bytes).sha256)
      cut()
      const made = await storage.assemble('copy', [literal(bytes), copyOf('k', bytes, 5, MiB)])
      assert.deepEqual({ size: made.size, sha256: made.sha256 }, described(Buffer.concat([bytes, bytes.subarray(5, MiB)])))
      assert.ok(
        proxy.toxics.every(({ times }) => times < 3),
        'the fault came',
      )
    })

  for (const action of ['reset', 'stall'] as const)
    test(`a write whose line meets ${action} is sent again, once, whole`, async (t) => {
      const { proxy, direct, storage } = await behind(t, byteProxy)
      const bytes = randomBytes(2 * MiB)
      proxy.cutAll()
      proxy.toxics.push({ dir: 'up', after: 900_000, action, times: 1 })
      assert.deepEqual(await storage.put('k', bytes), described(bytes))
      assert.ok(proxy.toxics[0]!.times <= 0)
      assert.ok(bytes.equals(await readRange(direct, 'k', 0, bytes.length)))
    })

  test('a server that falls silent, or is not there, is an outage within the time given', async (t) => {
    const { proxy, storage } = await behind(t, byteProxy, { patience: { ...impatient, whole: 5_000 } })
    proxy.cutAll()
    proxy.toxics.push({ dir: 'down', after: 0, action: 'stall', times: 1000 })
    await refuses('storage_unreachable', storage.open('warm-up', 0, 1))
    await refuses('storage_unreachable', storage.put('k', randomBytes(10)))
    await refuses('storage_unreachable', storage.ready())
    const nobody = s3Storage({ ...(await freshBucket(server)), endpoint: 'http://127.0.0.1:1', clock, patience: impatient })
    await refuses('storage_unreachable', nobody.identify('a'), { reason: 'ECONNREFUSED' })
  })

  test('a line that never gets far ends the read with an outage, not with fewer bytes', async (t) => {
    const { proxy, direct, storage } = await behind(t, byteProxy)
    await direct.put('k', randomBytes(MiB))
    const source = await storage.open('k', 0, MiB)
    proxy.cutAll()
    proxy.toxics.push({ dir: 'down', after: 0, action: 'reset', times: 1000 })
    await refuses('storage_unreachable', drain(source, MiB))
  })

  test('a bit that flips on the way up is refused by the server and sent again', async (t) => {
    const { proxy, direct, storage } = await behind(t, byteProxy)
    const bytes = randomBytes(MiB)
    proxy.cutAll()
    proxy.toxics.push({ dir: 'up', after: 500_000, action: 'flip', times: 1 })
    await storage.put('k', bytes)
    assert.ok(proxy.toxics[0]!.times <= 0)
    assert.ok(bytes.equals(await readRange(direct, 'k', 0, MiB)))
  })

  test('a bit that flips on the way down fails the assembly, and shows in the digest', async (t) => {
    const { proxy, direct, storage } = await behind(t, byteProxy)
    const bytes = randomBytes(MiB)
    await direct.put('k', bytes)
    const flip = () => {
      proxy.cutAll()
      proxy.toxics.splice(0, 9, { dir: 'down', after: 500_000, action: 'flip', times: 9 })
    }
    flip()
    await refuses('source_changed', storage.assemble('zip', [copyOf('k', bytes, 0, MiB)]), { reason: 'crc', key: 'k' })
    assert.equal(await direct.size('zip'), null)
    flip()
    assert.notEqual((await storage.digest('k', Float64Array.of(MiB))).sha256, described(bytes).sha256)
  })

  test('an object that is replaced while it is read is never joined with the old one', async (t) => {
    const { proxy, direct, storage, options } = await behind(t, byteProxy)
    const [old, other] = [randomBytes(4 * MiB), randomBytes(4 * MiB)]
    await direct.put('k', old)
    const source = await storage.open('k', 0, old.length)
    const first = Buffer.alloc(1000)
    await source.read(first)
    await direct.delete('k')
    await s3Storage({ ...options, clock }).identify('a', true)
    await direct.put('k', other)
    proxy.cutAll()
    await refuses('source_changed', drain(source, MiB), { reason: 'changed' })
    await direct.delete('k')
    await refuses('source_changed', storage.open('k', 0, 1), { reason: 'missing' })
  })

  test('every request may be answered 503 once', async (t) => {
    const { proxy, direct, storage } = await behind(t, requestProxy)
    const seen = new Set<string>()
    // the first time each kind of request comes
    const kind = ({ method, url }: IncomingMessage) =>
      `${method} ${url!.replace(/\?.*?(uploads|partNumber|uploadId|list-type).*/, '?$1').replace(/\/[\w.-]+$/, '')}`
    const match = (request: IncomingMessage) => !seen.has(kind(request)) && !!seen.add(kind(request))
    proxy.rules.push({ match, times: 1000, status: 503, code: 'ServiceUnavailable' })
    await everything(storage, direct)
    assert.ok(seen.size > 8, [...seen].join('\n'))
  })

  test('every answer may get lost after the work was done', async (t) => {
    const { proxy, direct, storage } = await behind(t, requestProxy)
    let n = 0
    // each second change: its repetition then goes through
    const match = ({ method }: IncomingMessage) => method !== 'GET' && method !== 'HEAD' && n++ % 2 === 0
    proxy.rules.push({ match, times: 1000, loseAnswer: true })
    await everything(storage, direct)
    assert.ok(n > 20)
  })

  /** Each kind of write, judged through the direct line. */
  async function everything(storage: ReturnType<typeof s3Storage>, direct: ReturnType<typeof s3Storage>): Promise<void> {
    const bytes = randomBytes(9 * MiB)
    await storage.put('photo', bytes.subarray(0, 1000))
    await refuses('key_exists', storage.put('photo', bytes.subarray(0, 1000)))
    await storage.beginUpload(named('u'))
    assert.equal(await storage.appendUpload(named('u'), 0, bodyOf(bytes.subarray(0, 100_000), 70_000), bytes.length), 100_000)
    assert.equal(await storage.appendUpload(named('u'), 100_000, bodyOf(bytes.subarray(100_000), MiB), bytes.length), bytes.length)
    await storage.takeUpload(named('u', 1), bytes.length)
    await storage.finishUpload(named('u', 1), 'film')
    const made = await storage.assemble('zip', [literal(bytes), copyOf('film', bytes, 1, 500)])
    assert.deepEqual({ size: made.size, sha256: made.sha256 }, described(Buffer.concat([bytes, bytes.subarray(1, 500)])))
    await storage.delete('photo')
    assert.equal(await direct.size('photo'), null)
    assert.ok(bytes.equals(await readRange(direct, 'film', 0, bytes.length, MiB)))
    assert.equal((await direct.digest('zip', Float64Array.of(bytes.length + 499))).size, bytes.length + 499)
  }

  test('503 without end is an outage, costs no try, and leaves nothing', async (t) => {
    const { proxy, direct, storage } = await behind(t, requestProxy)
    const bytes = randomBytes(9 * MiB)
    await direct.put('k', bytes)
    await storage.beginUpload(named('u'))
    await storage.appendUpload(named('u'), 0, bodyOf(bytes.subarray(0, 5), 5), 10)
    proxy.rules.push({ match: on('PUT'), times: 1000, status: 503, code: 'ServiceUnavailable' })
    for (const work of [
      () => storage.put('new', bytes),
      () => storage.assemble('zip', [literal(bytes)]),
      () => storage.appendUpload(named('u'), 5, bodyOf(bytes.subarray(5, 10), 5), 10),
    ])
      await assert.rejects(work, isOutage)
    proxy.rules.length = 0
    assert.equal(await direct.size('new'), null)
    assert.equal(await direct.size('zip'), null)
    await refuses('upload_offset', storage.appendUpload(named('u'), 6, bodyOf(bytes.subarray(0, 1), 1), 10), { offset: 5 })
    assert.equal(await storage.appendUpload(named('u'), 5, bodyOf(bytes.subarray(5, 10), 5), 10), 10)
    await storage.finishUpload(named('u'), 'done')
    assert.ok(bytes.subarray(0, 10).equals(await readRange(direct, 'done', 0, 10)))
  })

  test('a write that was given up and arrives late reaches nothing that was acknowledged since', async (t) => {
    const { proxy, direct, storage } = await behind(t, requestProxy, { patience: { ...impatient, whole: 5_000 } })
    await direct.beginUpload(named('u'))
    await direct.appendUpload(named('u'), 0, bodyOf(Buffer.from('begun, '), 9), 100)
    const release = Promise.withResolvers<void>()
    const arrived = Promise.withResolvers<number>()
    proxy.rules.push({ match: on('PUT', 'uploads/'), times: 1000, keptBack: release.promise, answered: arrived.resolve })
    await refuses('storage_unreachable', storage.appendUpload(named('u'), 7, bodyOf(Buffer.from('given up and much longer'), 99), 100))
    proxy.rules.length = 0
    assert.equal(await direct.appendUpload(named('u'), 7, bodyOf(Buffer.from('acknowledged'), 99), 100), 19)
    release.resolve()
    assert.equal(await arrived.promise, 200)
    assert.equal((await drain(await direct.openUpload(named('u'), 0, 19), 99)).toString(), 'begun, acknowledged')
    await direct.finishUpload(named('u'), 'k')
    assert.equal((await readRange(direct, 'k', 0, 19)).toString(), 'begun, acknowledged')
  })

  test('wrong, unknown and expired keys are outages that say so', async (t) => {
    const { proxy, storage, options } = await behind(t, requestProxy)
    const says = (error: unknown) => isOutage(error) && /access key/.test(String((error as { facts?: { remedy?: string } }).facts?.remedy))
    for (const change of [
      { secretAccessKey: 'wrong' },
      { accessKeyId: 'unknown' },
      { accessKeyId: 'otherkey', secretAccessKey: 'othersecret' },
    ])
      await assert.rejects(s3Storage({ ...options, ...change, clock }).identify('a'), says)
    proxy.rules.push({ match: () => true, times: 1000, status: 403, code: 'ExpiredToken' })
    const works = [
      () => storage.put('k', randomBytes(1)),
      () => storage.open('warm-up', 0, 1),
      () => storage.delete('warm-up'),
      () => storage.ready(),
    ]
    for (const work of works) await assert.rejects(work, says)
    proxy.rules.length = 0
    assert.equal(await storage.size('warm-up'), 1)
  })

  test('a clock that is an hour wrong is found out and allowed for', async (t) => {
    const { options } = await behind(t, requestProxy)
    mock.timers.enable({ apis: ['Date'], now: systemClock.now().getTime() + 3_600_000 })
    t.after(() => mock.timers.reset())
    const skewed = s3Storage({ ...options, clock })
    await skewed.identify('a', true)
    const bytes = randomBytes(1000)
    await skewed.put('k', bytes)
    assert.ok(bytes.equals(await readRange(skewed, 'k', 0, 1000)))
  })

  test('a bucket that is full says so, and takes the rest when there is room', async (t) => {
    const { storage, options } = await behind(t, requestProxy)
    const quota = (...args: string[]) => server.admin('quota', ...args, '--quota-scope=bucket', `--bucket=${options.bucket}`)
    await storage.beginUpload(named('u'))
    const bytes = randomBytes(300_000)
    await storage.appendUpload(named('u'), 0, bodyOf(bytes.subarray(0, 100_000), 50_000), bytes.length)
    await quota('set', '--max-size=150000')
    await quota('enable')
    await refuses('storage_full', storage.appendUpload(named('u'), 100_000, bodyOf(bytes.subarray(100_000), 50_000), bytes.length))
    await refuses('storage_full', storage.put('k', bytes))
    await refuses('storage_full', storage.assemble('k', [literal(bytes)]))
    assert.equal(await storage.size('k'), null)
    await quota('disable')
    assert.equal(await storage.appendUpload(named('u'), 100_000, bodyOf(bytes.subarray(100_000), 50_000), bytes.length), bytes.length)
    await storage.finishUpload(named('u'), 'k')
    assert.ok(bytes.equals(await readRange(storage, 'k', 0, bytes.length)))
  })
}
