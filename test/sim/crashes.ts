/** `crashes <verdict>`: one story, told anew with a crash or an error at every single effect. */
import { onLanes, withLanes } from './lanes.ts'
import { answers, beginnings, tellStory } from './story.ts'
import type { Verdict } from './world.ts'

const verdict = process.argv[2] as Verdict
const counts = verdict === 'fail' ? answers : beginnings

await withLanes(3, async (lanes) => {
  const effects = await tellStory(lanes[0]!, [], counts)
  const began = performance.now()
  const everyone = Array.from({ length: effects }, (_, i) => i + 1)
  await onLanes(lanes, everyone, async (lane, at) => {
    await tellStory(lane, [{ at, verdict }], counts).catch((error: unknown) => {
      throw new Error(`${verdict} at effect ${at}`, { cause: error })
    })
  })
  return `${effects} effects, ${effects} runs, ${Math.round((performance.now() - began) / effects)} ms a run`
})
