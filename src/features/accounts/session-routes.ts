/** Routes of signing in: by password, with a code besides, at another sign-in; and how one signs in oneself. */
import type { FastifyReply } from 'fastify'
import { z } from 'zod'
import type { Account, NewSecondFactor, SecondFactor, Session, SignInWays } from '../../../sdk/src/wire.ts'
import { AppError } from '../../base/errors.ts'
import { findPassword, findUser, forgetWrongCodes, hasSecondFactor, updateUser } from '../../data/users.ts'
import { passkeyPlace } from '../../domain/passkey.ts'
import { type App, strictRate } from '../../http/app.ts'
import type { Guard } from '../../http/guard.ts'
import { checkPassword } from '../../http/password.ts'
import type { Deps } from '../../ports/deps.ts'
import type { Auth } from './auth.ts'
import { countTry } from './tries.ts'
import { viewUser } from './view.ts'

const password = z.string().min(1).max(200)
const credentials = z.strictObject({ email: z.string().trim().min(1).max(254), password })
const code = z.string().trim().min(1).max(40)

export function sessionRoutes(app: App, deps: Deps, guard: Guard, auth: Auth): void {
  const { db, settings } = deps

  app.get('/api/session', async (request, reply): Promise<Session> => {
    const user = await auth.renew(request, reply)
    if (!user) throw new AppError('sign_in_required')
    return { user: viewUser(user) }
  })

  app.post(
    '/api/session',
    { config: strictRate, schema: { body: credentials } },
    async (request, reply): Promise<Session | SecondFactor> => {
      const address = request.body.email.toLowerCase()
      const user = await countTry(deps, request, address, () => auth.signIn(request, reply, address, request.body.password))
      return user ? { user: viewUser(user) } : { second_factor: true }
    },
  )

  // Wrong codes are counted by the sign-in library alone: five end this sign-in, ten in a row close the account's second step for a
  // quarter of an hour, from wherever they come. A count for each address would leave a thief with many addresses many more.
  const second = z.strictObject({ code, backup: z.boolean().default(false) })
  app.post('/api/session/code', { config: strictRate, schema: { body: second } }, async (request, reply): Promise<Session> => {
    return { user: viewUser(await auth.enterCode(request, reply, request.body.code, request.body.backup)) }
  })

  app.delete('/api/session', async (request, reply) => {
    await auth.signOut(request, reply)
    return reply.status(204).send()
  })

  app.get(
    '/api/session/ways',
    async (): Promise<SignInWays> => ({
      oidc: settings.oidc?.name ?? null,
      passkeys: passkeyPlace(settings.publicUrl)?.origin ?? null,
    }),
  )

  const way = z.object({ next: z.string().max(500).optional() })
  app.get('/api/session/oidc', { config: strictRate, schema: { querystring: way } }, async (request, reply) => {
    const url = await auth.beginElsewhere(request, reply)
    keepNext(reply, request.query.next, settings.publicUrl)
    return reply.redirect(url)
  })

  app.get(
    '/api/session/oidc/callback',
    { config: strictRate, schema: { querystring: z.record(z.string(), z.string()) } },
    async (request, reply) => {
      const next = request.cookies[nextCookie]
      reply.clearCookie(nextCookie, { path: '/api/session/oidc' })
      if (!(await auth.endElsewhere(request, reply))) return reply.redirect('/sign-in?problem=elsewhere')
      return reply.redirect(next && isOurs(next) ? next : '/')
    },
  )

  const account = async (userId: string): Promise<Account> => {
    const user = viewUser((await findUser(db, userId))!)
    return { user, has_password: (await findPassword(db, userId)) !== null, second_factor: await hasSecondFactor(db, userId) }
  }
  app.get('/api/account', async (request) => account((await guard.person(request)).userId))

  // the name that clients read on pages and in letters
  app.patch('/api/account', { schema: { body: z.strictObject({ name: z.string().trim().min(1).max(100) }) } }, async (request) => {
    const { userId } = await guard.person(request)
    await updateUser(db, userId, { name: request.body.name }, deps.clock.now())
    return account(userId)
  })

  const change = z.strictObject({ current: password, password })
  app.post('/api/account/password', { config: strictRate, schema: { body: change } }, async (request, reply) => {
    const { userId } = await guard.person(request)
    checkPassword(request.body.password)
    await countTry(deps, request, userId, () => auth.changePassword(request, reply, request.body.current, request.body.password))
    await forgetWrongCodes(db, userId)
    return reply.status(204).send()
  })

  const proven = z.strictObject({ password })
  app.post('/api/account/second-factor', { config: strictRate, schema: { body: proven } }, async (request): Promise<NewSecondFactor> => {
    const { userId } = await guard.person(request)
    const { uri, backupCodes } = await countTry(deps, request, userId, () => auth.beginSecondFactor(request, request.body.password))
    return { uri, secret: new URL(uri).searchParams.get('secret')!, backup_codes: backupCodes }
  })

  app.post(
    '/api/account/second-factor/confirm',
    { config: strictRate, schema: { body: z.strictObject({ code }) } },
    async (request, reply) => {
      await guard.person(request)
      await auth.confirmSecondFactor(request, reply, request.body.code)
      return reply.status(204).send()
    },
  )

  app.post('/api/account/second-factor/off', { config: strictRate, schema: { body: proven } }, async (request, reply) => {
    const { userId } = await guard.person(request)
    await countTry(deps, request, userId, () => auth.endSecondFactor(request, reply, request.body.password))
    return reply.status(204).send()
  })
}

// where somebody wanted to go, while they are at the other sign-in
const nextCookie = 'ks_next'

function keepNext(reply: FastifyReply, next: string | undefined, publicUrl: string): void {
  if (next === undefined || !isOurs(next)) return
  const secure = publicUrl.startsWith('https:')
  reply.setCookie(nextCookie, next, { path: '/api/session/oidc', httpOnly: true, sameSite: 'lax', secure, maxAge: 600 })
}

/** A page of ours: a path, and nothing that a browser could read as another host. */
const isOurs = (path: string): boolean => /^\/(?![/\\])[\w\-./~%?=&]*$/.test(path)
