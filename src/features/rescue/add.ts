/**
 * Tracks come in: by the API, the command line, a provider's webhook or poller. The same track of a provider twice is one track; what
 * is new about it (a file, a fresh address, a later end) is taken over. What its owner has deleted stays deleted.
 */
import { createHash } from 'node:crypto'
import type { AddedTrack } from '../../../sdk/src/wire.ts'
import { newId } from '../../base/id.ts'
import { lockGallery } from '../../data/galleries.ts'
import { changeRescue, insertRescues, lockKnown, offerMedia, type Rescue } from '../../data/rescues.ts'
import { providerRules } from '../../domain/provider.ts'
import { type Keeping, type MediaRole, mediaRoles, schedule } from '../../domain/rescue.ts'
import type { Tx } from '../../ports/database/port.ts'
import type { Deps } from '../../ports/deps.ts'
import { ensureCollection } from './collection.ts'

type Needs = Pick<Deps, 'db' | 'http' | 'clock' | 'settings'>

/** A track as somebody tells us of it. */
export interface NewTrack {
  /** small letters; `generic` when nobody says */
  provider: string
  /** the provider's id of it; null: its address is */
  providerRef: string | null
  /** null: after its address */
  title: string | null
  artist: string | null
  audioUrl: string
  coverUrl: string | null
  videoUrl: string | null
  /** at the provider; null: not known */
  madeAt: Date | null
  /** when the provider deletes it; null: by its rule */
  expiresAt: Date | null
  seconds: number | null
  isPublic: boolean
}

/** Answers for each in order. Throws `address_refused` when one lies at an address that may never be asked; then none is added. */
export async function addTracks(deps: Needs, ownerId: string, tracks: NewTrack[]): Promise<AddedTrack[]> {
  await checkAddresses(deps, tracks)
  const galleryId = await ensureCollection(deps, ownerId)
  const wanted = tracks.map((track) => ({ ...track, providerRef: refOf(track) }))
  return deps.db.transaction().execute(async (tx) => {
    await lockGallery(tx, galleryId)
    const known = new Map((await lockKnown(tx, ownerId, wanted)).map((row) => [keyOf(row), row]))
    const fresh: ReturnType<typeof rowsOf>[] = []
    const mine = new Set<string>()
    const answers: AddedTrack[] = []
    for (const [i, track] of wanted.entries()) {
      const before = known.get(keyOf(track))
      const rows = before ? undefined : rowsOf(deps, ownerId, galleryId, track, i)
      const rescue = before ?? rows!.rescue
      if (before && before.state !== 'deleted' && !mine.has(before.itemId)) await takeOver(deps, tx, before, track)
      if (rows) {
        fresh.push(rows)
        // twice in one call is one
        known.set(keyOf(track), rows.rescue)
        mine.add(rows.rescue.itemId)
      }
      const { provider, providerRef: provider_ref } = track
      const state = rescue.state as AddedTrack['state']
      answers.push({ id: rescue.itemId, provider, provider_ref, added: rows !== undefined, state })
    }
    await insertRescues(tx, fresh)
    return answers
  })
}

/** One question for each server, however many tracks lie there. */
async function checkAddresses({ http }: Pick<Deps, 'http'>, tracks: NewTrack[]): Promise<void> {
  const origins = new Map<string, string>()
  for (const track of tracks) for (const { url } of mediaOf(track)) origins.set(URL.parse(url)?.origin ?? url, url)
  for (const url of origins.values()) await http.check(url)
}

const keyOf = ({ provider, providerRef }: { provider: string; providerRef: string }) => `${provider} ${providerRef}`

function refOf({ providerRef, audioUrl }: NewTrack): string {
  const ref = providerRef ?? audioUrl
  // an index takes no text of any length
  return ref.length > 500 ? `sha256:${createHash('sha256').update(ref).digest('hex')}` : ref
}

function mediaOf({ audioUrl, coverUrl, videoUrl }: NewTrack): { role: MediaRole; url: string }[] {
  const urls = { audio: audioUrl, cover: coverUrl, video: videoUrl }
  return mediaRoles.flatMap((role) => (urls[role] === null ? [] : [{ role, url: urls[role] }]))
}

export function keepingOf({ settings }: Pick<Deps, 'settings'>, provider: string): Keeping {
  const { retentionDays, leadDays } = providerRules(provider)
  return { retentionDays: retentionDays ?? settings.providerRetentionDays, leadDays: leadDays ?? settings.rescueLeadDays }
}

type Known = NewTrack & { providerRef: string }

function rowsOf(deps: Needs, ownerId: string, galleryId: string, track: Known, i: number) {
  const now = deps.clock.now()
  const id = newId(now)
  const { provider, providerRef, artist, seconds, isPublic } = track
  const times = schedule(track, keepingOf(deps, provider), now)
  const title = track.title?.trim() || decodeURIComponentSafely(URL.parse(track.audioUrl)?.pathname.split('/').at(-1) ?? '') || 'Track'
  const start = { fence: 0, rounds: 0, told: 0, errorCode: null, errorDetail: null, archivedAt: null }
  return {
    item: { id, galleryId, title, artist, provider, position: now.getTime() * 1000 + i, createdAt: now },
    rescue: {
      ...start,
      ...times,
      itemId: id,
      ownerId,
      provider,
      providerRef,
      state: 'scheduled' as const,
      dueAt: times.scheduledAt,
      seconds,
      isPublic,
      createdAt: now,
    },
    media: mediaOf(track).map((one) => ({ ...one, itemId: id, state: 'waiting' as const })),
  }
}

function decodeURIComponentSafely(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** What is stored stays; what was lost and has a new address is tried again. */
async function takeOver(deps: Needs, tx: Tx, known: Rescue, track: NewTrack): Promise<void> {
  const changed = await offerMedia(tx, known.itemId, mediaOf(track))
  const later = track.expiresAt && track.expiresAt > known.expiresAt ? { expiresAt: track.expiresAt } : {}
  if (!changed) return changeRescueIf(tx, known.itemId, later)
  const now = deps.clock.now()
  const rests = known.state === 'scheduled' || known.state === 'rescuing'
  const again = rests ? {} : { state: known.archivedAt ? ('partial' as const) : ('retrying' as const), dueAt: now }
  await changeRescueIf(tx, known.itemId, { ...later, ...again })
}

async function changeRescueIf(tx: Tx, itemId: string, change: Parameters<typeof changeRescue>[2]): Promise<void> {
  if (Object.keys(change).length) await changeRescue(tx, itemId, change)
}
