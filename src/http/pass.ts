/** What a link to a gallery's page leaves behind in a browser: a signed cookie that lives exactly as long as the link does. */
import { createHmac, timingSafeEqual } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { seconds } from '../base/clock.ts'
import { AppError } from '../base/errors.ts'
import { findClientByEmail } from '../data/clients.ts'
import { findLink, type HeldLink } from '../data/links.ts'
import { checkAccess, type Permission } from '../domain/access.ts'
import { checkLink, readLink } from '../domain/link.ts'
import type { Deps } from '../ports/deps.ts'

/** What opens a gallery's page besides its address, and what it allows. Without an id: somebody who signed in elsewhere. */
export interface Pass {
  link: Pick<HeldLink, 'clientId' | 'client'> & { id: string | null }
  permission: Permission
}
/** The same of a living link. */
export interface LinkPass extends Pass {
  link: HeldLink
}

type Needs = Pick<Deps, 'db' | 'clock' | 'settings'>

const cookieName = (galleryId: string): string => `ks_l_${galleryId}`

/** The pass of a share link; throws link_unknown, link_revoked, link_expired, access_ended. */
export async function passOfToken(deps: Needs, token: string): Promise<LinkPass> {
  const grant = readLink(token, deps.settings.tokenSecrets)
  if (grant.kind !== 'share') throw new AppError('link_unknown')
  return passOfLink(deps, await findLink(deps.db, grant.id))
}

/** The pass this browser came with; undefined without one; throws why it is none any more. */
export async function passOfCookie(deps: Needs, request: FastifyRequest, galleryId: string): Promise<LinkPass | undefined> {
  const id = readCookie(request.cookies[cookieName(galleryId)] ?? '', galleryId, deps.settings.tokenSecrets)
  if (!id) return undefined
  const link = await findLink(deps.db, id)
  return link?.galleryId === galleryId ? passOfLink(deps, link) : undefined
}

/** Leaves the pass in the browser. The cookie is not the token: a link that may be used three times is not copied out of it. */
export function leavePass(deps: Needs, reply: FastifyReply, { link }: LinkPass): void {
  const left = link.expiresAt.getTime() - deps.clock.now().getTime()
  reply.setCookie(cookieName(link.galleryId), `${link.id}.${sign(link.galleryId, link.id, deps.settings.tokenSecrets[0]!)}`, {
    path: '/',
    httpOnly: true,
    sameSite: 'lax',
    secure: deps.settings.publicUrl.startsWith('https:'),
    maxAge: Math.floor(left / seconds(1)),
  })
}

/** A client of the gallery who signed in elsewhere, by the address that the photographer entered; throws `access_ended`. */
export async function passOfAddress({ db, clock }: Needs, galleryId: string, email: string): Promise<Pass | undefined> {
  const client = await findClientByEmail(db, galleryId, email)
  if (!client) return undefined
  checkAccess(client, clock.now())
  return { link: { id: null, clientId: client.id, client }, permission: client.permission }
}

function passOfLink({ clock }: Needs, link: HeldLink | undefined): LinkPass {
  checkLink(link, clock.now())
  if (link?.kind !== 'share') throw new AppError('link_unknown')
  if (link.client) checkAccess(link.client, clock.now())
  return { link, permission: link.client?.permission ?? link.permission ?? 'download' }
}

/** The id of the link, when we signed it for this gallery. */
function readCookie(value: string, galleryId: string, secrets: string[]): string | undefined {
  const [id = '', mac = '', more] = value.split('.')
  if (more !== undefined || !/^[0-9a-f-]{36}$/.test(id)) return undefined
  const given = Buffer.from(mac)
  const isOurs = secrets.some((secret) => {
    const mine = Buffer.from(sign(galleryId, id, secret))
    return mine.length === given.length && timingSafeEqual(mine, given)
  })
  return isOurs ? id : undefined
}

const sign = (galleryId: string, linkId: string, secret: string): string =>
  createHmac('sha256', secret).update(`keepsake gallery pass\0${galleryId}\0${linkId}`).digest('base64url')
