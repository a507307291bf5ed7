/** Decides who asks and what they may reach. What somebody may not know exists answers like an unknown address. */
import { createHash } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import { AppError } from '../base/errors.ts'
import { findKeyByHash, noteKeyUse } from '../data/apiKeys.ts'
import { findGallery } from '../data/galleries.ts'
import { type Asker, mayManage, mayRunInstallation, type Scope } from '../domain/access.ts'
import { type Gallery, stateAt } from '../domain/gallery.ts'
import type { Deps } from '../ports/deps.ts'
import { readUnlockCookie, unlockCookieName } from './unlock.ts'

/** Reads the signed-in user from a request's cookie. */
export interface Sessions {
  read(request: FastifyRequest): Promise<{ userId: string; role: 'admin' | 'owner' } | null>
}

/** Somebody with an account: in a browser, or a program with their key. */
export type KnownAsker = Exclude<Asker, { kind: 'guest' }>

export interface Guard {
  /** Who asks: a key before a cookie; neither is a guest. A key we do not know is `sign_in_required`. */
  asker(request: FastifyRequest): Promise<Asker>
  /** A user or a key that has `scope`; else `sign_in_required` or `key_scope`. */
  user(request: FastifyRequest, scope?: Scope): Promise<KnownAsker>
  /** A user in a browser: keys are `forbidden`, so that no key can make a stronger one. */
  person(request: FastifyRequest): Promise<Extract<Asker, { kind: 'user' }>>
  /** A signed-in admin. */
  admin(request: FastifyRequest): Promise<Extract<Asker, { kind: 'user' }>>
  /** The id of the user on whose behalf a user or key acts. */
  acting(request: FastifyRequest, scope: Scope): Promise<string>
  /** A gallery of the asker. */
  gallery(request: FastifyRequest, idOrSlug: string, scope: Scope): Promise<Gallery>
  /** Does the asker manage this gallery? */
  owns(request: FastifyRequest, gallery: Gallery): Promise<boolean>
  /** A gallery its owner may look at in every state, and others as `guest` says; by id or slug. */
  visit(request: FastifyRequest, idOrSlug: string): Promise<Gallery>
  /** A published gallery that this guest may look at: password entered (owners need none), date not passed. */
  guest(request: FastifyRequest, slug: string): Promise<Gallery>
  /** The same without asking for the password: for the page that asks for it. */
  published(slug: string): Promise<Gallery>
}

export function makeGuard(deps: Pick<Deps, 'db' | 'clock' | 'settings'>, sessions: Sessions): Guard {
  const { db, clock, settings } = deps
  // one answer for each request, however many steps ask
  const known = new WeakMap<FastifyRequest, Promise<Asker>>()

  const look = async (request: FastifyRequest): Promise<Asker> => {
    const key = /^Bearer (ks_.*)$/i.exec(request.headers.authorization ?? '')?.[1]
    if (key) return askerOfKey(deps, key)
    const user = request.headers.cookie ? await sessions.read(request) : null
    return user ? { kind: 'user', ...user } : { kind: 'guest' }
  }
  const asker = (request: FastifyRequest): Promise<Asker> => {
    const found = known.get(request) ?? look(request)
    known.set(request, found)
    return found
  }
  const user = async (request: FastifyRequest, scope?: Scope): Promise<KnownAsker> => {
    const who = await asker(request)
    if (who.kind === 'guest') throw new AppError('sign_in_required')
    if (scope && who.kind === 'key' && !who.scopes.includes(scope)) throw new AppError('key_scope', { detail: `Scope needed: ${scope}` })
    return who
  }
  const person: Guard['person'] = async (request) => {
    const who = await user(request)
    if (who.kind !== 'user') throw new AppError('forbidden')
    return who
  }
  const owns: Guard['owns'] = async (request, gallery) => mayManage(await asker(request), gallery, 'galleries:read')
  const open = (gallery: Gallery | undefined): Gallery => {
    const state = gallery ? stateAt(gallery, clock.now()) : 'deleted'
    if (!gallery || state === 'draft' || state === 'deleted') throw new AppError('not_found')
    if (state === 'expired') throw new AppError('gallery_closed')
    return gallery
  }
  const published: Guard['published'] = async (slug) => {
    const gallery = await findGallery(db, slug)
    return open(gallery?.slug === slug ? gallery : undefined)
  }
  const unlocked = async (request: FastifyRequest, gallery: Gallery): Promise<Gallery> => {
    const cookie = request.cookies[unlockCookieName(gallery)]
    const remembered = cookie !== undefined && readUnlockCookie(cookie, gallery, clock.now(), settings.tokenSecrets)
    if (gallery.passwordHash === null || remembered || (await owns(request, gallery))) return gallery
    throw new AppError('password_required')
  }

  return {
    asker,
    user,
    person,
    async admin(request) {
      const who = await person(request)
      if (!mayRunInstallation(who)) throw new AppError('forbidden')
      return who
    },
    async gallery(request, idOrSlug, scope) {
      const who = await user(request, scope)
      const gallery = await findGallery(db, idOrSlug)
      if (!gallery || gallery.state === 'deleted' || !mayManage(who, gallery, scope)) throw new AppError('not_found')
      return gallery
    },
    owns,
    published,
    acting: async (request, scope) => (await user(request, scope)).userId,
    guest: async (request, slug) => unlocked(request, await published(slug)),
    async visit(request, idOrSlug) {
      const gallery = await findGallery(db, idOrSlug)
      if (gallery && gallery.state !== 'deleted' && (await owns(request, gallery))) return gallery
      return unlocked(request, open(gallery))
    },
  }
}

async function askerOfKey({ db, clock }: Pick<Deps, 'db' | 'clock'>, text: string): Promise<Asker> {
  const key = await findKeyByHash(db, hashKey(text))
  if (!key) throw new AppError('sign_in_required')
  await noteKeyUse(db, key, clock.now())
  return { kind: 'key', userId: key.ownerId, keyId: key.id, scopes: key.scopes }
}

/** What is kept of an API key. Its 192 random bits need no slow hash. */
export const hashKey = (key: string): Buffer => createHash('sha256').update(key).digest()
