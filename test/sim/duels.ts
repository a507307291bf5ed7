/** Two at once: one stands still after its k-th effect while the other does all it wants, then goes on. For every k. */
import { seconds } from '../../src/base/clock.ts'
import { deleteGallery, editGallery } from '../../src/features/galleries/edit.ts'
import type { Lane } from './database.ts'
import { type File, furnish, makeFile, upload } from './gallery.ts'
import { publishNow, restoreNow, retireNow, settle, startJob, sweepUp, toTheEnd, type Wishes } from './settle.ts'
import { openWorld, type Task, type World } from './world.ts'

interface Duel {
  name: string
  /** starts the one who will stand still */
  first(world: World, wishes: Wishes): Promise<Task>
  /** what happens meanwhile */
  second(world: World, stalled: Task, wishes: Wishes): Promise<unknown>
}

const file = (): File => makeFile(9)

export const duels: Duel[] = [
  {
    name: 'a gallery is deleted during an upload',
    async first(world, wishes) {
      wishes.files.push(file())
      const process = await world.boot('slow')
      return world.spawn(process, 'upload', () => upload(world, process, wishes.files[0]!))
    },
    async second(world) {
      const process = await world.boot('quick')
      await toTheEnd(world, await world.spawn(process, 'delete', () => deleteGallery(process.deps, world.galleryId)))
    },
  },
  {
    name: 'a gallery comes to its end during an upload',
    async first(world, wishes) {
      wishes.files.push(file())
      const process = await world.boot('slow')
      await toTheEnd(world, await world.spawn(process, 'publish', () => publishNow(world, process, wishes)))
      return world.spawn(process, 'upload', () => upload(world, process, wishes.files[0]!))
    },
    async second(world) {
      const process = await world.boot('quick')
      const expiresAt = world.clock.now()
      await toTheEnd(world, await world.spawn(process, 'end', () => editGallery(process.deps, world.galleryId, { expiresAt })))
    },
  },
  uploadAgainst('another server goes on with an upload whose lease has passed', (right) => right),
  uploadAgainst('another server goes on with an upload whose lease has passed, and the first one has other bytes', spoiled),
  {
    name: 'another worker does what a build has sent so far',
    first: buildBegun,
    second: doWhatIsDue,
  },
  {
    name: 'another worker takes what a build has sent so far, and its job',
    first: buildBegun,
    async second(world, stalled) {
      await doWhatIsDue(world)
      if (stalled.ended) return
      world.queue.lease(stalled.job!)
      world.clock.advance(seconds(11))
      await doWhatIsDue(world)
    },
  },
  {
    name: 'another worker has claimed a build when the first one wakes up',
    first: buildBegun,
    async second(world, stalled) {
      if (stalled.ended) return
      world.queue.lease(stalled.job!)
      world.clock.advance(seconds(11))
      const taken = await startJob(world, await world.boot('quick'))
      // its claim, and no further
      for (let i = 0; taken && i < 2; i++) await world.step(taken)
    },
  },
  {
    name: 'a gallery is deleted while its final archive is proven',
    async first(world, wishes) {
      wishes.publish = 'wanted'
      await settle(world, wishes)
      const process = await world.boot('slow')
      await toTheEnd(world, await world.spawn(process, 'retire', () => retireNow(world, process, wishes)))
      await toTheEnd(world, (await startJob(world, process))!)
      return (await startJob(world, process))!
    },
    async second(world) {
      const process = await world.boot('quick')
      await toTheEnd(world, await world.spawn(process, 'delete', () => deleteGallery(process.deps, world.galleryId)))
    },
  },
  {
    name: 'an archive rots while its originals come out of it',
    async first(world, wishes) {
      wishes.publish = 'wanted'
      await settle(world, wishes)
      wishes.archive = 'wanted'
      await settle(world, wishes)
      await sweepUp(world)
      const process = await world.boot('slow')
      await toTheEnd(world, await world.spawn(process, 'restore', () => restoreNow(world, process, wishes)))
      return (await startJob(world, process))!
    },
    async second(world) {
      const inside = world.seen.assets.find((asset) => asset.offset > 0)
      if (!inside) return
      world.damaged.add(inside.key)
      world.disk.corrupt(inside.key, inside.offset + 3)
      world.stirred = true
    },
  },
]

/** A gallery is published, and a slow worker has its build. */
async function buildBegun(world: World, wishes: Wishes): Promise<Task> {
  wishes.publish = 'wanted'
  const process = await world.boot('slow')
  await toTheEnd(world, await world.spawn(process, 'publish', () => publishNow(world, process, wishes)))
  return (await startJob(world, process))!
}

async function doWhatIsDue(world: World): Promise<void> {
  const process = await world.boot('quick')
  for (let job = await startJob(world, process); job; job = await startJob(world, process)) await toTheEnd(world, job)
}

/** One stalls in an upload until its lease has passed; another server goes on with it. */
function uploadAgainst(name: string, sent: (right: File) => File): Duel {
  return {
    name,
    async first(world, wishes) {
      const right = file()
      wishes.files.push(right)
      const process = await world.boot('slow')
      return world.spawn(process, 'upload', () => upload(world, process, sent(right)))
    },
    async second(world, stalled, wishes) {
      if (stalled.ended) return
      world.clock.advance(seconds(11))
      const process = await world.boot('quick')
      await toTheEnd(world, await world.spawn(process, 'upload', () => upload(world, process, wishes.files[0]!)))
    },
  }
}

/** The same upload of the same file, but what is sent of its second half is wrong. */
function spoiled(right: File): File {
  const bytes = Buffer.from(right.bytes)
  bytes.fill(0, Math.ceil(bytes.length / 2))
  return {
    ...right,
    bytes,
    get upload() {
      return right.upload
    },
    set upload(id) {
      right.upload = id
    },
  }
}

/** Fights the duel for every k; answers how many. */
export async function fight(lane: Lane, duel: Duel): Promise<number> {
  for (let k = 0; ; k++) {
    const world = await openWorld(lane)
    try {
      await furnish(world, [makeFile(1), makeFile(2)])
      const wishes: Wishes = { files: [], remove: [], publish: 'no' }
      const stalled = await duel.first(world, wishes)
      for (let i = 0; i < k && !stalled.ended; i++) await world.step(stalled)
      const over = stalled.ended
      await duel.second(world, stalled, wishes)
      await toTheEnd(world, stalled)
      // whoever writes late may have written into an object
      world.stirred = true
      await settle(world, wishes)
      if (over) return k
    } finally {
      await lane.rollback()
    }
  }
}
