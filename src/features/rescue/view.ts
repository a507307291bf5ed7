/** A track as its owner sees it over the API. */
import type { Track, TrackDetails, TrackMedia, TrackState } from '../../../sdk/src/wire.ts'
import type { Round, TrackMediaRow, TrackRow } from '../../data/tracks.ts'
import { playAddress } from '../../domain/media.ts'
import { daysLeft, type MediaRole } from '../../domain/rescue.ts'

export function viewTrack(row: TrackRow, now: Date): Track {
  const of = (role: MediaRole) => row.media.find((one) => one.role === role)
  // brought by hand: no provider has it
  const url = (role: MediaRole) => of(role)?.url || null
  const stored = (role: MediaRole) => storedAt(of(role))
  const play = (role: MediaRole) => playAddress({ stored: stored(role), provider: url(role), providerExpiresAt: row.expiresAt }, now)
  const held = row.state === 'rescuing'
  return {
    id: row.itemId,
    provider: row.provider,
    provider_ref: row.providerRef,
    title: row.title,
    artist: row.artist,
    state: row.state as TrackState,
    audio_url: url('audio')!,
    cover_url: url('cover'),
    video_url: url('video'),
    archived_to_storage: row.archivedAt !== null,
    storage_audio_url: stored('audio'),
    storage_cover_url: stored('cover'),
    storage_video_url: stored('video'),
    play: { audio: play('audio'), cover: play('cover'), video: play('video') },
    created_at: row.madeAt.toISOString(),
    expires_at: row.expiresAt.toISOString(),
    days_left: daysLeft(row.expiresAt, now),
    archive_scheduled_at: row.scheduledAt.toISOString(),
    archived_at: row.archivedAt?.toISOString() ?? null,
    next_try_at: held ? null : (row.dueAt?.toISOString() ?? null),
    tries: row.rounds,
    error_code: row.errorCode,
    error: row.errorDetail,
    public: row.isPublic,
    bytes: row.media.reduce((sum, one) => sum + (one.size ?? 0), 0),
    media: row.media.map(viewMedia),
  }
}

const storedAt = (media: TrackMediaRow | undefined): string | null =>
  media?.state === 'stored' && media.assetState === 'stored' ? `/media/${media.assetId}` : null

const viewMedia = (one: TrackMediaRow): TrackMedia => ({
  role: one.role,
  url: one.url,
  state: one.state,
  asset_id: one.assetId,
  mime: one.mime,
  size: one.size,
  sha256: one.sha256?.toString('hex') ?? null,
  tries: one.tries,
  tried_at: one.triedAt?.toISOString() ?? null,
  error_code: one.errorCode,
  error: one.errorDetail,
})

export const viewDetails = (row: TrackRow, rounds: Round[], now: Date): TrackDetails => ({
  ...viewTrack(row, now),
  rounds: rounds.map((round) => ({
    started_at: round.startedAt.toISOString(),
    ended_at: round.endedAt?.toISOString() ?? null,
    outcome: round.outcome,
    error_code: round.errorCode,
    error: round.errorDetail,
  })),
})
