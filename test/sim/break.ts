/** What breaks by itself: bytes that rot, vanish or were written wrong, and a wrong line in the list of garbage. */
import { type ArchiveSeen, atWork } from './invariants.ts'
import { of, type Play } from './random.ts'
import type { World } from './world.ts'

export async function breakSomething(play: Play, pick: number): Promise<void> {
  const { world } = play
  const [what, whom] = [pick % 6, Math.floor(pick / 6)]
  if (what === 0) return damage(world, original(world, whom), whom)
  if (what === 1) return flicker(play, original(world, whom))
  if (what === 2) return damageArchive(world, of([...world.seen.archives.values()].filter(inDanger(world)), whom), whom)
  if (what === 3)
    return damageArchive(
      world,
      of(
        [...world.seen.archives.values()].filter((a) => a.status === 'ready'),
        whom,
      ),
      whom,
    )
  if (what === 4) world.slip = true
  else await misplace(world, whom)
}

const original = (world: World, pick: number): string | undefined =>
  of(
    world.seen.assets.filter((a) => a.state === 'stored'),
    pick,
  )?.key

function damage(world: World, key: string | undefined, how: number): void {
  const sha = key && world.seen.objects.get(key)
  if (!sha || world.damaged.has(key)) return
  world.damaged.add(key)
  change(world, key, how)
}

function change(world: World, key: string, how: number): void {
  world.stirred = true
  if (how % 3 === 0) world.disk.corrupt(key, how % 5)
  else if (how % 3 === 1) world.disk.truncate(key, 3)
  else world.disk.lose(key)
}

/** Wrong for a while: a network file system that loses a read and finds it again. */
function flicker({ world, passing }: Play, key: string | undefined): void {
  if (!key || !world.seen.objects.has(key) || world.damaged.has(key)) return
  world.damaged.add(key)
  const flip = () => {
    if (!world.seen.objects.has(key)) return
    world.disk.corrupt(key, 0)
    world.stirred = true
  }
  flip()
  passing.push(flip)
}

/** Built and not yet proven, and nobody is between reading it and saying so: whatever happens to it now must be noticed. */
const inDanger = (world: World) => (archive: ArchiveSeen) =>
  atWork(archive) && !world.tasks.some((task) => task.job?.name === 'archive.verify' && task.job.key === archive.id)

function damageArchive(world: World, archive: ArchiveSeen | undefined, how: number): void {
  const key = archive?.key
  if (!key || !world.seen.objects.has(key) || world.altered.has(key) || world.damaged.has(key)) return
  if (archive.status === 'ready') world.damaged.add(key)
  world.altered.add(key)
  change(world, key, how)
}

/** A line of garbage that names something needed: whoever wrote it, the bytes must stay. */
async function misplace(world: World, pick: number): Promise<void> {
  const ready = [...world.seen.archives.values()].filter((a) => a.status === 'ready').map((a) => a.key!)
  const key = of([...ready, ...world.seen.assets.filter((a) => a.state === 'stored').map((a) => a.key)], pick)
  if (!key) return
  const due = world.clock.now()
  await world.lane.query(`insert into garbage (key, reason, not_before) values ($1, 'by mistake', $2) on conflict do nothing`, [key, due])
}
