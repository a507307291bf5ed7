/** Sign-in and sessions: better-auth over our tables. Its own routes stay closed; ours call its functions. */
import { createHmac } from 'node:crypto'
import { betterAuth } from 'better-auth'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { days, seconds } from '../../base/clock.ts'
import { AppError } from '../../base/errors.ts'
import { newId } from '../../base/id.ts'
import { findUser, type User } from '../../data/users.ts'
import type { Sessions } from '../../http/guard.ts'
import { hashPassword, verifyPassword } from '../../http/password.ts'
import type { Deps } from '../../ports/deps.ts'

/** What the routes of accounts, and the guard, need of sign-in. */
export interface Auth extends Sessions {
  /** Sets the session cookie, or throws `wrong_credentials`. */
  signIn(request: FastifyRequest, reply: FastifyReply, email: string, password: string): Promise<User>
  /** The signed-in user, whose session lives 30 days from now on; or undefined. */
  renew(request: FastifyRequest, reply: FastifyReply): Promise<User | undefined>
  /** Ends the session, if there is one. */
  signOut(request: FastifyRequest, reply: FastifyReply): Promise<void>
}

// The address as we see it. Callers cannot send it: `headersOf` makes the headers anew.
const addressHeader = 'x-keepsake-address'

export function makeAuth(deps: Pick<Deps, 'db' | 'clock' | 'settings'>): Auth {
  const { api } = makeBetterAuth(deps)

  return {
    async read(request) {
      const found = await api.getSession({ headers: headersOf(request), query: { disableRefresh: true } })
      return found && { userId: found.user.id, role: found.user.role as 'admin' | 'owner' }
    },
    async signIn(request, reply, email, password) {
      const asked = api.signInEmail({ body: { email, password }, headers: headersOf(request), returnHeaders: true })
      const { headers, response } = await asked.catch((error: unknown) => {
        // also for what is no e-mail address at all: one answer for everything that opens nothing
        if (refused(error)) throw new AppError('wrong_credentials', {}, { cause: error })
        throw error
      })
      passCookies(headers, reply)
      return (await findUser(deps.db, response.user.id))!
    },
    async renew(request, reply) {
      if (!request.headers.cookie) return undefined
      const { headers, response } = await api.getSession({ headers: headersOf(request), returnHeaders: true })
      passCookies(headers, reply)
      return response ? findUser(deps.db, response.user.id) : undefined
    },
    async signOut(request, reply) {
      const { headers } = await api.signOut({ headers: headersOf(request), returnHeaders: true })
      passCookies(headers, reply)
    },
  }
}

function makeBetterAuth({ db, clock, settings }: Pick<Deps, 'db' | 'clock' | 'settings'>) {
  return betterAuth({
    appName: 'Keepsake',
    baseURL: settings.publicUrl,
    secret: createHmac('sha256', settings.tokenSecrets[0]!).update('keepsake sessions').digest('base64url'),
    database: { db, type: 'postgres' },
    user: { modelName: 'users', additionalFields: { role: { type: 'string', input: false } } },
    session: { modelName: 'sessions', expiresIn: days(30) / seconds(1), updateAge: days(1) / seconds(1), cookieCache: { enabled: false } },
    account: { modelName: 'accounts' },
    verification: { modelName: 'verifications' },
    emailAndPassword: {
      enabled: true,
      disableSignUp: true,
      // Short ones are refused where they are set; here only the hash decides.
      minPasswordLength: 1,
      maxPasswordLength: 200,
      password: { hash: hashPassword, verify: ({ hash, password }) => verifyPassword(password, hash) },
    },
    // counted by our own throttles, which hold for every process
    rateLimit: { enabled: false },
    telemetry: { enabled: false },
    logger: { disabled: true },
    advanced: {
      cookiePrefix: 'keepsake',
      useSecureCookies: settings.publicUrl.startsWith('https:'),
      defaultCookieAttributes: { httpOnly: true, sameSite: 'lax', path: '/' },
      ipAddress: { ipAddressHeaders: [addressHeader] },
      database: { generateId: () => newId(clock.now()), validateSchema: false },
    },
  })
}

function headersOf(request: FastifyRequest): Headers {
  const headers = new Headers({ [addressHeader]: request.ip })
  const { cookie, 'user-agent': agent } = request.headers
  if (cookie) headers.set('cookie', cookie)
  if (agent) headers.set('user-agent', agent.slice(0, 300))
  return headers
}

function passCookies(headers: Headers, reply: FastifyReply): void {
  for (const cookie of headers.getSetCookie()) reply.header('set-cookie', cookie)
}

/** better-auth throws an APIError with the status as a number. */
const refused = (error: unknown): boolean => error instanceof Error && 'statusCode' in error && Number(error.statusCode) < 500
