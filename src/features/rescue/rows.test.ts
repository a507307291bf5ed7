import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isCode } from '../../base/errors.ts'
import { readRows } from './rows.ts'

const now = new Date('2026-06-06T10:00:00Z')
const read = (text: string, name: string) => readRows(text, name, now)

test('rows of 002 come in as tracks: what it had saved is fetched from there, what it had not from the provider', () => {
  const rows = [
    {
      id: '11111111-1111-4111-8111-111111111111',
      user_id: '22222222-2222-4222-8222-222222222222',
      title: 'Waltz',
      status: 'completed',
      audio_url: 'https://cdn.suno.example/1.mp3',
      cover_url: 'https://cdn.suno.example/1.jpg',
      video_url: null,
      archived_to_storage: true,
      storage_audio_url: 'https://store.example/tracks-audio/1.mp3',
      storage_cover_url: '',
      archive_scheduled_at: '2025-11-13 09:00:00+00',
      created_at: '2025-10-31 09:00:00.123456+00',
      duration: 184,
    },
    {
      id: 7,
      title: 'New',
      audio_url: 'https://cdn.suno.example/2.mp3',
      archived_to_storage: false,
      storage_audio_url: 'https://store.example/no.mp3',
    },
  ]
  const { tracks, skipped } = read(JSON.stringify(rows), 'tracks.json')
  assert.deepEqual(skipped, [])
  const [saved, fresh] = tracks
  assert.deepEqual(
    [saved!.providerRef, saved!.title, saved!.audioUrl, saved!.coverUrl, saved!.videoUrl, saved!.seconds, saved!.madeAt],
    [rows[0]!.id, 'Waltz', rows[0]!.storage_audio_url, rows[0]!.cover_url, null, 184, new Date('2025-10-31T09:00:00.123Z')],
  )
  // the provider's 15 days are over; its own store keeps it
  assert.equal(saved!.expiresAt!.toISOString(), '2027-06-06T10:00:00.000Z')
  assert.deepEqual(
    [fresh!.providerRef, fresh!.audioUrl, fresh!.expiresAt, fresh!.madeAt],
    ['7', 'https://cdn.suno.example/2.mp3', null, null],
  )
  assert.deepEqual(read(JSON.stringify({ tracks: rows }), 'export.JSON').tracks, tracks)
})

test('a table of a spreadsheet comes in, with the booleans and moments of PostgreSQL', () => {
  const csv = [
    '\ufeffID;Title;Audio_URL;Provider;Archived_to_storage;Storage_audio_url;Created_at;image_url',
    'a;"Rain; again";https://cdn.example/a.mp3;Suno;t;https://store.example/a.mp3;2026-06-01 10:00:00+02;https://cdn.example/a.png',
    'b;Sun;https://cdn.example/b.mp3;;f;;2026-06-01;',
    'c;Wind;https://cdn.example/c.mp3;;f;;2026-06-01 10:00:00;',
    '',
  ].join('\r\n')
  const { tracks, skipped } = read(csv, 'tracks.CSV')
  assert.deepEqual(skipped, [])
  assert.deepEqual(
    tracks.map(({ providerRef, provider, title, audioUrl, coverUrl, madeAt }) => [
      providerRef,
      provider,
      title,
      audioUrl,
      coverUrl,
      madeAt?.toISOString(),
    ]),
    [
      ['a', 'suno', 'Rain; again', 'https://store.example/a.mp3', 'https://cdn.example/a.png', '2026-06-01T08:00:00.000Z'],
      ['b', 'generic', 'Sun', 'https://cdn.example/b.mp3', null, '2026-06-01T00:00:00.000Z'],
      ['c', 'generic', 'Wind', 'https://cdn.example/c.mp3', null, '2026-06-01T10:00:00.000Z'],
    ],
  )
})

test('a row that is no track is named with its place, and the others come in', () => {
  const good = { audio_url: 'https://cdn.example/1.mp3' }
  const bad = [
    null,
    7,
    'text',
    [],
    {},
    { audio_url: 'ftp://cdn.example/1.mp3' },
    { ...good, created_at: 'yesterday' },
    { ...good, duration: 'long' },
  ]
  const { tracks, skipped } = read(JSON.stringify([good, ...bad, good]), 'x.json')
  assert.equal(tracks.length, 2)
  assert.deepEqual(
    skipped.map(({ row }) => row),
    bad.map((_, i) => i + 2),
  )
  assert.match(skipped[0]!.reason, /^audio_url is not an http or https address/)
  assert.match(skipped.at(-2)!.reason, /^created_at/)
  assert.match(skipped.at(-1)!.reason, /^duration_seconds/)
  assert.deepEqual(read('', 'empty.csv'), { tracks: [], skipped: [] })
})

test('what is neither table nor list is refused and named', () => {
  for (const text of ['<html>', '{"rows":[]}', '7', 'null', '"x"'])
    assert.throws(
      () => read(text, 'page.json'),
      (error) => isCode(error, 'bad_request') && String(error.facts.detail).startsWith('page.json'),
      text,
    )
})
