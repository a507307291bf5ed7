/** The numbers of the rescue, as they are at the moment somebody asks. */
import type { RescueStatistics } from '../../../sdk/src/wire.ts'
import { after, days } from '../../base/clock.ts'
import { findPassedOver } from '../../data/passedOver.ts'
import { countDaysLeft, countTracks } from '../../data/tracks.ts'
import type { Deps } from '../../ports/deps.ts'

/** Of one owner, or with null of all. */
export async function rescueStatistics(deps: Pick<Deps, 'db' | 'clock'>, ownerId: string | null): Promise<RescueStatistics> {
  const now = deps.clock.now()
  const numbers = await countTracks(deps.db, ownerId, now)
  const passed = await findPassedOver(deps.db, ownerId, after(now, -days(30)), 20)
  return {
    total_tracks: numbers.total,
    total_archived: numbers.archived,
    pending_archive: numbers.pending,
    urgent_archive_needed: numbers.urgent,
    expired_tracks: numbers.expired,
    partial: numbers.partial,
    failing: numbers.failing,
    archive_percentage: numbers.total ? Math.round((numbers.archived / numbers.total) * 1000) / 10 : 100,
    stored_bytes: numbers.bytes,
    days_left: await countDaysLeft(deps.db, ownerId, now),
    next_due_at: numbers.nextDueAt?.toISOString() ?? null,
    passed_over: {
      total: passed.total,
      latest: passed.latest.map(({ provider, providerRef, reason, seenAt }) => ({
        provider,
        provider_ref: providerRef,
        reason,
        seen_at: seenAt.toISOString(),
      })),
    },
  }
}
