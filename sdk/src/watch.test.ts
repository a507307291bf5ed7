/** Following an archive, told by a server that speaks in events, breaks its lines, or has no events at all. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createClient, KeepsakeError } from './index.ts'
import type { ArchiveStatus } from './wire.ts'

const status = (word: ArchiveStatus['status'], percent = 0) => ({ status: word, archive: { percent } }) as ArchiveStatus

async function serving(t: TestContext, answer: (asked: IncomingMessage, reply: ServerResponse) => void) {
  const server = createServer(answer).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return createClient({ url: `http://127.0.0.1:${(server.address() as { port: number }).port}`, key: 'ks_x' })
}

const json = (reply: ServerResponse, value: unknown, code = 200) =>
  void reply.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(value))

async function words(watching: AsyncIterable<ArchiveStatus>): Promise<string[]> {
  const seen: string[] = []
  for await (const { status, archive } of watching) seen.push(`${status} ${archive?.percent}`)
  return seen
}

test('events are taken as they come, in pieces and with comments, and the end ends it', async (t) => {
  const client = await serving(t, async (asked, reply) => {
    assert.equal(asked.headers.authorization, 'Bearer ks_x')
    if (asked.url!.endsWith('/archive')) return json(reply, status('pending'))
    reply.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' })
    const text = [
      ': hello',
      `event: progress\ndata: ${JSON.stringify(status('processing', 40))}`,
      `data: ${JSON.stringify(status('ready', 100))}`,
    ]
    for (const part of `${text.join('\n\n')}\n\n`.match(/[\s\S]{1,17}/g)!) {
      reply.write(part)
      await sleep(2)
    }
    // it stays open: who has heard the end does not wait for it
  })
  assert.deepEqual(await words(client.watchArchive('g')), ['pending 0', 'processing 40', 'ready 100'])
})

test('an event in other words makes it ask', async (t) => {
  let asked = 0
  const client = await serving(t, (request, reply) => {
    if (request.url!.endsWith('/archive')) return json(reply, asked++ ? status('ready', 100) : status('processing', 1))
    reply.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: {"percent":50}\n\n')
  })
  assert.deepEqual(await words(client.watchArchive('g')), ['processing 1', 'ready 100'])
})

test('where there are no events it asks, and a service that is away for a moment is waited for', async (t) => {
  const answers = [status('pending'), status('processing', 10), null, status('processing', 10), status('failed', 10)]
  let events = 0
  const client = await serving(t, (asked, reply) => {
    if (!asked.url!.endsWith('/archive')) {
      events++
      return json(reply, { title: 'There is nothing here', code: 'not_found' }, 404)
    }
    const next = answers.shift()
    if (next) json(reply, next)
    else reply.destroy()
  })
  assert.deepEqual(await words(client.watchArchive('g')), ['pending 0', 'processing 10', 'failed 10'])
  assert.equal(events, 1, 'what is not there is asked for once')
})

test('it can be aborted, and a refusal is thrown', async (t) => {
  const client = await serving(t, (asked, reply) => {
    if (asked.url!.includes('secret')) return json(reply, { title: 'There is nothing here', code: 'not_found', status: 404 }, 404)
    json(reply, status('pending'), asked.url!.endsWith('/archive') ? 200 : 404)
  })
  const stop = new AbortController()
  const watching = client.watchArchive('g', { signal: stop.signal })
  assert.equal((await watching.next()).value!.status, 'pending')
  setTimeout(() => stop.abort(new Error('enough')), 50)
  await assert.rejects(watching.next(), /enough/)
  await assert.rejects(words(client.watchArchive('secret')), (error) => error instanceof KeepsakeError && error.code === 'not_found')
})
