/** Routes of accounts: set-up, sign-in, API keys, users. */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { ApiKey as ApiKeyView, NewApiKey, Page, Session, SetUp, UserSettings, User as UserView } from '../../../sdk/src/wire.ts'
import { AppError } from '../../base/errors.ts'
import type { ApiKey } from '../../data/apiKeys.ts'
import { forgetAttempts, takeAttempt } from '../../data/throttles.ts'
import { isSetUp, setDigest, type User, wantsDigest } from '../../data/users.ts'
import { scopes } from '../../domain/access.ts'
import { addressGroup } from '../../http/address.ts'
import { idParams, type RoutePlugin, strictRate } from '../../http/app.ts'
import type { Auth } from './auth.ts'
import { createKey, listKeys, revokeKey } from './keys.ts'
import { createUser, setUp } from './users.ts'

export interface AccountParts {
  auth: Auth
  /** shown on the console when the service starts; who has it may make the first account */
  setUpCode: string
}

const line = (max: number) => z.string().trim().min(1).max(max)
const email = z.string().trim().min(1).max(254)
const password = z.string().min(1).max(200)
const firstUser = z.strictObject({ code: z.string().max(100), name: line(100), email, password })
const credentials = z.strictObject({ email, password })
const newUser = z.strictObject({ name: line(100), email, password, role: z.enum(['admin', 'owner']) })
const newKey = z.strictObject({ name: line(100), scopes: z.array(z.enum(scopes)).min(1).max(scopes.length) })

export const accountRoutes =
  ({ auth, setUpCode }: AccountParts): RoutePlugin =>
  (app, deps, guard) => {
    const { db, clock } = deps
    // every answer here is about one person: nothing of it stays in a cache
    app.addHook('onRequest', async (_request, reply) => void reply.header('cache-control', 'no-store'))

    app.get('/api/setup', async (): Promise<SetUp> => ({ needed: !(await isSetUp(db)) }))

    app.post('/api/setup', { config: strictRate, schema: { body: firstUser } }, async (request, reply) => {
      const { code, ...asked } = request.body
      if (await isSetUp(db)) throw new AppError('set_up_done')
      if (!same(code, setUpCode)) throw new AppError('set_up_code_wrong')
      const user = await setUp(deps, asked)
      await auth.signIn(request, reply, user.email, asked.password)
      return reply.status(201).send({ user: viewUser(user) } satisfies Session)
    })

    app.get('/api/session', async (request, reply): Promise<Session> => {
      const user = await auth.renew(request, reply)
      if (!user) throw new AppError('sign_in_required')
      return { user: viewUser(user) }
    })

    app.post('/api/session', { config: strictRate, schema: { body: credentials } }, async (request, reply): Promise<Session> => {
      const address = request.body.email.toLowerCase()
      const key = throttleKey(request, address)
      const retryAfter = await takeAttempt(db, key, clock.now())
      if (retryAfter > 0) throw new AppError('too_many_requests', { retryAfter })
      const user = await auth.signIn(request, reply, address, request.body.password)
      await forgetAttempts(db, key)
      return { user: viewUser(user) }
    })

    const wishes = z.strictObject({ digest: z.boolean() })
    app.get('/api/settings', async (request): Promise<UserSettings> => {
      const { userId } = await guard.person(request)
      return { digest: await wantsDigest(db, userId) }
    })

    app.patch('/api/settings', { schema: { body: wishes } }, async (request): Promise<UserSettings> => {
      const { userId } = await guard.person(request)
      await setDigest(db, userId, request.body.digest)
      return request.body
    })

    app.delete('/api/session', async (request, reply) => {
      await auth.signOut(request, reply)
      return reply.status(204).send()
    })

    app.get('/api/keys', async (request): Promise<Page<ApiKeyView>> => {
      const { userId } = await guard.person(request)
      return { rows: (await listKeys(deps, userId)).map(viewKey), next: null }
    })

    app.post('/api/keys', { schema: { body: newKey } }, async (request, reply) => {
      const { userId } = await guard.person(request)
      const { key, made } = await createKey(deps, userId, request.body)
      return reply.status(201).send({ ...viewKey(made), key } satisfies NewApiKey)
    })

    app.delete('/api/keys/:id', { schema: { params: idParams } }, async (request, reply) => {
      const { userId } = await guard.person(request)
      await revokeKey(deps, userId, request.params.id)
      return reply.status(204).send()
    })

    app.post('/api/users', { schema: { body: newUser } }, async (request, reply) => {
      await guard.admin(request)
      return reply.status(201).send(viewUser(await createUser(deps, request.body)) satisfies UserView)
    })
  }

const viewUser = ({ id, name, email, role }: User): UserView => ({ id, name, email, role })

const viewKey = (key: ApiKey): ApiKeyView => ({
  id: key.id,
  name: key.name,
  scopes: key.scopes,
  created_at: key.createdAt.toISOString(),
  last_used_at: key.lastUsedAt?.toISOString() ?? null,
  revoked_at: key.revokedAt?.toISOString() ?? null,
})

/** One address trying one account. The account is hashed: keys stay short, and the table holds no list of addresses. */
function throttleKey(request: FastifyRequest, account: string): string {
  return `sign-in ${createHash('sha256').update(account).digest('base64url')} ${addressGroup(request.ip)}`
}

/** Equal texts, in a time that tells nothing about them. */
function same(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(a), digest(b))
}
