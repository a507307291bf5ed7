/** The service: HTTP, worker, or both in one process. */
import { existsSync } from 'node:fs'
import path from 'node:path'
import { seconds } from '../base/clock.ts'
import { newId } from '../base/id.ts'
import { installationId } from '../data/settings.ts'
import { isSetUp } from '../data/users.ts'
import { setUpCode } from '../domain/set-up.ts'
import { makeAuth } from '../features/accounts/auth.ts'
import { accountRoutes } from '../features/accounts/routes.ts'
import { activityRoutes } from '../features/activity/routes.ts'
import { exportRoutes } from '../features/archives/export-routes.ts'
import { archiveRoutes } from '../features/archives/routes.ts'
import { deliveryRoutes } from '../features/delivery/routes.ts'
import { feedbackRoutes } from '../features/feedback/routes.ts'
import { extendRoutes } from '../features/galleries/extend.ts'
import { guestRoutes } from '../features/galleries/guest.ts'
import { linkRoutes } from '../features/galleries/links.ts'
import { openRoutes } from '../features/galleries/open.ts'
import { galleryRoutes } from '../features/galleries/routes.ts'
import { makeMetrics } from '../features/operations/metrics.ts'
import { operationsRoutes } from '../features/operations/routes.ts'
import { pageRoutes } from '../features/pages/routes.ts'
import { trackFileRoutes, trackRoutes } from '../features/rescue/routes.ts'
import { takeMessage } from '../features/uploads/events.ts'
import { uploadRoutes } from '../features/uploads/routes.ts'
import { sweepUploads } from '../features/uploads/sweep.ts'
import { watermarkRoutes } from '../features/watermarks/routes.ts'
import { webhookRoutes } from '../features/webhooks/routes.ts'
import { makeGuard } from '../http/guard.ts'
import type { Log } from '../ports/deps.ts'
import type { Config } from './config.ts'
import { retriesOf } from './retries.ts'
import { makeServer } from './server.ts'
import { pages } from './web.ts'
import { type World, wire } from './wire.ts'
import { handlers } from './worker.ts'

export type Role = 'all' | 'web' | 'worker'

export interface Service {
  world: World
  /** where it listens; undefined for a worker */
  address: string | undefined
  /** the address for the first account, while there is none */
  setUpUrl: string | undefined
  /** Answers in flight and running jobs may end for 30 s, then everything stops. */
  stop(): Promise<void>
}

const grace = seconds(30)
const webDir = path.join(import.meta.dirname, '../../web/dist')

/** The folder of the built pages. Without them, or with those of an older version, there is the API alone, and the log says why. */
function builtPages(log: Log): string | undefined {
  const missing = [...Object.keys(pages), 'notice.html', 'assets'].filter((name) => !existsSync(path.join(webDir, name)))
  if (!missing.length) return webDir
  log.warn({ missing }, 'The web pages are not built, so only the API answers: `npm start` builds them, or `node web/build.ts`.')
  return undefined
}

/** Starts the service in the given role. */
export async function serve(config: Config, role: Role, log: Log): Promise<Service> {
  const world = await wire(config, log)
  const { deps } = world
  let close = async () => {}
  let address: string | undefined
  try {
    const code = setUpCode(await installationId(deps.db, newId(deps.clock.now())), deps.settings.tokenSecrets)
    if (role !== 'worker') {
      const auth = makeAuth(deps)
      const metrics = makeMetrics(deps)
      const operations = operationsRoutes({ metrics, more: { sweepUploads: () => sweepUploads(deps) }, retries: retriesOf(deps) })
      const routes = [
        operations,
        accountRoutes({ auth, setUpCode: code }),
        galleryRoutes,
        linkRoutes,
        openRoutes,
        extendRoutes,
        guestRoutes,
        uploadRoutes,
        watermarkRoutes,
        archiveRoutes,
        exportRoutes,
        feedbackRoutes,
        deliveryRoutes,
        pageRoutes,
        activityRoutes,
        webhookRoutes,
        trackRoutes,
        trackFileRoutes,
      ]
      const app = await makeServer({
        deps,
        guard: makeGuard(deps, auth, world.tokens),
        routes,
        webDir: builtPages(log),
        trustProxy: config.trustProxy,
        answered: metrics.request,
      })
      address = await app.listen({ port: config.port, host: config.host })
      close = () => app.close()
    }
    if (role !== 'web') {
      await deps.queue.work(handlers(deps))
      await world.events?.listen((text) => takeMessage(deps, text))
    }
    const first = role !== 'worker' && !(await isSetUp(deps.db))
    return {
      world,
      address,
      setUpUrl: first ? `${config.settings.publicUrl}/setup?code=${code}` : undefined,
      stop: async () => {
        // both drain at the same time: a supervisor that waits 30 s must see us gone
        await Promise.all([close(), world.events?.stop(), deps.queue.stop(grace)])
        await world.close(grace)
      },
    }
  } catch (error) {
    await close()
    await world.close(0)
    throw error
  }
}
