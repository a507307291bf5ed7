/**
 * A world that goes where a tape of numbers leads it: several workers, a photographer in a hurry, and everything that can
 * break. Each number picks one line of the menu and, by what is left of it, whom it meets. A shorter or smaller tape is a
 * calmer world, so a failure shrinks to its few decisive moments.
 */
import { hours, minutes, seconds } from '../../src/base/clock.ts'
import { findGallery } from '../../src/data/galleries.ts'
import { askArchive, askDownload } from '../../src/features/archives/ask.ts'
import { deleteGallery, editGallery } from '../../src/features/galleries/edit.ts'
import { collect } from '../../src/features/operations/collect.ts'
import { giveUp } from '../../src/features/uploads/accept.ts'
import { breakSomething } from './break.ts'
import type { Lane } from './database.ts'
import { furnish, makeFile, removalOf, remove, upload } from './gallery.ts'
import { publishNow, restoreNow, retireNow, settle, startJob, startReconcile, sweepUp, type Wishes } from './settle.ts'
import { openWorld, type Process, type Task, type Verdict, type World } from './world.ts'

/** What the menu's lines share. */
export interface Play {
  world: World
  wishes: Wishes
  /** what happens at the next effect that changes something */
  armed: { verdict: Verdict; moment: 'before' | 'after' } | null
  /** damage that ends by itself */
  passing: (() => void)[]
}

/** Plays the tape, lets the faults stop, and throws a Violation if any promise was broken on the way. `tell` hears every effect. */
export async function playTape(lane: Lane, tape: readonly number[], tell?: (line: string) => void): Promise<void> {
  const world = await openWorld(lane)
  const first = tape[0] ?? 0
  const play: Play = { world, wishes: { files: [], remove: [], publish: 'no' }, armed: null, passing: [] }
  world.decide = (effect, by) => {
    tell?.(`${by.process.name} ${by.name}: ${effect.moment} ${effect.what}`)
    if (!play.armed || !effect.changes || effect.moment !== play.armed.moment) return 'go'
    const { verdict } = play.armed
    play.armed = null
    tell?.(`  ${verdict}`)
    return verdict
  }
  try {
    await furnish(world, [makeFile(1), makeFile(2), makeFile(3)].slice(0, first % 4))
    for (const number of tape.slice(1)) await turn(play, number)
    play.armed = null
    for (const end of play.passing) end()
    await settle(world, play.wishes)
    if (Math.floor(first / 20) % 3 === 1) await archiveAndBack(play, first % 2 === 0)
    // days of simulated time cost real time: not every run goes that far
    if (first % 5 === 0) await sweepUp(world)
  } finally {
    await lane.rollback()
  }
}

/** The gallery as it has become is archived and restored: within the grace of its originals, or after it. */
async function archiveAndBack({ world, wishes }: Play, late: boolean): Promise<void> {
  wishes.archive = 'wanted'
  await settle(world, wishes)
  if (late) await sweepUp(world)
  wishes.restore = 'wanted'
  await settle(world, wishes)
}

type Line = [weight: number, go: (play: Play, pick: number) => unknown]

const menu: Line[] = [
  [26, ({ world }, pick) => of(world.tasks, pick) && world.step(of(world.tasks, pick)!)],
  // many effects in a row, as when nobody else happens to run
  [
    16,
    async ({ world }, pick) => {
      const task = of(world.tasks, pick >> 3)
      for (let i = 0; task && !task.ended && i < 2 + (pick & 7) * 2; i++) await world.step(task)
    },
  ],
  [14, async ({ world }, pick) => startJob(world, await worker(world, pick), (pick >> 2) & 1)],
  [7, sendFile],
  [
    4,
    async ({ world, wishes }, pick) => {
      wishes.publish = wishes.publish === 'done' ? 'done' : 'wanted'
      return ask(world, 'publish', pick, (process) => publishNow(world, process, wishes))
    },
  ],
  [
    3,
    ({ world }, pick) => {
      const asset = of(
        world.seen.assets.filter((a) => a.state !== 'deleted'),
        pick,
      )
      return asset && ask(world, removalOf(asset), pick, (process) => remove(world, process, asset))
    },
  ],
  [
    3,
    ({ world }, pick) =>
      ask(world, 'forced', pick, ({ deps }) => askArchive(deps, world.galleryId, { userId: world.ownerId, force: pick % 2 === 0 })),
  ],
  [
    1,
    ({ world }, pick) =>
      ask(world, 'download', pick, async ({ deps }) => {
        const gallery = await findGallery(deps.db, world.galleryId)
        if (gallery) await askDownload(deps, gallery)
      }),
  ],
  [1, ({ world }, pick) => ask(world, 'rename', pick, ({ deps }) => editGallery(deps, world.galleryId, { naming: naming[pick % 3]! }))],
  [1, giveUpUpload],
  // weights stay as they are, or kept tapes would tell other stories
  [
    1,
    ({ world, wishes }, pick) => {
      if (pick % 3 === 0) return ask(world, 'delete', pick, ({ deps }) => deleteGallery(deps, world.galleryId))
      if (pick % 3 === 1) return ask(world, 'retire', pick, (process) => retireNow(world, process, wishes))
      return ask(world, 'restore', pick, (process) => restoreNow(world, process, wishes))
    },
  ],
  [2, async ({ world }, pick) => startReconcile(world, await worker(world, pick))],
  [1, ({ world }, pick) => ask(world, 'collect', pick, ({ deps }) => collect(deps))],
  [6, ({ world }, pick) => world.clock.advance([seconds(1), seconds(11), minutes(2), hours(25)][pick % 4]!)],
  // the heartbeat of a stalled worker is missed: another one gets its job, and later it wakes up
  [
    4,
    ({ world }, pick) => {
      const stalled = of(
        world.tasks.filter((task) => task.job),
        pick,
      )
      if (stalled?.job) world.queue.lease(stalled.job)
    },
  ],
  [
    3,
    ({ world }, pick) => {
      const process = of(world.processes, pick)
      if (process) world.kill(process)
    },
  ],
  [1, ({ world }) => world.cutPower()],
  [
    3,
    (play, pick) => {
      play.armed = { verdict: (['die', 'fail', 'cut', 'fail'] as const)[pick & 3]!, moment: pick & 4 ? 'after' : 'before' }
    },
  ],
  [5, breakSomething],
]
const total = menu.reduce((sum, [weight]) => sum + weight, 0)
const naming = ['original', 'numbered', 'id'] as const

async function turn(play: Play, number: number): Promise<void> {
  await play.world.mourn()
  let at = number % total
  for (const [weight, go] of menu) {
    at -= weight
    if (at < 0) return void (await go(play, Math.floor(number / total)))
  }
}

export const of = <T>(list: T[], pick: number): T | undefined => list[pick % Math.max(1, list.length)]

/** The pick-th of at most three processes, which may have to be started. */
async function worker(world: World, pick: number): Promise<Process> {
  const at = pick % 3
  return world.processes[at] ?? world.boot('worker')
}

/** Somebody asks a server for something; more than six things at once only cost time. */
async function ask(world: World, name: string, pick: number, work: (process: Process) => Promise<unknown>): Promise<Task | undefined> {
  if (world.tasks.length >= 6) return undefined
  const process = await worker(world, pick)
  return world.spawn(process, name, () => work(process))
}

/** Goes on with a file, or sends one more: a new one, the same bytes again, or what was lost before. */
async function sendFile({ world, wishes }: Play, pick: number): Promise<unknown> {
  let file = of(
    wishes.files.filter((f) => !f.acknowledged),
    pick >> 2,
  )
  if (!file || (pick & 3) === 0) {
    if (wishes.files.length >= 5) return undefined
    file = makeFile((pick >> 2) % 6)
    wishes.files.push(file)
  }
  return ask(world, 'upload', pick, (process) => upload(world, process, file))
}

async function giveUpUpload({ world, wishes }: Play, pick: number): Promise<unknown> {
  const file = of(
    wishes.files.filter((f) => f.upload && !f.acknowledged),
    pick,
  )
  return (
    file &&
    ask(world, 'give up', pick, async ({ deps }) => {
      await giveUp(deps, file.upload!)
      file.upload = null
    })
  )
}
