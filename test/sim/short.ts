/** A short run of everything, for mutants: says what it saw and ends with 1 at the first broken promise, with 0 when there is none. */
import fc from 'fast-check'
import { openLane } from './database.ts'
import { duels, fight } from './duels.ts'
import { onLanes } from './lanes.ts'
import { playTape } from './random.ts'
import { answers, beginnings, type Counts, tellStory } from './story.ts'
import { tapes } from './tapes.ts'
import type { Verdict } from './world.ts'

const lanes = await Promise.all([openLane(), openLane()])
let done = 0

async function labelled(name: string, run: Promise<unknown>): Promise<void> {
  await run.catch((error: unknown) => {
    throw new Error(`${error instanceof Error ? error.message.slice(0, 200) : String(error)} (${name})`)
  })
}

/** Ends the process; the databases go with the server. */
function say(error: unknown): never {
  console.log(`after ${done} runs: ${error instanceof Error ? error.message : String(error)}`)
  process.exit(1)
}

try {
  const moments = await tellStory(lanes[0]!, 'delivered', [], beginnings)
  const answered = await tellStory(lanes[0]!, 'delivered', [], answers)
  const moved = await tellStory(lanes[0]!, 'retired', [], beginnings)
  await labelled('one of two copies rots', tellStory(lanes[0]!, 'rotten', [], beginnings))
  for (const duel of duels) await labelled(duel.name, fight(lanes[0]!, duel))
  const plans: [Verdict, Counts, number][] = [
    ['die', beginnings, moments],
    ['cut', beginnings, moments],
    ['fail', answers, answered],
  ]
  const crashes = Array.from({ length: 40 }, (_, i) => ({ part: i / 40, plan: plans[i % 3]! }))
  for (let at = 1; at <= moved; at += Math.ceil(moved / 10))
    await labelled(`archived: dies at effect ${at}`, tellStory(lanes[0]!, 'retired', [{ at, verdict: 'die' }], beginnings))
  const sampled = fc.sample(tapes, { numRuns: 220, seed: 20260601 })
  // one crash, then some random worlds, so that whatever sees the fault comes early
  const share = Math.ceil(sampled.length / crashes.length)
  await onLanes(lanes, crashes, async (lane, { part, plan: [verdict, counts, effects] }) => {
    const at = 1 + Math.floor(part * effects)
    for (const tape of sampled.splice(0, share)) {
      await labelled(`tape ${JSON.stringify(tape)}`, playTape(lane, tape))
      done++
    }
    await labelled(`${verdict} at effect ${at}`, tellStory(lane, 'delivered', [{ at, verdict }], counts))
    done++
  })
} catch (error) {
  say(error)
}
console.log(`no broken promise in ${done} runs`)
for (const lane of lanes) await lane.close()
process.exit(0)
