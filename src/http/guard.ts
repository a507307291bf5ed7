/** Decides who asks and what they may reach. What somebody may not know exists answers like an unknown address. */
import { createHash } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import { AppError, isCode } from '../base/errors.ts'
import { isUuid } from '../base/id.ts'
import { findKeyByHash, noteKeyUse } from '../data/apiKeys.ts'
import { findGallery, findGalleryOfAnyState } from '../data/galleries.ts'
import { findUserByEmail } from '../data/users.ts'
import { type Asker, mayManage, mayRunInstallation, type Scope } from '../domain/access.ts'
import { type Gallery, isClosed, type Size, stateAt } from '../domain/gallery.ts'
import type { Deps } from '../ports/deps.ts'
import type { Tokens } from '../ports/tokens/port.ts'
import { type Pass, passOfAddress, passOfCookie } from './pass.ts'
import { readUnlockCookie, unlockCookieName } from './unlock.ts'

/** Reads the signed-in user from a request's cookie. */
export interface Sessions {
  read(request: FastifyRequest): Promise<{ userId: string; role: 'admin' | 'owner' } | null>
}

/** Somebody with an account: in a browser, or a program with their key. */
export type KnownAsker = Exclude<Asker, { kind: 'guest' }>

export interface Guard {
  /** Who asks: a key, or the token of an outside sign-in, before a cookie; neither is a guest. One we do not know is `sign_in_required`. */
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
  /** The same, also one that was deleted (by its id): its archives are kept. */
  kept(request: FastifyRequest, idOrSlug: string, scope: Scope): Promise<Gallery>
  /** Does the asker manage this gallery? */
  owns(request: FastifyRequest, gallery: Gallery): Promise<boolean>
  /** A gallery its owner may look at in every state, and others as `guest` says; by id or slug. */
  visit(request: FastifyRequest, idOrSlug: string): Promise<Gallery>
  /**
   * A published gallery that this guest may look at: date not passed, and its address is open to all and the password entered,
   * or they came by a link of their own (that needs no password). Owners may always look at what is published.
   */
  guest(request: FastifyRequest, slug: string): Promise<Gallery>
  /** The same without asking for the password: for the page that asks for it. */
  published(request: FastifyRequest, slug: string): Promise<Gallery>
  /** The link by which this browser came, while it lives; or the client whose token a program sends. */
  pass(request: FastifyRequest, gallery: Gallery): Promise<Pass | undefined>
  /**
   * May who looks at this gallery also take photos home, in this size? Answers the client it is for, if it is one; throws
   * `download_disabled`, `download_forbidden` and `original_withheld`. Owners may. Films and tracks have one size: `screen`.
   */
  download(request: FastifyRequest, gallery: Gallery, size: Size): Promise<{ clientId: string | null }>
}

/** `tokens`: whose signed tokens count as a sign-in; nobody's without it. */
export function makeGuard(deps: Pick<Deps, 'db' | 'clock' | 'settings'>, sessions: Sessions, tokens?: Tokens): Guard {
  const { db, clock, settings } = deps
  // one answer for each request, however many steps ask
  const known = new WeakMap<FastifyRequest, Promise<Asker>>()

  const look = async (request: FastifyRequest): Promise<Asker> => {
    const key = /^Bearer (ks_.*)$/i.exec(request.headers.authorization ?? '')?.[1]
    if (key) return askerOfKey(deps, key)
    const token = tokens && /^Bearer ([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(request.headers.authorization ?? '')?.[1]
    if (token) return askerOfToken(deps, tokens, token)
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
  const published = (gallery: Gallery | undefined): Gallery => {
    if (!gallery || gallery.state === 'draft' || gallery.state === 'deleted') throw new AppError('not_found')
    return gallery
  }
  const bySlug = async (slug: string): Promise<Gallery> => {
    const gallery = await findGallery(db, slug)
    return published(gallery?.slug === slug ? gallery : undefined)
  }
  /** By a link, or as a client who signed in elsewhere. */
  const came = async (request: FastifyRequest, gallery: Gallery): Promise<Pass | undefined> => {
    const who = await asker(request)
    const known = who.kind === 'guest' && who.email ? await passOfAddress(deps, gallery.id, who.email) : undefined
    return known ?? passOfCookie(deps, request, gallery.id)
  }
  /** Through the gallery's address or by a link; true when the link opens it without the password. */
  const reach = async (request: FastifyRequest, gallery: Gallery): Promise<boolean> => {
    let pass: Pass | undefined
    try {
      pass = await came(request, gallery)
    } catch (error) {
      // whose time is over reads that; a link that is none any more leaves what everybody may do
      if (isCode(error, 'access_ended') || !gallery.isPublic) throw error
    }
    if (!pass && !gallery.isPublic) throw new AppError('not_found')
    return !!pass?.link.client
  }
  /** The same for everybody; and only who may come near reads that it has closed. */
  const enter = async (request: FastifyRequest, gallery: Gallery): Promise<boolean> => {
    const own = await owns(request, gallery)
    const free = own || (await reach(request, gallery))
    // to guests an archived gallery is one that is not there (004)
    if (gallery.state === 'archived' && !own) throw new AppError('not_found')
    if (isClosed(stateAt(gallery, clock.now()))) throw new AppError('gallery_closed', { gallery: gallery.id })
    return free
  }
  const unlocked = async (request: FastifyRequest, gallery: Gallery): Promise<Gallery> => {
    if ((await enter(request, gallery)) || gallery.passwordHash === null) return gallery
    const cookie = request.cookies[unlockCookieName(gallery)]
    if (cookie !== undefined && readUnlockCookie(cookie, gallery, clock.now(), settings.tokenSecrets)) return gallery
    throw new AppError('password_required')
  }
  const pass: Guard['pass'] = (request, gallery) => came(request, gallery).catch(noPass)

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
      if (!gallery || !isGallery(gallery) || !mayManage(who, gallery, scope)) throw new AppError('not_found')
      return gallery
    },
    async kept(request, idOrSlug, scope) {
      const who = await user(request, scope)
      const gallery = (await findGallery(db, idOrSlug)) ?? (isUuid(idOrSlug) ? await findGalleryOfAnyState(db, idOrSlug) : undefined)
      if (gallery?.kind !== 'gallery' || !mayManage(who, gallery, scope)) throw new AppError('not_found')
      return gallery
    },
    owns,
    async published(request, slug) {
      const gallery = await bySlug(slug)
      await enter(request, gallery)
      return gallery
    },
    acting: async (request, scope) => (await user(request, scope)).userId,
    guest: async (request, slug) => unlocked(request, await bySlug(slug)),
    pass,
    async download(request, gallery, size) {
      if (await owns(request, gallery)) return { clientId: null }
      if (!gallery.downloadEnabled) throw new AppError('download_disabled')
      const came = await pass(request, gallery)
      if (came?.permission === 'view') throw new AppError('download_forbidden')
      if (size === 'original' && gallery.downloadSize === 'screen') throw new AppError('original_withheld')
      return { clientId: came?.link.clientId ?? null }
    },
    async visit(request, idOrSlug) {
      const gallery = await findGallery(db, idOrSlug)
      if (gallery && isGallery(gallery) && (await owns(request, gallery))) return gallery
      return unlocked(request, published(gallery))
    },
  }
}

/** The library of somebody's tracks is asked for as tracks. */
const isGallery = (gallery: Gallery): boolean => gallery.kind === 'gallery' && gallery.state !== 'deleted'

function noPass(error: unknown): undefined {
  if (!(error instanceof AppError) || error.status >= 500) throw error
}

async function askerOfKey({ db, clock }: Pick<Deps, 'db' | 'clock'>, text: string): Promise<Asker> {
  const key = await findKeyByHash(db, hashKey(text))
  if (!key) throw new AppError('sign_in_required')
  await noteKeyUse(db, key, clock.now())
  return { kind: 'key', userId: key.ownerId, keyId: key.id, scopes: key.scopes }
}

/** A person who signed in elsewhere, by the address that their account here has; without one, as which they may be a client. */
async function askerOfToken({ db }: Pick<Deps, 'db'>, tokens: Tokens, text: string): Promise<Asker> {
  const identity = await tokens.read(text)
  if (!identity?.email) throw new AppError('sign_in_required')
  const user = await findUserByEmail(db, identity.email)
  if (!user) return { kind: 'guest', email: identity.email }
  if (user.disabledAt) throw new AppError('sign_in_required')
  return { kind: 'user', userId: user.id, role: user.role }
}

/** What is kept of an API key. Its 192 random bits need no slow hash. */
export const hashKey = (key: string): Buffer => createHash('sha256').update(key).digest()
