/**
 * The same story with two crashes: the second one hits the recovery from the first.
 *
 * All pairs would be some 16,000 stories. So: every pair whose second crash comes within `near` effects after the first (the
 * recovery itself), and `sampled` others drawn with a fixed seed. KEEPSAKE_SIM_RUNS of 100,000 (nightly) widens both.
 */
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { type Lane, openLane } from './database.ts'
import { beginnings, onLanes, tellStory } from './story.ts'
import type { Verdict } from './world.ts'

const nightly = Number(process.env.KEEPSAKE_SIM_RUNS ?? 5000) >= 100_000
const near = nightly ? 20 : 1
const sampled = nightly ? 4000 : 60
let lanes: Lane[] = []
before(async () => {
  lanes = await Promise.all([openLane(), openLane(), openLane()])
})
after(() => Promise.all(lanes.map((lane) => lane.close())))

for (const [first, second] of [
  ['die', 'cut'],
  ['cut', 'die'],
] as [Verdict, Verdict][])
  test(`a second crash (${second}) during the recovery from the first (${first}) changes nothing`, { timeout: 7_200_000 }, async (t) => {
    const effects = await tellStory(lanes[0]!, [], beginnings)
    const pairs = Array.from({ length: effects }, (_, i) => Array.from({ length: near }, (_, k) => [i + 1, i + 2 + k] as const)).flat()
    const anywhere = fc
      .tuple(fc.integer({ min: 1, max: effects - near - 1 }), fc.nat())
      .map(([n, m]) => [n, n + near + 1 + (m % (effects - n - near))] as const)
    pairs.push(...fc.sample(anywhere, { numRuns: sampled, seed: 1 }))
    await onLanes(lanes, pairs, async (lane, [n, m]) => {
      const faults = [
        { at: n, verdict: first },
        { at: m, verdict: second },
      ]
      await tellStory(lane, faults, beginnings).catch((error: unknown) => {
        throw new Error(`${first} at effect ${n}, ${second} at effect ${m}`, { cause: error })
      })
    })
    t.diagnostic(`${effects} effects: ${pairs.length} of about ${effects ** 2 / 2} pairs`)
  })
