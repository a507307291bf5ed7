/** Reads JSON bodies strictly: valid UTF-8, no `__proto__`, no depth that nobody needs. */
import { AppError } from '../base/errors.ts'
import type { App } from './app.ts'

const deepest = 32
const patience = 30_000

/** Takes application/json and nothing else; routes that take more say so in their own scope. */
export function takeStrictJson(app: App): void {
  app.removeAllContentTypeParsers()
  const parse = app.getDefaultJsonParser('error', 'error')
  const utf8 = new TextDecoder('utf-8', { fatal: true })
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    // DELETE and POST without a body, from clients that always name a type
    if (body.length === 0) return done(null, undefined)
    let text: string
    try {
      text = utf8.decode(body as Buffer)
    } catch {
      return done(new AppError('bad_request', { detail: 'The body is not valid UTF-8.' }))
    }
    if (tooDeep(text)) return done(new AppError('bad_request', { detail: `The body is nested more than ${deepest} deep.` }))
    parse(request, text, done)
  })
  // Node's requestTimeout must leave hours for uploads; a JSON body needs seconds.
  app.addHook('preParsing', (request, reply, payload, done) => {
    if (request.headers['content-type']?.startsWith('application/json')) {
      const timer = setTimeout(() => request.raw.destroy(), patience).unref()
      payload.once('end', () => clearTimeout(timer))
      reply.raw.once('close', () => clearTimeout(timer))
    }
    done(null, payload)
  })
}

function tooDeep(text: string): boolean {
  let depth = 0
  for (let i = 0, quoted = false; i < text.length; i++) {
    const c = text.charCodeAt(i)
    if (c === 0x5c) i++
    else if (c === 0x22) quoted = !quoted
    else if (!quoted && (c === 0x7b || c === 0x5b) && ++depth > deepest) return true
    else if (!quoted && (c === 0x7d || c === 0x5d)) depth--
  }
  return false
}
