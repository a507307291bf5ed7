/** The server as a whole: pages, limits, and how it ends. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import net, { type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, test } from 'node:test'
import { type App, type RoutePlugin, strictRate } from '../http/app.ts'
import { makeGuard } from '../http/guard.ts'
import { sendRange } from '../http/send.ts'
import type { Deps } from '../ports/deps.ts'
import { makeServer } from './server.ts'

const lines: string[] = []
const deps = {
  log: { info: (facts: unknown) => void lines.push(JSON.stringify(facts)), warn: () => {}, error: () => {} },
  clock: { now: () => new Date(0) },
  settings: { publicUrl: 'https://photos.example.com', tokenSecrets: ['x'] },
} as unknown as Deps
const make = (routes: RoutePlugin[], more: { webDir?: string; trustProxy?: number | string[] } = {}): Promise<App> =>
  makeServer({ deps, guard: makeGuard(deps, { read: async () => null }), routes, ...more })

const dir = mkdtempSync(path.join(tmpdir(), 'keepsake-web-'))
after(() => rmSync(dir, { recursive: true }))

test('pages are served under their addresses, and files that never change for good', async () => {
  mkdirSync(path.join(dir, 'assets'))
  writeFileSync(path.join(dir, 'studio.html'), '<p>studio')
  writeFileSync(path.join(dir, 'guest.html'), '<p>guest')
  writeFileSync(path.join(dir, 'notice.html'), '<p>notice')
  writeFileSync(path.join(dir, 'assets/a-1234.js'), 'let a')
  writeFileSync(path.join(dir, 'secret.txt'), 'secret')
  const app = await make([], { webDir: dir })
  const cases: [string, number, string][] = [
    ['/', 200, '<p>studio'],
    ['/galleries', 200, '<p>studio'],
    ['/galleries/mara/archives', 200, '<p>studio'],
    ['/sign-in?next=/', 200, '<p>studio'],
    ['/g/mara', 200, '<p>guest'],
    ['/g/mara/p/1', 200, '<p>guest'],
    ['/assets/a-1234.js', 200, 'let a'],
    ['/assets/none.js', 404, ''],
    ['/assets/../secret.txt', 404, ''],
    ['/assets/%2e%2e/secret.txt', 404, ''],
    ['/studio', 404, ''],
  ]
  for (const [url, status, body] of cases) {
    const answer = await app.inject(url)
    assert.equal(answer.statusCode, status, url)
    if (status === 200) assert.equal(answer.body, body)
    else assert.equal(answer.json().code, 'not_found', url)
  }
  assert.match(String((await app.inject('/assets/a-1234.js')).headers['cache-control']), /immutable/)
  const page = await app.inject('/g/mara')
  assert.equal(page.headers['cache-control'], 'private, no-cache')
  assert.match(String(page.headers['content-security-policy']), /default-src 'self'/)
  assert.ok(page.headers['strict-transport-security'])
  await app.close()
})

test('passwords can be tried thirty times a minute from one address, then the answer is 429', async () => {
  const app = await make([(scope) => scope.get('/try', { config: strictRate }, async () => 'tried')], { trustProxy: 1 })
  const from = (address: string) => app.inject({ url: '/try', headers: { 'x-forwarded-for': address } })
  for (let i = 0; i < 30; i++) assert.equal((await from(`2001:db8::${i}`)).statusCode, 200)
  const refused = await from('2001:db8::ffff')
  assert.deepEqual([refused.statusCode, refused.json().code], [429, 'too_many_requests'])
  assert.ok(Number(refused.headers['retry-after']) > 0)
  assert.equal((await from('2001:db8:0:1::1')).statusCode, 200)
  await app.close()
})

test('X-Forwarded-For counts only where a proxy is trusted', async () => {
  const who: RoutePlugin = (scope) => scope.get('/who', async (request) => request.ip)
  const ask = async (trustProxy?: number | string[]) => {
    const app = await make([who], { trustProxy })
    const { body } = await app.inject({ url: '/who', headers: { 'x-forwarded-for': '6.6.6.6, 7.7.7.7' } })
    await app.close()
    return body
  }
  assert.equal(await ask(), '127.0.0.1')
  assert.equal(await ask(1), '7.7.7.7')
  assert.equal(await ask(['127.0.0.1']), '7.7.7.7')
  assert.equal(await ask(['10.0.0.0/8']), '127.0.0.1')
})

test('the log names the route, never the address with its token', async () => {
  const app = await make([(scope) => scope.get('/d/:token', async () => 'ok')])
  lines.length = 0
  await app.inject('/d/a-secret-token?key=also-secret')
  await app.inject('/nothing/a-secret-token')
  assert.equal(lines.length, 2)
  assert.match(lines[0]!, /"route":"\/d\/:token","status":200/)
  assert.doesNotMatch(lines.join(), /secret/)
  await app.close()
})

test('a closing server lets a running download end, and takes no new connection', async () => {
  let more = () => {}
  const waiting = new Promise<void>((done) => {
    more = done
  })
  const route: RoutePlugin = (scope) =>
    scope.get('/file', (_request, reply) => {
      let left = 2
      const read = async (into: Uint8Array) => {
        if (left === 1) await waiting
        left--
        return into.fill(65).length
      }
      return sendRange(reply, { size: 1_048_576, etag: 'e', mime: 'text/plain', open: () => ({ read, close: async () => {} }) })
    })
  const app = await make([route])
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as AddressInfo
  const agent = new http.Agent({ keepAlive: true })
  const request = http.get({ port, host: '127.0.0.1', path: '/file', agent })
  const [response] = (await once(request, 'response')) as [http.IncomingMessage]
  const closed = app.close()
  while (app.server.listening) await new Promise((done) => setImmediate(done))
  const refused = net.connect(port, '127.0.0.1')
  await assert.rejects(once(refused, 'connect'), { code: 'ECONNREFUSED' })
  more()
  let length = 0
  for await (const part of response) length += (part as Buffer).length
  assert.equal(length, 1_048_576)
  await closed
  agent.destroy()
})

test('what is no HTTP is answered shortly and cut', async () => {
  const app = await make([])
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as AddressInfo
  const cases: [string, RegExp][] = [
    ['nonsense\r\n\r\n', /^HTTP\/1\.1 400 /],
    [`GET / HTTP/1.1\r\nhost: x\r\na: ${'a'.repeat(40_000)}\r\n\r\n`, /^HTTP\/1\.1 431 /],
    ['POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n', /^HTTP\/1\.1 400 /],
  ]
  for (const [text, answer] of cases) {
    const socket = net.connect(port, '127.0.0.1')
    socket.end(text)
    let got = ''
    for await (const part of socket) got += part
    assert.match(got, answer)
  }
  await app.close()
})
