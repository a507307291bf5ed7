/**
 * `worlds <runs> <seed>`: random worlds on three lanes, each lane with a seed of its own. A failing one is made smaller and
 * printed as the JSON that seeds.json keeps.
 */
import fc from 'fast-check'
import type { Lane } from './database.ts'
import { withLanes } from './lanes.ts'
import { playTape } from './random.ts'
import type { Kept } from './seeds.ts'
import { tapes } from './tapes.ts'

const [runs, seed] = process.argv.slice(2).map(Number) as [number, number]
const lanes = 3
const each = Math.ceil(runs / lanes)

await withLanes(lanes, async (open) => {
  const began = performance.now()
  await Promise.all(open.map((lane, i) => playMany(lane, seed + i)))
  return `${each * lanes} runs, ${((performance.now() - began) / each / lanes).toFixed(1)} ms a run`
})

async function playMany(lane: Lane, from: number): Promise<void> {
  const property = fc.asyncProperty(tapes, (tape) => playTape(lane, tape))
  const found = await fc.check(property, { numRuns: each, seed: from, endOnFailure: false })
  if (!found.failed) return
  const cause = found.errorInstance
  const rule = (cause as { rule?: string }).rule ?? String(cause)
  const kept: Kept = { seed: found.seed, path: found.counterexamplePath ?? '', rule, tape: found.counterexample![0] }
  throw new Error(`kept ${JSON.stringify(kept)}\n`, { cause })
}
