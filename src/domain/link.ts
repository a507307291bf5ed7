/**
 * Links: signed grants that can be read without the database and withdrawn in it.
 *
 * Token: base64url of id (16 bytes) | kind (1) | expiry (4, seconds since 1970) | key id (2) | HMAC-SHA-256 over all of that (32).
 * The key id names the secret (first bytes of its SHA-256), so secrets rotate: the newest signs, all of them verify.
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { days, hours } from '../base/clock.ts'
import { AppError } from '../base/errors.ts'

/**
 * email: the archive, in a letter to one client. client: the archive, to who asked on the page. file: one original.
 * export: a selection. media: one original for a player, in place. share: the gallery's page, for one client or for anybody.
 */
export type LinkKind = 'email' | 'client' | 'file' | 'export' | 'media' | 'share'
/** How long a link of each kind lives, milliseconds (LNK-01 to LNK-04); the environment may say otherwise for three of them. */
export const linkLife: Record<LinkKind, number> = {
  email: days(7),
  client: hours(6),
  file: hours(1),
  export: hours(12),
  media: hours(6),
  // the gallery's own end, and the client's, come first
  share: days(365),
}
/** A transfer that began in time may go on for so long after the link's end: browsers resume what a bad line cut off. */
export const resumeGrace = hours(48)

// the place in this list stands in tokens: new kinds are added at its end
const kinds: LinkKind[] = ['email', 'client', 'file', 'export', 'media', 'share']
const bodyLength = 23
const tokenLength = 74 // of 55 bytes in base64url without padding

export interface LinkGrant {
  id: string
  kind: LinkKind
  expiresAt: Date
}

const keyId = (secret: string) => createHash('sha256').update('keepsake link key\0').update(secret).digest().subarray(0, 2)
const sign = (secret: string, body: Buffer) => createHmac('sha256', secret).update('keepsake link\0').update(body).digest()

/** The token of a link: the same grant and secret always give the same token, so it need not be kept. */
export function mintLink(grant: LinkGrant, secrets: string[]): string {
  const secret = secrets[0]!
  const body = Buffer.alloc(bodyLength)
  Buffer.from(grant.id.replaceAll('-', ''), 'hex').copy(body)
  body[16] = kinds.indexOf(grant.kind)
  body.writeUInt32BE(Math.floor(grant.expiresAt.getTime() / 1000), 17)
  keyId(secret).copy(body, 21)
  return Buffer.concat([body, sign(secret, body)]).toString('base64url')
}

/** Reads a token that we signed; anything else is `link_unknown`. Whether it has ended or was withdrawn is for the caller. */
export function readLink(token: string, secrets: string[]): LinkGrant {
  const bytes = Buffer.from(token.length === tokenLength ? token : '', 'base64url')
  // base64url has several spellings of the same bytes (unused bits, ignored characters): only the one we print counts
  if (bytes.length !== bodyLength + 32 || bytes.toString('base64url') !== token) throw new AppError('link_unknown')
  const body = bytes.subarray(0, bodyLength)
  const secret = secrets.find((s) => keyId(s).equals(body.subarray(21)))
  const kind = kinds[body[16]!]
  if (!secret || !kind || !timingSafeEqual(sign(secret, body), bytes.subarray(bodyLength))) throw new AppError('link_unknown')
  const h = body.toString('hex', 0, 16)
  return {
    id: `${h.slice(0, 8)}-${h.slice(8, 12)}-${h.slice(12, 16)}-${h.slice(16, 20)}-${h.slice(20)}`,
    kind,
    expiresAt: new Date(body.readUInt32BE(17) * 1000),
  }
}

/** Throws why a link opens nothing: link_unknown, link_revoked, link_expired. */
export function checkLink(link: { expiresAt: Date; revokedAt: Date | null } | undefined, now: Date): void {
  if (!link) throw new AppError('link_unknown')
  if (link.revokedAt) throw new AppError('link_revoked')
  if (link.expiresAt <= now) throw new AppError('link_expired')
}

/** May a link that has ended go on with a transfer? Only one that began while it lived; a withdrawn link never. */
export function mayResume(link: { expiresAt: Date; revokedAt: Date | null; firstUsedAt: Date | null }, now: Date): boolean {
  if (link.revokedAt || !link.firstUsedAt || link.firstUsedAt >= link.expiresAt) return false
  return now.getTime() < link.expiresAt.getTime() + resumeGrace
}

/** `mara@example.com` as it may be shown to somebody who only holds a link: `m•••@example.com`. */
export function maskAddress(email: string): string {
  const at = email.lastIndexOf('@')
  return `${[...email.slice(0, at)][0] ?? ''}•••${email.slice(at)}`
}
