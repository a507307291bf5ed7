/** Tracks that nobody typed in: told by a provider's webhook, or found by asking its API. */
import type { AddedTrack } from '../../../sdk/src/wire.ts'
import { after, days, minutes } from '../../base/clock.ts'
import { AppError } from '../../base/errors.ts'
import { notePassedOver } from '../../data/passedOver.ts'
import { findSetting, keepSetting } from '../../data/settings.ts'
import { findFirstAdmin, findUserByEmail } from '../../data/users.ts'
import type { Made, MadeTrack, PassedReason } from '../../domain/prediction.ts'
import { isHostOf, providerRules } from '../../domain/provider.ts'
import type { Deps } from '../../ports/deps.ts'
import { addTracks, type NewTrack } from './add.ts'

type Needs = Pick<Deps, 'db' | 'http' | 'clock' | 'log' | 'settings'>

/**
 * Adds them for whom the configuration names, or the admin who was there first, and notes what holds no sound: nobody believes that
 * to be saved. Throws `rescue_owner_unknown`.
 */
export async function takeIn(deps: Needs, { tracks, passedOver = [] }: Taken): Promise<AddedTrack[]> {
  const { rescueOwner } = deps.settings
  const owner = rescueOwner ? await findUserByEmail(deps.db, rescueOwner) : await findFirstAdmin(deps.db)
  if (!owner || owner.disabledAt) throw new AppError('rescue_owner_unknown', { owner: rescueOwner })
  for (const [provider, rows] of Map.groupBy(passedOver, (one) => one.provider)) {
    const fresh = await notePassedOver(deps.db, owner.id, provider, rows, deps.clock.now())
    if (fresh)
      deps.log.warn(
        { provider, files: fresh, reasons: [...new Set(rows.map(({ reason }) => reason))] },
        '[Rescue] not saved: no sound in it',
      )
  }
  return tracks.length ? addTracks(deps, owner.id, tracks) : []
}

export interface Taken {
  tracks: NewTrack[]
  passedOver?: { provider: string; providerRef: string; reason: PassedReason }[]
}

/** Null when its sound lies where this provider keeps nothing: one address that is refused must not hold up the others. */
function trackOf(provider: string, { ref, coverUrl, videoUrl, ...made }: MadeTrack): NewTrack | null {
  const rules = providerRules(provider)
  const ifTheirs = (url: string | null) => (url !== null && isHostOf(rules, url) ? url : null)
  if (!ifTheirs(made.audioUrl)) return null
  return { ...made, ...rest, provider, providerRef: ref, coverUrl: ifTheirs(coverUrl), videoUrl: ifTheirs(videoUrl) }
}

const rest = { artist: null, expiresAt: null, seconds: null, isPublic: false }

/** What of it can be saved, and what not. */
export function takenOf(provider: string, { tracks, passedOver }: Made): Taken {
  const read = tracks.map((one) => ({ ref: one.ref, track: trackOf(provider, one) }))
  const elsewhere = read.flatMap(({ ref, track }) => (track ? [] : [{ ref, reason: 'elsewhere' as const }]))
  return {
    tracks: read.flatMap(({ track }) => track ?? []),
    passedOver: [...passedOver, ...elsewhere].map(({ ref, reason }) => ({ provider, providerRef: ref, reason })),
  }
}

// of what was made on a provider's pages some keep more than what comes by its API: Replicate 90 days
const firstLook = days(90)
const every = minutes(5)
// what ended while we looked, and clocks that differ
const overlap = minutes(10)

const settingOf = (provider: string): string => `polled_${provider}`

/** Sends the job when it is time; nothing where no API is asked. */
export async function wakePoll(deps: Pick<Deps, 'db' | 'queue' | 'clock' | 'providers'>): Promise<void> {
  for (const provider of deps.providers.polled()) {
    const last = await lastLook(deps, provider)
    if (last === null || after(last, every) <= deps.clock.now()) return deps.queue.send(deps.db, { name: 'rescue.poll', payload: {} })
  }
}

/** Job rescue.poll: asks every provider that has an API for what it made since the last look that came to its end. */
export async function poll(deps: Needs & Pick<Deps, 'providers'>, signal: AbortSignal): Promise<void> {
  for (const provider of deps.providers.polled()) {
    const began = deps.clock.now()
    const since = after((await lastLook(deps, provider)) ?? after(began, -firstLook), -overlap)
    try {
      let added = 0
      for await (const made of deps.providers.made(provider, since, signal)) {
        const told = await takeIn(deps, takenOf(provider, made))
        added += told.filter((one) => one.added).length
      }
      await keepSetting(deps.db, settingOf(provider), began.toISOString())
      if (added) deps.log.info({ provider, added }, '[Rescue] new tracks found')
    } catch (error) {
      signal.throwIfAborted()
      // the next look begins where this one did
      deps.log.warn({ provider, error: String(error), facts: (error as AppError).facts }, '[Rescue] provider could not be asked')
    }
  }
}

async function lastLook({ db, clock }: Pick<Deps, 'db' | 'clock'>, provider: string): Promise<Date | null> {
  const text = await findSetting(db, settingOf(provider))
  const last = typeof text === 'string' ? new Date(text) : null
  // noted by a clock that had jumped ahead: nobody has looked then
  return last && last <= after(clock.now(), every) ? last : null
}
