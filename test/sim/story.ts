/** The scripted stories: three files delivered, one more, one less, and a week later everything swept up; and a gallery that is archived and comes back. */
import type { Lane } from './database.ts'
import { furnish, makeFile } from './gallery.ts'
import { bytesOf, check, Violation } from './invariants.ts'
import { settle, sweepUp, type Wishes } from './settle.ts'
import { type Effect, openWorld, type Verdict, type World } from './world.ts'

/** What happens at the n-th effect, counted by `counts` from 1. */
export interface Fault {
  at: number
  verdict: Verdict
}

/** `touched`: something has changed since the last effect that counted. */
export type Counts = (effect: Effect, touched: boolean) => boolean

export type Story = 'delivered' | 'retired' | 'rotten'

/** Tells the story with these faults; after each, whatever died is started again and goes on. Answers how many effects counted. */
export async function tellStory(lane: Lane, story: Story, faults: Fault[], counts: Counts): Promise<number> {
  const world = await openWorld(lane)
  let n = 0
  world.decide = (effect) => {
    if (!counts(effect, world.touched)) return 'go'
    world.touched = false
    n++
    return faults.find(({ at }) => at === n)?.verdict ?? 'go'
  }
  try {
    await stories[story](world)
  } finally {
    await lane.rollback()
  }
  return n
}

const stories: Record<Story, (world: World) => Promise<void>> = {
  async delivered(world) {
    await furnish(world)
    const wishes: Wishes = { files: [makeFile(1), makeFile(2), makeFile(3)], remove: [], publish: 'no' }
    await settle(world, wishes)
    wishes.publish = 'wanted'
    await settle(world, wishes)
    wishes.files.push(makeFile(4))
    await settle(world, wishes)
    wishes.remove.push(wishes.files[0]!.sha)
    await settle(world, wishes)
    await sweepUp(world)
  },
  // archived, its originals gone, restored, archived again within the grace, and restored once more
  async retired(world) {
    await furnish(world, [makeFile(1), makeFile(2)])
    const wishes: Wishes = { files: [], remove: [], publish: 'wanted' }
    await settle(world, wishes)
    wishes.archive = 'wanted'
    await settle(world, wishes)
    await sweepUp(world)
    wishes.restore = 'wanted'
    await settle(world, wishes)
    wishes.archive = 'wanted'
    await settle(world, wishes)
    wishes.restore = 'wanted'
    await settle(world, wishes)
    await sweepUp(world)
  },
  // within the grace one copy rots and the other is whole: first the archive, then, archived anew, an original beside it
  async rotten(world) {
    await furnish(world, [makeFile(1), makeFile(2)])
    const wishes: Wishes = { files: [], remove: [], publish: 'wanted' }
    await settle(world, wishes)
    wishes.archive = 'wanted'
    await settle(world, wishes)
    const first = world.seen.archives.get(world.seen.final!)!.key!
    rot(world, first, world.seen.assets[0]!.offset)
    world.damaged.add(first)
    await sweepUp(world)
    await allWhole(world)
    wishes.archive = 'wanted'
    await settle(world, wishes)
    const old = world.seen.purges[0]
    if (old) rot(world, old, 0)
    // it may have been archived by itself before it was asked for
    wishes.archive = 'no'
    wishes.restore = 'wanted'
    await settle(world, wishes)
    await allWhole(world)
  },
}

function rot(world: World, key: string, at: number): void {
  world.altered.add(key)
  world.disk.corrupt(key, at)
  world.stirred = true
}

/** One copy of each has been whole all the time, so none is lost. */
async function allWhole(world: World): Promise<void> {
  await check(world, null)
  for (const asset of world.seen.assets)
    if (asset.state === 'missing' || (asset.state === 'stored' && (await bytesOf(world, asset)) !== asset.sha))
      throw new Violation('what is whole in one of two places is not lost', asset)
}

// A crash at a commit leaves what a crash before its transaction leaves, and one after an effect what one before the next leaves:
// for those who die, the effects' beginnings are all there is.
// So does one after which nothing has changed since.
export const beginnings: Counts = ({ changes, moment }, touched) => changes && moment === 'before' && touched
/** Who gets an error goes on: there it matters whether the effect has happened. */
export const answers: Counts = ({ changes, moment }) => changes && moment !== 'commit'
