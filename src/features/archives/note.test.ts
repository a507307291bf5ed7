/** Proof of delivery over real sockets: what is noted as received is what a client counted, never more. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type http from 'node:http'
import net, { type AddressInfo } from 'node:net'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { run } from '../../../test/journeys/programs.ts'
import { photos } from '../../../test/journeys/sending.ts'
import { temporaryFolder } from '../../../test/postgres.ts'
import { type TestWorld, testWorld } from '../../../test/world.ts'
import { makeServer } from '../../app/server.ts'
import { days, systemClock } from '../../base/clock.ts'
import { newId } from '../../base/id.ts'
import { findArchive } from '../../data/archives.ts'
import { insertLink } from '../../data/links.ts'
import type { Archive } from '../../domain/archive.ts'
import { covered, join, lengthOf, type Stretch } from '../../domain/download.ts'
import { mintLink } from '../../domain/link.ts'
import type { App } from '../../http/app.ts'
import { makeGuard } from '../../http/guard.ts'
import { createGallery } from '../galleries/edit.ts'
import { importFolder } from '../uploads/import.ts'
import { publish } from './publish.ts'
import { archiveRoutes } from './routes.ts'

const mb = 1_000_000
let world: TestWorld
let app: App
let port = 0
let archive: Archive
const folder = temporaryFolder()

before(async () => {
  world = await testWorld({ clock: systemClock })
  const { deps } = world
  const gallery = await createGallery(deps, world.ownerId, { title: 'Proof' })
  const from = mkdtempSync('/tmp/keepsake-proof-')
  for (const photo of await photos(4, 15 * mb)) writeFileSync(path.join(from, photo.name), photo.bytes)
  await importFolder(deps, gallery, from)
  rmSync(from, { recursive: true })
  archive = (await publish(deps, gallery.id, { userId: null, source: 'publish' })).archive
  app = await makeServer({ deps, guard: makeGuard(deps, { read: async () => null }), routes: [archiveRoutes] })
  await app.listen({ port: 0, host: '127.0.0.1' })
  port = (app.server.address() as AddressInfo).port
})
after(async () => {
  await app.close()
  await world.close()
  rmSync(folder, { recursive: true })
})

/** A link that nobody has used yet. */
async function freshLink(): Promise<{ id: string; path: string; url: string }> {
  const now = world.deps.clock.now()
  const link = {
    id: newId(now),
    kind: 'client' as const,
    galleryId: archive.galleryId,
    archiveId: archive.id,
    clientId: null,
    issuedAt: now,
    expiresAt: new Date(now.getTime() + days(1)),
    revokedAt: null,
  }
  await insertLink(world.deps.db, link)
  const token = mintLink({ id: link.id, kind: 'client', expiresAt: link.expiresAt }, world.deps.settings.tokenSecrets)
  return { id: link.id, path: `/d/${token}`, url: `http://127.0.0.1:${port}/d/${token}` }
}

async function rowOf(linkId: string) {
  const row = await world.deps.db.selectFrom('downloads').selectAll().where('linkId', '=', linkId).executeTakeFirst()
  if (!row) return undefined
  const received = [...row.received.matchAll(/(\d+),(\d+)/g)].map((m) => ({ from: Number(m[1]), to: Number(m[2]) }))
  const stretches = covered({ received, answers: row.answers }, row.size)
  assert.equal(lengthOf(stretches), row.receivedBytes)
  return { ...row, stretches }
}

/** The row, when so many answers are noted in it. */
const noted = (linkId: string, answers: number) =>
  world.until(async () => {
    const row = await rowOf(linkId)
    return row && row.answers.length >= answers && row
  }, `answer ${answers}`)

/** Asks for the rest of the file from `from` on, reads about `most` bytes in its own pace, and breaks off; answers how many it read. */
function readSome(path: string, from: number, most: number, pause: () => number, headers = ''): Promise<{ got: number; ended: boolean }> {
  return new Promise((done) => {
    const socket = net.connect(port, '127.0.0.1')
    let head: Buffer | undefined = Buffer.alloc(0)
    let got = 0
    const end = (ended: boolean) => {
      socket.destroy()
      done({ got, ended })
    }
    socket.write(`GET ${path} HTTP/1.1\r\nhost: x\r\nrange: bytes=${from}-\r\n${headers}\r\n`)
    socket.on('error', () => {})
    socket.on('data', async (part) => {
      if (head) {
        head = Buffer.concat([head, part])
        const at = head.indexOf('\r\n\r\n')
        if (at < 0) return
        assert.match(head.toString('latin1', 0, 20), /^HTTP\/1.1 206/)
        got = head.length - at - 4
        head = undefined
      } else got += part.length
      if (from + got >= archive.fileSizeBytes) return end(true)
      if (got >= most) return end(false)
      const wait = pause()
      if (wait > 0) {
        socket.pause()
        await sleep(wait)
        socket.resume()
      }
    })
  })
}

const within = (claimed: Stretch[], had: Stretch[]) => claimed.every((c) => join(had).some((h) => h.from <= c.from && c.to <= h.to))

test('50 broken downloads by readers of every pace: nothing is claimed that they did not get', { timeout: 300_000 }, async (t) => {
  const size = archive.fileSizeBytes
  let claimed = 0
  let had = 0
  const one = async (n: number) => {
    const link = await freshLink()
    const mine: Stretch[] = []
    let at = 0
    for (let cut = 1; cut <= 5; cut++) {
      // fast, in fits and starts, and slow enough that the buffers of both sides are full
      const pause = [() => 0, () => (Math.random() < 0.02 ? 40 : 0), () => 1][(n + cut) % 3]!
      const { got } = await readSome(link.path, at, Math.random() * (size - at) * 0.6, pause)
      mine.push({ from: at, to: at + got })
      at += got
      const row = await noted(link.id, cut)
      assert.ok(within(row.stretches, mine), `${JSON.stringify(row.stretches)} of ${JSON.stringify(mine)}`)
      assert.equal(row.completeAt, null)
      claimed += lengthOf(row.stretches)
      had += lengthOf(join(mine))
      // every third time from the beginning, as a browser that cannot resume
      if (cut % 3 === 0) at = 0
    }
    const rest = await readSome(link.path, at, size, () => 0)
    assert.ok(rest.ended)
    mine.push({ from: at, to: size })
    const row = await noted(link.id, 6)
    assert.deepEqual(row.stretches, [{ from: 0, to: size }], 'everybody who goes on to the end has a complete copy')
    assert.ok(row.completeAt)
    assert.equal(row.count, 1)
  }
  for (let n = 0; n < 10; n += 2) await Promise.all([one(n), one(n + 1)])
  t.diagnostic(`claimed ${((100 * claimed) / had).toFixed(0)} % of what had arrived after 50 cuts`)
})

test('a reader that has everything but its last bytes is not complete; nor one that closes with bytes unread', async () => {
  const size = archive.fileSizeBytes
  // all of it fits into the buffers, so our side is done long before
  for (const headers of ['', 'connection: close\r\n']) {
    for (const unread of [1, 1000, 900_000]) {
      const link = await freshLink()
      const from = size - 1_000_000
      const done = once(app.server, link.path)
      await readButNot(link.path, from, size - from - unread, headers, done)
      const row = await noted(link.id, 1)
      assert.deepEqual(row.stretches, [], `${unread} bytes unread, ${headers}`)
    }
    const link = await freshLink()
    const { ended } = await readSome(link.path, size - 1_000_000, size, () => 0, headers)
    assert.ok(ended)
    assert.deepEqual((await noted(link.id, 1)).stretches, [{ from: size - 1_000_000, to: size }])
  }
})

/** Resolves when the answer to the next question for `path` has been handed over. */
const once = (server: http.Server, path: string) =>
  new Promise<void>((done) => {
    const look = (request: http.IncomingMessage, response: http.ServerResponse) => {
      if (request.url !== path) return
      server.off('request', look)
      response.once('finish', () => done())
    }
    server.on('request', look)
  })

/** Reads so many bytes of the body, waits until `handed`, and closes. */
async function readButNot(path: string, from: number, count: number, headers: string, handed: Promise<void>): Promise<void> {
  const socket = net.connect({ port, host: '127.0.0.1', highWaterMark: 1 } as net.NetConnectOpts)
  socket.on('error', () => {})
  socket.write(`GET ${path} HTTP/1.1\r\nhost: x\r\nrange: bytes=${from}-\r\n${headers}\r\n`)
  let got = 0
  let head = ''
  await new Promise<void>((done) => {
    socket.on('readable', () => {
      while (!head.endsWith('\r\n\r\n')) {
        const one = socket.read(1)
        if (!one) return
        head += one.toString('latin1')
      }
      while (got < count) {
        const part = socket.read(1)
        if (!part) return
        got += 1
      }
      done()
    })
  })
  await handed
  socket.resetAndDestroy()
}

test('the same file twice is two downloads; a question for it, a part of it, or what one has already is none', async () => {
  const link = await freshLink()
  const before = (await findArchive(world.deps.db, archive.id))!.downloadCount
  const file = path.join(folder, 'twice.zip')
  assert.equal((await run('curl', ['-fsSI', link.url])).code, 0)
  assert.equal((await fetch(link.url, { headers: { 'if-none-match': `"${archive.planHash}"` } })).status, 304)
  assert.equal((await fetch(link.url, { headers: { range: `bytes=${archive.fileSizeBytes}-` } })).status, 416)
  assert.equal(await rowOf(link.id), undefined)
  assert.equal((await run('curl', ['-fsS', '-r', '0-65535', '-o', file, link.url])).code, 0)
  const scanned = await noted(link.id, 1)
  assert.deepEqual([scanned.count, scanned.completeAt, scanned.receivedBytes], [0, null, 65_536])
  for (const times of [1, 2]) {
    assert.equal((await run('curl', ['-fsS', '-o', file, link.url])).code, 0)
    await world.until(async () => (await rowOf(link.id))?.count === times)
  }
  const row = (await rowOf(link.id))!
  assert.equal(row.agent, 'curl')
  assert.ok(row.firstAt < row.completeAt! && row.completeAt! < row.lastAt)
  assert.equal(row.bytes, 65_536 + 2 * archive.fileSizeBytes)
  const counted = (await findArchive(world.deps.db, archive.id))!
  assert.equal(counted.downloadCount, before + 2)
  assert.deepEqual(counted.lastDownloadedAt, row.lastAt)
})

test('eight lines side by side make one download (aria2c -x8)', async () => {
  const link = await freshLink()
  const options = ['-x8', '-s8', '-k1M', '--allow-overwrite=true', '--file-allocation=none', '-d', folder, '-o', 'eight.zip']
  const ended = await run('aria2c', [...options, link.url])
  assert.equal(ended.code, 0, ended.output)
  const row = await world.until(async () => {
    const row = await rowOf(link.id)
    return row?.completeAt ? row : undefined
  })
  assert.deepEqual([row.count, row.receivedBytes, row.agent], [1, archive.fileSizeBytes, 'aria2'])
  assert.ok(row.answers.length > 1, 'it did use several lines')
})

test('a line that was still open when the copy was complete takes nothing from it', async () => {
  const link = await freshLink()
  const slow = await fetch(link.url)
  const reader = slow.body!.getReader()
  await reader.read()
  assert.equal((await run('curl', ['-fsS', '-o', path.join(folder, 'whole.zip'), link.url])).code, 0)
  const whole = await world.until(async () => {
    const row = await rowOf(link.id)
    return row?.completeAt ? row : undefined
  })
  await reader.cancel()
  const row = await world.until(async () => {
    const row = (await rowOf(link.id))!
    return row.bytes > whole.bytes ? row : undefined
  })
  assert.deepEqual([row.count, row.receivedBytes, row.answers, row.lastAt], [1, archive.fileSizeBytes, whole.answers, whole.lastAt])
})

test('what came live and what comes from the stored file are one download', async () => {
  const link = await freshLink()
  const half = 30 * mb
  const live = await readSome(link.path, 0, half, () => 0)
  await noted(link.id, 1)
  await world.work()
  await world.until(async () => (await findArchive(world.deps.db, archive.id))?.status === 'ready')
  const { ended } = await readSome(link.path, live.got, archive.fileSizeBytes, () => 0)
  assert.ok(ended)
  const row = await noted(link.id, 2)
  assert.ok(row.completeAt)
  assert.equal(row.count, 1)
})

test('a download that cannot be noted is a download all the same', async () => {
  const link = await freshLink()
  await world.deps.db.deleteFrom('downloads').where('linkId', '=', link.id).execute()
  await world.deps.db.schema.alterTable('downloads').renameTo('elsewhere').execute()
  const errors: string[] = []
  world.deps.log.error = (_facts, message) => void errors.push(message)
  try {
    assert.equal((await run('curl', ['-fsS', '-o', path.join(folder, 'unnoted.zip'), link.url])).code, 0)
    await world.until(async () => errors.length > 0)
    assert.deepEqual(errors, ['a download could not be noted'])
  } finally {
    await world.deps.db.schema.alterTable('elsewhere').renameTo('downloads').execute()
  }
})
