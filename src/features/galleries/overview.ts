/** GET /api/overview: what a photographer sees first. */
import type { Overview } from '../../../sdk/src/wire.ts'
import { after, days } from '../../base/clock.ts'
import { sentenceOf } from '../../base/errors.ts'
import { countStates, listGalleries } from '../../data/galleries.ts'
import { listTaken, listTroubles } from '../../data/overview.ts'
import type { App } from '../../http/app.ts'
import type { Guard } from '../../http/guard.ts'
import type { Deps } from '../../ports/deps.ts'
import { viewGallery } from './view.ts'

// what is older is history, and the pages behind tell it
const soon = days(14)
const lately = days(30)

export function overviewRoute(app: App, deps: Deps, guard: Guard): void {
  app.get('/api/overview', { schema: {} }, async (request): Promise<Overview> => {
    const ownerId = await guard.acting(request, 'galleries:read')
    const now = deps.clock.now()
    const since = after(now, -lately)
    const [totals, troubles, next, taken] = await Promise.all([
      countStates(deps.db, { ownerId }, now),
      listTroubles(deps.db, ownerId, since, 10),
      listGalleries(deps.db, { ownerId, state: 'active' }, { limit: 8, now, sort: 'expires_at', descending: false }),
      listTaken(deps.db, ownerId, since, 8),
    ])
    return {
      totals,
      troubles: troubles.map(({ slug, title, what, code, at }) => ({
        slug,
        title,
        what,
        code,
        detail: sentenceOf(code),
        at: at.toISOString(),
      })),
      ending: next.filter(({ expiresAt }) => expiresAt && expiresAt <= after(now, soon)).map((row) => viewGallery(deps, row)),
      taken: taken.map((row) => ({
        id: row.id,
        slug: row.slug,
        title: row.title,
        who: row.name ?? row.email,
        version: row.version,
        percent: row.completeAt ? 100 : Math.min(99, Math.floor((row.receivedBytes / row.size) * 100)),
        at: row.lastAt.toISOString(),
      })),
    }
  })
}
