import assert from 'node:assert/strict'
import { test } from 'node:test'
import { predictionOf, readPrediction } from './prediction.ts'

const base = 'https://replicate.delivery/xezq'
const song = {
  id: 'gm3qorzdhgbfurvjtvhg6dckhu',
  status: 'succeeded',
  created_at: '2026-06-06T09:00:00.000000Z',
  completed_at: '2026-06-06T09:02:00.5Z',
  input: { prompt: '  a slow\n waltz ', seed: 3 },
  output: `${base}/out.mp3`,
  urls: { get: 'https://api.replicate.com/v1/predictions/x' },
}
const one = (change: object) => readPrediction({ ...song, ...change })!.tracks

test('a prediction that made a sound is a track, whatever form its output has', () => {
  const [track] = one({})
  assert.deepEqual(track, {
    ref: song.id,
    title: 'a slow waltz',
    audioUrl: `${base}/out.mp3`,
    coverUrl: null,
    videoUrl: null,
    madeAt: new Date('2026-06-06T09:02:00.500Z'),
  })
  assert.equal(one({ output: [`${base}/a.wav?sig=1`] })[0]!.audioUrl, `${base}/a.wav?sig=1`)
  const full = { audio: `${base}/a.flac`, images: [`${base}/c.png`], film: { url: `${base}/v.mp4` }, text: 'words' }
  assert.deepEqual(
    one({ output: full }).map(({ audioUrl, coverUrl, videoUrl }) => [audioUrl, coverUrl, videoUrl]),
    [[full.audio, `${base}/c.png`, `${base}/v.mp4`]],
  )
})

test('two songs of one prediction are two tracks, each with an id of its own', () => {
  const tracks = one({ output: [`${base}/1.mp3`, `${base}/2.mp3`, `${base}/1.jpg`], input: { title: 'Waltz' } })
  assert.deepEqual(
    tracks.map(({ ref, title, coverUrl }) => [ref, title, coverUrl]),
    [
      [song.id, 'Waltz', `${base}/1.jpg`],
      [`${song.id}/2`, 'Waltz (2)', null],
    ],
  )
  assert.deepEqual(
    tracks.map(({ ref }) => predictionOf(ref)),
    [song.id, song.id],
  )
})

test('what did not succeed, was removed, or made no sound brings nothing; what is no prediction is none', () => {
  for (const change of [
    { status: 'failed' },
    { status: 'processing' },
    { data_removed: true },
    { output: null },
    { output: [`${base}/a.png`] },
  ])
    assert.deepEqual(one(change), [], JSON.stringify(change))
  assert.deepEqual(one({ output: ['data:audio/mpeg;base64,AAAA', 'javascript:1.mp3', 'http://', 7, [[[[[`${base}/deep.mp3`]]]]]] }), [])
  const silent = (change: object) => readPrediction({ ...song, ...change })!.silent
  assert.deepEqual(
    [[`${base}/a.png`], [`${base}/a.webm`, `${base}/a.png`], { file: `${base}/model.zip` }, song.output, null, 'words'].map((output) =>
      silent({ output }),
    ),
    ['picture', 'film', 'file', null, null, null],
  )
  assert.equal(silent({ status: 'failed', output: [`${base}/a.png`] }), null)
  for (const value of [null, [], 'x', { id: 7 }, { id: '../..' }]) assert.equal(readPrediction(value), null)
  assert.equal(one({ input: null, completed_at: 'soon' })[0]!.madeAt?.toISOString(), '2026-06-06T09:00:00.000Z')
  assert.equal(one({ input: { prompt: 'x'.repeat(500) } })[0]!.title!.length, 100)
})
