/** The door for Resend's events. A scope of its own: the signature is over the bytes as they came. */
import { AppError } from '../../base/errors.ts'
import { checkSignature } from '../../domain/svix.ts'
import type { App } from '../../http/app.ts'
import type { Deps } from '../../ports/deps.ts'
import { ingest, resendEvent } from './ingest.ts'

export function ingestRoutes(app: App, deps: Deps): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'buffer', bodyLimit: 256 * 1024 }, (_request, body, done) => done(null, body))

  app.post('/api/ingest/resend', async (request, reply) => {
    const secret = deps.settings.resendWebhookSecret
    if (!secret) throw new AppError('not_found')
    const header = (name: string) => String(request.headers[name] ?? '').slice(0, 1000)
    const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
    const signed = { id: header('svix-id'), timestamp: header('svix-timestamp'), signatures: header('svix-signature'), body }
    checkSignature(signed, secret, deps.clock.now())
    await ingest(deps, signed.id, readEvent(body))
    return reply.code(204).send()
  })
}

function readEvent(body: Buffer) {
  try {
    return resendEvent.parse(JSON.parse(body.toString()))
  } catch (cause) {
    throw new AppError('bad_request', { detail: 'This is no event of Resend.' }, { cause })
  }
}
