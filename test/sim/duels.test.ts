/** One who stands still at any effect while another goes ahead breaks no promise when they go on. */
import { after, before, test } from 'node:test'
import { type Lane, openLane } from './database.ts'
import { duels, fight } from './duels.ts'

let lane: Lane
before(async () => {
  lane = await openLane()
})
after(() => lane.close())

for (const duel of duels)
  test(`${duel.name}: at any moment`, async (t) => {
    t.diagnostic(`${await fight(lane, duel)} moments`)
  })
