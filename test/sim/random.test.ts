/** Thousands of random worlds. KEEPSAKE_SIM_RUNS says how many; a failing one is kept in seeds.json and replayed for ever. */
import { readFileSync, writeFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { type Lane, openLane } from './database.ts'
import { playTape } from './random.ts'
import { tapes } from './tapes.ts'

interface Kept {
  seed: number
  path: string
  rule: string
  tape: number[]
}

const file = new URL('seeds.json', import.meta.url)
const runs = Number(process.env.KEEPSAKE_SIM_RUNS ?? 5000)
const most = 3
// The same worlds at every run of the tests, so that a red one is the fault of the change at hand; other seeds look for more.
const first = Number(process.env.KEEPSAKE_SIM_SEED ?? 1)
let lanes: Lane[] = []
before(async () => {
  lanes = await Promise.all(Array.from({ length: most }, openLane))
})
after(() => Promise.all(lanes.map((lane) => lane.close())))

const kept = JSON.parse(readFileSync(file, 'utf8')) as Kept[]
for (const { tape, rule, seed, path } of kept)
  test(`what failed once (${rule}, seed ${seed}, path ${path}) holds`, () => playTape(lanes[0]!, tape))

// A test each, so that none takes longer than a test may.
const rounds = Math.ceil(runs / 2500)
for (let round = 1; round <= rounds; round++)
  test(`nothing that happens in any order breaks a promise (${round} of ${rounds})`, { timeout: 1_800_000 }, async (t) => {
    const began = performance.now()
    const each = Math.ceil(runs / rounds / most)
    await Promise.all(lanes.map((lane, i) => playMany(lane, each, first + round * most + i)))
    t.diagnostic(`${each * most} runs, ${((performance.now() - began) / each / most).toFixed(1)} ms a run`)
  })

async function playMany(lane: Lane, numRuns: number, from: number): Promise<void> {
  const property = fc.asyncProperty(tapes, (tape) => playTape(lane, tape))
  const result = await fc.check(property, { numRuns, seed: from, endOnFailure: false })
  if (!result.failed) return
  const { seed, counterexamplePath, counterexample, errorInstance } = result
  const found: Kept = { seed, path: counterexamplePath ?? '', rule: ruleOf(errorInstance), tape: counterexample![0] }
  writeFileSync(file, `${JSON.stringify([...JSON.parse(readFileSync(file, 'utf8')), found], null, 1)}\n`)
  throw new Error(`seed ${seed}, path ${counterexamplePath}, tape ${JSON.stringify(found.tape)}`, { cause: errorInstance })
}

const ruleOf = (error: unknown): string => (error as { rule?: string }).rule ?? String(error)
