import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import exif from 'exif-reader'
import fc from 'fast-check'
import sharp from 'sharp'
import { photoBytes, pngBomb, secrets } from '../../../test/pictures.ts'
import { AppError, isCode } from '../../base/errors.ts'
import { type SharpOptions, sharpImages } from './sharp.ts'

const scratch = mkdtempSync(join(tmpdir(), 'keepsake-test-'))
process.env.TMPDIR = scratch
process.env.KEEPSAKE_CANARY = 'canary-4711'
after(() => rmSync(scratch, { recursive: true, force: true }))
const images = sharpImages()
after(() => images.close())

async function* stream(bytes: Uint8Array) {
  for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536)
}
const render = (bytes: Uint8Array, signal?: AbortSignal) => images.render(stream(bytes), signal)
const refuses = (bytes: Uint8Array, code: 'media_type' | 'picture_too_large') =>
  assert.rejects(render(bytes), (error) => isCode(error, code) && error.final && !JSON.stringify(error.facts).includes(scratch))
const colour = (r: number, g: number, b: number) => sharp({ create: { width: 64, height: 48, channels: 3, background: { r, g, b } } })
const firstPixel = async (bytes: Uint8Array) => [
  ...(await sharp(bytes).removeAlpha().toColourspace('srgb').raw().toBuffer()).subarray(0, 3),
]
const near = (seen: number[], wanted: number[], what: string) =>
  assert.ok(
    seen.every((value, i) => Math.abs(value - wanted[i]!) <= 6),
    `${what}: ${seen} instead of ${wanted}`,
  )

/** A Keepsake of one's own for a test that ends or stops helpers. */
async function withImages(options: SharpOptions, step: (own: ReturnType<typeof sharpImages>) => Promise<void>) {
  const own = sharpImages(options)
  try {
    await step(own)
  } finally {
    await own.close()
  }
}

test('a photograph becomes a preview of 2048, a medium of 1200 and a thumbnail of 400 pixels', async () => {
  const made = await render(await photoBytes(3, { width: 3000, height: 2000 }))
  assert.deepEqual({ width: made.width, height: made.height }, { width: 3000, height: 2000 })
  const preview = await sharp(made.preview).metadata()
  const medium = await sharp(made.medium).metadata()
  const thumbnail = await sharp(made.thumbnail).metadata()
  assert.deepEqual([preview.format, preview.width, preview.height, preview.chromaSubsampling], ['jpeg', 2048, 1365, '4:2:0'])
  assert.deepEqual([medium.format, medium.width, medium.height], ['webp', 1200, 800])
  assert.deepEqual([thumbnail.format, thumbnail.width, thumbnail.height], ['webp', 400, 267])
  assert.deepEqual(
    [made.previewSize, made.mediumSize, made.thumbnailSize],
    [
      { width: 2048, height: 1365 },
      { width: 1200, height: 800 },
      { width: 400, height: 267 },
    ],
  )
})

test('a small picture is not blown up', async () => {
  const made = await render(await colour(1, 2, 3).png().toBuffer())
  assert.deepEqual(
    [made.previewSize, made.mediumSize, made.thumbnailSize],
    [
      { width: 64, height: 48 },
      { width: 64, height: 48 },
      { width: 64, height: 48 },
    ],
  )
})

test('P17: what is made carries no place, serial number or name; the original has them all', async () => {
  const original = await photoBytes(5, { gps: true })
  const inside = exif((await sharp(original).metadata()).exif!)
  assert.equal(inside.Photo?.BodySerialNumber, secrets.serial)
  assert.equal(inside.Photo?.CameraOwnerName, secrets.owner)
  assert.ok(inside.GPSInfo?.GPSLatitude)
  const withXmp = await sharp(original)
    .keepExif()
    .withXmp(`<x:xmpmeta xmlns:x="adobe:ns:meta/"><a b="${secrets.owner}"/></x:xmpmeta>`)
    .withIccProfile('p3')
    .toBuffer()
  for (const source of [original, withXmp]) {
    const { preview, medium, thumbnail } = await render(source)
    for (const made of [preview, medium, thumbnail]) {
      const { exif, xmp, iptc, icc, tifftagPhotoshop, comments } = await sharp(made).metadata()
      assert.deepEqual(
        { exif, xmp, iptc, icc, tifftagPhotoshop, comments },
        { exif: undefined, xmp: undefined, iptc: undefined, icc: undefined, tifftagPhotoshop: undefined, comments: undefined },
      )
      for (const secret of [secrets.owner, secrets.serial, 'Exif', 'xmpmeta']) assert.ok(!Buffer.from(made).includes(secret), secret)
    }
    assert.deepEqual(segments(preview), ['db', 'c0', 'c4'])
    for (const made of [medium, thumbnail]) assert.deepEqual(chunks(made), ['VP8 '])
  }
})

/** A square of one colour, half of it left empty; white on grey is easy to find again. */
const logo = (width = 200, height = 100) =>
  sharp({ create: { width, height, channels: 4, background: { r: 255, g: 255, b: 255, alpha: 1 } } })
    .extend({ top: 40, bottom: 40, left: 60, right: 60, background: { r: 0, g: 0, b: 0, alpha: 0 } })
    .png()
    .toBuffer()
const grey = (width: number, height: number) => sharp({ create: { width, height, channels: 3, background: '#404040' } })
/** The mean light of a part of a picture, 0 to 255. */
const light = async (bytes: Uint8Array, left: number, top: number, width: number, height: number) =>
  (await sharp(await sharp(bytes).removeAlpha().extract({ left, top, width, height }).toBuffer()).stats()).channels[0]!.mean

test('an uploaded mark is cut to what can be seen of it, and made small enough', async () => {
  const mark = await images.asMark(await logo())
  assert.deepEqual([mark.width, mark.height], [200, 100])
  const { format, hasAlpha, width } = await sharp(mark.image).metadata()
  assert.deepEqual([format, hasAlpha, width], ['png', true, 200])
  const large = await images.asMark(
    await sharp(await logo(2400, 600))
      .webp()
      .toBuffer(),
  )
  assert.ok(large.width <= 1200 && large.width > 1000 && large.height < 400, `${large.width} × ${large.height}`)
})

test('what is no mark is refused: another format, a bomb, a picture of nothing', async () => {
  const clear = sharp({ create: { width: 50, height: 50, channels: 4, background: { r: 255, g: 255, b: 255, alpha: 0.05 } } })
  const cases: [Uint8Array, string][] = [
    [await grey(64, 48).jpeg().toBuffer(), 'media_type'],
    [await grey(64, 48).gif().toBuffer(), 'media_type'],
    [Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>'), 'media_type'],
    [(await logo()).subarray(0, 60), 'media_type'],
    [pngBomb(16_000), 'picture_too_large'],
    [await clear.png().toBuffer(), 'watermark_empty'],
  ]
  for (const [bytes, code] of cases)
    await assert.rejects(images.asMark(bytes), (error) => error instanceof AppError && error.code === code && error.final, code)
})

test('a mark is in the pixels where it was put, as strong as it was asked for, and nowhere else', async () => {
  const { image, width, height } = await images.asMark(await logo())
  const { preview } = await render(await grey(1600, 1000).jpeg().toBuffer())
  const places = [{ left: 1300, top: 850, width, height }]
  for (const [opacity, wanted] of [
    [1, 255],
    [0.5, 160],
  ] as const) {
    const made = await images.mark(stream(preview), { image, opacity, places })
    assert.deepEqual(
      [made.previewSize, made.mediumSize],
      [
        { width: 1600, height: 1000 },
        { width: 1200, height: 750 },
      ],
    )
    near([await light(made.preview, 1310, 860, 180, 80)], [wanted], 'in the mark')
    near([await light(made.preview, 0, 0, 1280, 800)], [64], 'beside it')
    // the medium picture is made from the marked one
    near([await light(made.medium, 985, 648, 120, 50)], [wanted], 'in the mark of the medium picture')
    near([await light(made.medium, 0, 0, 960, 600)], [64], 'beside it')
    assert.deepEqual(segments(made.preview), ['db', 'c0', 'c4'])
  }
})

test('tiles reach over every edge', async () => {
  const { image } = await images.asMark(await logo())
  const { preview } = await render(await grey(400, 300).jpeg().toBuffer())
  const places = [-50, 350].flatMap((left) => [-25, 275].map((top) => ({ left, top, width: 100, height: 50 })))
  const made = await images.mark(stream(preview), { image, opacity: 1, places })
  for (const [left, top] of [
    [4, 4],
    [366, 4],
    [4, 284],
    [366, 284],
  ] as const)
    near([await light(made.preview, left, top, 30, 12)], [255], `at ${left}, ${top}`)
  near([await light(made.preview, 100, 60, 200, 180)], [64], 'between them')
})

test('orientation is applied', async () => {
  // left half red; turned by a quarter (6) its upper half is
  const half = await colour(255, 0, 0).extend({ right: 64, background: '#00f' }).png().toBuffer()
  const made = await render(await sharp(half).jpeg().withMetadata({ orientation: 6 }).toBuffer())
  assert.deepEqual([made.width, made.height, made.previewSize], [48, 128, { width: 48, height: 128 }])
  near(await firstPixel(made.preview), [255, 0, 0], 'top')
  near(await firstPixel(await sharp(made.preview).extract({ left: 0, top: 100, width: 8, height: 8 }).toBuffer()), [0, 0, 255], 'bottom')
})

test('every promised format is rendered, in sRGB', async () => {
  const orange = [200, 120, 40]
  const base = colour(200, 120, 40)
  const cases: Record<string, [Buffer, number[]]> = {
    jpeg: [await base.jpeg().toBuffer(), orange],
    png: [await base.png().toBuffer(), orange],
    webp: [await base.webp({ lossless: true }).toBuffer(), orange],
    gif: [await base.gif().toBuffer(), orange],
    tiff: [await base.tiff().toBuffer(), orange],
    avif: [await base.avif({ quality: 90 }).toBuffer(), orange],
    '16 bit': [await base.toColourspace('rgb16').png().toBuffer(), orange],
    'wide gamut': [await base.withIccProfile('p3').jpeg({ quality: 100 }).toBuffer(), orange],
    cmyk: [await base.toColourspace('cmyk').jpeg({ quality: 100 }).toBuffer(), orange],
    grey: [await colour(90, 90, 90).toColourspace('b-w').png().toBuffer(), [90, 90, 90]],
    clear: [
      await sharp({ create: { width: 9, height: 9, channels: 4, background: '#0000' } })
        .png()
        .toBuffer(),
      [255, 255, 255],
    ],
  }
  for (const [name, [file, wanted]] of Object.entries(cases)) {
    const made = await render(file)
    // a CMYK round trip goes through a smaller gamut
    if (name !== 'cmyk') near(await firstPixel(made.preview), wanted, `${name} preview`)
    near(await firstPixel(made.thumbnail), await firstPixel(made.preview), `${name} thumbnail`)
  }
})

test('what cannot be shown is refused for good, and the next picture is rendered', async () => {
  const photo = await photoBytes(1, { width: 300, height: 200 })
  await refuses(photo.subarray(0, photo.length >> 1), 'media_type')
  await refuses(pngBomb(16_000), 'picture_too_large')
  await refuses(Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'), 'media_type')
  await refuses(Buffer.from('<!doctype html><p>photo.jpg'), 'media_type')
  await refuses(Buffer.from('%PDF-1.7\n'), 'media_type')
  await refuses(Buffer.alloc(0), 'media_type')
  await refuses(Buffer.from([0xff, 0xd8, 0xff, 0xe0]), 'media_type')
  assert.equal((await render(photo)).width, 300)
})

test('a JPEG that lies about its size is refused by its header', async () => {
  const photo = await photoBytes(1, { width: 300, height: 200 })
  const frame = photo.indexOf(Buffer.from([0xff, 0xc0]))
  photo.writeUInt16BE(65_000, frame + 5)
  photo.writeUInt16BE(65_000, frame + 7)
  await refuses(photo, 'picture_too_large')
})

test('metadata that cannot be read is no reason to refuse', async () => {
  const photo = await photoBytes(1, { width: 300, height: 200 })
  const start = photo.indexOf('Exif\0\0') + 14
  photo.fill(0xff, start, start + 40)
  assert.equal((await images.identify(photo))?.capturedAt, undefined)
  assert.equal((await render(photo)).width, 300)
})

test('damaged pictures are rendered or refused, nothing else', async () => {
  const seeds = [
    await photoBytes(1, { width: 120, height: 80 }),
    await colour(9, 9, 9).png().toBuffer(),
    await colour(9, 9, 9).webp().toBuffer(),
    await colour(9, 9, 9).tiff().toBuffer(),
  ]
  const flips = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 6 })
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...seeds), flips, async (seed, changes) => {
      const bytes = Buffer.from(seed)
      for (const [at, value] of changes) bytes[at % bytes.length] = value
      await render(bytes).catch((error) => {
        if (!isCode(error, 'media_type') && !isCode(error, 'picture_too_large')) throw error
        assert.ok(error.final)
      })
    }),
    { numRuns: 150 },
  )
})

test('an error of the source comes through as it is, and no picture stays on the disk', async () => {
  const lost = new AppError('original_missing')
  async function* broken() {
    yield Buffer.alloc(100_000)
    throw lost
  }
  await assert.rejects(images.render(broken()), (error) => error === lost)
  assert.deepEqual(
    readdirSync(scratch, { recursive: true }).filter((name) => String(name).includes('/')),
    [],
  )
})

test('eight pictures at once share two processes', async (t) => {
  await withImages({ processes: 2 }, async (own) => {
    const two = await Promise.all([1, 2].map((seed) => photoBytes(seed, { width: 4000, height: 3000 })))
    const photos = Array.from({ length: 8 }, (_, i) => two[i % 2]!)
    const begun = performance.now()
    let most = 0
    let resident = 0
    await Promise.all(
      photos.map(async (photo) => {
        await own.render(stream(photo))
        most = Math.max(most, own.pids().length)
        for (const pid of own.pids()) resident = Math.max(resident, memoryOf(pid))
      }),
    )
    const each = Math.round((performance.now() - begun) / photos.length)
    t.diagnostic(`8 photos of 12 MP (${(photos[0]!.length / 1e6).toFixed(1)} MB): ${each} ms each, a helper holds ${resident} MB`)
    assert.equal(most, 2)
  })
})

test('a helper is replaced after its share of pictures', async () => {
  await withImages({ processes: 1, picturesPerHelper: 2 }, async (own) => {
    const photo = await colour(1, 2, 3).jpeg().toBuffer()
    const pids = new Set<number>()
    for (let i = 0; i < 6; i += 1) {
      const working = own.render(stream(photo))
      await working
      for (const pid of own.pids()) pids.add(pid)
    }
    assert.equal(pids.size, 3)
    assert.deepEqual(own.pids(), [])
  })
  await withImages({ processes: 1, helperMemory: 1 }, async (own) => {
    await own.render(stream(await colour(1, 2, 3).jpeg().toBuffer()))
    assert.deepEqual(own.pids(), [])
  })
})

const onLinux = { skip: process.platform !== 'linux' && 'reads /proc' }

test('a helper killed in the middle of a picture refuses that one; the next gets a new helper', onLinux, async () => {
  await withImages({ processes: 1 }, async (own) => {
    const small = await colour(1, 2, 3).jpeg().toBuffer()
    await own.render(stream(small))
    const [pid] = own.pids() as [number]
    const failed = assert.rejects(own.render(stream(await heavy)), (error) => isCode(error, 'media_type') && error.final)
    await untilReading(pid)
    process.kill(pid, 'SIGKILL')
    await failed
    assert.equal((await own.render(stream(small))).width, 64)
    assert.notDeepEqual(own.pids(), [pid])
  })
})

test('a helper killed while it idles costs nobody a picture', async () => {
  await withImages({ processes: 1 }, async (own) => {
    const small = await colour(1, 2, 3).jpeg().toBuffer()
    await own.render(stream(small))
    process.kill(own.pids()[0]!, 'SIGKILL')
    while (own.pids().length > 0) await new Promise(setImmediate)
    assert.equal((await own.render(stream(small))).width, 64)
  })
})

test('a helper that hangs over a picture is ended at the time limit', onLinux, async () => {
  await withImages({ processes: 1, timeLimitMs: 5000 }, async (own) => {
    const small = await colour(1, 2, 3).jpeg().toBuffer()
    await own.render(stream(small))
    const [pid] = own.pids() as [number]
    const failed = assert.rejects(own.render(stream(await heavy)), (error) => isCode(error, 'media_type') && error.final)
    await untilReading(pid)
    process.kill(pid, 'SIGSTOP')
    await failed
    assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' })
    assert.equal((await own.render(stream(small))).width, 64)
  })
})

test('a helper that hangs before it began costs the picture nothing', async () => {
  await withImages({ processes: 1, timeLimitMs: 3000 }, async (own) => {
    const small = await colour(1, 2, 3).jpeg().toBuffer()
    await own.render(stream(small))
    process.kill(own.pids()[0]!, 'SIGSTOP')
    await assert.rejects(own.render(stream(small)), (error) => isCode(error, 'internal') && !error.final)
  })
})

test('a caller may give up while waiting and while working', onLinux, async () => {
  await withImages({ processes: 1 }, async (own) => {
    const small = await colour(1, 2, 3).jpeg().toBuffer()
    await own.render(stream(small))
    const [pid] = own.pids() as [number]
    const [working, waiting] = [new AbortController(), new AbortController()]
    const first = assert.rejects(own.render(stream(await heavy), working.signal), { message: 'enough' })
    const second = assert.rejects(own.render(stream(small), waiting.signal), { message: 'no longer' })
    const third = own.render(stream(small))
    await untilReading(pid)
    waiting.abort(new Error('no longer'))
    await second
    working.abort(new Error('enough'))
    await first
    assert.equal((await third).width, 64)
    await assert.rejects(own.render(stream(small), AbortSignal.abort(new Error('before'))), { message: 'before' })
  })
})

test('closing ends the helpers and their files; what was in work may be tried again', onLinux, async () => {
  const before = readdirSync(scratch)
  const own = sharpImages({ processes: 1 })
  await own.render(stream(await colour(1, 2, 3).jpeg().toBuffer()))
  const [pid] = own.pids() as [number]
  const later = (error: unknown) => isCode(error, 'unavailable') && !error.final
  const working = assert.rejects(own.render(stream(await heavy)), later)
  const waiting = assert.rejects(own.render(stream(await heavy)), later)
  await untilReading(pid)
  await own.close()
  await Promise.all([working, waiting])
  await assert.rejects(own.render(stream(await heavy)), later)
  assert.deepEqual(readdirSync(scratch), before)
  assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' })
})

test('a helper knows nothing of our environment and is the first to go when memory runs out', onLinux, async () => {
  await render(await colour(1, 2, 3).jpeg().toBuffer())
  for (const pid of images.pids()) {
    assert.doesNotMatch(readFileSync(`/proc/${pid}/environ`, 'latin1'), /canary-4711|TMPDIR/)
    assert.equal(readFileSync(`/proc/${pid}/oom_score_adj`, 'latin1').trim(), '1000')
  }
})

test('when the service is killed its helpers end and take their files along; Ctrl-C alone does not end them', onLinux, async () => {
  const before = readdirSync(scratch)
  const service = fork(new URL('./sharp.test.service.ts', import.meta.url), { execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  const [helper] = (await once(service, 'message')) as [number]
  process.kill(helper, 'SIGINT')
  process.kill(helper, 'SIGTERM')
  process.kill(helper, 0)
  assert.notDeepEqual(readdirSync(scratch), before)
  service.kill('SIGKILL')
  await once(service, 'exit')
  while (alive(helper)) await new Promise(setImmediate)
  assert.deepEqual(readdirSync(scratch), before)
})

/** Takes long enough to be caught at work. */
const heavy = photoBytes(1, { width: 2400, height: 1600 }).then((photo) =>
  sharp(photo).resize(9500, 9500, { fit: 'fill', kernel: 'nearest' }).png({ compressionLevel: 1 }).toBuffer(),
)

function alive(pid: number): boolean {
  try {
    // a process that ended and waits to be collected is a zombie
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'))
  } catch {
    return false
  }
}

const memoryOf = (pid: number): number =>
  process.platform === 'linux' && alive(pid) ? Math.round(Number(readFileSync(`/proc/${pid}/statm`, 'latin1').split(' ')[1]) * 0.004096) : 0

/** Until the process has a picture open. */
async function untilReading(pid: number): Promise<void> {
  const open = () =>
    readdirSync(`/proc/${pid}/fd`).some((fd) => {
      try {
        return readlinkSync(`/proc/${pid}/fd/${fd}`).startsWith(scratch)
      } catch {
        return false
      }
    })
  while (!open()) await new Promise(setImmediate)
}

/** Markers of a JPEG before its first scan, each kind once, without APP0 of JFIF. */
function segments(jpeg: Uint8Array): string[] {
  const found = new Set<string>()
  const bytes = Buffer.from(jpeg)
  for (let at = 2; bytes[at + 1] !== 0xda; at += 2 + bytes.readUInt16BE(at + 2)) found.add(bytes[at + 1]!.toString(16))
  found.delete('e0')
  return [...found]
}

/** Chunks of a WebP. */
function chunks(webp: Uint8Array): string[] {
  const found: string[] = []
  const bytes = Buffer.from(webp)
  for (let at = 12; at < bytes.length; at += 8 + bytes.readUInt32LE(at + 4) + (bytes.readUInt32LE(at + 4) & 1))
    found.push(bytes.toString('latin1', at, at + 4))
  return found
}
