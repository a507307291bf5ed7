import assert from 'node:assert/strict'
import { test } from 'node:test'
import fastify from 'fastify'
import { AppError } from '../base/errors.ts'
import { answerGone } from './notice.ts'

const app = fastify()
app.get('/:code', async (request, reply) => {
  const error = new AppError((request.params as { code: 'link_expired' }).code)
  if (!answerGone(request, reply, error, undefined)) throw error
  return reply
})
const ask = (code: string, headers: Record<string, string>) => app.inject({ url: `/${code}`, headers })
const browser = { accept: 'text/html,application/xhtml+xml' }

test('a browser gets a page in its language, with the status of the error', async () => {
  const answer = await ask('link_expired', { ...browser, 'accept-language': 'de-AT,de;q=0.9' })
  assert.equal(answer.statusCode, 410)
  assert.match(answer.body, /<html lang="de">.*Dieser Link ist abgelaufen/s)
  assert.match((await ask('link_unknown', { ...browser, 'accept-language': 'ru' })).body, /По этой ссылке ничего нет/)
  assert.match((await ask('link_revoked', browser)).body, /This link was withdrawn/)
})
test('programs, and errors of another kind, get no page', async () => {
  assert.doesNotMatch((await ask('link_expired', { accept: '*/*' })).body, /<html/)
  assert.doesNotMatch((await ask('internal', browser)).body, /<html/)
})
