/** Routes of accounts: set-up, one's own wishes and API keys; signing in and users stand beside. */
import { createHash, timingSafeEqual } from 'node:crypto'
import { z } from 'zod'
import type { ApiKey as ApiKeyView, NewApiKey, Page, Session, SetUp, UserSettings } from '../../../sdk/src/wire.ts'
import { AppError } from '../../base/errors.ts'
import { isSetUp, setDigest, wantsDigest } from '../../data/users.ts'
import { scopes } from '../../domain/access.ts'
import { idParams, type RoutePlugin, strictRate } from '../../http/app.ts'
import type { Auth } from './auth.ts'
import { createKey, listKeys, revokeKey } from './keys.ts'
import { passkeyRoutes } from './passkey-routes.ts'
import { sessionRoutes } from './session-routes.ts'
import { userRoutes } from './user-routes.ts'
import { setUp } from './users.ts'
import { viewKey, viewUser } from './view.ts'

export interface AccountParts {
  auth: Auth
  /** shown on the console when the service starts; who has it may make the first account */
  setUpCode: string
}

const line = (max: number) => z.string().trim().min(1).max(max)
const email = z.string().trim().min(1).max(254)
const password = z.string().min(1).max(200)
const firstUser = z.strictObject({ code: z.string().max(100), name: line(100), email, password })
const newKey = z.strictObject({ name: line(100), scopes: z.array(z.enum(scopes)).min(1).max(scopes.length) })

export const accountRoutes =
  ({ auth, setUpCode }: AccountParts): RoutePlugin =>
  (app, deps, guard) => {
    const { db } = deps
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

    sessionRoutes(app, deps, guard, auth)
    passkeyRoutes(app, deps, guard, auth)
    userRoutes(app, deps, guard, auth)
  }

/** Equal texts, in a time that tells nothing about them. */
function same(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(a), digest(b))
}
