/** Routes for whoever runs Keepsake: health, readiness, metrics, cron. */
import type { FastifyRequest } from 'fastify'
import type { Health } from '../../../sdk/src/wire.ts'
import { AppError } from '../../base/errors.ts'
import { findUser } from '../../data/users.ts'
import type { RoutePlugin } from '../../http/app.ts'
import type { Guard } from '../../http/guard.ts'
import type { Deps } from '../../ports/deps.ts'
import { cronRoutes } from './cron.ts'
import type { MoreToClean } from './daily.ts'
import type { Retries } from './jobs.ts'
import type { Metrics } from './metrics.ts'
import { readiness } from './ready.ts'
import { studioRoutes } from './studio-routes.ts'

export interface OperationsParts {
  metrics: Metrics
  more: MoreToClean
  retries: Retries
}

export const operationsRoutes =
  ({ metrics, more, retries }: OperationsParts): RoutePlugin =>
  (app, deps, guard) => {
    // a probe is asked every second by whoever balances the load
    const probe = { config: { rateLimit: false as const }, schema: { hide: true } }
    app.get('/healthz', probe, async (_request, reply): Promise<Health> => {
      reply.header('cache-control', 'no-store')
      return { status: 'ok' }
    })

    app.get('/readyz', probe, async (_request, reply) => {
      const found = await readiness(deps)
      return reply
        .status(found.status === 'ready' ? 200 : 503)
        .header('cache-control', 'no-store')
        .send(found)
    })

    app.get('/metrics', probe, async (request, reply) => {
      if (!isLocal(request)) await mayRead(deps, guard, request)
      return reply
        .header('cache-control', 'no-store')
        .type(metrics.contentType)
        .send(await metrics.text())
    })

    cronRoutes(app, deps, guard, more)
    studioRoutes(app, deps, guard, retries)
  }

/** From this machine itself, and not through a proxy on it that speaks for somebody else. */
function isLocal(request: FastifyRequest): boolean {
  const { headers, socket } = request
  const forwarded = headers['x-forwarded-for'] ?? headers['x-forwarded-host'] ?? headers['x-real-ip'] ?? headers.forwarded ?? headers.via
  return forwarded === undefined && /^(::ffff:)?127\.|^::1$/.test(socket.remoteAddress ?? '')
}

/** Numbers about the whole installation are for those who run it: an admin, or an admin's key with the scope. */
async function mayRead(deps: Deps, guard: Guard, request: FastifyRequest): Promise<void> {
  const { userId } = await guard.user(request, 'metrics:read')
  if ((await findUser(deps.db, userId))?.role !== 'admin') throw new AppError('forbidden')
}
