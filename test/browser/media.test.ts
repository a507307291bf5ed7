/** A browser judges our judge of media: it plays for as long as we say what we call whole, and we take what it records. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chromium } from 'playwright-core'
import { mediaCheck, type Role } from '../../src/domain/media-check/check.ts'
import { flac, mp3, ogg, wav } from '../media.ts'
import { args, program } from './chromium.ts'

const check = (bytes: Buffer, role: Role) => {
  const checking = mediaCheck({ role })
  checking.pass(bytes)
  return checking.end()
}

/** Seconds that the browser hears. */
const decode = `async (base64) => {
  const { buffer } = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))
  return (await new OfflineAudioContext(1, 1, 48000).decodeAudioData(buffer)).duration
}`

/** Two seconds of a tone, and of a moving square where there is a picture, recorded as the browser does it. */
const record = `async ({ type, film }) => {
  if (!MediaRecorder.isTypeSupported(type)) return null
  const audio = new AudioContext()
  const tone = audio.createOscillator()
  const heard = audio.createMediaStreamDestination()
  tone.connect(heard)
  tone.start()
  const canvas = Object.assign(document.createElement('canvas'), { width: 320, height: 180 })
  const pen = canvas.getContext('2d')
  const timer = setInterval(() => pen.fillRect(Math.random() * 300, Math.random() * 160, 20, 20), 30)
  const tracks = [...heard.stream.getTracks(), ...(film ? canvas.captureStream(25).getTracks() : [])]
  const recorder = new MediaRecorder(new MediaStream(tracks), { mimeType: type })
  const parts = []
  recorder.ondataavailable = ({ data }) => parts.push(data)
  recorder.start()
  await new Promise((resolve) => setTimeout(resolve, 2000))
  await new Promise((resolve) => { recorder.onstop = resolve; recorder.stop() })
  clearInterval(timer)
  const bytes = new Uint8Array(await new Blob(parts).arrayBuffer())
  let text = ''
  for (const byte of bytes) text += String.fromCharCode(byte)
  return btoa(text)
}`

test('a browser plays what we call whole, for as long as we say, and we take what it records', { timeout: 120_000 }, async (t) => {
  const browser = await chromium.launch({
    executablePath: program,
    args: [...args.split(' '), '--autoplay-policy=no-user-gesture-required'],
  })
  t.after(() => browser.close())
  const page = await browser.newPage()
  for (const [name, bytes] of Object.entries({
    mp3: mp3({ frames: 200 }),
    wav: wav({ seconds: 2 }),
    flac: flac({ samples: 20_000 }),
    ogg: ogg({ pages: 10 }),
  })) {
    const heard = await page.evaluate<number>(`(${decode})(${JSON.stringify(bytes.toString('base64'))})`)
    const { seconds } = check(bytes, 'audio')
    // a decoder may leave out the silence that its encoder needed at the beginning
    assert.ok(Math.abs(heard - seconds!) < 0.06, `${name}: the browser hears ${heard} s, we say ${seconds} s`)
  }
  for (const [type, film] of [
    ['audio/mp4', false],
    ['video/mp4', true],
  ] as const) {
    const text = await page.evaluate<string | null>(`(${record})(${JSON.stringify({ type, film })})`)
    if (text === null) {
      t.diagnostic(`this browser records no ${type}`)
      continue
    }
    const bytes = Buffer.from(text, 'base64')
    const found = check(bytes, film ? 'video' : 'audio')
    assert.equal(found.mime, type)
    t.diagnostic(`${type}: ${bytes.length} bytes, ${found.seconds} s, ${found.width} x ${found.height}`)
    assert.throws(() => check(bytes.subarray(0, bytes.length - 100), film ? 'video' : 'audio'), { code: 'remote_unreadable' })
  }
})
