/** How long a request may take, and that nothing is left of one that is over: against a server of our own, which any S3 client can ask. */
import assert from 'node:assert/strict'
import { createHook } from 'node:async_hooks'
import { getEventListeners, once } from 'node:events'
import http, { type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'
import { type Asking, asker, type Patience } from './s3-client.ts'

/** Answers how to ask a server for an object: its body. */
async function serving(t: TestContext, listener: RequestListener, whole: number) {
  const server = http.createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const patience: Patience = { connect: 60_000, idle: 60_000, whole }
  const ask = asker({
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    region: 'nowhere',
    bucket: 'b',
    accessKeyId: 'a',
    secretAccessKey: 's',
    pathStyle: true,
    patience,
  })
  return (asking: Asking = {}) =>
    ask({}, async (sdk, client, more) => client.send(new sdk.GetObjectCommand({ Bucket: 'b', Key: 'k' }), more), asking).then(
      ({ Body }) => Body as Readable,
    )
}

test('of a request that has its answer nothing waits for its deadline', async (t) => {
  const whole = 3_601_234
  const get = await serving(t, (_, answer) => answer.end('here'), whole)
  const waiting = new Set<number>()
  const hook = createHook({
    init: (id, _type, _trigger, resource: { _idleTimeout?: number }) => void (resource._idleTimeout === whole && waiting.add(id)),
    destroy: (id) => void waiting.delete(id),
  }).enable()
  const { signal } = new AbortController()
  for (let n = 0; n < 20; n++) assert.equal(String(await buffer(await get({ signal }))), 'here')
  const unread = await get({ signal })
  assert.equal(waiting.size > 0, true, 'what is still to be read has its time')
  unread.destroy()
  // `destroy` is told of on a later turn
  for (let n = 0; n < 1000 && (waiting.size || getEventListeners(signal, 'abort').length); n++) await new Promise(setImmediate)
  hook.disable()
  assert.deepEqual([waiting.size, getEventListeners(signal, 'abort').length], [0, 0])
})

test('the time of a request ends an answer that drips, and so does who asked', async (t) => {
  const drip: RequestListener = (_, answer) => {
    answer.write('drop')
    const drops = setInterval(() => answer.write('drop'), 20)
    answer.on('close', () => clearInterval(drops))
  }
  const ended = (body: Readable) => buffer(body).then(String, (error: NodeJS.ErrnoException) => error.code)
  const late = await serving(t, drip, 1500)
  assert.equal(await ended(await late()), 'ECONNRESET')
  const stop = new AbortController()
  const body = await (await serving(t, drip, 3_600_000))({ signal: stop.signal })
  const end = ended(body)
  await once(body, 'readable')
  stop.abort(new Error('enough'))
  assert.equal(await end, 'ECONNRESET')
})

test('a server that says nothing is away when the time is over, and who asked hears their own reason', async (t) => {
  const mute = await serving(t, () => {}, 300)
  await assert.rejects(mute(), { code: 'storage_unreachable', facts: { bucket: 'b', reason: 'TimeoutError' } })
  const stop = new AbortController()
  const asked = (await serving(t, () => stop.abort(new Error('enough')), 3_600_000))({ signal: stop.signal })
  await assert.rejects(asked, /enough/)
  await assert.rejects(mute({ signal: AbortSignal.abort(new Error('before')) }), /before/)
})
