/** Opens a gallery with a password: the cookie that remembers it, and the step that gives it out. */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { after, days, seconds } from '../base/clock.ts'
import { AppError } from '../base/errors.ts'
import { forgetAttempts, takeAttempt } from '../data/throttles.ts'
import type { Gallery } from '../domain/gallery.ts'
import type { Deps } from '../ports/deps.ts'
import { addressGroup } from './address.ts'
import { verifyPassword } from './password.ts'

const life = days(30)

type Locked = Pick<Gallery, 'id' | 'passwordHash'>

export const unlockCookieName = (gallery: Locked): string => `ks_g_${gallery.id}`

/** The cookie's value: when it ends, and an HMAC over gallery, end and the hash of the password it was given for. */
export function unlockCookie(gallery: Locked, expiresAt: Date, secrets: string[]): string {
  const end = Math.floor(expiresAt.getTime() / seconds(1)).toString(36)
  return `${end}.${sign(gallery, end, secrets[0]!)}`
}

/** Was this cookie given for the gallery's present password, and does it still hold? */
export function readUnlockCookie(value: string, gallery: Locked, now: Date, secrets: string[]): boolean {
  const [end = '', mac = '', more] = value.split('.')
  if (more !== undefined || !/^[0-9a-z]{1,9}$/.test(end) || Number.parseInt(end, 36) * seconds(1) <= now.getTime()) return false
  const given = Buffer.from(mac)
  return secrets.some((secret) => {
    const mine = Buffer.from(sign(gallery, end, secret))
    return mine.length === given.length && timingSafeEqual(mine, given)
  })
}

/**
 * Checks the password and sets the cookie. 5 wrong ones from one address and it has to wait; so have all who come by one link (a
 * family shares one) after 30, from wherever. Others do not.
 */
export async function unlock(
  deps: Pick<Deps, 'db' | 'clock' | 'settings'>,
  request: FastifyRequest,
  reply: FastifyReply,
  gallery: Gallery,
  password: string,
  linkId: string | undefined,
): Promise<void> {
  if (gallery.passwordHash === null) return
  const now = deps.clock.now()
  const tries = [{ key: `gallery ${gallery.id} ${addressGroup(request.ip)}`, free: 5 }]
  if (linkId) tries.push({ key: `gallery ${gallery.id} link ${linkId}`, free: 30 })
  for (const { key, free } of tries) {
    const retryAfter = await takeAttempt(deps.db, key, now, free)
    if (retryAfter > 0) throw new AppError('too_many_requests', { retryAfter })
  }
  if (!(await verifyPassword(password, gallery.passwordHash))) throw new AppError('password_wrong')
  for (const { key } of tries) await forgetAttempts(deps.db, key)
  reply.setCookie(unlockCookieName(gallery), unlockCookie(gallery, after(now, life), deps.settings.tokenSecrets), {
    path: '/',
    httpOnly: true,
    sameSite: 'lax',
    secure: deps.settings.publicUrl.startsWith('https:'),
    maxAge: life / seconds(1),
  })
}

function sign(gallery: Locked, end: string, secret: string): string {
  const password = createHash('sha256')
    .update(gallery.passwordHash ?? '')
    .digest('base64url')
  return createHmac('sha256', secret).update(`keepsake gallery session\0${gallery.id}\0${end}\0${password}`).digest('base64url')
}
