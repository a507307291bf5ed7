/** Functions that better-auth lacks, for passkeys and codes. There is no path to them: only our own code calls them. */
import { createAuthEndpoint, freshSessionMiddleware, getSessionFromCtx } from 'better-auth/api'
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
    /** Whose code is wanted: the one who is signed in, else the one who gave a password; null: nobody. */
    whoseCode: createAuthEndpoint.serverOnly({ method: 'POST', requireHeaders: true }, async (ctx) => {
      const session = await getSessionFromCtx(ctx, { disableRefresh: true })
      if (session) return ctx.json({ userId: session.user.id as string | null })
      const half = await ctx.getSignedCookie(ctx.context.createAuthCookie('two_factor').name, ctx.context.secret)
      const known = half ? await ctx.context.internalAdapter.findVerificationValue(half) : null
      return ctx.json({ userId: known?.value ?? null })
    }),
    /** Refuses a session that is older than `freshAge`. */
    askFreshSession: createAuthEndpoint.serverOnly({ method: 'POST', requireHeaders: true, use: [freshSessionMiddleware] }, async (ctx) =>
      ctx.json({ ok: true }),
    ),
  },
})
