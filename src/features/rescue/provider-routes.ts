/**
 * The door for providers: signed as https://www.standardwebhooks.com says, which is Replicate's way, too. A scope of its own: the
 * signature is over the bytes as they came.
 */
import { z } from 'zod'
import type { ProviderTold } from '../../../sdk/src/wire.ts'
import { AppError } from '../../base/errors.ts'
import { madeIn, readPrediction } from '../../domain/prediction.ts'
import { checkSignature } from '../../domain/svix.ts'
import type { App } from '../../http/app.ts'
import type { Deps } from '../../ports/deps.ts'
import type { NewTrack } from './add.ts'
import { trackInput } from './input.ts'
import { type Taken, takeIn, takenOf } from './intake.ts'

const mostTracks = 100
// predictions carry their inputs
const bodyLimit = 4 * 1024 * 1024

export function providerRoutes(app: App, deps: Deps): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'buffer', bodyLimit }, (_request, body, done) => done(null, body))

  const params = z.object({ name: z.string().regex(/^[a-z0-9][a-z0-9._-]{0,49}$/) })
  app.post('/api/ingest/providers/:name', { schema: { params } }, async (request): Promise<ProviderTold> => {
    const { name } = request.params
    const secret = name === 'replicate' ? deps.settings.replicateWebhookSecret : deps.settings.rescueWebhookSecret
    if (!secret) throw new AppError('not_found')
    // older senders write svix- where the standard says webhook-
    const header = (part: string) => String(request.headers[`webhook-${part}`] ?? request.headers[`svix-${part}`] ?? '').slice(0, 1000)
    const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
    const signed = { id: header('id'), timestamp: header('timestamp'), signatures: header('signature'), body }
    checkSignature(signed, secret, deps.clock.now())
    // the same event again brings the same tracks, which are known then
    const taken = name === 'replicate' ? ofReplicate(body) : { tracks: ofAnybody(name, body) }
    const passed = taken.passedOver?.map(({ providerRef, reason }) => ({ provider_ref: providerRef, reason })) ?? []
    return { tracks: await takeIn(deps, taken), passed_over: passed }
  })
}

function ofReplicate(body: Buffer): Taken {
  const prediction = readPrediction(parse(body))
  if (!prediction) throw new AppError('bad_request', { detail: 'This is no prediction of Replicate.' })
  return takenOf('replicate', madeIn([prediction]))
}

/** One track, or several as `{tracks: […]}`, in the words of POST /api/tracks; whose they are says the address. */
function ofAnybody(provider: string, body: Buffer): NewTrack[] {
  const several = z.strictObject({ tracks: z.array(trackInput).max(mostTracks) })
  const parsed = several.or(trackInput.transform((track) => ({ tracks: [track] }))).safeParse(parse(body))
  if (!parsed.success) throw new AppError('bad_request', { detail: z.prettifyError(parsed.error).slice(0, 500) })
  return parsed.data.tracks.map((track) => ({ ...track, provider }))
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString())
  } catch (cause) {
    throw new AppError('bad_request', { detail: 'This is no JSON.' }, { cause })
  }
}
