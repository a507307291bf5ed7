/**
 * A run: the most urgent track that is due is taken, then the next, several side by side, until none is due or the run has had its
 * number. What a run does not reach is first in the next one; what has failed waits for its next try, so it holds up nobody; what has
 * passed its end comes last, once. Two runs never have the same track (claimRescue).
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { RescueRun } from '../../../sdk/src/wire.ts'
import { after, seconds } from '../../base/clock.ts'
import { AppError } from '../../base/errors.ts'
import { claimRescue, findRescue, type Held } from '../../data/rescues.ts'
import { isUsual } from '../../domain/provider.ts'
import { longestPause } from '../../domain/rescue.ts'
import type { FetchPatience } from './fetch.ts'
import { lease, type SaveDeps, saveTrack } from './save.ts'

export interface Wish {
  /** whose tracks; null: everybody's */
  ownerId: string | null
  /** this one alone, whenever it is due */
  trackId?: string
  limit: number
}

// more would wait for the same line and the same disk
const sideBySide = 8
// for the others, when one owner's provider gives every byte as slowly as it may
const keptForOthers = 2

/** `lookMs`: while others are at work, who has nothing to do looks again after this time */
export interface RunPatience extends FetchPatience {
  lookMs?: number
}
const usualLook = seconds(5)

interface Counted {
  total: number
  succeeded: number
  errors: RescueRun['results']['errors']
}

/** Job rescue.run. Ends early when nothing is due; the reconciler sends it again when something is. */
export async function runRescue(deps: SaveDeps, signal: AbortSignal): Promise<void> {
  await run(deps, { ownerId: null, limit: Number.POSITIVE_INFINITY }, signal)
}

/**
 * On demand; answers in the words of 002. Throws `not_found` for a track that is not the asker's, and what concerns all tracks: an
 * outage of our storage.
 */
export async function run(deps: SaveDeps, wish: Wish, signal: AbortSignal, patience: RunPatience = {}): Promise<RescueRun> {
  const { lookMs = usualLook } = patience
  if (wish.trackId !== undefined) await checkOwn(deps, wish.ownerId, wish.trackId)
  const counted: Counted = { total: 0, succeeded: 0, errors: [] }
  const paused = new Map<string, Date>()
  const stop = new AbortController()
  const both = AbortSignal.any([signal, stop.signal])
  const limit = wish.trackId === undefined ? wish.limit : 1
  const linesOf = new Map<string, number>()
  let taken = 0

  // one after the other: who has how many lines is known at each
  let turn: Promise<unknown> = Promise.resolve()
  const claim = (): Promise<Held | undefined> => {
    const mine = turn.then(async () => {
      const now = deps.clock.now()
      const resting = [...paused].flatMap(([provider, until]) => (until > now ? [provider] : []))
      const busy = [...linesOf].flatMap(([ownerId, lines]) => (lines >= sideBySide ? [ownerId] : []))
      const asked = { now, until: after(now, lease), ownerId: wish.ownerId, paused: resting, busy, itemId: wish.trackId }
      const track = await deps.db.transaction().execute((tx) => claimRescue(tx, asked))
      if (track) linesOf.set(track.ownerId, (linesOf.get(track.ownerId) ?? 0) + 1)
      return track
    })
    turn = mine.catch(() => {})
    return mine
  }
  const othersWork = () => [...linesOf.values()].some((lines) => lines > 0)

  async function work(): Promise<void> {
    while (taken < limit) {
      both.throwIfAborted()
      taken++
      const track = await claim()
      if (!track) {
        // a film may take hours, and what comes due meanwhile is not to wait for it
        if (limit !== Number.POSITIVE_INFINITY || !othersWork()) return
        await sleep(lookMs, undefined, { signal: both }).catch(() => {})
        continue
      }
      try {
        const { outcome, error, pause } = await saveTrack(deps, track, both, patience)
        // of a provider that nobody knows each host is another one
        if (pause && !isUsual(track.provider)) paused.set(track.provider, after(deps.clock.now(), Math.min(pause, longestPause)))
        count(counted, track, outcome !== 'stale', error)
      } finally {
        linesOf.set(track.ownerId, linesOf.get(track.ownerId)! - 1)
      }
    }
  }

  const workers = Array.from({ length: Math.min(wish.ownerId === null ? sideBySide + keptForOthers : sideBySide, limit) }, () =>
    work().catch((error: unknown) => {
      stop.abort(error)
      throw error
    }),
  )
  // all have let go before anything is answered
  const ended = await Promise.allSettled(workers)
  for (const one of ended) if (one.status === 'rejected' && one.reason !== stop.signal.reason) throw one.reason
  if (stop.signal.aborted) throw stop.signal.reason
  return answerOf(counted)
}

function count(counted: Counted, track: Held, mine: boolean, error: AppError | null): void {
  counted.total++
  if (mine && !error) counted.succeeded++
  else counted.errors.push({ trackId: track.itemId, title: track.title, error: error?.message ?? 'It is being fetched by somebody else.' })
}

function answerOf({ total, succeeded, errors }: Counted): RescueRun {
  const results = { total, succeeded, failed: total - succeeded, errors }
  if (!total) return { success: true, message: 'No tracks need archiving', archived: 0, results }
  return { success: true, message: `Archived ${succeeded}/${total} tracks`, results }
}

async function checkOwn({ db }: Pick<SaveDeps, 'db'>, ownerId: string | null, trackId: string): Promise<void> {
  const track = await findRescue(db, trackId)
  if (!track || (ownerId !== null && track.ownerId !== ownerId)) throw new AppError('not_found')
}
