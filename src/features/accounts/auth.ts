/** Sign-in and sessions: better-auth over our tables. Its own routes stay closed; ours call its functions. */
import { createHash, createHmac } from 'node:crypto'
import { betterAuth } from 'better-auth'
import { genericOAuth, twoFactor } from 'better-auth/plugins'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { days, minutes, seconds } from '../../base/clock.ts'
import { AppError } from '../../base/errors.ts'
import { newId } from '../../base/id.ts'
import { endSessions, findUser, findUserOfSession, type User } from '../../data/users.ts'
import type { Sessions } from '../../http/guard.ts'
import { hashPassword, verifyPassword } from '../../http/password.ts'
import type { Deps } from '../../ports/deps.ts'
import { codeOnce } from './code-once.ts'
import { openSession } from './open-session.ts'

/** What the routes of accounts, and the guard, need of sign-in. */
export interface Auth extends Sessions {
  /**
   * Sets the session cookie, or throws `wrong_credentials`, `account_disabled`. Null: the password is right and a code is wanted, for
   * ten minutes (`enterCode`).
   */
  signIn(request: FastifyRequest, reply: FastifyReply, email: string, password: string): Promise<User | null>
  /** The second step of a sign-in: sets the session cookie, or throws `code_wrong`, `code_late`. Each code opens once. */
  enterCode(request: FastifyRequest, reply: FastifyReply, code: string, backup: boolean): Promise<User>
  /** Sets the session cookie for somebody who has proven who they are, by a passkey. Throws `account_disabled`. */
  open(request: FastifyRequest, reply: FastifyReply, userId: string): Promise<User>
  /** Did whoever asks sign in less than five minutes ago? */
  isFresh(request: FastifyRequest): Promise<boolean>
  /** Makes a second factor that counts once `confirm` has seen a code of it. Throws `wrong_credentials`, `second_factor_on`. */
  beginSecondFactor(request: FastifyRequest, password: string): Promise<{ uri: string; backupCodes: string[] }>
  /** Throws `code_wrong`. From now on signing in takes a code. */
  confirmSecondFactor(request: FastifyRequest, reply: FastifyReply, code: string): Promise<void>
  /** Throws `wrong_credentials`. */
  endSecondFactor(request: FastifyRequest, reply: FastifyReply, password: string): Promise<void>
  /** A new password; all other sessions of this person end. Throws `wrong_credentials`. */
  changePassword(request: FastifyRequest, reply: FastifyReply, before: string, password: string): Promise<void>
  /** The address at the other sign-in to go to. Throws `oidc_off`, `unavailable`. */
  beginElsewhere(request: FastifyRequest, reply: FastifyReply): Promise<string>
  /** Back from there: true, and the session cookie, for somebody who has an account here under that verified address. */
  endElsewhere(request: FastifyRequest, reply: FastifyReply): Promise<boolean>
  /** The signed-in user, whose session lives 30 days from now on; or undefined. */
  renew(request: FastifyRequest, reply: FastifyReply): Promise<User | undefined>
  /** Ends the session, if there is one. */
  signOut(request: FastifyRequest, reply: FastifyReply): Promise<void>
}

// The address as we see it. Callers cannot send it: `headersOf` makes the headers anew.
const addressHeader = 'x-keepsake-address'

export function makeAuth(deps: Pick<Deps, 'db' | 'clock' | 'settings'>): Auth {
  const { api } = makeBetterAuth(deps)
  // of its own and only when somebody asks: it begins by asking the other server, and nobody's session waits for that
  let withElsewhere: ReturnType<typeof makeBetterAuth> | undefined
  const other = () => {
    if (!deps.settings.oidc) throw new AppError('oidc_off')
    withElsewhere ??= makeBetterAuth(deps, [genericOAuth({ config: [oidcOf(deps.settings.oidc, deps.settings.publicUrl)] })])
    return withElsewhere.api
  }

  const at = () => providerOf(deps.settings.oidc?.issuer ?? '')

  const enter = async (userId: string, headers: Headers, reply: FastifyReply): Promise<User> => {
    const user = (await findUser(deps.db, userId))!
    if (user.disabledAt) {
      await endSessions(deps.db, user.id)
      throw new AppError('account_disabled')
    }
    passCookies(headers, reply)
    return user
  }

  const verifyOnce = async (request: FastifyRequest, code: string) => {
    const headers = headersOf(request)
    const verify = (one: string) => api.verifyTOTP({ body: { code: one }, headers, returnHeaders: true })
    const { userId } = await api.whoseCode({ headers })
    return userId ? codeOnce(deps, userId, code, verify) : verify(code)
  }

  return {
    async read(request) {
      const found = await api.getSession({ headers: headersOf(request), query: { disableRefresh: true } })
      if (!found || found.user.disabledAt) return null
      return { userId: found.user.id, role: found.user.role as 'admin' | 'owner' }
    },
    async signIn(request, reply, email, password) {
      const asked = api.signInEmail({ body: { email, password }, headers: headersOf(request), returnHeaders: true })
      const { headers, response } = await asked.catch((error: unknown) => {
        // also for what is no e-mail address at all: one answer for everything that opens nothing
        if (refused(error)) throw new AppError('wrong_credentials', {}, { cause: error })
        throw error
      })
      if ('twoFactorRedirect' in response) {
        passCookies(headers, reply)
        return null
      }
      return enter(response.user.id, headers, reply)
    },
    async enterCode(request, reply, code, backup) {
      const asked = { body: { code }, headers: headersOf(request), returnHeaders: true as const }
      const { headers, response } = await (backup ? api.verifyBackupCode(asked) : verifyOnce(request, code)).catch((error: unknown) => {
        throw ofCode(error)
      })
      return enter(response.user.id, headers, reply)
    },
    async open(request, reply, userId) {
      const { headers } = await api.openSession({ body: { userId }, headers: headersOf(request), returnHeaders: true })
      return enter(userId, headers, reply)
    },
    async isFresh(request) {
      try {
        await api.askFreshSession({ headers: headersOf(request) })
        return true
      } catch (error) {
        if (refused(error)) return false
        throw error
      }
    },
    async beginSecondFactor(request, password) {
      const asked = api.enableTwoFactor({ body: { password, method: 'totp' }, headers: headersOf(request) })
      const made = await asked.catch((error: unknown) => {
        if (codeOf(error) === 'TOTP_ALREADY_ENABLED') throw new AppError('second_factor_on', {}, { cause: error })
        throw asWrong(error)
      })
      if (made.method !== 'totp') throw new AppError('internal')
      return { uri: made.totpURI, backupCodes: made.backupCodes }
    },
    async confirmSecondFactor(request, reply, code) {
      const { headers } = await verifyOnce(request, code).catch((error: unknown) => {
        throw refused(error) ? new AppError('code_wrong', {}, { cause: error }) : error
      })
      passCookies(headers, reply)
    },
    async endSecondFactor(request, reply, password) {
      const asked = api.disableTwoFactor({ body: { password }, headers: headersOf(request), returnHeaders: true })
      const { headers } = await asked.catch((error: unknown) => {
        throw asWrong(error)
      })
      passCookies(headers, reply)
    },
    async changePassword(request, reply, before, password) {
      const body = { currentPassword: before, newPassword: password, revokeOtherSessions: true }
      const { headers } = await api.changePassword({ body, headers: headersOf(request), returnHeaders: true }).catch((error: unknown) => {
        throw asWrong(error)
      })
      passCookies(headers, reply)
    },
    async beginElsewhere(request, reply) {
      const body = { provider: at(), callbackURL: done, errorCallbackURL: done, disableRedirect: true }
      const { headers, response } = await other()
        .signInSocial({ body, headers: headersOf(request), returnHeaders: true })
        .catch((error: unknown) => {
          throw refused(error) ? new AppError('unavailable', { what: 'OIDC_ISSUER' }, { cause: error }) : error
        })
      if (!response.url) throw new AppError('unavailable', { what: 'OIDC_ISSUER' })
      passCookies(headers, reply)
      return response.url
    },
    async endElsewhere(request, reply) {
      const query = request.query as Record<string, string>
      const { headers } = await other().callbackOAuth({
        method: 'GET',
        params: { id: at() },
        query,
        headers: headersOf(request),
        asResponse: true,
      })
      const token = headers.getSetCookie().flatMap((cookie) => /session_token=([^.;]+)\./.exec(cookie)?.[1] ?? [])[0]
      const user = token && (await findUserOfSession(deps.db, decodeURIComponent(token)))
      // the account of somebody who was switched off opens nothing, however they come
      if (!user || user.disabledAt) {
        if (user) await endSessions(deps.db, user.id)
        return false
      }
      passCookies(headers, reply)
      return true
    },
    async renew(request, reply) {
      if (!request.headers.cookie) return undefined
      const { headers, response } = await api.getSession({ headers: headersOf(request), returnHeaders: true })
      passCookies(headers, reply)
      const user = response ? await findUser(deps.db, response.user.id) : undefined
      return user?.disabledAt ? undefined : user
    },
    async signOut(request, reply) {
      const { headers } = await api.signOut({ headers: headersOf(request), returnHeaders: true })
      passCookies(headers, reply)
    },
  }
}

function makeBetterAuth({ db, clock, settings }: Pick<Deps, 'db' | 'clock' | 'settings'>, more: ReturnType<typeof genericOAuth>[] = []) {
  return betterAuth({
    appName: 'Keepsake',
    baseURL: settings.publicUrl,
    secret: createHmac('sha256', settings.tokenSecrets[0]!).update('keepsake sessions').digest('base64url'),
    database: { db, type: 'postgres' },
    user: {
      modelName: 'users',
      additionalFields: { role: { type: 'string', input: false }, disabledAt: { type: 'date', required: false, input: false } },
    },
    session: {
      modelName: 'sessions',
      expiresIn: days(30) / seconds(1),
      updateAge: days(1) / seconds(1),
      freshAge: minutes(5) / seconds(1),
      cookieCache: { enabled: false },
    },
    // nobody is taken for somebody here because of an address that the other sign-in has not verified; its tokens are of no use to us
    account: {
      modelName: 'accounts',
      encryptOAuthTokens: true,
      accountLinking: { enabled: true, trustedProviders: [], requireLocalEmailVerified: false },
    },
    verification: { modelName: 'verifications' },
    plugins: [openSession(), twoFactor({ issuer: 'Keepsake', schema: { twoFactor: { modelName: 'twoFactors' } } }), ...more],
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

/**
 * The one other sign-in, as its accounts are kept. Its address is in the name: person 2 of another issuer, which was set in its place, is
 * somebody else.
 */
export const providerOf = (issuer: string): string => `oidc-${createHash('sha256').update(issuer).digest('hex').slice(0, 16)}`
const done = '/sign-in/done'

function oidcOf({ issuer, clientId, clientSecret }: NonNullable<Deps['settings']['oidc']>, publicUrl: string) {
  return {
    providerId: providerOf(issuer),
    discoveryUrl: `${issuer}/.well-known/openid-configuration`,
    clientId,
    clientSecret,
    scopes: ['openid', 'email', 'profile'],
    redirectURI: `${publicUrl}/api/session/oidc/callback`,
    requireIdTokenVerification: true,
    // who has no account here gets none by signing in there
    disableSignUp: true,
  }
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

/** What better-auth calls the refusal. */
const codeOf = (error: unknown): string | undefined => (error as { body?: { code?: string } }).body?.code

/** A refused password in our words. */
const asWrong = (error: unknown): unknown => (refused(error) ? new AppError('wrong_credentials', {}, { cause: error }) : error)

/** A refused code in our words. Five wrong ones end a sign-in, ten close the account's second step for a quarter of an hour. */
function ofCode(error: unknown): unknown {
  if (!refused(error)) return error
  const code = codeOf(error)
  if (code === 'ACCOUNT_TEMPORARILY_LOCKED')
    return new AppError('too_many_requests', { retryAfter: minutes(15) / seconds(1) }, { cause: error })
  const over = code === 'INVALID_TWO_FACTOR_COOKIE' || code === 'TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE'
  return new AppError(over ? 'code_late' : 'code_wrong', {}, { cause: error })
}
