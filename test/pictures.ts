/** Real photographs for tests: valid JPEGs, distinct, of about the wanted size, made in seconds. */
import { createHash } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { crc32, deflateSync } from 'node:zlib'
import sharp from 'sharp'

export interface PhotoOptions {
  width?: number
  height?: number
  /** with GPS, the camera's serial number and its owner's name */
  gps?: boolean
}

export interface MadePhoto {
  name: string
  path: string
  size: number
  /** hex */
  sha256: string
}

/** What `gps: true` writes: words to look for where they must not be. */
export const secrets = { owner: 'Owner Of The Camera', serial: 'SN-0042-7781', latitude: '52/1 31/1 1234/100' }

/** One photograph; the same seed gives the same picture. */
export async function photoBytes(seed: number, { width = 1600, height = 1067, gps = false }: PhotoOptions = {}): Promise<Buffer> {
  return sharp(paint(seed, width, height), { raw: { width, height, channels: 3 } })
    .withExif({
      IFD0: { Make: 'Keepsake', Model: 'Test Camera', ...(gps ? { Artist: secrets.owner } : {}) },
      IFD2: { DateTimeOriginal: takenAt(seed), ...(gps ? { BodySerialNumber: secrets.serial, CameraOwnerName: secrets.owner } : {}) },
      ...(gps ? { IFD3: { GPSLatitudeRef: 'N', GPSLatitude: secrets.latitude, GPSLongitudeRef: 'E', GPSLongitude: '13/1 24/1 0/1' } } : {}),
    })
    .jpeg({ quality: 88 })
    .toBuffer()
}

/**
 * Writes `count` photographs IMG_0001.jpg … into `dir`. A handful are painted, the others are those again, made distinct and
 * padded to a size between `minBytes` and `maxBytes` with comments that readers skip.
 */
export async function makePhotos(
  dir: string,
  {
    count,
    seed = 1,
    minBytes = 0,
    maxBytes = minBytes,
    ...painting
  }: { count: number; seed?: number; minBytes?: number; maxBytes?: number } & PhotoOptions,
): Promise<MadePhoto[]> {
  await mkdir(dir, { recursive: true })
  const painted = await Promise.all(
    Array.from({ length: Math.min(count, 6) }, (_, i) => photoBytes(seed * 1000 + i, { width: 960, height: 640, ...painting })),
  )
  const random = generator(seed)
  const made: MadePhoto[] = []
  for (let i = 0; i < count; i += 1) {
    const wanted = minBytes + (random() / 2 ** 32) * (maxBytes - minBytes)
    const name = `IMG_${String(i + 1).padStart(4, '0')}.jpg`
    const bytes = pad(painted[i % painted.length]!, Math.round(wanted), seed * 100_000 + i)
    const path = join(dir, name)
    await writeFile(path, bytes)
    made.push({ name, path, size: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') })
  }
  return made
}

/** A valid PNG of `side` × `side` black and white pixels: at 16,000 it is 31 KB and unpacks to 256 megapixels. */
export function pngBomb(side: number): Buffer {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(side)
  header.writeUInt32BE(side, 4)
  header[8] = 1
  const rows = deflateSync(Buffer.alloc(side * (1 + Math.ceil(side / 8))), { level: 9 })
  const chunk = (type: string, body: Buffer) => {
    const content = Buffer.concat([Buffer.from(type), body])
    const ends = Buffer.alloc(8)
    ends.writeUInt32BE(body.length)
    ends.writeUInt32BE(crc32(content), 4)
    return Buffer.concat([ends.subarray(0, 4), content, ends.subarray(4)])
  }
  const signature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1')
  return Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', rows), chunk('IEND', Buffer.alloc(0))])
}

/**
 * Comments (ITU-T T.81 B.2.4.5) right before the first scan: size and metadata stay at the beginning, as cameras write them.
 * Every result has at least one comment with its number, so no two are the same.
 */
function pad(jpeg: Buffer, wanted: number, number: number): Buffer {
  const scan = firstScan(jpeg)
  const comments = [comment(Buffer.from(`photo ${number}`))]
  let missing = wanted - jpeg.length - comments[0]!.length
  // Random, so that nothing compresses it; one block serves all comments of a photo.
  const noise = Buffer.allocUnsafe(65_536)
  const random = generator(number)
  for (let i = 0; i < noise.length; i += 4) noise.writeUInt32LE(random(), i)
  while (missing > 4) {
    const segment = comment(noise.subarray(0, Math.min(missing - 4, 65_533)))
    comments.push(segment)
    missing -= segment.length
  }
  return Buffer.concat([jpeg.subarray(0, scan), ...comments, jpeg.subarray(scan)])
}

function comment(body: Buffer): Buffer {
  const start = Buffer.from([0xff, 0xfe, 0, 0])
  start.writeUInt16BE(body.length + 2, 2)
  return Buffer.concat([start, body])
}

function firstScan(jpeg: Buffer): number {
  let at = 2
  while (jpeg[at + 1] !== 0xda) at += 2 + jpeg.readUInt16BE(at + 2)
  return at
}

/** A sky, a hill, and the grain of a sensor. */
function paint(seed: number, width: number, height: number): Buffer {
  const random = generator(seed)
  const pixels = Buffer.allocUnsafe(width * height * 3)
  const hue = [random() & 127, random() & 127, random() & 127]
  const steep = 1 + (random() & 7)
  let at = 0
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const grain = random()
      const hill = y > height * (0.55 + 0.2 * Math.sin((x / width) * steep)) ? 40 : 0
      const light = ((y * 100) / height) | 0
      for (let c = 0; c < 3; c += 1) {
        pixels[at] = hue[c]! + light - hill + ((grain >>> (c * 8)) & 31) + 40
        at += 1
      }
    }
  }
  return pixels
}

function takenAt(seed: number): string {
  const two = (n: number) => String(n).padStart(2, '0')
  return `2026:06:${two(1 + (seed % 28))} ${two(8 + (seed % 12))}:${two(seed % 60)}:${two((seed * 7) % 60)}`
}

/** xorshift32 (Marsaglia 2003): a pure row of numbers, so a seed always gives the same picture. */
function generator(seed: number): () => number {
  let state = (seed * 0x9e3779b1) >>> 0 || 1
  return () => {
    state ^= state << 13
    state >>>= 0
    state ^= state >>> 17
    state ^= state << 5
    state >>>= 0
    return state
  }
}
