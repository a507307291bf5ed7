/** `crashes <story> <verdict>`: one story, told anew with a crash or an error at every single effect. */
import { onLanes, withLanes } from './lanes.ts'
import { answers, beginnings, type Story, tellStory } from './story.ts'
import type { Verdict } from './world.ts'

const [story, verdict] = process.argv.slice(2) as [Story, Verdict]
const counts = verdict === 'fail' ? answers : beginnings

await withLanes(3, async (lanes) => {
  const effects = await tellStory(lanes[0]!, story, [], counts)
  const began = performance.now()
  const everyone = Array.from({ length: effects }, (_, i) => i + 1)
  await onLanes(lanes, everyone, async (lane, at) => {
    await tellStory(lane, story, [{ at, verdict }], counts).catch((error: unknown) => {
      throw new Error(`${verdict} at effect ${at}`, { cause: error })
    })
  })
  return `${effects} effects, ${effects} runs, ${Math.round((performance.now() - began) / effects)} ms a run`
})
