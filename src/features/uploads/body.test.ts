/** Senders that drip. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { bodyOf, keepPace } from './body.ts'

test('a sender that only drips is cut, and what came is kept', async () => {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const sending = request({ port: (server.address() as AddressInfo).port, method: 'PATCH', headers: { 'content-length': '1000' } })
  sending.on('error', () => {})
  sending.write('0123456789')
  const [incoming] = (await once(server, 'request')) as [IncomingMessage]
  keepPace(incoming, { windowMs: 5, leastBytes: 1000 })
  const parts: Buffer[] = []
  for await (const part of bodyOf(incoming)) parts.push(part)
  assert.equal(Buffer.concat(parts).toString(), '0123456789')
  assert.equal(incoming.complete, false)
  server.close()
})
