/** The bed of the tests of webhooks: receivers that are real servers, and signatures checked from the text of the standard. */
import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import http, { type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestWorld } from '../../../test/world.ts'
import { emit, type Fact } from '../../data/events.ts'
import { pageDeliveries } from '../../data/webhooks.ts'
import { type EventType, eventTypes } from '../../domain/webhook.ts'
import { deliver } from './deliver.ts'
import { createWebhook } from './edit.ts'

export interface Received {
  headers: IncomingHttpHeaders
  body: Buffer
  id: string
  data: Record<string, Record<string, unknown>>
  type: string
}

export interface Receiver {
  url: string
  /** what came, in order */
  got: Received[]
  /** how it answers; 204 if it says nothing */
  answer: (to: ServerResponse, got: Received) => void
  /** connections so far */
  reached: number
  close(): Promise<void>
}

export async function receiver(host = '127.0.0.1'): Promise<Receiver> {
  const server = http.createServer((request, response) => {
    request.toArray().then((chunks) => {
      const body = Buffer.concat(chunks)
      const { type, data } = JSON.parse(body.toString())
      const got = { headers: request.headers, body, id: String(request.headers['webhook-id']), type, data }
      one.got.push(got)
      one.answer(response, got)
    })
  })
  server.on('connection', () => one.reached++)
  await new Promise<void>((resolve) => server.listen(0, host, resolve))
  const one: Receiver = {
    url: `http://${host}:${(server.address() as AddressInfo).port}/hook`,
    got: [],
    answer: (to) => to.writeHead(204).end(),
    reached: 0,
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return one
}

/**
 * Standard Webhooks, "Verifying signatures": the content `{id}.{timestamp}.{payload}` under HMAC-SHA-256 with the base64-decoded
 * secret, base64; the header is a list with spaces between, each with its version and a comma before. Answers how many match.
 */
export function signaturesOf({ headers, body }: Received, secrets: string[]): { match: number; given: number } {
  const content = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body.toString('utf8')}`
  const given = String(headers['webhook-signature']).split(' ')
  const expected = secrets.map((secret) => {
    assert.ok(secret.startsWith('whsec_'))
    return `v1,${createHmac('sha256', Buffer.from(secret.slice(6), 'base64'))
      .update(content, 'utf8')
      .digest('base64')}`
  })
  return { match: expected.filter((one) => given.includes(one)).length, given: given.length }
}

export const make = async (world: TestWorld, url: string, types: EventType[] = [...eventTypes], ownerId = world.ownerId) => {
  const { webhook, secret } = await createWebhook(world.deps, ownerId, { url, types })
  return { ...webhook, plain: secret }
}

let count = 0
/** A fact of this gallery, told in a transaction of its own. */
export async function tell(world: TestWorld, galleryId: string, more: Partial<Fact> = {}): Promise<number> {
  const fact = { galleryId, type: 'event.published' as const, dedupeKey: `fact ${++count}`, ...more }
  return world.deps.db.transaction().execute((tx) => emit(world.deps, tx, fact))
}

/** The job, by hand. */
export const work = (world: TestWorld, { id }: { id: string }, deadlineMs?: number): Promise<void> =>
  deliver(world.deps, id, { signal: new AbortController().signal }, deadlineMs)

/** Its deliveries in the order in which they happened. */
export const deliveries = async (world: TestWorld, { id }: { id: string }) =>
  (await pageDeliveries(world.deps.db, id, { limit: 200 })).sort((a, b) => a.seq - b.seq)
