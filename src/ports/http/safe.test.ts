/** The safe way out, against real servers: 127.0.0.1 stands for the world here, every other address of this machine for our house. */
import assert from 'node:assert/strict'
import { createHook } from 'node:async_hooks'
import { execFile, execFileSync } from 'node:child_process'
import { getEventListeners } from 'node:events'
import { readFileSync } from 'node:fs'
import http, { type RequestListener, type Server } from 'node:http'
import https from 'node:https'
import net, { type AddressInfo } from 'node:net'
import path from 'node:path'
import { after, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { temporaryFolder } from '../../../test/postgres.ts'
import { AppError } from '../../base/errors.ts'
import type { HttpAnswer, HttpRequest } from './port.ts'
import { type SafeHttpOptions, safeHttp } from './safe.ts'

const servers: net.Server[] = []
after(() => {
  for (const server of servers) {
    if ('closeAllConnections' in server) (server as Server).closeAllConnections()
    server.close()
  }
})
async function listen<S extends net.Server>(server: S, host = '127.0.0.1'): Promise<S & { at: number; reached: number }> {
  servers.push(server)
  const seen = Object.assign(server, { at: 0, reached: 0 })
  server.on('connection', () => seen.reached++)
  await new Promise<void>((resolve) => server.listen(0, host, resolve))
  seen.at = (server.address() as AddressInfo).port
  return seen
}
const web = (listener: RequestListener, host?: string) => listen(http.createServer(listener), host)
/** Speaks bytes, not HTTP. */
const raw = (talk: (socket: net.Socket) => void) => listen(net.createServer((socket) => talk(socket.on('error', () => {}))))

const out = (options: SafeHttpOptions = {}) => safeHttp({ besides: ['127.0.0.1'], ...options })
/** One patience is short, the others are long: on a busy machine too it is this one that ends. */
const quick = (limit: 'headersMs' | 'idleMs') => ({ limits: { connectMs: 60_000, headersMs: 60_000, idleMs: 60_000, [limit]: 300 } })
const slowly = { deadlineMs: 60_000 }
const usual = { deadlineMs: 60_000, maxBytes: 1024 * 1024 }
const whole = async ({ status, headers, url, body }: HttpAnswer) => ({
  status,
  headers,
  url,
  text: Buffer.concat(await Array.fromAsync(body)).toString(),
})
const ask = (port: number, more: Partial<HttpRequest> & { path?: string } = {}, options?: SafeHttpOptions) =>
  out(options).fetch({ url: `http://127.0.0.1:${port}${more.path ?? '/'}`, ...usual, ...more }, whole)
/** The code it fails with, and why. */
const failing = async (work: Promise<unknown>): Promise<string> => {
  const error = await work.then(
    (value) => assert.fail(`it answered ${JSON.stringify(value)}`),
    (cause) => cause,
  )
  assert.ok(error instanceof AppError, String(error.stack))
  return `${error.code} ${error.facts.reason ?? ''}`.trim()
}
const code = async (work: Promise<unknown>) => (await failing(work)).split(' ')[0]

test('of a request that has its answer nothing waits for its deadline', async () => {
  const server = await web((_, answer) => answer.end('here'))
  const deadlineMs = 3_601_234
  const waiting = new Set<number>()
  const hook = createHook({
    init: (id, _type, _trigger, resource: { _idleTimeout?: number }) => void (resource._idleTimeout === deadlineMs && waiting.add(id)),
    destroy: (id) => void waiting.delete(id),
  }).enable()
  const { signal } = new AbortController()
  for (let n = 0; n < 20; n++) await ask(server.at, { deadlineMs, signal })
  await assert.rejects(ask(server.at, { deadlineMs, signal: AbortSignal.abort(new Error('enough')) }), /enough/)
  // `destroy` is told of on a later turn
  for (let n = 0; n < 1000 && waiting.size; n++) await new Promise(setImmediate)
  hook.disable()
  assert.deepEqual([waiting.size, getEventListeners(signal, 'abort').length], [0, 0])
})

test('asks with method, headers and body, and answers status, headers and body', async () => {
  const server = await web((request, answer) => {
    request.toArray().then((chunks) => {
      const { method, url, headers } = request
      answer.writeHead(418, { 'x-two': ['a', 'b'] }).end(JSON.stringify({ method, url, headers, body: Buffer.concat(chunks).toString() }))
    })
  })
  const headers = { 'content-type': 'application/json', 'x-mine': '1' }
  const answer = await ask(server.at, { path: '/hook?a=b', method: 'POST', headers, body: Buffer.from('{"grüße":1}') })
  assert.deepEqual([answer.status, answer.headers['x-two'], answer.url], [418, 'a, b', `http://127.0.0.1:${server.at}/hook?a=b`])
  const seen = JSON.parse(answer.text)
  assert.deepEqual([seen.method, seen.url, seen.body], ['POST', '/hook?a=b', '{"grüße":1}'])
  assert.deepEqual([seen.headers['x-mine'], seen.headers['content-length'], seen.headers['accept-encoding']], ['1', '13', 'identity'])
})

test('only public servers on the ports of the web, by http and https, and without a user name', async () => {
  const house = await web((_request, answer) => answer.end('secret'), '127.0.0.2')
  const cases = [
    'ftp://example.com/',
    'file:///etc/passwd',
    'javascript:alert(1)',
    'http://',
    'nonsense',
    'http://ida@93.184.215.14/',
    'https://:pw@93.184.215.14/',
    'http://93.184.215.14:22/',
    'https://93.184.215.14:5432/',
    'http://127.0.0.1/',
    'http://127.1/',
    'http://2130706433/',
    'http://0x7f.0.0.1/',
    'http://0177.0.0.1/',
    'http://127.0.0.1./',
    'http://0/',
    'http://[::1]/',
    'http://[::ffff:127.0.0.1]/',
    'http://[::ffff:8.8.8.8]/',
    'http://[64:ff9b::7f00:1]/',
    'http://[2002:7f00:1::]/',
    'http://[fd00:ec2::254]/',
    'http://[fe80::1]/',
    'http://169.254.169.254/latest/meta-data/',
    'http://100.100.100.200/',
    'http://①②⑦.0.0.1/',
  ]
  const strict = safeHttp()
  for (const url of cases) {
    assert.equal(await code(strict.check(url)), 'address_refused', url)
    assert.equal(await code(strict.fetch({ url, ...usual }, whole)), 'address_refused', url)
  }
  for (const url of ['https://93.184.215.14/', 'http://93.184.215.14:8443/hook', 'https://[2606:4700::1111]/']) await strict.check(url)
  assert.equal(await code(ask(house.at, { url: `http://127.0.0.2:${house.at}/` })), 'address_refused')
  assert.equal(house.reached, 0)
})

test('a name that stands for an address of ours is refused, also among others', async () => {
  const server = await web((_request, answer) => answer.end('fine'))
  const house = await web((_request, answer) => answer.end('secret'), '127.0.0.2')
  const at = (found: string[]) => ({ lookup: async () => found })
  const url = `http://hooks.test:${house.at}/`
  for (const found of [['127.0.0.2'], ['127.0.0.1', '127.0.0.2'], ['::1'], ['10.0.0.1', '127.0.0.1']]) {
    assert.equal(await code(out(at(found)).check(url)), 'address_refused', String(found))
    assert.equal(await code(out(at(found)).fetch({ url, ...usual }, whole)), 'address_refused', String(found))
  }
  assert.equal(await code(safeHttp().check('http://localhost/')), 'address_refused')
  assert.equal(house.reached, 0)
  const found = await out(at(['127.0.0.1'])).fetch({ url: `http://hooks.test:${server.at}/`, ...usual }, whole)
  assert.equal(found.text, 'fine')
})

test('a name that turns to our house between the look and the call is not followed', async () => {
  const house = await web((_request, answer) => answer.end('secret'), '127.0.0.2')
  const answers = [['127.0.0.1'], ['127.0.0.2'], ['127.0.0.2']]
  const rebinding = out({ lookup: async () => answers.shift()! })
  const url = `http://rebind.test:${house.at}/`
  await rebinding.check(url)
  assert.equal(await code(rebinding.fetch({ url, ...usual }, whole)), 'address_refused')
  assert.equal(house.reached, 0)
})

test('the peer of the connection counts, whatever a name was said to stand for', async () => {
  const seen: Buffer[] = []
  const house = await listen(
    net.createServer((socket) => socket.on('data', (data) => seen.push(data)).on('error', () => {})),
    '127.0.0.2',
  )
  const besides = ['127.0.0.2']
  // the address is still one of the world when it is looked up, and none any more when the connection stands
  const lookup = async () => {
    process.nextTick(() => besides.pop())
    return ['127.0.0.2']
  }
  const sending = safeHttp({ besides, lookup }).fetch(
    { url: `http://liar.test:${house.at}/`, ...usual, method: 'POST', body: Buffer.from('x') },
    whole,
  )
  assert.equal(await failing(sending), 'address_refused')
  assert.equal(house.reached, 1)
  assert.deepEqual(seen, [])
})

test('a name that stands for nothing is no reason to refuse, and cannot be reached', async () => {
  const none = out({ lookup: () => Promise.reject(Object.assign(new Error('no'), { code: 'ENOTFOUND' })) })
  await none.check('https://nowhere.test/')
  assert.equal(
    await failing(none.fetch({ url: 'https://nowhere.test/', ...usual }, whole)),
    'remote_unreachable there is no server of this name (ENOTFOUND)',
  )
  // a name server that says nothing
  const mute = out({ lookup: () => new Promise(() => {}), ...quick })
  await mute.check('https://nowhere.test/')
  assert.equal(await failing(mute.fetch({ url: 'https://nowhere.test/', ...usual }, whole)), 'remote_unreachable no connection came about')
})

test('redirects are answers, or followed as far as was asked, each checked', async () => {
  const house = await web((_request, answer) => answer.end('secret'), '127.0.0.2')
  const seen: string[] = []
  const server = await web((request, answer) => {
    seen.push(`${request.method} ${request.url} ${request.headers.authorization ?? '-'}`)
    const to = new Map([
      ['/house', `http://127.0.0.2:${house.at}/`],
      ['/metadata', 'http://169.254.169.254/'],
      ['/file', 'file:///etc/passwd'],
      ['/user', 'http://a:b@127.0.0.1/'],
      ['/broken', 'http://['],
      ['/loop', '/loop'],
      ['/1', '2'],
      ['/2', '/3'],
      ['/3', `http://127.0.0.1:${server.at}/end`],
      ['/other', `http://localhost.test:${server.at}/end`],
    ]).get(request.url!)
    if (to) answer.writeHead(302, { location: to }).end()
    else answer.end('here')
  })
  const plain = await ask(server.at, { path: '/house' })
  assert.deepEqual([plain.status, plain.headers.location], [302, `http://127.0.0.2:${house.at}/`])
  const headers = { authorization: 'mine' }
  const led = await ask(server.at, { path: '/1', redirects: 3, headers })
  assert.deepEqual([led.text, led.url], ['here', `http://127.0.0.1:${server.at}/end`])
  assert.equal(seen.at(-1), 'GET /end mine')
  const elsewhere = await ask(server.at, { path: '/other', redirects: 1, headers }, { lookup: async () => ['127.0.0.1'] })
  assert.equal(elsewhere.text, 'here')
  assert.equal(seen.at(-1), 'GET /end -', 'our headers stay with the one they are for')
  assert.equal((await ask(server.at, { path: '/1', redirects: 2 })).status, 302)
  assert.equal((await ask(server.at, { path: '/loop', redirects: 3 })).status, 302)
  assert.equal((await ask(server.at, { path: '/1', redirects: 3, method: 'POST' })).status, 302, 'a POST is not sent twice')
  for (const where of ['/house', '/metadata', '/file', '/user'])
    assert.equal(await code(ask(server.at, { path: where, redirects: 3 })), 'address_refused', where)
  assert.equal(await code(ask(server.at, { path: '/broken', redirects: 3 })), 'remote_unreachable')
  assert.equal(house.reached, 0)
})

test('https is checked against its certificate, and never led to http', async (t) => {
  const dir = temporaryFolder()
  const [key, cert] = [path.join(dir, 'key.pem'), path.join(dir, 'cert.pem')]
  const make = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', cert, '-days', '2', '-subj', '/CN=hooks.test']
  execFileSync('openssl', make, { stdio: 'ignore' })
  const listener: RequestListener = (_request, answer) => answer.writeHead(302, { location: 'http://127.0.0.1/' }).end()
  const server = await listen(https.createServer({ key: readFileSync(key), cert: readFileSync(cert) }, listener))
  const url = `https://127.0.0.1:${server.at}/`
  assert.equal(
    await failing(out().fetch({ url, ...usual, redirects: 3 }, whole)),
    'remote_unreachable its certificate is signed by itself (DEPTH_ZERO_SELF_SIGNED_CERT)',
  )
  await t.test('trusted, by a process of its own', () => {
    const program = `
      import { safeHttp } from '${path.join(import.meta.dirname, 'safe.ts')}'
      const http = safeHttp({ besides: ['127.0.0.1'], lookup: async () => ['127.0.0.1'] })
      const ask = { url: 'https://hooks.test:${server.at}/', deadlineMs: 5000, maxBytes: 10 }
      const seen = await http.fetch(ask, async ({ status }) => status)
      const led = await http.fetch({ ...ask, redirects: 3 }, async () => 'led').catch((error) => error.code)
      console.log(seen, led)`
    const child = execFileAsync(process.execPath, ['--input-type=module', '-e', program], { NODE_EXTRA_CA_CERTS: cert })
    return child.then((said) => assert.equal(said.trim(), '302 address_refused'))
  })
})

function execFileAsync(file: string, args: string[], env: Record<string, string>): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(file, args, { env: { ...process.env, ...env } }, (error, stdout, stderr) =>
      error ? reject(new Error(stderr)) : resolve(stdout),
    )
  })
}

test('who is silent, slow or drips is given up in time', async () => {
  const silent = await raw(() => {})
  assert.equal(await failing(ask(silent.at, slowly, quick('headersMs'))), 'remote_unreachable it did not answer in time')
  const headerDrip = await raw((socket) => {
    socket.write('HTTP/1.1 200 OK\r\n')
    const timer = setInterval(() => socket.write('x: y\r\n'), 50)
    socket.on('close', () => clearInterval(timer))
  })
  assert.equal(await failing(ask(headerDrip.at, slowly, quick('headersMs'))), 'remote_unreachable it did not answer in time')
  const stops = await raw((socket) => void socket.write('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc'))
  assert.equal(await failing(ask(stops.at, slowly, quick('idleMs'))), 'remote_unreachable it fell silent')
  const drip = await raw((socket) => {
    socket.write('HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n')
    const timer = setInterval(() => socket.write('x'), 50)
    socket.on('close', () => clearInterval(timer))
  })
  assert.equal(await failing(ask(drip.at, { deadlineMs: 700 })), 'remote_unreachable it took too long')
})

test('a body that ends short of its length, or makes no sense, is an error', async () => {
  const short = await raw((socket) => void socket.end('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc'))
  assert.equal(await failing(ask(short.at)), 'remote_unreachable it broke off')
  const chunked = await raw((socket) => void socket.end('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nabc'))
  assert.equal(await failing(ask(chunked.at)), 'remote_unreachable it broke off')
  const nonsense = await raw((socket) => void socket.end('SSH-2.0-OpenSSH_9.6\r\n'))
  assert.match(await failing(ask(nonsense.at)), /^remote_unreachable HPE_/)
  const gone = await raw((socket) => void socket.destroy())
  assert.equal(await failing(ask(gone.at)), 'remote_unreachable it broke off the connection (ECONNRESET)')
  const closed = await raw(() => {})
  const port = closed.at
  await new Promise((resolve) => closed.close(resolve))
  assert.equal(await failing(ask(port)), 'remote_unreachable it takes no connections (ECONNREFUSED)')
  const loud = await raw((socket) => void socket.end(`HTTP/1.1 200 OK\r\nx: ${'y'.repeat(40_000)}\r\n\r\n`))
  assert.equal(await failing(ask(loud.at)), 'remote_unreachable HPE_HEADER_OVERFLOW')
})

test('an endless body is cut where its reader has enough, and at the limit', async () => {
  let ended = Promise.withResolvers<void>()
  const server = await web((_request, answer) => {
    const chunk = Buffer.alloc(64 * 1024, 'x')
    const more = () => {
      while (!answer.destroyed && answer.write(chunk));
    }
    answer.on('drain', more).on('close', () => ended.resolve())
    more()
  })
  assert.equal(await code(ask(server.at, { maxBytes: 100_000 })), 'remote_too_large')
  await ended.promise
  ended = Promise.withResolvers()
  const some = await out().fetch({ url: `http://127.0.0.1:${server.at}/`, ...usual, maxBytes: 70_000 }, async ({ body }) => {
    let size = 0
    for await (const chunk of body) {
      size += chunk.length
      if (size >= 70_000) break
    }
    return size
  })
  assert.equal(some, 70_000)
  await ended.promise
})

test('what comes packed stays packed', async () => {
  const bomb = gzipSync(Buffer.alloc(50_000_000))
  const server = await web((_request, answer) => answer.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb))
  const size = await out().fetch({ url: `http://127.0.0.1:${server.at}/`, ...usual }, async ({ body }) =>
    (await Array.fromAsync(body)).reduce((sum, chunk) => sum + chunk.length, 0),
  )
  assert.equal(size, bomb.length)
  assert.ok(size < 100_000)
})

test('who asked may end it, and what the reader throws is its own', async () => {
  const silent = await raw(() => {})
  const stop = new AbortController()
  setTimeout(() => stop.abort(new Error('we go home')), 100)
  await assert.rejects(ask(silent.at, { signal: stop.signal }), /we go home/)
  await assert.rejects(ask(silent.at, { signal: AbortSignal.abort(new Error('gone already')) }), /gone already/)
  const server = await web((_request, answer) => answer.end('fine'))
  await assert.rejects(
    out().fetch({ url: `http://127.0.0.1:${server.at}/`, ...usual }, async () => {
      throw new TypeError('mine')
    }),
    /mine/,
  )
})

test('who answers with another protocol, or goes without an answer, is given up and holds nobody', { timeout: 60_000 }, async (t) => {
  const words = [
    'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n',
    'HTTP/1.1 100 Continue\r\n\r\n',
    'HTTP/1.1 200 OK\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
    'SSH-2.0-OpenSSH_9.9\r\n',
  ]
  let said = ''
  const server = net.createServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', () => socket.end(said))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  const { port } = server.address() as net.AddressInfo
  const http = safeHttp({ besides: ['127.0.0.1'] })
  for (said of words) {
    const asked = http.fetch({ url: `http://127.0.0.1:${port}/`, deadlineMs: 20_000, maxBytes: 1000 }, async ({ status }) => status)
    await assert.rejects(asked, { code: 'remote_unreachable' }, said)
  }
})
