/** Sending over a real socket: ranges, HEAD, names, and connections that break at either end. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import http from 'node:http'
import net, { type AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { makeServer } from '../app/server.ts'
import { AppError } from '../base/errors.ts'
import type { Deps } from '../ports/deps.ts'
import type { Source } from '../ports/storage/port.ts'
import type { App } from './app.ts'
import { makeGuard } from './guard.ts'
import { disposition, type Sending, type Sent, sendRange } from './send.ts'

const size = 5_000_003
const bytes = Buffer.allocUnsafe(size)
for (let i = 0, x = 7; i < size; i++) {
  x = (x * 48271) % 0x7fffffff
  bytes[i] = x
}
const sha = (b: Uint8Array) => createHash('sha256').update(b).digest('hex')

let app: App
let port = 0
let sending: Partial<Sending> = {}
let openNow = 0
let reads = 0
let last: Promise<Sent> = Promise.resolve({} as Sent)
const log: string[] = []

/** Bytes in uneven steps, as a layout of many pieces gives them. */
function stepped(from: number, to: number, end = to): Source {
  openNow++
  let at = from
  return {
    async read(into) {
      reads++
      const n = Math.min(into.length, 100_000 + (at % 7_777), end - at)
      bytes.copy(into, 0, at, at + n)
      at += n
      return n
    },
    async close() {
      openNow--
    },
  }
}

before(async () => {
  const note = (facts: Record<string, unknown>, message: string) => void log.push(`${message} ${JSON.stringify(facts)}`)
  const deps = {
    log: { info: () => {}, warn: note, error: note },
    clock: { now: () => new Date(0) },
    settings: { publicUrl: 'http://localhost:4000', tokenSecrets: ['x'] },
  } as unknown as Deps
  const routes = (scope: App) => {
    scope.get('/file', (_request, reply) => {
      last = sendRange(reply, { size, etag: 'abc', mime: 'application/zip', fileName: 'a.zip', open: stepped, ...sending })
      return last
    })
  }
  app = await makeServer({ deps, guard: makeGuard(deps, { read: async () => null }), routes: [routes] })
  await app.listen({ port: 0, host: '127.0.0.1' })
  port = (app.server.address() as AddressInfo).port
})
after(() => app?.close())

async function get(headers: Record<string, string> = {}, method = 'GET') {
  const request = http.request({ port, host: '127.0.0.1', path: '/file', method, headers })
  request.end()
  const [response] = (await once(request, 'response')) as [http.IncomingMessage]
  const parts: Buffer[] = []
  for await (const part of response) parts.push(part as Buffer)
  return { status: response.statusCode, headers: response.headers, body: Buffer.concat(parts) }
}

for (const flushFirst of [false, true]) {
  test(`whole, part, suffix and HEAD give exactly those bytes (headers ${flushFirst ? 'first' : 'with the first bytes'})`, async () => {
    sending = { flushFirst }
    const cases: [Record<string, string>, number, number, number][] = [
      [{}, 200, 0, size],
      [{ range: 'bytes=0-0' }, 206, 0, 1],
      [{ range: 'bytes=524287-524289' }, 206, 524_287, 524_290],
      [{ range: 'bytes=1000000-3000000' }, 206, 1_000_000, 3_000_001],
      [{ range: 'bytes=-524288' }, 206, size - 524_288, size],
      [{ range: `bytes=${size - 1}-` }, 206, size - 1, size],
      [{ range: 'bytes=9-', 'if-range': '"abc"' }, 206, 9, size],
      [{ range: 'bytes=9-', 'if-range': '"abd"' }, 200, 0, size],
      [{ range: 'bytes=0-1,4-5' }, 200, 0, size],
    ]
    for (const [headers, status, from, to] of cases) {
      const answer = await get(headers)
      assert.equal(answer.status, status)
      assert.equal(answer.headers['content-length'], String(to - from))
      assert.equal(answer.headers['content-range'], status === 206 ? `bytes ${from}-${to - 1}/${size}` : undefined)
      assert.equal(sha(answer.body), sha(bytes.subarray(from, to)), JSON.stringify(headers))
      assert.deepEqual(await last, { status, from, to, bytes: to - from, complete: true })
    }
    const head = await get({ range: 'bytes=0-4' }, 'HEAD')
    assert.deepEqual([head.status, head.headers['content-length'], head.body.length], [200, String(size), 0])
    assert.equal(openNow, 0, 'every source is closed')
  })
}

test('the headers let a download resume, keep it private and stop it from running as a page', async () => {
  sending = {}
  const { headers } = await get({}, 'HEAD')
  const { etag, 'accept-ranges': ranges, 'cache-control': cache, 'x-content-type-options': sniff, 'content-disposition': name } = headers
  assert.deepEqual(
    [etag, ranges, cache, sniff, name],
    ['"abc"', 'bytes', 'private, no-transform', 'nosniff', 'attachment; filename="a.zip"'],
  )
  sending = { fileName: undefined, mime: 'image/jpeg' }
  const shown = await get({}, 'HEAD')
  assert.equal(shown.headers['content-disposition'], 'inline')
  assert.match(String(shown.headers['content-security-policy']), /sandbox/)
})

test('what the client has is not sent again', async () => {
  sending = {}
  for (const tag of ['"abc"', 'W/"abc"', '"x", "abc"', '*']) {
    const answer = await get({ 'if-none-match': tag })
    assert.deepEqual([answer.status, answer.body.length], [304, 0])
  }
  assert.equal((await get({ 'if-none-match': '"abd"', range: 'bytes=0-0' })).status, 206)
})

test('a part that does not exist is 416 and says the size', async () => {
  const answer = await get({ range: `bytes=${size}-` })
  assert.equal(answer.status, 416)
  assert.equal(answer.headers['content-range'], `bytes */${size}`)
  assert.equal(answer.headers['content-disposition'], undefined)
  assert.equal(JSON.parse(answer.body.toString()).code, 'range_invalid')
})

test('nothing of nothing is an empty answer', async () => {
  sending = { size: 0 }
  const answer = await get()
  assert.deepEqual([answer.status, answer.headers['content-length']], [200, '0'])
})

test('a source that cannot be opened is an ordinary error, or a broken line when the headers are out', async () => {
  const fails = () => Promise.reject(new AppError('source_changed', { reason: 'missing', key: 'galleries/1/secret-key' }))
  sending = { open: fails }
  const answer = await get()
  assert.equal(answer.status, 500)
  assert.doesNotMatch(answer.body.toString(), /secret-key/)
  assert.equal(answer.headers['content-length'], String(answer.body.length))
  sending = { open: fails, flushFirst: true }
  await assert.rejects(get(), { code: 'ECONNRESET' })
})

test('a source that ends early or fails breaks the line: bytes are never made up', async () => {
  for (const short of [size - 1, 600_000]) {
    sending = { open: (from, to) => stepped(from, to, short) }
    log.length = 0
    await assert.rejects(get(), { code: 'ECONNRESET' })
    assert.equal((await last).complete, false)
    assert.match(log.join(), /sending broke off/)
    assert.equal(openNow, 0)
  }
})

test('a client that leaves stops the reading and closes the source', async () => {
  for (const flushFirst of [false, true]) {
    sending = { flushFirst }
    reads = 0
    const socket = net.connect(port, '127.0.0.1')
    socket.write('GET /file HTTP/1.1\r\nhost: x\r\n\r\n')
    await once(socket, 'readable')
    socket.destroy()
    const sent = await last
    assert.equal(sent.complete, false)
    assert.ok(sent.bytes < size)
    assert.equal(openNow, 0)
  }
})

test('a slow client holds two buffers, not the file', async () => {
  sending = { size: 40 * size, open: (_from, to) => endless(to) }
  reads = 0
  const socket = net.connect(port, '127.0.0.1')
  socket.write('GET /file HTTP/1.1\r\nhost: x\r\n\r\n')
  await once(socket, 'readable')
  // until reading stands still
  for (let before = -1; before !== reads; await new Promise((done) => setTimeout(done, 50))) before = reads
  assert.ok(reads < 60, `${reads} reads of 512 KiB`)
  socket.destroy()
  await last
})

function endless(total: number): Source {
  let left = total
  return {
    async read(into) {
      reads++
      const n = Math.min(into.length, left)
      left -= n
      return n
    },
    close: async () => {},
  }
}

test('names of files survive as they are, and never leave their header', () => {
  const cases: [string | undefined, string][] = [
    [undefined, 'inline'],
    ['a b.zip', 'attachment; filename="a b.zip"'],
    ['Müller & Söhne.zip', 'attachment; filename="M_ller & S_hne.zip"; filename*=UTF-8\'\'M%C3%BCller%20%26%20S%C3%B6hne.zip'],
    ['a"b\\c%41.zip', 'attachment; filename="a_b_c_41.zip"; filename*=UTF-8\'\'a%22b%5Cc%2541.zip'],
    ["it's (1)*.zip", 'attachment; filename="it\'s (1)*.zip"'],
    ['ф\r\nSet-Cookie: a=b', 'attachment; filename="_Set-Cookie: a=b"; filename*=UTF-8\'\'%D1%84Set-Cookie%3A%20a%3Db'],
    ['\ud800.zip', 'attachment; filename="_.zip"; filename*=UTF-8\'\'%EF%BF%BD.zip'],
  ]
  for (const [name, header] of cases) assert.equal(disposition(name), header)
})
