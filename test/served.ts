/** A test world with its HTTP server on a port: whoever sends the cookie `as=<user id>` is that user; guests keep cookies as browsers do. */
import type { AddressInfo } from 'node:net'
import { retriesOf } from '../src/app/retries.ts'
import { makeServer } from '../src/app/server.ts'
import { activityRoutes } from '../src/features/activity/routes.ts'
import { exportRoutes } from '../src/features/archives/export-routes.ts'
import { archiveRoutes } from '../src/features/archives/routes.ts'
import { deliveryRoutes } from '../src/features/delivery/routes.ts'
import { feedbackRoutes } from '../src/features/feedback/routes.ts'
import { extendRoutes } from '../src/features/galleries/extend.ts'
import { guestRoutes } from '../src/features/galleries/guest.ts'
import { linkRoutes } from '../src/features/galleries/links.ts'
import { openRoutes } from '../src/features/galleries/open.ts'
import { galleryRoutes } from '../src/features/galleries/routes.ts'
import { makeMetrics } from '../src/features/operations/metrics.ts'
import { operationsRoutes } from '../src/features/operations/routes.ts'
import { pageRoutes } from '../src/features/pages/routes.ts'
import { trackFileRoutes, trackRoutes } from '../src/features/rescue/routes.ts'
import { uploadRoutes } from '../src/features/uploads/routes.ts'
import { watermarkRoutes } from '../src/features/watermarks/routes.ts'
import { webhookRoutes } from '../src/features/webhooks/routes.ts'
import type { App } from '../src/http/app.ts'
import { makeGuard } from '../src/http/guard.ts'
import type { Deps } from '../src/ports/deps.ts'
import { guest, type Person } from './journeys/people.ts'
import { type TestWorld, testWorld } from './world.ts'

export interface Served {
  world: TestWorld
  app: App
  url: string
  /** the owner of the world */
  ida: Person
  guest(headers?: Record<string, string>): Person
  /** An address that begins with the public one, as it is reached here. */
  here(address: string): string
  close(): Promise<void>
}

/** `change`: other ports, as of `testWorld`. `webDir`: a folder of pages, which are not served without it. */
export async function served(change: Partial<Deps> = {}, webDir?: string): Promise<Served> {
  const world = await testWorld(change)
  const { deps } = world
  const guard = makeGuard(deps, {
    read: async (request) => {
      const userId = /as=([0-9a-f-]{36})/.exec(request.headers.cookie ?? '')?.[1]
      const user = userId && (await deps.db.selectFrom('users').select(['id', 'role']).where('id', '=', userId).executeTakeFirst())
      return user ? { userId: user.id, role: user.role } : null
    },
  })
  const routes = [
    operationsRoutes({ metrics: makeMetrics(deps), more: { sweepUploads: async () => 0 }, retries: retriesOf(deps) }),
    galleryRoutes,
    linkRoutes,
    openRoutes,
    extendRoutes,
    guestRoutes,
    uploadRoutes,
    watermarkRoutes,
    archiveRoutes,
    exportRoutes,
    deliveryRoutes,
    pageRoutes,
    activityRoutes,
    feedbackRoutes,
    webhookRoutes,
    trackRoutes,
    trackFileRoutes,
  ]
  const app = await makeServer({ deps, guard, routes, webDir })
  await app.listen({ port: 0, host: '127.0.0.1' })
  const url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`
  return {
    world,
    app,
    url,
    ida: guest(url, { cookie: `as=${world.ownerId}` }),
    guest: (headers) => guest(url, headers),
    here: (address) => address.replace(deps.settings.publicUrl, url),
    async close() {
      app.server.closeAllConnections()
      await app.close()
      await world.close()
    },
  }
}
