/**
 * Signatures of events that Resend sends us, in the form of Svix: HMAC-SHA-256 over `id.timestamp.body`, base64, one or several
 * as `v1,…` with spaces between. The secret is base64 behind `whsec_`.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'
import { minutes, seconds } from '../base/clock.ts'
import { AppError } from '../base/errors.ts'

export interface SignedEvent {
  id: string
  /** seconds since 1970 */
  timestamp: string
  signatures: string
  body: Buffer
}

const tolerance = minutes(5)

/** Throws `signature_invalid` unless the event was signed with this secret within five minutes of `now`. */
export function checkSignature(event: SignedEvent, secret: string, now: Date): void {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64')
  const sent = /^\d{1,12}$/.test(event.timestamp) ? Number(event.timestamp) * seconds(1) : Number.NaN
  const expected = createHmac('sha256', key).update(`${event.id}.${event.timestamp}.`).update(event.body).digest()
  const signed = event.signatures.split(' ').some((one) => {
    const [version, text = ''] = one.split(',')
    const given = Buffer.from(text, 'base64')
    return version === 'v1' && given.length === expected.length && timingSafeEqual(given, expected)
  })
  if (!signed || !(Math.abs(now.getTime() - sent) <= tolerance)) throw new AppError('signature_invalid')
}
