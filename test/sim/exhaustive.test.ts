/** One story, with a crash or an error at every single effect. */
import { after, before, test } from 'node:test'
import { type Lane, openLane } from './database.ts'
import { answers, beginnings, onLanes, tellStory } from './story.ts'
import type { Verdict } from './world.ts'

let lanes: Lane[] = []
before(async () => {
  lanes = await Promise.all([openLane(), openLane(), openLane()])
})
after(() => Promise.all(lanes.map((lane) => lane.close())))

const cases: { name: string; verdict: Verdict; counts: typeof beginnings }[] = [
  { name: 'a process that dies before any effect leaves nothing that is not put right', verdict: 'die', counts: beginnings },
  { name: 'a power cut before any effect takes nothing that was acknowledged', verdict: 'cut', counts: beginnings },
  { name: 'an error or a lost answer at any effect leaves nothing that is not put right', verdict: 'fail', counts: answers },
]
for (const { name, verdict, counts } of cases)
  test(name, async (t) => {
    const effects = await tellStory(lanes[0]!, [], counts)
    const began = performance.now()
    await onLanes(
      lanes,
      Array.from({ length: effects }, (_, i) => i + 1),
      async (lane, at) => {
        try {
          await tellStory(lane, [{ at, verdict }], counts)
        } catch (error) {
          throw new Error(`${verdict} at effect ${at}`, { cause: error })
        }
      },
    )
    t.diagnostic(`${effects} effects, ${effects} runs, ${Math.round((performance.now() - began) / effects)} ms a run`)
  })
