/** Where a track is played from. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { resolveMediaUrl } from './media.ts'

test('our copy comes before the provider’s, cover by cover, and nothing is played that has gone', () => {
  const track = {
    audio_url: 'https://p.example/1.mp3',
    cover_url: 'https://p.example/1.jpg',
    video_url: null,
    storage_audio_url: null,
    storage_cover_url: '/media/1',
    storage_video_url: null,
    expires_at: '2026-06-06T10:00:00.000Z',
  }
  const end = Date.parse(track.expires_at)
  assert.deepEqual(
    [
      resolveMediaUrl(track, 'audio', end - 1),
      resolveMediaUrl(track, 'audio', end),
      resolveMediaUrl(track, 'cover', end + 1),
      resolveMediaUrl(track, 'video', end - 1),
    ],
    ['https://p.example/1.mp3', null, '/media/1', null],
  )
  assert.equal(resolveMediaUrl({ ...track, storage_audio_url: '/media/2' }, 'audio', end + 1), '/media/2')
})
