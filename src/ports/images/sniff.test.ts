import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { deflateRawSync } from 'node:zlib'
import fc from 'fast-check'
import sharp from 'sharp'
import { pngBomb } from '../../../test/pictures.ts'
import { dimensions } from './dimensions.ts'
import { headBytes, maxPixels } from './port.ts'
import { renderable, sniff } from './sniff.ts'

const bytes = (...pieces: (string | number[] | Uint8Array)[]): Buffer =>
  Buffer.concat(pieces.map((piece) => (typeof piece === 'string' ? Buffer.from(piece, 'latin1') : Buffer.from(piece))))
const box = (brand: string, ...others: string[]) =>
  bytes([0, 0, 0, 16 + 4 * others.length], 'ftyp', brand, [0, 0, 0, 0], ...others, [0, 0, 0, 8], 'mdat', Buffer.alloc(64))
const ebml = (type: string) =>
  bytes([0x1a, 0x45, 0xdf, 0xa3, 0x80 + 3 + type.length, 0x42, 0x82, 0x80 + type.length], type, Buffer.alloc(64))
/** A little-endian TIFF with so many tags, this one first. */
const tiffWith = (count: number, tag: number) => {
  const entry = Buffer.alloc(12)
  entry.writeUInt16LE(tag)
  entry.writeUInt16LE(1, 2)
  entry.writeUInt32LE(1, 4)
  return bytes('II*\0', [8, 0, 0, 0, count, 0], entry, Buffer.alloc(count * 12))
}
const picture = (width = 64, height = 48) => sharp({ create: { width, height, channels: 3, background: '#a52' } })

test('what can be kept is known by its first bytes', async () => {
  const mp3 = Buffer.alloc(2000)
  for (const at of [0, 417, 834, 1251]) bytes([0xff, 0xfb, 0x90, 0x64]).copy(mp3, at)
  const cases: [string, 'photo' | 'video' | 'track', string, Buffer][] = [
    ['image/jpeg', 'photo', 'jpg', await picture().jpeg().toBuffer()],
    ['image/png', 'photo', 'png', await picture().png().toBuffer()],
    ['image/webp', 'photo', 'webp', await picture().webp().toBuffer()],
    ['image/gif', 'photo', 'gif', await picture().gif().toBuffer()],
    ['image/tiff', 'photo', 'tif', await picture().tiff().toBuffer()],
    ['image/avif', 'photo', 'avif', await picture().avif().toBuffer()],
    ['image/heic', 'photo', 'heic', box('heic')],
    ['image/heif', 'photo', 'heif', box('mif1')],
    ['image/x-canon-cr3', 'photo', 'cr3', box('crx ')],
    ['image/x-canon-cr2', 'photo', 'cr2', bytes('II*\0', [16, 0, 0, 0], 'CR', [2, 0], Buffer.alloc(64))],
    ['image/x-nikon-nef', 'photo', 'nef', tiffWith(0x1c, 254)],
    ['image/x-sony-arw', 'photo', 'arw', tiffWith(1, 50341)],
    ['image/x-adobe-dng', 'photo', 'dng', tiffWith(1, 50706)],
    ['image/x-fujifilm-raf', 'photo', 'raf', bytes('FUJIFILMCCD-RAW', Buffer.alloc(64))],
    ['image/x-olympus-orf', 'photo', 'orf', bytes('IIRO', [8, 0, 0, 0, 24], Buffer.alloc(64))],
    ['image/x-panasonic-rw2', 'photo', 'rw2', bytes('IIU\0', [24, 0, 0, 0, 136, 231, 116, 216], Buffer.alloc(64))],
    ['video/mp4', 'video', 'mp4', box('isom', 'mp42')],
    ['video/mp4', 'video', 'mp4', box('M4V ')],
    ['video/quicktime', 'video', 'mov', box('qt  ')],
    ['video/webm', 'video', 'webm', ebml('webm')],
    ['video/matroska', 'video', 'mkv', ebml('matroska')],
    ['audio/mpeg', 'track', 'mp3', mp3],
    // cover art makes ID3 tags longer than any head
    ['audio/mpeg', 'track', 'mp3', bytes('ID3', [4, 0, 0, 0x00, 0x7f, 0x7f, 0x7f], Buffer.alloc(500))],
    ['audio/mp4', 'track', 'm4a', box('M4A ')],
    ['audio/wav', 'track', 'wav', bytes('RIFF', [36, 0, 0, 0], 'WAVEfmt ', Buffer.alloc(64))],
    ['audio/flac', 'track', 'flac', bytes('fLaC', Buffer.alloc(64))],
    ['audio/ogg', 'track', 'ogg', bytes('OggS', Buffer.alloc(24), '\x01vorbis', Buffer.alloc(64))],
    ['audio/ogg', 'track', 'ogg', bytes('OggS', Buffer.alloc(24), 'OpusHead', Buffer.alloc(64))],
  ]
  for (const [mime, kind, ext, head] of cases) assert.deepEqual(await sniff(head), { mime, kind, ext }, `${mime} ${ext}`)
})

test('the beginning is enough, however much lies between it and the picture', async () => {
  const noise = sharp(randomBytes(300 * 400 * 3), { raw: { width: 400, height: 300, channels: 3 } }).withXmp(
    `<x>${'x'.repeat(headBytes)}</x>`,
  )
  const cases = {
    'image/tiff': await noise.clone().tiff({ compression: 'none' }).toBuffer(),
    'image/png': await noise.clone().png().toBuffer(),
    'image/jpeg': await noise.clone().jpeg({ quality: 100 }).withXmp('<x/>').toBuffer(),
    'image/webp': await noise.clone().webp({ lossless: true }).toBuffer(),
    'image/avif': await noise.clone().avif({ lossless: true, effort: 0 }).withXmp('<x/>').toBuffer(),
  }
  for (const [mime, file] of Object.entries(cases)) {
    for (const length of [headBytes, 4100, 64]) {
      assert.equal((await sniff(file.subarray(0, length)))?.mime, mime, `${mime} ${length} of ${file.length}`)
    }
  }
})

test('what could run, unpack or is unknown is refused, whatever its name says', async () => {
  const html = '<!doctype html><script>alert(1)</script>'
  const entry = deflateRawSync('x')
  const cases: Record<string, Buffer> = {
    html: bytes(html),
    'html with a mark': bytes([0xef, 0xbb, 0xbf], html),
    'html in UTF-16': bytes([0xff, 0xfe], Buffer.from(html, 'utf16le')),
    svg: bytes('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'),
    'svg as xml': bytes('<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>'),
    script: bytes('#!/bin/sh\nrm -rf /\n'),
    'script like a GIF': bytes('GIF=1;alert(1)//89a'),
    'script like a song': bytes('ID3=1;alert(1)//', Buffer.alloc(64, 32)),
    'page like a film': bytes('<!--wide-->', html),
    'page like an mp4': bytes('<!--ftypisom-->', html, Buffer.alloc(64, 32)),
    'page behind a tag': bytes('ID3', [4, 0, 0, 0, 0, 0, 4], 'abcd', html, Buffer.alloc(64, 32)),
    'picture behind a tag': bytes('ID3', [4, 0, 0, 0, 0, 0, 4], 'abcd', await picture().jpeg().toBuffer()),
    'picture behind a mark': bytes([0xef, 0xbb, 0xbf], await picture().jpeg().toBuffer()),
    pdf: bytes('%PDF-1.7\n', Buffer.alloc(64)),
    exe: bytes('MZ', Buffer.alloc(200)),
    elf: bytes([0x7f], 'ELF', Buffer.alloc(200)),
    zip: bytes('PK\x03\x04', [20, 0, 0, 0, 8, 0], Buffer.alloc(8), [entry.length, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0], 'a', entry),
    'empty zip': bytes('PK\x05\x06', Buffer.alloc(18)),
    psd: bytes('8BPS', Buffer.alloc(64)),
    bmp: bytes('BM', Buffer.alloc(64)),
    text: bytes('hello'),
    nothing: Buffer.alloc(0),
    zeros: Buffer.alloc(5000),
  }
  for (const [name, head] of Object.entries(cases)) assert.equal(await sniff(head), null, name)
})

test('a JPEG that is also a ZIP or a page is a JPEG', async () => {
  const jpeg = await picture().jpeg().toBuffer()
  const page = bytes(jpeg.subarray(0, 2), [0xff, 0xfe, 0, 42], '<html><script>alert(1)</script></html>  ', jpeg.subarray(2))
  for (const head of [bytes(jpeg, 'PK\x03\x04', Buffer.alloc(100)), page]) assert.equal((await sniff(head))?.mime, 'image/jpeg')
})

test('a preview is promised for what the decoder reads, and for nothing else', () => {
  for (const mime of ['image/jpeg', 'image/png', 'image/webp', 'image/gif', 'image/tiff', 'image/avif']) assert.ok(renderable(mime), mime)
  for (const mime of ['image/heic', 'image/x-canon-cr2', 'image/svg+xml', 'video/mp4', 'audio/mpeg', 'application/pdf', ''])
    assert.ok(!renderable(mime), mime)
})

test('the header alone gives the size', async () => {
  const [width, height] = [1234, 777]
  const clear = sharp({ create: { width, height, channels: 4, background: '#a528' } })
  const comment = bytes([0xff, 0xff, 0xff, 0xfe, 0, 100], Buffer.alloc(98))
  const jpeg = await picture(width, height).jpeg().toBuffer()
  const cases = {
    jpeg,
    'progressive jpeg': await picture(width, height)
      .jpeg({ progressive: true })
      .withExif({ IFD0: { Make: 'x' } })
      .toBuffer(),
    'jpeg with fill bytes': bytes(jpeg.subarray(0, 2), comment, jpeg.subarray(2)),
    png: await picture(width, height).png().toBuffer(),
    gif: await picture(width, height).gif().toBuffer(),
    webp: await picture(width, height).webp().toBuffer(),
    'lossless webp': await picture(width, height).webp({ lossless: true }).toBuffer(),
    'clear webp': await clear.webp().toBuffer(),
  }
  for (const [name, file] of Object.entries(cases)) {
    assert.deepEqual(dimensions(file), { width, height }, name)
    // a view into a larger buffer, as uploads hand it over
    assert.deepEqual(dimensions(bytes([1, 2, 3], file).subarray(3)), { width, height }, name)
    assert.equal(dimensions(file.subarray(0, 9)), null, name)
  }
  assert.equal(dimensions(await picture().tiff().toBuffer()), null)
})

test('a bomb of 256 megapixels is told by its header', async () => {
  const bomb = pngBomb(16_000)
  const size = dimensions(bomb.subarray(0, headBytes))!
  assert.ok(size.width * size.height > maxPixels && bomb.length < 40_000, `${bomb.length} bytes`)
})

test('no bytes make it throw', async () => {
  const seeds = await Promise.all([
    picture().jpeg().toBuffer(),
    picture().png().toBuffer(),
    picture().webp().toBuffer(),
    picture().gif().toBuffer(),
  ])
  const heads = [...seeds, box('isom'), ebml('webm'), tiffWith(1, 271)]
  const damaged = fc
    .tuple(fc.constantFrom(...heads), fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 8 }), fc.nat())
    .map(([head, flips, cut]) => {
      const copy = Buffer.from(head)
      for (const [at, value] of flips) copy[at % copy.length] = value
      return copy.subarray(0, cut % (copy.length + 1))
    })
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.uint8Array({ maxLength: 300 }), damaged), async (head) => {
      dimensions(head)
      await sniff(head)
    }),
    { numRuns: 3000 },
  )
})
