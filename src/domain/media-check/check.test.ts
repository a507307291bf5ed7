/** Samples are written by hand (test/media.ts), pictures by sharp; what is cut anywhere is refused. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import sharp from 'sharp'
import { aac, flac, mp3, mp4, noise, ogg, wav, webm } from '../../../test/media.ts'
import { AppError } from '../../base/errors.ts'
import { type Found, mediaCheck, type Promised, type Role } from './check.ts'

/** In pieces of this size. */
function check(bytes: Buffer, promised: Promised | Role, piece = 1000): Found {
  const checking = mediaCheck(typeof promised === 'string' ? { role: promised } : promised)
  for (let at = 0; at < bytes.length; at += piece) checking.pass(bytes.subarray(at, at + piece))
  return checking.end()
}
function reason(bytes: Buffer, promised: Promised | Role, piece?: number): unknown {
  try {
    return check(bytes, promised, piece)
  } catch (error) {
    assert.ok(error instanceof AppError && error.code === 'remote_unreadable', String(error))
    return error.facts.reason
  }
}

const canvas = sharp({ create: { width: 48, height: 32, channels: 3, background: '#815' } })
const pictures = {
  jpeg: await canvas.clone().jpeg().toBuffer(),
  'progressive jpeg': await canvas.clone().jpeg({ progressive: true }).toBuffer(),
  png: await canvas.clone().png().toBuffer(),
  webp: await canvas.clone().webp().toBuffer(),
  'lossless webp': await canvas.clone().webp({ lossless: true }).toBuffer(),
  gif: await canvas.clone().gif().toBuffer(),
  avif: await canvas.clone().avif().toBuffer(),
  'webp with room': await canvas.clone().withMetadata().webp().toBuffer(),
}
const sounds: [string, Buffer, Partial<Found>][] = [
  ['mp3', mp3(), { mime: 'audio/mpeg', extension: 'mp3', seconds: (40 * 1152) / 44_100 }],
  ['mp3 without tag', mp3({ id3: false }), { mime: 'audio/mpeg' }],
  ['m4a', mp4({ sound: true }), { mime: 'audio/mp4', extension: 'm4a', seconds: 2 }],
  ['m4a, moov before', mp4({ sound: true, moov: 'before' }), { mime: 'audio/mp4', seconds: 2 }],
  ['wav', wav({ seconds: 0.2 }), { mime: 'audio/wav', extension: 'wav', seconds: 0.2 }],
  ['flac', flac(), { mime: 'audio/flac', extension: 'flac', seconds: 3000 / 8000 }],
  ['webm', webm({ sound: true }), { mime: 'audio/webm', extension: 'webm', seconds: 2 }],
  ['ogg', ogg(), { mime: 'audio/ogg', extension: 'ogg', seconds: (5 * 9600 - 312) / 48_000 }],
]
const films: [string, Buffer][] = [
  ['mp4', mp4()],
  ['mp4, moov before', mp4({ moov: 'before' })],
  ['webm', webm()],
  ['mp4 whose samples go on to its end', endless(mp4({ moov: 'before' }))],
]
/** Of size 0: written by a program that could not go back. */
function endless(bytes: Buffer): Buffer {
  bytes.writeUInt32BE(0, bytes.indexOf('mdat') - 4)
  return bytes
}
const all: [string, Buffer, Role][] = [
  ...sounds.map(([name, bytes]): [string, Buffer, Role] => [name, bytes, 'audio']),
  ...films.map(([name, bytes]): [string, Buffer, Role] => [name, bytes, 'video']),
  ...Object.entries(pictures).map(([name, bytes]): [string, Buffer, Role] => [name, bytes, 'cover']),
]

test('whole files are told with type, length and size, however their bytes come', () => {
  for (const [name, bytes, facts] of sounds)
    for (const piece of [1, 7, 1000, bytes.length]) {
      const found = check(bytes, 'audio', piece)
      for (const [key, value] of Object.entries(facts)) assert.equal(found[key as keyof Found], value, `${name} ${key} ${piece}`)
    }
  for (const [name, bytes] of films) {
    const { mime, seconds, width, height } = check(bytes, 'video', 11)
    const type = name === 'webm' ? 'video/webm' : 'video/mp4'
    assert.deepEqual({ mime, seconds, width, height }, { mime: type, seconds: 2, width: 640, height: 360 }, name)
  }
  for (const [name, bytes] of Object.entries(pictures)) {
    const { width, height, mime, seconds } = check(bytes, 'cover', 13)
    assert.deepEqual({ width, height, seconds }, { width: 48, height: 32, seconds: null }, name)
    assert.ok(name.includes(mime.replace('image/', '')), `${name} ${mime}`)
  }
})

test('a file that is cut at any byte is refused', () => {
  for (const [name, bytes, role] of all)
    for (let size = 0; size < bytes.length; size++)
      assert.equal(typeof reason(bytes.subarray(0, size), role, 4096), 'string', `${name} cut at ${size} of ${bytes.length} was taken`)
})

test('without a header that counts them, an MP3 that ends between two frames is judged by its promised length', () => {
  const cut = mp3({ frames: 400, xing: false }).subarray(0, -417 * 300)
  assert.equal(check(cut, 'audio').seconds, (100 * 1152) / 44_100)
  assert.equal(reason(cut, { role: 'audio', expectedSeconds: (400 * 1152) / 44_100 }), 'too_short')
  // rounded, or with a second of silence less
  assert.ok(check(mp3({ frames: 400 }), { role: 'audio', expectedSeconds: 12 }))
  assert.ok(check(mp3({ frames: 400 }), { role: 'audio', expectedSeconds: 3 }))
  assert.ok(check(mp3({ frames: 400 }), { role: 'audio', expectedSeconds: null }))
})

test('where nobody says how much there should be, what ends between two frames is judged by its promised length', () => {
  const whole = 1024 / 44_100
  for (const [bytes, role, seconds] of [
    [aac(), 'audio', 40 * whole],
    [aac({ id3: true }), 'audio', 40 * whole],
    [webm({ live: true }), 'video', 1.9],
    [webm({ live: true, sound: true }), 'audio', 1.9],
  ] as [Buffer, Role, number][]) {
    assert.ok(Math.abs(check(bytes, role, 11).seconds! - seconds) < 0.001)
    const taken = Array.from({ length: bytes.length }, (_, n) => n).filter((n) => reason(bytes.subarray(0, n), role) === undefined)
    // as many as there are frames or elements after the head, and no other cut
    assert.ok(taken.length < 45, `${taken.length}`)
    for (const n of taken) {
      const cut = bytes.subarray(0, n)
      assert.equal(reason(cut, { role, expectedSeconds: check(cut, role).seconds! + 5 }), 'too_short')
    }
  }
  assert.equal(reason(aac().subarray(0, 100), 'audio'), 'cut')
})

test('what servers send in place of a file is called by its name', () => {
  const page = Buffer.from('\ufeff\n<!DOCTYPE html><title>Sorry</title>')
  for (const role of ['audio', 'cover', 'video'] as const) {
    assert.equal(reason(page, role), 'web_page')
    assert.equal(reason(Buffer.from('<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>'), role), 'web_page')
    assert.equal(reason(Buffer.from(' {"error":"expired"}'), role), 'json')
    assert.equal(reason(Buffer.from('[]'), role), 'json')
    assert.equal(reason(Buffer.from('404 page not found\n'), role), 'text')
    assert.equal(reason(Buffer.alloc(0), role), 'empty')
    assert.equal(reason(gzipSync(mp3()), role), 'packed')
    assert.equal(reason(Buffer.alloc(5000), role), 'unknown_kind')
    assert.equal(reason(noise(5000, 3), role), 'unknown_kind')
  }
  // an accident of four bytes is no song
  assert.equal(reason(Buffer.concat([mp3({ xing: false, id3: false }).subarray(0, 417), noise(9000, 5)]), 'audio'), 'unknown_kind')
})

test('a picture is no song, a film no cover', () => {
  for (const [name, bytes, role] of all)
    for (const other of (['audio', 'cover', 'video'] as const).filter((one) => one !== role))
      assert.equal(reason(bytes, other), 'wrong_kind', `${name} as ${other}`)
})

test('tags, room and marks around the sound do not disturb', () => {
  const old = Buffer.concat([Buffer.from('TAG'), Buffer.alloc(125)])
  const ape = Buffer.alloc(32)
  ape.write('APETAGEX')
  for (const bytes of [Buffer.concat([mp3(), old]), Buffer.concat([mp3(), ape, old]), Buffer.concat([mp3(), Buffer.alloc(300)])])
    assert.equal(check(bytes, 'audio').seconds, (40 * 1152) / 44_100)
  const tag = Buffer.concat([Buffer.from('ID3'), Buffer.from([4, 0, 0, 0, 0, 1, 0]), Buffer.alloc(128)])
  assert.ok(check(Buffer.concat([tag, Buffer.alloc(700), mp3({ id3: false })]), 'audio'))
  assert.ok(check(Buffer.concat([pictures.jpeg, Buffer.from('made by a telephone')]), 'cover'))
  assert.ok(check(Buffer.concat([mp4(), Buffer.from([0, 0, 0, 8]), Buffer.from('free')]), 'video'))
  assert.equal(reason(Buffer.concat([mp4(), Buffer.from([0, 0, 1, 8]), Buffer.from('mdat')]), 'video'), 'cut')
})

test('whatever a file says of itself, it is taken or called unreadable, and nothing else happens', () => {
  let state = 7
  const random = (below: number) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
  for (const [, bytes, role] of all)
    for (let n = 0; n < 400; n++) {
      const changed = Buffer.from(bytes)
      // mostly where headers are
      for (let k = 0; k <= random(4); k++)
        changed[random(2) ? random(Math.min(700, bytes.length)) : random(bytes.length)] = [0, 1, 255, random(256)][random(4)]!
      reason(changed.subarray(0, bytes.length - (random(3) ? 0 : random(200))), role, 1 + random(3000))
    }
  // boxes in boxes in boxes
  const nested = Buffer.concat(Array.from({ length: 50_000 }, (_, n) => Buffer.concat([u32(8 * (50_000 - n)), Buffer.from('mdia')])))
  const deep = Buffer.concat([mp4().subarray(0, 24), u32(nested.length + 8), Buffer.from('moov'), nested])
  assert.equal(reason(deep, 'video'), 'damaged')
  // tables that end before they begin
  const box = (type: string, ...parts: Buffer[]) => Buffer.concat([u32(8 + Buffer.concat(parts).length), Buffer.from(type), ...parts])
  for (const types of [['mvhd'], ['mehd'], ['tkhd'], ['stsz', 'stsc', 'stco'], ['stsz', 'stsc', 'co64']]) {
    const empty = box('trak', ...types.map((type) => box(type, u32(0))))
    assert.equal(reason(Buffer.concat([mp4().subarray(0, 24), box('moov', empty), box('mdat', u32(0))]), 'video'), 'damaged', types.join())
  }
})
const u32 = (n: number): Buffer => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(n)
  return bytes
}

test('a file of nothing but the smallest pieces is refused before it costs much', () => {
  const endless = (head: Buffer, piece: Buffer, role: Role) => {
    const checking = mediaCheck({ role })
    checking.pass(head)
    const much = Buffer.concat(Array.from({ length: 32_768 }, () => piece))
    let passed = 0
    assert.throws(
      () => {
        for (; passed < 200_000_000; passed += much.length) checking.pass(much)
      },
      { code: 'remote_unreadable' },
      role,
    )
    assert.ok(passed >= much.length && passed < 4_000_000, `${passed} bytes were walked`)
  }
  const screen = Buffer.from([1, 0, 1, 0, 0, 0, 0, 0x21, 0xfe])
  endless(Buffer.concat([Buffer.from('GIF89a'), screen]), Buffer.from([1, 65]), 'cover')
  const head = Buffer.from('1a45dfa38742828477656d62', 'hex')
  head.write('webm', 8)
  endless(Buffer.concat([head, Buffer.from('1853806701ffffffffffffff', 'hex')]), Buffer.from([0xec, 0x80]), 'video')
})

test('files that lie about their lengths are refused, and hold no memory', () => {
  const lying = mp4({ moov: 'before' })
  lying.writeUInt32BE(0x7fff_ffff, lying.indexOf('stsz') - 4)
  assert.equal(typeof reason(lying, 'video'), 'string')
  const before = process.memoryUsage().arrayBuffers
  const checking = mediaCheck({ role: 'video' })
  checking.pass(Buffer.concat([mp4().subarray(0, 24), Buffer.from([0x7f, 0, 0, 0]), Buffer.from('mdat')]))
  const much = Buffer.alloc(64 * 1024)
  for (let n = 0; n < 2000; n++) checking.pass(much)
  assert.ok(process.memoryUsage().arrayBuffers - before < 40 * 1024 * 1024)
  assert.throws(() => checking.end(), { code: 'remote_unreadable' })
})
