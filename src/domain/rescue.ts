/**
 * Rescue: a track that its provider deletes after some days is copied before that. Pure.
 *
 * States: scheduled (nobody has tried) → rescuing (somebody holds it) → rescued (all files are here) | partial (the audio is here,
 * its cover or video not) | retrying (the audio is not here yet). retrying and partial are tried again, ever closer to each other,
 * until the provider deletes; then retrying → lost, and partial stays. What is lost is never taken up again by itself; its
 * owner may ask for one more try or bring the file. Any → deleted, a tombstone: what its owner deleted does not come back by itself.
 */
import { after, days, hours, minutes } from '../base/clock.ts'
import { safeName } from './names.ts'

export const mediaRoles = ['audio', 'cover', 'video'] as const
export type MediaRole = (typeof mediaRoles)[number]
export const rescueStates = ['scheduled', 'rescuing', 'retrying', 'partial', 'rescued', 'lost', 'deleted'] as const
export type RescueState = (typeof rescueStates)[number]
/** broken_off: its holder died, stopped, or our own storage was away: no fault of the track */
export type RoundOutcome = 'rescued' | 'partial' | 'failed' | 'lost' | 'broken_off'

/** How long a provider keeps a track, and when its saving begins. */
export interface Keeping {
  retentionDays: number
  leadDays: number
}

/** The two days in which a night that failed leaves another one (002). */
const margin = days(2)

/**
 * When the track goes, and from when on it is fetched. What the provider says of the end counts before our rule; a track whose age
 * nobody knows is as old as our first sight of it. One whose time has passed is still tried, at once.
 */
export function schedule(
  { madeAt, expiresAt }: { madeAt: Date | null; expiresAt: Date | null },
  keeping: Keeping,
  firstSeen: Date,
): { madeAt: Date; expiresAt: Date; scheduledAt: Date } {
  // a provider's clock that runs ahead must not put our work off
  const made = madeAt && madeAt < firstSeen ? madeAt : firstSeen
  const ends = expiresAt ?? after(made, days(keeping.retentionDays))
  const planned = after(made, days(keeping.leadDays))
  const latest = after(ends, -Math.min(margin, days(keeping.retentionDays) / 2))
  const scheduledAt = new Date(Math.max(firstSeen.getTime(), Math.min(planned.getTime(), latest.getTime())))
  return { madeAt: made, expiresAt: ends, scheduledAt }
}

const waits = [minutes(5), minutes(15), hours(1), hours(2), hours(4), hours(6)]
const shortest = minutes(1)
/** No track waits longer than this for its next try; a date that is further away was noted by a clock that had jumped. */
export const longestWait = hours(7)
/** Whoever asks for a day would have us lose what it deletes, or what an outage takes, in that day: one question in a quarter of an hour is no burden. */
export const longestPause = minutes(15)

/**
 * When a track whose `rounds`-th try has failed is tried again; null: never, its time is over. Never later than half of what is
 * left, so that tries come closer as the end does, and the last minute has one. `pause`: what the provider asked us to wait, ms; heeded for `longestPause`.
 */
export function nextTry(rounds: number, expiresAt: Date, now: Date, pause = 0): Date | null {
  const left = expiresAt.getTime() - now.getTime()
  if (left <= 0) return null
  const wanted = Math.max(waits[Math.min(rounds, waits.length) - 1] ?? waits[0]!, Math.min(pause, longestPause))
  // the try after the last minute is at the deadline itself: some providers are late with deleting
  return after(now, Math.min(left, Math.max(shortest, Math.min(wanted, left / 2))))
}

/** What a track is like to those who judge its danger. */
export interface Endangered {
  state: RescueState
  rounds: number
  scheduledAt: Date
  expiresAt: Date
}

export const stages = ['failed', 'urgent', 'half', 'late', 'lost'] as const
export type Stage = (typeof stages)[number]

/**
 * The stages of danger that a track has reached, the worst last: a try failed; less than two days are left after that; half and 80 % of
 * the time between its schedule and its end have passed; it is lost. Each is told once.
 */
export function stagesOf({ state, rounds, scheduledAt, expiresAt }: Endangered, now: Date): Stage[] {
  if (state === 'lost') return [...stages]
  if (state !== 'retrying' && state !== 'scheduled' && state !== 'rescuing') return []
  const passed = (now.getTime() - scheduledAt.getTime()) / Math.max(1, expiresAt.getTime() - scheduledAt.getTime())
  const reached: Record<Stage, boolean> = {
    failed: rounds > 0,
    urgent: rounds > 0 && expiresAt.getTime() - now.getTime() < margin,
    half: passed >= 0.5,
    late: passed >= 0.8,
    lost: false,
  }
  return stages.filter((stage) => reached[stage])
}

/** Days until the provider deletes; negative when it has; one decimal, never rounded up. */
export const daysLeft = (expiresAt: Date, now: Date): number => Math.floor((expiresAt.getTime() - now.getTime()) / hours(2.4)) / 10

/** Longest file of each kind that is taken, bytes: an address that gives bytes without end ends somewhere. */
export const mostBytes: Record<MediaRole, number> = { audio: 1_000_000_000, cover: 50_000_000, video: 5_000_000_000 }

/** The name of a track's file: `Artist - Title.mp3`. */
export function mediaName({ title, artist }: { title: string; artist: string | null }, extension: string): string {
  const name = [artist, title]
    .map((part) => part?.trim())
    .filter(Boolean)
    .join(' - ')
  return safeName(`${(name || 'Track').slice(0, 150)}.${extension}`)
}
