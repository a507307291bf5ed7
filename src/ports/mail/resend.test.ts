import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, test } from 'node:test'
import { AppError, isCode } from '../../base/errors.ts'
import { type ResendOptions, resendMail } from './resend.ts'
import { letter, mailSuite } from './suite.ts'

const apiKey = 're_canary_5d1f0a'
const from = 'Keepsake <noreply@photos.example>'

interface Taken {
  from: string
  to: string[]
  reply_to?: string
  subject: string
  text: string
  html: string
  headers: Record<string, string>
  tags: { name: string; value: string }[]
}

const open = new Set<() => Promise<void>>()
afterEach(() => Promise.all([...open].map((close) => close())))

/** An HTTP server on a free port, and a Mail that speaks to it. */
async function serving(answer: (request: IncomingMessage, response: ServerResponse) => void, more: Partial<ResendOptions> = {}) {
  const server = createServer(answer).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const close = async () => {
    if (!open.delete(close)) return
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  }
  open.add(close)
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { mail: resendMail({ apiKey, from, baseUrl, ...more }), close }
}

/** Resend, as its documentation describes POST /emails: the key, what is needed, and a letter taken once for each idempotency key. */
async function resend() {
  const taken: Taken[] = []
  const known = new Map<string, { body: string; id: string }>()
  const world = await serving(async (request, response) => {
    const say = (status: number, body: object) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    const refuse = (statusCode: number, name: string, message: string) => say(statusCode, { statusCode, name, message })
    if (request.method !== 'POST' || request.url !== '/emails') return refuse(404, 'not_found', 'no such endpoint')
    if (request.headers.authorization !== `Bearer ${apiKey}`) return refuse(403, 'invalid_api_key', 'API key is invalid')
    let body = ''
    for await (const chunk of request) body += chunk
    const mail = JSON.parse(body) as Taken
    if (!mail.from || !mail.to?.length || !mail.subject) return refuse(422, 'missing_required_field', 'a field is missing')
    const key = String(request.headers['idempotency-key'])
    const before = known.get(key)
    if (before && before.body !== body) return refuse(409, 'invalid_idempotent_request', 'same key, other payload')
    if (before) return say(200, { id: before.id })
    const id = `49a3999c-0ce1-4ea6-ab68-${String(known.size).padStart(12, '0')}`
    known.set(key, { body, id })
    taken.push(mail)
    say(200, { id })
  })
  return { ...world, taken }
}

mailSuite('resend', async () => {
  const { taken, ...world } = await resend()
  const received = () =>
    taken.map(({ to, subject, text, html, headers }) => ({
      to: to.join(),
      subject,
      messageId: headers['Message-ID']!.replace(/[<>]/g, ''),
      text,
      html,
    }))
  return { ...world, received }
})

test('From is ours with the photographer’s name, answers go to the photographer, and the letter can be told again by its tag', async () => {
  const { mail, taken } = await resend()
  const answer = await mail.deliver({ ...letter, fromName: 'Ида "Линд" <x>', headers: { 'List-Unsubscribe': '<https://a.example/u>' } })
  assert.match(answer.response, /^taken by Resend as 49a3999c/)
  const [one] = taken as [Taken]
  assert.equal(one.from, '"Ида Линд x" <noreply@photos.example>')
  assert.deepEqual([one.to, one.reply_to], [['mara@example.com'], 'ida@example.com'])
  assert.deepEqual(one.tags, [{ name: 'letter', value: 'letter-1' }])
  assert.equal(one.headers['List-Unsubscribe'], '<https://a.example/u>')
  assert.equal(one.headers['Auto-Submitted'], 'auto-generated')
})

test('a letter sent again is taken once, also when its words have changed meanwhile', async () => {
  const { mail, taken } = await resend()
  const first = await mail.deliver(letter)
  assert.deepEqual(await mail.deliver(letter), first)
  assert.equal((await mail.deliver({ ...letter, subject: 'renamed' })).response, 'taken by Resend before')
  assert.deepEqual(
    taken.map((one) => one.subject),
    [letter.subject],
  )
})

test('what the letter has wrong is refused for good; keys, domains, quotas, rates and outages may be tried again', async () => {
  const cases: [number, string, 'mail_refused' | 'mail_unreachable'][] = [
    [400, 'validation_error', 'mail_refused'],
    [422, 'invalid_parameter', 'mail_refused'],
    [413, 'too_large', 'mail_refused'],
    [401, 'missing_api_key', 'mail_unreachable'],
    [403, 'invalid_api_key', 'mail_unreachable'],
    [403, 'validation_error', 'mail_unreachable'],
    [409, 'concurrent_idempotent_requests', 'mail_unreachable'],
    [429, 'rate_limit_exceeded', 'mail_unreachable'],
    [429, 'daily_quota_exceeded', 'mail_unreachable'],
    [500, 'internal_server_error', 'mail_unreachable'],
    [503, '', 'mail_unreachable'],
    [200, '', 'mail_unreachable'],
    [302, '', 'mail_unreachable'],
  ]
  for (const [status, name, expected] of cases) {
    const { mail, close } = await serving((_request, response) =>
      response
        .writeHead(status, { 'retry-after': '7', location: 'http://127.0.0.1:9/' })
        .end(JSON.stringify({ statusCode: status, name, message: 'no' })),
    )
    await assert.rejects(mail.deliver(letter), (error) => {
      assert.ok(error instanceof AppError)
      assert.deepEqual([error.code, error.final], [expected, expected === 'mail_refused'], `${status} ${name}`)
      if (status === 429) assert.equal(error.facts.retryAfter, 7)
      assert.ok(!JSON.stringify([error.facts, String(error.cause)]).includes(apiKey))
      return true
    })
    await close()
  }
})

test('an answer that drips, hangs, breaks off or never ends is cut, and may be tried again', async () => {
  const hostile: ((request: IncomingMessage, response: ServerResponse) => void)[] = [
    () => {},
    (_request, response) => {
      const timer = setInterval(() => response.write(' '), 20)
      response.on('close', () => clearInterval(timer))
    },
    (_request, response) => void response.write('{"id":', () => response.destroy()),
    (_request, response) => {
      const go = () => {
        while (!response.destroyed && response.write('x'.repeat(65_536)));
      }
      response.on('drain', go)
      go()
    },
    (request) => request.socket.destroy(),
  ]
  for (const answer of hostile) {
    const { mail, close } = await serving(answer, { deadlineMs: 500 })
    await assert.rejects(mail.deliver(letter), (error) => isCode(error, 'mail_unreachable') && !error.final)
    await close()
  }
})

test('a From that cannot be used is named at the start', () => {
  assert.throws(
    () => resendMail({ apiKey, from: 'Keepsake' }),
    (error) => isCode(error, 'config_invalid') && error.facts.setting === 'EMAIL_FROM',
  )
})
