/** With the real program, where it is installed (Debian: ffmpeg), and with programs that misbehave. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { after, test } from 'node:test'
import { flac, mp3, mp4, noise, ogg, wav } from '../../../test/media.ts'
import { temporaryFolder } from '../../../test/postgres.ts'
import type { Source } from '../storage/port.ts'
import { ffprobe } from './ffprobe.ts'

const dir = temporaryFolder()
after(() => rmSync(dir, { recursive: true, force: true }))
const { signal } = new AbortController()

function sourceOf(bytes: Buffer): Source & { at: number; closed: boolean } {
  const source = {
    at: 0,
    closed: false,
    async read(into: Uint8Array) {
      const n = bytes.copy(into, 0, source.at)
      source.at += n
      return n
    },
    async close() {
      source.closed = true
    },
  }
  return source
}

/** A program of our own in the place of ffprobe. */
function program(name: string, script: string): string {
  const file = path.join(dir, name)
  writeFileSync(file, `#!/bin/sh\n${script}\n`)
  chmodSync(file, 0o755)
  return file
}

function installed(): string | undefined {
  try {
    return execFileSync('sh', ['-c', 'command -v ffprobe'], { encoding: 'utf8' }).trim()
  } catch {
    return undefined
  }
}
const file = installed()

test('ffprobe reads whole sounds and films, and says no to what only looks like them', {
  skip: file ? false : 'ffprobe is not installed (Debian: ffmpeg)',
}, async () => {
  const probe = ffprobe({ file: file! })
  assert.match((await probe.version())!, /^ffprobe [\w.:+~-]+$/)
  const reads = (bytes: Buffer, wanted: 'audio' | 'video') => probe.reads(sourceOf(bytes), wanted, signal)
  const sounds = { mp3: mp3(), wav: wav(), flac: flac(), ogg: ogg(), m4a: mp4({ sound: true }), long: mp3({ frames: 20_000 }) }
  for (const [name, bytes] of Object.entries(sounds)) assert.equal(await reads(bytes, 'audio'), true, name)
  for (const moov of ['before', 'behind'] as const) assert.equal(await reads(mp4({ moov }), 'video'), true, moov)
  // there is no film in a song
  assert.equal(await reads(mp3(), 'video'), false)
  assert.equal(await reads(noise(20_000, 1), 'audio'), false)
  assert.equal(await reads(Buffer.concat([mp4().subarray(0, 24), noise(20_000, 2)]), 'video'), false)
  assert.equal(await reads(Buffer.alloc(0), 'audio'), false)
  // lists of addresses that a player would follow: no protocol and no such format is allowed
  const list = '#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nhttp://127.0.0.1:9/a.ts\n#EXT-X-ENDLIST\n'
  for (const text of [list, "ffconcat version 1.0\nfile 'file:/etc/passwd'\n"]) assert.equal(await reads(Buffer.from(text), 'audio'), false)
})

test('a program that is away, hangs, dies or fails in its own way has no opinion, and hangs for no longer than its time', async () => {
  const bytes = mp3({ frames: 4000 })
  const cases: [string, string][] = [
    ['away', path.join(dir, 'nowhere')],
    ['hangs', program('hangs', 'exec sleep 600')],
    ['hangs and reads', program('reads', 'cat >/dev/null; sleep 20')],
    ['dies', program('dies', 'kill -SEGV $$')],
    ['other code', program('other', 'cat >/dev/null; exit 3')],
    ['memory', program('memory', 'cat >/dev/null; echo "Cannot allocate memory" >&2; exit 1')],
  ]
  for (const [name, at] of cases) {
    const source = sourceOf(bytes)
    assert.equal(await ffprobe({ file: at, timeLimitMs: 300 }).reads(source, 'audio', signal), null, name)
    assert.ok(source.closed, name)
  }
  assert.equal(await ffprobe({ file: path.join(dir, 'nowhere') }).version(), null)
  // whoever wants it no more waits for nothing
  const gone = AbortSignal.timeout(100)
  await assert.rejects(ffprobe({ file: cases[1]![1] }).reads(sourceOf(bytes), 'audio', gone), { name: 'TimeoutError' })
})

test('it is given the bytes and nothing of our environment, and may end before it has them all', async () => {
  process.env.KEEPSAKE_TEST_SECRET = 'not for others'
  const told = path.join(dir, 'told')
  const nosy = program('nosy', `export -p > ${told}; /usr/bin/head -c 1000 > ${told}.bytes; echo audio`)
  const bytes = mp3({ frames: 20_000 })
  const source = sourceOf(bytes)
  assert.equal(await ffprobe({ file: nosy }).reads(source, 'audio', signal), true)
  assert.ok(source.closed && source.at < bytes.length)
  assert.ok(readFileSync(`${told}.bytes`).equals(bytes.subarray(0, 1000)))
  assert.doesNotMatch(readFileSync(told, 'utf8'), /KEEPSAKE|HOME|not for others/)
  delete process.env.KEEPSAKE_TEST_SECRET
})
