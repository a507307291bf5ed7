/**
 * The token of an invitation: base64url of the user's id (16 bytes) | its end in seconds (6) | HMAC-SHA-256 (32) over both and what
 * the user's password is now. So it opens the choice of a password until one was chosen, and a later one the next choice.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'
import { days } from '../base/clock.ts'
import { AppError } from '../base/errors.ts'

export const invitationLife = days(7)

const sign = (secret: string, head: Buffer, password: string | null): Buffer =>
  createHmac('sha256', secret)
    .update('keepsake invitation\0')
    .update(head)
    .update(password ?? '')
    .digest()

/** `password`: the hash that stands now, null while there is none. */
export function mintInvitation(userId: string, ends: Date, password: string | null, secrets: string[]): string {
  const head = Buffer.alloc(22)
  head.write(userId.replaceAll('-', ''), 'hex')
  head.writeUIntBE(Math.floor(ends.getTime() / 1000), 16, 6)
  return Buffer.concat([head, sign(secrets[0]!, head, password)]).toString('base64url')
}

/** Whom the token is for, if it is one: nothing is proven yet. */
export function invitedUser(token: string): string | undefined {
  const bytes = Buffer.from(token, 'base64url')
  if (bytes.length !== 54 || bytes.toString('base64url') !== token) return undefined
  return bytes.toString('hex', 0, 16).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

/** Throws `invitation_ended` unless we signed it, for this password, and its time is not over. */
export function checkInvitation(token: string, now: Date, password: string | null, secrets: string[]): void {
  const bytes = Buffer.from(token, 'base64url')
  const head = bytes.subarray(0, 22)
  const isOurs = secrets.some((secret) => timingSafeEqual(sign(secret, head, password), bytes.subarray(22)))
  if (!isOurs || head.readUIntBE(16, 6) * 1000 <= now.getTime()) throw new AppError('invitation_ended')
}
