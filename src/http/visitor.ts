/** Who a guest is, without asking them: a signed cookie of this gallery alone. What they mark and export is theirs by it. */
import { createHmac, timingSafeEqual } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { days, seconds } from '../base/clock.ts'
import { newToken } from '../base/id.ts'
import type { Gallery } from '../domain/gallery.ts'
import type { Deps } from '../ports/deps.ts'
import type { Guard } from './guard.ts'

// longer than galleries are shown
const life = days(365)

const cookieName = (galleryId: string): string => `ks_v_${galleryId}`

/** The id in this browser's cookie, if we gave it out for this gallery. */
function readVisitor({ settings }: Pick<Deps, 'settings'>, request: FastifyRequest, galleryId: string): string | undefined {
  const [id = '', mac = '', more] = (request.cookies[cookieName(galleryId)] ?? '').split('.')
  if (more !== undefined || !/^[\w-]{16,64}$/.test(id)) return undefined
  const given = Buffer.from(mac)
  const signed = settings.tokenSecrets.some((secret) => {
    const mine = Buffer.from(sign(galleryId, id, secret))
    return mine.length === given.length && timingSafeEqual(mine, given)
  })
  return signed ? id : undefined
}

/** The same, and who has no cookie gets one. */
function knowVisitor(deps: Pick<Deps, 'settings'>, request: FastifyRequest, reply: FastifyReply, galleryId: string): string {
  const known = readVisitor(deps, request, galleryId)
  if (known) return known
  const id = newToken(15)
  reply.setCookie(cookieName(galleryId), `${id}.${sign(galleryId, id, deps.settings.tokenSecrets[0]!)}`, {
    path: '/',
    httpOnly: true,
    sameSite: 'lax',
    secure: deps.settings.publicUrl.startsWith('https:'),
    maxAge: life / seconds(1),
  })
  return id
}

const sign = (galleryId: string, id: string, secret: string): string =>
  createHmac('sha256', secret).update(`keepsake visitor\0${galleryId}\0${id}`).digest('base64url')

/** Who asks, as exports and favourites name them; undefined for a guest who has not done anything yet. */
export async function readRequester(
  deps: Pick<Deps, 'settings'>,
  guard: Guard,
  request: FastifyRequest,
  gallery: Gallery,
): Promise<string | undefined> {
  const who = await guard.asker(request)
  if (who.kind !== 'guest') return `user ${who.userId}`
  // by their own link a client is the same on every device
  const client = (await guard.pass(request, gallery))?.link.clientId
  if (client) return `client ${client}`
  const id = readVisitor(deps, request, gallery.id)
  return id && `guest ${id}`
}

/** The same, and a guest who has no cookie gets one. */
export async function knowRequester(
  deps: Pick<Deps, 'settings'>,
  guard: Guard,
  request: FastifyRequest,
  reply: FastifyReply,
  gallery: Gallery,
): Promise<string> {
  return (await readRequester(deps, guard, request, gallery)) ?? `guest ${knowVisitor(deps, request, reply, gallery.id)}`
}
