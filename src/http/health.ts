/** GET /healthz: asks database and storage, so that "ok" means that work can be done. */
import { pingDatabase } from '../data/settings.ts'
import type { RoutePlugin } from './app.ts'

const deadlineMs = 3000

export const healthRoutes: RoutePlugin = (app, deps) => {
  app.get('/healthz', { config: { rateLimit: false }, schema: { hide: true } }, async (_request, reply) => {
    const asked = Promise.all([pingDatabase(deps.db), deps.storage.ready()])
    const ok = await Promise.race([
      asked.then(
        () => true,
        () => false,
      ),
      slow(),
    ]) // prettier-ignore
    return reply
      .status(ok ? 200 : 503)
      .header('cache-control', 'no-store')
      .send({ status: ok ? 'ok' : 'unavailable' })
  })
}

const slow = () => new Promise<boolean>((done) => setTimeout(done, deadlineMs, false).unref())
