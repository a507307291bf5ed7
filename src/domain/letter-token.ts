/**
 * The token in a letter's link that lets its reader do one thing: base64url of the letter's id (16 bytes) | HMAC-SHA-256 over
 * what it is for and that id (32). The letter says the rest: address, gallery, date. It has no end: whoever finds an old letter may
 * still ask for silence, and an end that was put off once is not put off again.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'
import { AppError } from '../base/errors.ts'

/** unsubscribe: no more news of the gallery. extend: the ended gallery is open for longer. */
export type LetterAction = 'unsubscribe' | 'extend'

const sign = (secret: string, action: LetterAction, id: Buffer) =>
  createHmac('sha256', secret).update(`keepsake ${action}\0`).update(id).digest()

export function mintLetterToken(action: LetterAction, letterId: string, secrets: string[]): string {
  const id = Buffer.from(letterId.replaceAll('-', ''), 'hex')
  return Buffer.concat([id, sign(secrets[0]!, action, id)]).toString('base64url')
}

/** The letter's id, or `link_unknown`: every secret that is still known verifies, and only the spelling we print counts. */
export function readLetterToken(action: LetterAction, token: string, secrets: string[]): string {
  const bytes = Buffer.from(token.length === 64 ? token : '', 'base64url')
  const id = bytes.subarray(0, 16)
  const known = bytes.length === 48 && bytes.toString('base64url') === token
  if (!known || !secrets.some((secret) => timingSafeEqual(sign(secret, action, id), bytes.subarray(16)))) throw new AppError('link_unknown')
  return id.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
