/**
 * `pairs <first> <second> <near> <sampled>`: the same story with two crashes; the second one hits the recovery from the first.
 * Every pair whose second crash comes within `near` effects after the first (the recovery itself), and `sampled` others drawn
 * with a fixed seed. All of them would be some 16,000 stories.
 */
import fc from 'fast-check'
import { onLanes, withLanes } from './lanes.ts'
import { beginnings, tellStory } from './story.ts'
import type { Verdict } from './world.ts'

const [first, second] = process.argv.slice(2, 4) as [Verdict, Verdict]
const [near, sampled] = process.argv.slice(4).map(Number) as [number, number]

await withLanes(3, async (lanes) => {
  const effects = await tellStory(lanes[0]!, 'delivered', [], beginnings)
  const pairs = Array.from({ length: effects }, (_, i) => Array.from({ length: near }, (_, k) => [i + 1, i + 2 + k] as const)).flat()
  const anywhere = fc
    .tuple(fc.integer({ min: 1, max: effects - near - 1 }), fc.nat())
    .map(([n, m]) => [n, n + near + 1 + (m % (effects - n - near))] as const)
  pairs.push(...fc.sample(anywhere, { numRuns: sampled, seed: 1 }))
  const began = performance.now()
  await onLanes(lanes, pairs, async (lane, [n, m]) => {
    const faults = [
      { at: n, verdict: first },
      { at: m, verdict: second },
    ]
    await tellStory(lane, 'delivered', faults, beginnings).catch((error: unknown) => {
      throw new Error(`${first} at effect ${n}, ${second} at effect ${m}`, { cause: error })
    })
  })
  const each = Math.round((performance.now() - began) / pairs.length)
  return `${effects} effects: ${pairs.length} of about ${effects ** 2 / 2} pairs, ${each} ms a run`
})
