/** Twelve drawn evenings for the sample gallery: hills under a sky, in three formats. Pure: the same seed draws the same. */
import { createHash } from 'node:crypto'

export interface Drawing {
  name: string
  svg: string
}

const skies = [
  ['#f6c28b', '#7c4d72', '#241a3a'],
  ['#ffd9a0', '#e2725b', '#3b2a4a'],
  ['#cfe3ee', '#8fb3c7', '#2e4a5f'],
  ['#f3e6d0', '#c9a27c', '#4a3b33'],
] as const
const formats = [
  [2400, 1600],
  [1600, 2400],
  [2400, 1350],
] as const

export function landscapes(seed: string): Drawing[] {
  return Array.from({ length: 12 }, (_, n) => {
    const random = dice(`${seed} ${n}`)
    const [width, height] = formats[n % formats.length]!
    return { name: `evening-${String(n + 1).padStart(2, '0')}.jpg`, svg: draw(width, height, skies[n % skies.length]!, random) }
  })
}

function draw(width: number, height: number, [glow, sky, night]: (typeof skies)[number], random: () => number): string {
  const horizon = height * (0.45 + random() * 0.15)
  const sun = { x: width * (0.2 + random() * 0.6), y: horizon - height * random() * 0.12, r: height * (0.03 + random() * 0.04) }
  const hills = [0, 1, 2, 3].map((depth) => hill(width, height, horizon + (height - horizon) * (depth / 4), random))
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">
<defs><linearGradient id="s" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="${night}"/><stop offset=".6" stop-color="${sky}"/><stop offset="1" stop-color="${glow}"/></linearGradient>
<radialGradient id="g"><stop offset="0" stop-color="#fff6df"/><stop offset=".25" stop-color="${glow}" stop-opacity=".8"/><stop offset="1" stop-color="${glow}" stop-opacity="0"/></radialGradient></defs>
<rect width="${width}" height="${(horizon * 1.2).toFixed()}" fill="url(#s)"/>
<circle cx="${sun.x.toFixed()}" cy="${sun.y.toFixed()}" r="${(sun.r * 6).toFixed()}" fill="url(#g)"/>
<circle cx="${sun.x.toFixed()}" cy="${sun.y.toFixed()}" r="${sun.r.toFixed()}" fill="#fff3d6"/>
${hills.map((path, depth) => `<path d="${path}" fill="${night}" fill-opacity="${(0.35 + depth * 0.2).toFixed(2)}"/><path d="${path}" fill="${sky}" fill-opacity="${(0.5 - depth * 0.14).toFixed(2)}"/>`).join('\n')}
</svg>`
}

/** A ridge from left to right, closed at the bottom. */
function hill(width: number, height: number, base: number, random: () => number): string {
  const steps = 7
  const points = Array.from({ length: steps + 1 }, (_, i) => [(width * i) / steps, base - random() * height * 0.11] as const)
  let path = `M0 ${height} L0 ${points[0]![1].toFixed()}`
  for (const [i, [x, y]] of points.slice(1).entries()) {
    const [px, py] = points[i]!
    const half = ((px + x) / 2).toFixed()
    path += ` C${half} ${py.toFixed()} ${half} ${y.toFixed()} ${x.toFixed()} ${y.toFixed()}`
  }
  return `${path} L${width} ${height} Z`
}

/** Numbers from 0 to 1 that follow from the seed. */
function dice(seed: string): () => number {
  let n = 0
  return () => createHash('sha256').update(`${seed} ${n++}`).digest().readUInt32BE() / 2 ** 32
}
