/** Is it really that late? What is deleted because its time is over asks here, for a clock that jumped deletes years of work. */
import { days, hours, minutes } from '../base/clock.ts'

/** What was noted at the last look, every minute while a worker runs. Milliseconds, except `at`. */
export interface Moment {
  /** the database's clock then, ISO 8601 */
  at: string
  /** for how long it has gone steadily since the last jump */
  steady: number
  /** how long it has to go steadily before it is believed */
  needed: number
}

const tolerance = minutes(5)
// a look a minute: after a longer gap nobody watched, or the clock jumped
const gapAtMost = hours(1)
// who was off for longer than this may have come back with any clock
const offAtMost = days(7)

/**
 * The next note, and why the database's clock is not to be believed now (null: it is).
 *
 * Two clocks that differ are not believed at all. A clock that went back, or forward by more than a week, is believed after a
 * day of steady running; after a shorter gap, which most often is a machine that was off, after an hour. Those grow from look to
 * look, so a machine that is on for some hours a day comes to its clean-up as well.
 */
export function judge(
  seen: Moment | undefined,
  ours: Date,
  theirs: Date,
): { moment: Moment; doubt: 'clocks_differ' | 'clock_jumped' | null } {
  const at = theirs.toISOString()
  if (Math.abs(ours.getTime() - theirs.getTime()) > tolerance)
    return { moment: { at, steady: 0, needed: Math.max(seen?.needed ?? 0, hours(1)) }, doubt: 'clocks_differ' }
  if (!seen) return { moment: { at, steady: 0, needed: 0 }, doubt: null }
  const gap = theirs.getTime() - new Date(seen.at).getTime()
  const moment = { at, ...follow(seen, gap) }
  return { moment, doubt: moment.steady < moment.needed ? 'clock_jumped' : null }
}

function follow({ steady, needed }: Moment, gap: number): Omit<Moment, 'at'> {
  if (gap < -tolerance || gap > offAtMost) return { steady: 0, needed: days(1) }
  if (gap > gapAtMost) return needed > hours(1) ? { steady, needed } : { steady: 0, needed: hours(1) }
  const since = steady + Math.max(0, gap)
  return since >= needed ? { steady: 0, needed: 0 } : { steady: since, needed }
}
