/**
 * Saves what is left of one track that the caller holds (data/rescues.ts, claimRescue): its audio first, then cover and video.
 *
 * Bytes first, then the row: each file is under its key, proven, before a transaction makes it an asset, if the track is ours still.
 * Until then its key is garbage that has a row, so whoever is killed leaves nothing that nobody knows; a minute later the track is
 * due again. What is stored is never fetched again, so no worse copy can take its place.
 */
import { after, days, hours, minutes, seconds } from '../../base/clock.ts'
import { AppError, fullDatabase, isOutage, lostDatabase } from '../../base/errors.ts'
import { newId, newToken } from '../../base/id.ts'
import { findSame, insertAsset } from '../../data/assets.ts'
import { emit } from '../../data/events.ts'
import { bumpContent, lockGallery } from '../../data/galleries.ts'
import { discard, forgetGarbage } from '../../data/garbage.ts'
import {
  changeRescue,
  endRound,
  type Held,
  insertRound,
  letGo,
  listMedia,
  lockHeld,
  loseMedia,
  noteMedia,
  type RemoteMedia,
  renewRescue,
} from '../../data/rescues.ts'
import { isWhole, unfinishedRescue } from '../../domain/asset.ts'
import { longestPause, type MediaRole, mediaName, mediaRoles, mostBytes, nextTry, type RoundOutcome } from '../../domain/rescue.ts'
import type { Tx } from '../../ports/database/port.ts'
import type { Deps } from '../../ports/deps.ts'
import { type Fetched, type FetchPatience, fetchMedia } from './fetch.ts'

export type SaveDeps = Pick<
  Deps,
  'db' | 'storage' | 'queue' | 'http' | 'images' | 'providers' | 'probe' | 'clock' | 'calendar' | 'log' | 'settings'
>

/** Who holds a track says so this often, and counts as dead after `lease`. */
const renewal = seconds(15)
export const lease = minutes(1)

/** What is on its way must not be collected: the largest film may take three times 21 hours. */
export const uncollected = (role: MediaRole) => (role === 'video' ? days(3) : hours(24))

/** What came of it. stale: it was deleted, or somebody took us for dead. */
export interface Saved {
  outcome: RoundOutcome | 'stale'
  /** why its audio is not here; null when it is */
  error: AppError | null
  /** its provider asks for a break, milliseconds */
  pause: number
}

/** Resolves whatever becomes of the track; throws only what concerns all of them: an outage of ours, and the signal's reason. */
export async function saveTrack(deps: SaveDeps, track: Held, signal: AbortSignal, patience?: FetchPatience): Promise<Saved> {
  const lost = new AbortController()
  const timer = setInterval(() => {
    renewRescue(deps.db, track, after(deps.clock.now(), lease)).then(
      (mine) => mine || lost.abort(new AppError('attempt_stale', { track: track.itemId })),
      // the database is away: the transaction at the end will say so
      () => {},
    )
  }, renewal)
  const url = (role: MediaRole) => track.media.find((one) => one.role === role)?.url ?? null
  const urls = { audioUrl: url('audio'), coverUrl: url('cover'), videoUrl: url('video') }
  const { itemId, fence } = track
  try {
    const now = deps.clock.now()
    await insertRound(deps.db, { id: newId(now), itemId, fence, startedAt: now, ...urls })
    return await inOrder(deps, track, AbortSignal.any([signal, lost.signal]), patience)
  } catch (error) {
    if (lost.signal.aborted || (error instanceof AppError && error.code === 'attempt_stale'))
      return { outcome: 'stale', error: null, pause: 0 }
    await putBack(deps, track, signal.aborted ? null : error)
    throw error
  } finally {
    clearInterval(timer)
  }
}

async function inOrder(deps: SaveDeps, track: Held, signal: AbortSignal, patience?: FetchPatience): Promise<Saved> {
  const failures = new Map<MediaRole, AppError>()
  let pause = 0
  for (const role of mediaRoles) {
    const media = track.media.find((one) => one.role === role)
    if (!media || media.state === 'stored') continue
    try {
      await saveMedia(deps, track, media, signal, patience)
    } catch (thrown) {
      signal.throwIfAborted()
      const error = ofThisFile(deps, track, thrown)
      failures.set(role, error)
      pause = Math.max(pause, Number(error.facts.retryAfterMs ?? 0))
      const said = { errorCode: error.code, errorDetail: sentenceOf(error), triedAt: deps.clock.now(), tries: media.tries + 1 }
      await deps.db.transaction().execute(async (tx) => {
        if (await lockHeld(tx, track)) await noteMedia(tx, track.itemId, role, said)
      })
    }
  }
  return end(deps, track, failures, pause)
}

/** What says something about one file; throws what concerns all of them. A mistake of ours with one file must not stop the others. */
function ofThisFile(deps: Pick<Deps, 'log'>, track: Held, error: unknown): AppError {
  if (error instanceof AppError && !isOutage(error) && error.code !== 'attempt_stale') return error
  if (error instanceof AppError || lostDatabase(error) || fullDatabase(error)) throw error
  deps.log.error({ track: track.itemId, error: String((error as Error)?.stack ?? error) }, '[Rescue] unexpected')
  return new AppError('internal', {}, { cause: error })
}

async function saveMedia(deps: SaveDeps, track: Held, media: RemoteMedia, signal: AbortSignal, patience?: FetchPatience): Promise<void> {
  const now = deps.clock.now()
  const assetId = newId(now)
  // a fresh name at every try: keys are never written twice
  const key = `galleries/${track.galleryId}/assets/${assetId}-${newToken(9)}`
  const { role, url } = media
  await deps.db.transaction().execute((tx) => discard(tx, [key], unfinishedRescue, after(now, uncollected(role))))
  // one whose time has passed is tried all the same: some providers are late with deleting
  const deadline = after(track.expiresAt > now ? track.expiresAt : now, minutes(15))
  const expectedSeconds = role === 'cover' ? null : track.seconds
  const maxBytes = Math.min(mostBytes[role], deps.settings.maxUploadBytes)
  const wish = { url, role, key, provider: track.provider, providerRef: track.providerRef, expectedSeconds, maxBytes, deadline, signal }
  const file = await fetchMedia(deps, wish, patience)
  const twin = await findTwin(deps, track.galleryId, file)
  await deps.db.transaction().execute((tx) => settle(deps, tx, track, role, { assetId, file, twin }))
}

export interface Arrived {
  assetId: string
  file: Fetched
  /** an asset of the library with these very bytes, whose file is there */
  twin: string | null
}

async function settle(deps: SaveDeps, tx: Tx, track: Held, role: MediaRole, arrived: Arrived): Promise<void> {
  await lockGallery(tx, track.galleryId)
  if (!(await lockHeld(tx, track))) throw new AppError('attempt_stale', { track: track.itemId })
  await keepFile(deps, tx, track, role, arrived)
}

/** The asset of this library with the bytes of this file, if that one's file is there. */
export async function findTwin(deps: Pick<Deps, 'db' | 'storage'>, galleryId: string, file: Fetched): Promise<string | null> {
  const same = await findSame(deps.db, galleryId, Buffer.from(file.sha256, 'hex'), file.size)
  return same && isWhole(await deps.storage.size(same.storageKey), same) ? same.id : null
}

type About = Pick<Held, 'itemId' | 'galleryId' | 'title' | 'artist' | 'provider' | 'providerRef' | 'madeAt' | 'expiresAt' | 'archivedAt'>

/** A file that is under its key becomes the track's: an asset, and its media stored. The library and the track are locked by the caller. */
export async function keepFile(
  deps: Pick<Deps, 'queue' | 'images' | 'clock' | 'settings'>,
  tx: Tx,
  track: About,
  role: MediaRole,
  { assetId, file, twin }: Arrived,
): Promise<void> {
  const now = deps.clock.now()
  const sha256 = Buffer.from(file.sha256, 'hex')
  // the same bytes are kept once; the key of ours is garbage already
  const same = twin === null ? undefined : await findSame(tx, track.galleryId, sha256, file.size)
  if (!same) {
    const drawn = role === 'cover' && deps.images.renderable(file.mime)
    await insertAsset(tx, {
      id: assetId,
      galleryId: track.galleryId,
      itemId: track.itemId,
      role,
      originalName: mediaName(track, file.extension),
      mime: file.mime,
      size: file.size,
      crc32: file.crc32,
      sha256,
      state: 'stored',
      storageKey: file.key,
      storageOffset: 0,
      width: file.width ?? null,
      height: file.height ?? null,
      capturedAt: null,
      modifiedAt: track.madeAt,
      renderState: drawn ? 'waiting' : 'none',
      createdAt: now,
    })
    await forgetGarbage(tx, file.key)
    await bumpContent(tx, track.galleryId)
    if (drawn) await deps.queue.send(tx, { name: 'asset.render', payload: { assetId } })
  }
  const stored = { state: 'stored' as const, assetId: same?.id ?? assetId, triedAt: now, errorCode: null, errorDetail: null }
  await noteMedia(tx, track.itemId, role, stored)
  if (role !== 'audio') return
  await changeRescue(tx, track.itemId, { archivedAt: now })
  const told = {
    track: { ...factsOf(track), sha256: file.sha256, size_bytes: file.size, url: `${deps.settings.publicUrl}/media/${stored.assetId}` },
  }
  await emit(deps, tx, { galleryId: track.galleryId, type: 'track.archived', dedupeKey: `track.archived ${track.itemId}`, more: told })
}

/** A track as receivers of webhooks know it. */
const factsOf = ({ itemId, title, artist, provider, providerRef, expiresAt }: About) => ({
  id: itemId,
  title,
  artist,
  provider,
  provider_ref: providerRef,
  expires_at: expiresAt.toISOString(),
})

/** The track is let go with what came of it: all in one transaction, or nothing if it is not ours any more. */
async function end(deps: SaveDeps, track: Held, failures: Map<MediaRole, AppError>, pause: number): Promise<Saved> {
  const now = deps.clock.now()
  const error = failures.get('audio') ?? null
  const [first] = failures.values()
  const rounds = failures.size ? track.rounds + 1 : track.rounds
  const said = { errorCode: first?.code ?? null, errorDetail: first ? sentenceOf(first) : null }
  const last = failures.size > 0 && !nextTry(rounds, track.expiresAt, now, pause)
  // what is lost is never tried again: a clock that cannot be believed says that of nothing
  const otherwise = last && !(await isOver(deps, track.expiresAt)) ? after(now, longestPause) : null
  const ended = await deps.db.transaction().execute(async (tx) => {
    // a fresh address, one file more or a later end may have come while we were at it
    const standing = await lockHeld(tx, track)
    if (!standing) return undefined
    const news = (await listMedia(tx, [track.itemId])).some((one) => isNews(track, one))
    const next = news ? now : failures.size ? (nextTry(rounds, standing.expiresAt, now, pause) ?? otherwise) : null
    const outcome: RoundOutcome = !failures.size && !news ? 'rescued' : !error ? 'partial' : next ? 'failed' : 'lost'
    const state = outcome === 'failed' ? 'retrying' : outcome
    await letGo(tx, track, { state, rounds, dueAt: next, ...said })
    await endRound(tx, track, { endedAt: now, outcome, ...said })
    if (failures.size && !next) await loseMedia(tx, track.itemId)
    // told once each: that it fails is news at the first time alone
    const type = outcome === 'lost' ? ('track.lost' as const) : ('track.failed' as const)
    if (error) {
      const more = { track: { ...factsOf(track), error: { code: error.code, detail: sentenceOf(error) } } }
      await emit(deps, tx, { galleryId: track.galleryId, type, dedupeKey: `${type} ${track.itemId}`, more })
    }
    return { outcome, next }
  })
  if (!ended) return { outcome: 'stale', error: null, pause }
  const { outcome, next } = ended
  const facts = { track: track.itemId, provider: track.provider, outcome, error: error?.code, next: next?.toISOString() }
  if (error) deps.log.warn(facts, '[Rescue] a track could not be saved')
  else deps.log.info(facts, '[Rescue] track saved')
  return { outcome, error, pause }
}

const isOver = ({ calendar }: Pick<Deps, 'calendar'>, end: Date): Promise<boolean> =>
  calendar.now().then(
    (now) => now >= end,
    () => false,
  )

/** Somebody has told of it since its holder took the track: they never asked there. */
const isNews = (track: Held, { role, state, url }: RemoteMedia): boolean =>
  state === 'waiting' && track.media.find((one) => one.role === role)?.url !== url

/** No fault of the track: it stands where it stood, and is due again in a minute, or at once when we were told to stop. */
async function putBack(deps: SaveDeps, track: Held, error: unknown): Promise<void> {
  const now = deps.clock.now()
  const dueAt = error === null ? now : after(now, minutes(1))
  const code = error instanceof AppError ? error.code : error === null ? null : 'internal'
  await deps.db
    .transaction()
    .execute(async (tx) => {
      const standing = await lockHeld(tx, track)
      if (!standing) return
      // its audio may be here since we took it
      const state = standing.archivedAt ? 'partial' : standing.rounds > 0 ? 'retrying' : 'scheduled'
      await letGo(tx, track, { state, dueAt })
      await endRound(tx, track, {
        endedAt: now,
        outcome: 'broken_off',
        errorCode: code,
        errorDetail: error instanceof AppError ? sentenceOf(error) : null,
      })
    })
    // it is taken for dead in a minute
    .catch((cause: unknown) => deps.log.error({ track: track.itemId, error: String(cause) }, '[Rescue] a track could not be put back'))
}

/** What a person reads: our sentence, and what was the matter. */
export function sentenceOf(error: AppError): string {
  const reason = error.facts.detail ?? error.facts.reason
  return (reason ? `${error.message} (${String(reason)})` : error.message).slice(0, 500)
}
