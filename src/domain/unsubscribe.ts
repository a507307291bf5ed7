/**
 * The token in an unsubscribe link: base64url of the letter's id (16 bytes) | HMAC-SHA-256 over it (32). The letter says
 * address and gallery. It has no end: whoever finds an old letter may still ask for silence.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'
import { AppError } from '../base/errors.ts'

const sign = (secret: string, id: Buffer) => createHmac('sha256', secret).update('keepsake unsubscribe\0').update(id).digest()

export function mintUnsubscribe(letterId: string, secrets: string[]): string {
  const id = Buffer.from(letterId.replaceAll('-', ''), 'hex')
  return Buffer.concat([id, sign(secrets[0]!, id)]).toString('base64url')
}

/** The letter's id, or `link_unknown`: every secret that is still known verifies, and only the spelling we print counts. */
export function readUnsubscribe(token: string, secrets: string[]): string {
  const bytes = Buffer.from(token.length === 64 ? token : '', 'base64url')
  const id = bytes.subarray(0, 16)
  const known = bytes.length === 48 && bytes.toString('base64url') === token
  if (!known || !secrets.some((secret) => timingSafeEqual(sign(secret, id), bytes.subarray(16)))) throw new AppError('link_unknown')
  return id.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
