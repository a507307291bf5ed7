/** Drawn photographs for pictures of our pages: hills, seas, woods and lights, each in colours of its own; the same seed draws the same. */
import sharp from 'sharp'

const shapes = [
  [3, 2],
  [2, 3],
  [3, 2],
  [4, 3],
  [2, 3],
  [16, 9],
  [3, 2],
  [1, 1],
] as const

/** A JPEG with `long` pixels on its long side; with `grain` it weighs what a photograph weighs. */
export async function drawnPhoto(seed: number, { long = 2400, grain = 6 }: { long?: number; grain?: number } = {}): Promise<Buffer> {
  const [a, b] = shapes[seed % shapes.length]!
  const width = Math.round(a >= b ? long : (long * a) / b)
  const height = Math.round(a >= b ? (long * b) / a : long)
  const random = randomOf(seed + 11)
  const scene = [hills, sea, lights, woods][Math.floor(random() * 4)]!
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">${scene(random, width, height)}</svg>`
  const drawing = sharp(Buffer.from(svg))
  if (!grain) return drawing.jpeg({ quality: 88 }).toBuffer()
  const noise = await sharp({
    create: { width, height, channels: 3, background: '#808080', noise: { type: 'gaussian', mean: 128, sigma: grain } },
  })
    .png({ compressionLevel: 0 })
    .toBuffer()
  return drawing
    .composite([{ input: noise, blend: 'soft-light' }])
    .jpeg({ quality: 88 })
    .toBuffer()
}

type Random = () => number
const hsl = (h: number, s: number, l: number) => `hsl(${Math.round(h) % 360} ${Math.round(s)}% ${Math.round(l)}%)`

function sky(random: Random, w: number, h: number, hue: number): string {
  const low = hsl(hue + 120 + random() * 60, 32, 66)
  return `<linearGradient id="s" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="${hsl(hue, 38, 44)}"/><stop offset="1" stop-color="${low}"/></linearGradient><rect width="${w}" height="${h}" fill="url(#s)"/>`
}

function hills(random: Random, w: number, h: number): string {
  const hue = 140 + random() * 120
  const sun = `<circle cx="${w * (0.15 + random() * 0.6)}" cy="${h * (0.22 + random() * 0.15)}" r="${h * 0.1}" fill="${hsl(45, 70, 80)}"/>`
  const ranges = [0, 1, 2, 3, 4].map((n) => {
    const y = h * (0.42 + n * 0.12)
    const points = Array.from({ length: 7 }, (_, i) => `${(w * (i + random() * 0.6)) / 5.5} ${y - h * 0.11 * random()}`)
    return `<path d="M0 ${h} L0 ${y} Q${points.join(' T')} T${w * 1.2} ${y} L${w} ${h}Z" fill="${hsl(hue, 28, 42 - n * 8)}"/>`
  })
  return sky(random, w, h, hue) + sun + ranges.join('')
}

function sea(random: Random, w: number, h: number): string {
  const hue = 195 + random() * 30
  const line = h * (0.35 + random() * 0.2)
  const waves = Array.from({ length: 70 }, () => {
    const y = line + random() * (h - line)
    const long = w * (0.02 + (0.12 * (y - line)) / h)
    return `<rect x="${random() * w}" y="${y}" width="${long}" height="${h * 0.003}" rx="2" fill="${hsl(hue, 40, 55)}" opacity=".5"/>`
  })
  return `${sky(random, w, h, hue)}<rect y="${line}" width="${w}" height="${h}" fill="${hsl(hue, 48, 30)}"/>${waves.join('')}`
}

function lights(random: Random, w: number, h: number): string {
  const hue = random() * 360
  const spots = Array.from({ length: 46 }, () => {
    const r = h * (0.02 + random() * 0.06)
    return `<circle cx="${random() * w}" cy="${random() * h * 0.75}" r="${r}" fill="${hsl(hue + random() * 60, 62, 62)}" opacity="${0.25 + random() * 0.5}"/>`
  })
  const two = [0.4, 0.58].map(
    (x, n) =>
      `<g fill="${n ? '#e8e4da' : '#120f0d'}"><circle cx="${w * x}" cy="${h * 0.62}" r="${h * 0.06}" fill="#1c1714"/><path d="M${w * x - h * 0.13} ${h} Q${w * x - h * 0.1} ${h * 0.7} ${w * x} ${h * 0.69} Q${w * x + h * 0.1} ${h * 0.7} ${w * x + h * 0.13} ${h}Z"/></g>`,
  )
  return `<rect width="${w}" height="${h}" fill="${hsl(hue, 22, 12)}"/>${spots.join('')}${two.join('')}`
}

function woods(random: Random, w: number, h: number): string {
  const hue = 95 + random() * 60
  const trees = [0, 1, 2].flatMap((row) =>
    Array.from({ length: 9 + row * 3 }, () => {
      const x = random() * w
      const tall = h * (0.3 + 0.18 * row + random() * 0.14)
      const base = h * (0.78 + row * 0.11)
      return `<path d="M${x} ${base - tall} L${x + tall * 0.2} ${base} L${x - tall * 0.2} ${base}Z" fill="${hsl(hue, 30, 52 - row * 15)}"/>`
    }),
  )
  return `<rect width="${w}" height="${h}" fill="${hsl(hue, 26, 82)}"/>${trees.join('')}<rect y="${h * 0.9}" width="${w}" height="${h}" fill="${hsl(hue, 28, 20)}"/>`
}

function randomOf(seed: number): Random {
  let state = (seed * 0x9e3779b1) >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}
