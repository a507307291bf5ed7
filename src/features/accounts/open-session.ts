/** Two functions that better-auth lacks for passkeys. There is no path to them: only our own code calls them. */
import { createAuthEndpoint, freshSessionMiddleware } from 'better-auth/api'
import { setSessionCookie } from 'better-auth/cookies'
import { z } from 'zod'
import { AppError } from '../../base/errors.ts'

export const openSession = () => ({
  id: 'keepsake-open-session' as const,
  endpoints: {
    /** A session for somebody who has proven by themselves who they are, made and set as the one after a password is. */
    openSession: createAuthEndpoint.serverOnly(
      { method: 'POST', body: z.object({ userId: z.string() }), requireHeaders: true },
      async (ctx) => {
        const { internalAdapter } = ctx.context
        const user = await internalAdapter.findUserById(ctx.body.userId)
        if (!user) throw new AppError('sign_in_required')
        await setSessionCookie(ctx, { session: await internalAdapter.createSession(user.id), user })
        return ctx.json({ ok: true })
      },
    ),
    /** Refuses a session that is older than `freshAge`. */
    askFreshSession: createAuthEndpoint.serverOnly({ method: 'POST', requireHeaders: true, use: [freshSessionMiddleware] }, async (ctx) =>
      ctx.json({ ok: true }),
    ),
  },
})
