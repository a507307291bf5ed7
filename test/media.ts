/** Small real sounds and films for tests, written byte by byte: silence, of the wanted length; another seed gives other bytes. */
import { crc32 } from 'node:zlib'

const text = (words: string): Buffer => Buffer.from(words, 'latin1')
const u16 = (n: number): Buffer => bytesOf(2, (b) => b.writeUInt16BE(n))
const u32 = (n: number): Buffer => bytesOf(4, (b) => b.writeUInt32BE(n))
const l16 = (n: number): Buffer => bytesOf(2, (b) => b.writeUInt16LE(n))
const l32 = (n: number): Buffer => bytesOf(4, (b) => b.writeUInt32LE(n))
const zeros = (n: number): Buffer => Buffer.alloc(n)
function bytesOf(size: number, write: (bytes: Buffer) => void): Buffer {
  const bytes = Buffer.alloc(size)
  write(bytes)
  return bytes
}

/** Bytes that look like noise; the same seed gives the same ones. */
export function noise(size: number, seed: number): Buffer {
  const bytes = Buffer.alloc(size)
  let state = (seed * 2_654_435_761 + 1) >>> 0
  for (let i = 0; i < size; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    // no FF: nothing in it looks like the beginning of something
    bytes[i] = (state >>> 24) & 0x7f
  }
  return bytes
}

/** MPEG-1 layer III, 128 kbit/s, 44.1 kHz, stereo: 417 bytes a frame of 26 ms. Side information of zeros is silence; behind it is room. */
export function mp3({
  frames = 40,
  seed = 1,
  xing = true,
  id3 = true,
}: {
  frames?: number
  seed?: number
  xing?: boolean
  id3?: boolean
} = {}): Buffer {
  const head = Buffer.from([0xff, 0xfb, 0x90, 0x00])
  const frame = (room: Buffer): Buffer => Buffer.concat([head, zeros(32), room, zeros(417 - 36 - room.length)])
  const sound = Array.from({ length: frames }, (_, i) => frame(noise(381, seed * 100_000 + i)))
  const info = Buffer.concat([text('Xing'), u32(3), u32(frames), u32((frames + 1) * 417)])
  const title = Buffer.concat([text('TIT2'), u32(8), u16(0), zeros(1), text(`Song ${seed % 10} `)])
  const tag = Buffer.concat([text('ID3'), Buffer.from([3, 0, 0, 0, 0, 0, title.length]), title])
  return Buffer.concat([...(id3 ? [tag] : []), ...(xing ? [frame(info)] : []), ...sound])
}

/** PCM, 8 kHz, 16 bits, mono. */
export function wav({ seconds = 1, seed = 1 }: { seconds?: number; seed?: number } = {}): Buffer {
  const samples = noise(Math.round(seconds * 8000) * 2, seed)
  const format = Buffer.concat([l16(1), l16(1), l32(8000), l32(16_000), l16(2), l16(16)])
  const note = Buffer.concat([text('LIST'), l32(4), text('INFO')])
  const body = Buffer.concat([text('WAVEfmt '), l32(format.length), format, note, text('data'), l32(samples.length), samples])
  return Buffer.concat([text('RIFF'), l32(body.length), body])
}

const box = (type: string, ...parts: Buffer[]): Buffer => {
  const body = Buffer.concat(parts)
  return Buffer.concat([u32(body.length + 8), text(type), body])
}

// what the samples are said to be: MPEG-4 pictures, PCM
const filmEntry = box(
  'mp4v',
  zeros(6),
  u16(1),
  zeros(16),
  u16(640),
  u16(360),
  u32(72 << 16),
  u32(72 << 16),
  u32(0),
  u16(1),
  zeros(32),
  u16(24),
  u16(65_535),
)
const soundEntry = box('sowt', zeros(6), u16(1), zeros(8), u16(1), u16(16), u32(0), u32((8000 << 16) >>> 0))

/** A film, or a sound alone, whose samples are noise: what programs check who do not decode. `moov` before or behind the samples. */
export function mp4({
  seconds = 2,
  sound = false,
  moov = 'behind',
  seed = 1,
}: {
  seconds?: number
  sound?: boolean
  moov?: 'before' | 'behind'
  seed?: number
} = {}): Buffer {
  const ftyp = box('ftyp', text(sound ? 'M4A ' : 'isom'), u32(0), text('isommp42'))
  const sizes = Array.from({ length: 30 }, (_, i) => 50 + ((seed * 7 + i * 13) % 40))
  // ten samples a chunk
  const mdat = box(
    'mdat',
    noise(
      sizes.reduce((sum, n) => sum + n, 0),
      seed,
    ),
  )
  const made = (at: number): Buffer => {
    const chunks = [0, 10, 20].map((n) => at + 8 + sizes.slice(0, n).reduce((sum, size) => sum + size, 0))
    const table = box(
      'stbl',
      box('stsd', u32(0), u32(1), sound ? soundEntry : filmEntry),
      box('stts', u32(0), u32(1), u32(sizes.length), u32(1)),
      box('stsz', u32(0), u32(0), u32(sizes.length), ...sizes.map(u32)),
      box('stsc', u32(0), u32(1), u32(1), u32(10), u32(1)),
      box('stco', u32(0), u32(chunks.length), ...chunks.map(u32)),
    )
    const media = box('mdia', box('hdlr', u32(0), u32(0), text(sound ? 'soun' : 'vide'), zeros(13)), box('minf', table))
    const track = box('trak', box('tkhd', zeros(76), u32(sound ? 0 : 640 * 65_536), u32(sound ? 0 : 360 * 65_536)), media)
    return box('moov', box('mvhd', u32(0), u32(0), u32(0), u32(1000), u32(seconds * 1000), zeros(80)), track)
  }
  if (moov === 'behind') return Buffer.concat([ftyp, mdat, made(ftyp.length)])
  const size = made(0).length
  return Buffer.concat([ftyp, made(ftyp.length + size), mdat])
}

function crc(bytes: Buffer, polynomial: number, width: 8 | 16): number {
  let sum = 0
  for (const byte of bytes)
    for (let bit = 7; bit >= 0; bit--) {
      const carry = ((sum >> (width - 1)) & 1) ^ ((byte >> bit) & 1)
      sum = ((sum << 1) & ((1 << width) - 1)) ^ (carry ? polynomial : 0)
    }
  return sum
}

/** 8 kHz, 8 bits, mono; each frame of 1024 samples is stored as it is, the last one may be shorter. */
export function flac({ samples = 3000, seed = 1 }: { samples?: number; seed?: number } = {}): Buffer {
  const frames: Buffer[] = []
  for (let n = 0; n * 1024 < samples; n++) {
    const count = Math.min(1024, samples - n * 1024)
    // block size in 16 bits, rate 8 kHz, mono, 8 bits, number of the frame
    const start = Buffer.concat([Buffer.from([0xff, 0xf8, 0x74, 0x02, n]), u16(count - 1)])
    const head = Buffer.concat([start, Buffer.from([crc(start, 0x07, 8)])])
    const body = Buffer.concat([head, Buffer.from([0x02]), noise(count, seed * 1000 + n)])
    frames.push(Buffer.concat([body, u16(crc(body, 0x8005, 16))]))
  }
  const info = Buffer.concat([u16(1024), u16(1024), zeros(6), u32((8000 << 12) | (7 << 4)), u32(samples), zeros(16)])
  return Buffer.concat([text('fLaC'), Buffer.from([0x80, 0, 0, info.length]), info, ...frames])
}

/** Opus: packets of silence, 20 ms each, ten a page. */
export function ogg({ pages = 5, seed = 1 }: { pages?: number; seed?: number } = {}): Buffer {
  const page = (n: number, flags: number, granule: number, packets: Buffer[]): Buffer => {
    const place = Buffer.concat([Buffer.from([0, flags]), l32(granule), l32(0), l32(seed), l32(n)])
    const lengths = Buffer.from([packets.length, ...packets.map((p) => p.length)])
    const whole = (sum: number) => Buffer.concat([text('OggS'), place, l32(sum), lengths, ...packets])
    return whole(oggSum(whole(0)))
  }
  const head = Buffer.concat([text('OpusHead'), Buffer.from([1, 1]), l16(312), l32(48_000), zeros(3)])
  const tags = Buffer.concat([text('OpusTags'), l32(4), text('test'), l32(0)])
  const silence = Array.from({ length: 10 }, () => Buffer.from([0xf8, 0xff, 0xfe]))
  const sound = Array.from({ length: pages }, (_, i) => page(2 + i, i === pages - 1 ? 4 : 0, (i + 1) * 9600, silence))
  return Buffer.concat([page(0, 2, 0, [head]), page(1, 0, 0, [tags]), ...sound])
}

/** CRC-32 without reflection (RFC 3533 6). */
function oggSum(bytes: Buffer): number {
  let sum = 0
  for (const byte of bytes) {
    sum ^= byte << 24
    for (let bit = 0; bit < 8; bit++) sum = sum < 0 ? (sum << 1) ^ 0x04c11db7 : sum << 1
  }
  return sum >>> 0
}

/** A PNG of one grey, without a program that draws. */
export function png({ width = 30, height = 20, pixels }: { width?: number; height?: number; pixels: Buffer }): Buffer {
  const chunk = (type: string, body: Buffer): Buffer => {
    const named = Buffer.concat([text(type), body])
    return Buffer.concat([u32(body.length), named, u32(crc32(named))])
  }
  const header = Buffer.concat([u32(width), u32(height), Buffer.from([8, 0, 0, 0, 0])])
  return Buffer.concat([text('\x89PNG\r\n\x1a\n'), chunk('IHDR', header), chunk('IDAT', pixels), chunk('IEND', zeros(0))])
}

/** AAC-LC, 44.1 kHz, stereo, in ADTS frames of 60 to 99 bytes. */
export function aac({ frames = 40, seed = 1, id3 = false }: { frames?: number; seed?: number; id3?: boolean } = {}): Buffer {
  const sound = Array.from({ length: frames }, (_, i) => {
    const size = 60 + ((seed * 7 + i * 13) % 40)
    const head = Buffer.from([0xff, 0xf1, 0x50, 0x80 | (size >> 11), (size >> 3) & 0xff, ((size & 7) << 5) | 0x1f, 0xfc])
    return Buffer.concat([head, noise(size - 7, seed * 1000 + i)])
  })
  return Buffer.concat([...(id3 ? [text('ID3'), Buffer.from([4, 0, 0, 0, 0, 0, 10]), zeros(10)] : []), ...sound])
}

/** A film (VP8), or a sound alone (Opus), of noise. `live`: sizes are left open, as browsers record. */
export function webm({ sound = false, live = false, seed = 1 }: { sound?: boolean; live?: boolean; seed?: number } = {}): Buffer {
  const size = (n: number): Buffer => Buffer.from([0x10 | (n >> 24), (n >> 16) & 255, (n >> 8) & 255, n & 255])
  const open = Buffer.from([0x01, 255, 255, 255, 255, 255, 255, 255])
  const element = (id: string, ...parts: Buffer[]): Buffer => {
    const body = Buffer.concat(parts)
    return Buffer.concat([Buffer.from(id, 'hex'), size(body.length), body])
  }
  const endless = (id: string, ...parts: Buffer[]): Buffer => Buffer.concat([Buffer.from(id, 'hex'), open, ...parts])
  const duration = bytesOf(8, (b) => b.writeDoubleBE(2000))
  const info = element('1549a966', element('2ad7b1', Buffer.from([0x0f, 0x42, 0x40])), ...(live ? [] : [element('4489', duration)]))
  const picture = [
    element('83', Buffer.from([1])),
    element('86', text('V_VP8')),
    element('e0', element('b0', u16(640)), element('ba', u16(360))),
  ]
  const track = sound ? [element('83', Buffer.from([2])), element('86', text('A_OPUS'))] : picture
  const block = (at: number) => element('a3', Buffer.from([0x81]), u16(at), Buffer.from([0x80]), noise(40, seed * 100 + at))
  const clusters = [0, 1].map((n) => {
    const parts = [element('e7', u16(n * 1000)), ...Array.from({ length: 10 }, (_, i) => block(i * 100))]
    return live ? endless('1f43b675', ...parts) : element('1f43b675', ...parts)
  })
  const head = element('1a45dfa3', element('4282', text('webm')))
  const tracks = element('1654ae6b', element('ae', element('d7', Buffer.from([1])), ...track))
  const segment = [info, tracks, ...clusters]
  return Buffer.concat([head, live ? endless('18538067', ...segment) : element('18538067', ...segment)])
}
