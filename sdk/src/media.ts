/** Where to play a track from: our copy, else the provider's while it is there (LNK-08). */
import type { MediaRole, Track } from './wire.ts'

/**
 * The address of a track's audio, cover or video that works now; null: there is none any more, or never was. Addresses of our copies
 * begin at the root of Keepsake (`/media/…`): put its address before them in pages of others. `now` in milliseconds, as `Date.now()`.
 */
export function resolveMediaUrl(
  track: Pick<
    Track,
    'audio_url' | 'cover_url' | 'video_url' | 'storage_audio_url' | 'storage_cover_url' | 'storage_video_url' | 'expires_at'
  >,
  role: MediaRole,
  now: number = Date.now(),
): string | null {
  const stored = { audio: track.storage_audio_url, cover: track.storage_cover_url, video: track.storage_video_url }[role]
  const provider = { audio: track.audio_url, cover: track.cover_url, video: track.video_url }[role]
  return stored ?? (Date.parse(track.expires_at) > now ? provider : null)
}
