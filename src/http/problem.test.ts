/** Every bad request and every failure by its answer: a status, a stable code, and nothing that is not the caller's. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { z } from 'zod'
import { makeServer } from '../app/server.ts'
import { AppError, type ErrorCode, errorTable } from '../base/errors.ts'
import type { Deps } from '../ports/deps.ts'
import { type App, galleryParams, idParams, takeRawBodies } from './app.ts'
import { makeGuard } from './guard.ts'

let app: App
let toThrow: unknown
const log: string[] = []

before(async () => {
  const note = (facts: Record<string, unknown>, message: string) => void log.push(`${message} ${JSON.stringify(facts)}`)
  const deps = {
    log: { info: () => {}, warn: note, error: note },
    clock: { now: () => new Date(0) },
    settings: { publicUrl: 'http://localhost:4000', tokenSecrets: ['x'] },
    storage: { ready: () => Promise.reject(new Error('gone')) },
  } as unknown as Deps
  const routes = (scope: App) => {
    const body = z.strictObject({ title: z.string().max(20), count: z.number().int().optional(), list: z.unknown().optional() })
    scope.post('/json', { schema: { body } }, async (request) => request.body)
    const querystring = z.strictObject({ page: z.coerce.number().int().min(1).optional() })
    scope.get('/g/:id', { schema: { params: galleryParams, querystring } }, async (request) => request.params)
    scope.get('/i/:id', { schema: { params: idParams } }, async (request) => request.params)
    scope.delete('/i/:id', { schema: { params: idParams } }, async () => 'gone')
    scope.get('/throw', async () => {
      throw toThrow
    })
  }
  const raw = (scope: App) => {
    takeRawBodies(scope, 'application/offset+octet-stream')
    scope.patch('/raw', async (request) => {
      let length = 0
      for await (const part of request.body as AsyncIterable<Buffer>) length += part.length
      return { length }
    })
  }
  app = await makeServer({ deps, guard: makeGuard(deps, { read: async () => null }), routes: [routes, raw] })
})
after(() => app?.close())

const json = 'application/json'
async function send(method: 'GET' | 'POST' | 'PATCH' | 'DELETE' | 'PUT', url: string, payload?: string | Buffer, type = json) {
  return app.inject({ method, url, payload, headers: payload === undefined ? {} : { 'content-type': type } })
}

test('what is not as the API describes it is refused with a code', async () => {
  const deep = (n: number) => `{"title":"a","list":${'['.repeat(n)}${']'.repeat(n)}}`
  const id = '01a2b3c4-0000-7000-8000-000000000000'
  const cases: [string, Parameters<typeof send>, number, ErrorCode | null][] = [
    ['as described', ['POST', '/json', '{"title":"a"}'], 200, null],
    ['with a charset', ['POST', '/json', '{"title":"a"}', 'application/json; charset=utf-8'], 200, null],
    ['__proto__', ['POST', '/json', '{"title":"a","__proto__":{"x":1}}'], 400, 'bad_request'],
    ['__proto__ in escapes', ['POST', '/json', '{"title":"a","list":{"\\u005f_proto__":{"x":1}}}'], 400, 'bad_request'],
    ['constructor.prototype', ['POST', '/json', '{"title":"a","list":{"constructor":{"prototype":{}}}}'], 400, 'bad_request'],
    ['31 deep', ['POST', '/json', deep(31)], 200, null],
    ['32 deep and more', ['POST', '/json', deep(32)], 400, 'bad_request'],
    ['500,000 deep', ['POST', '/json', '['.repeat(500_000)], 400, 'bad_request'],
    ['brackets in a text are not depth', ['POST', '/json', `{"title":"${'['.repeat(10)}\\"","list":"${'['.repeat(90)}"}`], 200, null],
    ['invalid UTF-8', ['POST', '/json', Buffer.from([0x7b, 0x22, 0xc3, 0x28, 0x22, 0x3a, 0x31, 0x7d])], 400, 'bad_request'],
    ['an unknown field', ['POST', '/json', '{"title":"a","colour":"red"}'], 400, 'bad_request'],
    ['NaN', ['POST', '/json', '{"title":"a","count":NaN}'], 400, 'bad_request'],
    ['"1" for 1', ['POST', '/json', '{"title":"a","count":"1"}'], 400, 'bad_request'],
    ['1.5 for 1', ['POST', '/json', '{"title":"a","count":1.5}'], 400, 'bad_request'],
    ['half a JSON', ['POST', '/json', '{"title":'], 400, 'bad_request'],
    ['a list', ['POST', '/json', '[]'], 400, 'bad_request'],
    ['null', ['POST', '/json', 'null'], 400, 'bad_request'],
    ['nothing', ['POST', '/json', ''], 400, 'bad_request'],
    ['no body', ['POST', '/json'], 400, 'bad_request'],
    ['2 MB', ['POST', '/json', `{"title":"${'a'.repeat(2_000_000)}"}`], 400, 'bad_request'],
    ['text/plain', ['POST', '/json', '{"title":"a"}', 'text/plain'], 415, 'unsupported_type'],
    ['a form', ['POST', '/json', 'title=a', 'application/x-www-form-urlencoded'], 415, 'unsupported_type'],
    ['multipart', ['POST', '/json', '--a--', 'multipart/form-data; boundary=a'], 415, 'unsupported_type'],
    ['no type at all', ['POST', '/json', '{"title":"a"}', ''], 415, 'unsupported_type'],
    ['raw bytes where they belong', ['PATCH', '/raw', Buffer.alloc(3_000_000), 'application/offset+octet-stream'], 200, null],
    ['raw bytes elsewhere', ['POST', '/json', 'a', 'application/offset+octet-stream'], 415, 'unsupported_type'],
    ['negative page', ['GET', '/g/a?page=-1'], 400, 'bad_request'],
    ['a page that is none', ['GET', '/g/a?page=x'], 400, 'bad_request'],
    ['an unknown question', ['GET', '/g/a?colour=red'], 400, 'bad_request'],
    ['SQL for an id', ['GET', `/g/${encodeURIComponent('1 OR 1=1')}`], 400, 'bad_request'],
    ['a path for an id', ['GET', `/g/${encodeURIComponent('../../etc/passwd')}`], 400, 'bad_request'],
    ['NUL for an id', ['GET', '/g/a%00b'], 400, 'bad_request'],
    ['10 KB for an id', ['GET', `/g/${'a'.repeat(10_000)}`], 400, 'bad_request'],
    ['300 characters for an id', ['GET', `/g/${'a'.repeat(300)}`], 400, 'bad_request'],
    ['a broken escape', ['GET', '/g/%E0%A4%A'], 400, 'bad_request'],
    ['a slug for a uuid', ['GET', '/i/mara-and-jonas'], 400, 'bad_request'],
    ['a uuid in capitals', ['GET', `/i/${id.toUpperCase()}`], 400, 'bad_request'],
    ['a uuid', ['GET', `/i/${id}`], 200, null],
    ['a delete with a type and no body', ['DELETE', `/i/${id}`, ''], 200, null],
    ['no such address', ['GET', '/nothing'], 404, 'not_found'],
    ['the wrong method', ['PUT', '/json'], 405, 'method_not_allowed'],
    ['the wrong method with an id', ['PATCH', `/i/${id}`], 405, 'method_not_allowed'],
  ]
  for (const [what, request, status, code] of cases) {
    const answer = await send(...request)
    assert.equal(answer.statusCode, status, `${what}: ${answer.body} ${log.at(-1)}`)
    if (code === null) continue
    const body = answer.json()
    assert.equal(answer.headers['content-type'], 'application/problem+json', what)
    assert.deepEqual([body.status, body.code, body.title], [status, code, errorTable[code][1]], what)
    assert.equal(body.request_id, answer.headers['x-request-id'] ?? body.request_id)
    assert.doesNotMatch(answer.body, /node_modules|\.ts|at \w+ \(|ENOENT|SyntaxError/, what)
  }
})

test('a wrong field is named, its value is not repeated', async () => {
  const answer = await send('POST', '/json', '{"title":"a word nobody else should read","count":"one"}')
  assert.deepEqual(
    answer.json().errors.map((e: { path: string }) => e.path),
    ['body/title', 'body/count'],
  )
  assert.doesNotMatch(answer.body, /nobody else/)
  assert.equal((await send('PUT', '/json')).headers.allow, 'POST')
})

test('failures of ours tell the caller nothing and the log everything', async () => {
  const database = (code: string, message = 'x') => Object.assign(new Error(message), { code })
  const cases: [unknown, number, ErrorCode, string | undefined][] = [
    [new Error('password=hunter2 at /srv/app/x.ts'), 500, 'internal', undefined],
    ['a string', 500, 'internal', undefined],
    [database('ENOENT'), 500, 'internal', undefined],
    [database('23505'), 500, 'internal', undefined],
    [database('ECONNREFUSED'), 503, 'unavailable', '5'],
    [database('57P01'), 503, 'unavailable', '5'],
    [database('08006'), 503, 'unavailable', '5'],
    [new Error('Connection terminated unexpectedly'), 503, 'unavailable', '5'],
    [Object.assign(database('ENOENT'), { syscall: 'connect' }), 503, 'unavailable', '5'],
    [new AggregateError([database('ECONNREFUSED')], 'all'), 500, 'internal', undefined],
    [new AppError('storage_unreachable', { key: 'hunter2' }, { cause: new Error('hunter2') }), 503, 'storage_unreachable', '5'],
    [new AppError('storage_full', { free: 1 }), 507, 'storage_full', '60'],
    [new AppError('too_many_requests', { retryAfter: 61.2 }), 429, 'too_many_requests', '62'],
    [new AppError('slug_taken', { slug: 'hunter2' }), 409, 'slug_taken', undefined],
  ]
  for (const [error, status, code, wait] of cases) {
    toThrow = error
    log.length = 0
    const answer = await send('GET', '/throw')
    assert.deepEqual([answer.statusCode, answer.json().code, answer.headers['retry-after']], [status, code, wait], String(error))
    assert.doesNotMatch(answer.body, /hunter2|srv|23505|ENOENT/)
    if (status < 500) assert.equal(log.length, 0)
    else assert.match(log.join(), new RegExp(answer.json().request_id))
    if (String(error).includes('hunter2')) assert.match(log.join(), /hunter2/)
  }
})

test('what is written for the caller reaches them', async () => {
  toThrow = new AppError('zip_invalid', { reason: 'two entries overlap', path: '/srv/x' })
  assert.equal((await send('GET', '/throw')).json().detail, 'two entries overlap')
  toThrow = new AppError('key_scope', { detail: 'Scope needed: galleries:write' })
  assert.equal((await send('GET', '/throw')).json().detail, 'Scope needed: galleries:write')
  toThrow = new AppError('internal', { detail: 'of ours' })
  assert.equal((await send('GET', '/throw')).json().detail, undefined)
})

test('pages get a policy without inline script or style', async () => {
  const policy = String((await send('GET', '/nothing')).headers['content-security-policy'])
  assert.match(policy, /default-src 'self'/)
  assert.doesNotMatch(policy, /unsafe|\*/)
})

test('the description of the API names every route', async () => {
  const { paths, openapi } = (await send('GET', '/api/openapi.json')).json()
  assert.equal(openapi, '3.1.0')
  assert.deepEqual(Object.keys(paths).sort(), ['/g/{id}', '/i/{id}', '/json', '/raw', '/throw'])
})
