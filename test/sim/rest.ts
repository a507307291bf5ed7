/** What is true of a world at rest, after the faults have stopped. */
import { imagesHash } from '../../src/domain/plan.ts'
import { type ArchiveSeen, atWork, isCurrent, Violation } from './invariants.ts'
import type { Wishes } from './settle.ts'
import type { World } from './world.ts'

/** What is not at rest yet, in words; empty when everything is. */
export function restOf(world: World, wishes: Wishes): string[] {
  const { archives, letters, gallery, hydrating } = world.seen
  const list = [...archives.values()]
  const left: string[] = [
    ...world.queue.jobs().map((job) => `a job waits: ${job.name}`),
    ...list.filter(atWork).map((a) => `an archive is ${a.status}`),
    ...letters.filter((l) => l.status === 'queued').map(() => 'a letter waits'),
    ...(gallery === 'archiving' ? ['it is being archived'] : []),
    ...(hydrating ? ['originals lie inside the archive'] : []),
  ]
  if (left.length || wishes.publish !== 'done' || gallery !== 'active') return left
  const living = world.seen.assets.filter((a) => a.state !== 'deleted')
  if (!living.some((a) => a.state === 'stored')) return []
  if (currentOf(world)) return []
  const newest = list.find((a) => a.purpose === 'delivery')
  if (newest?.status !== 'failed') return [`no archive holds what the gallery holds, the newest is ${newest?.status ?? 'none'}`]
  // every original destroyed: nothing can be packed, and the photographer knows
  const hopeless = living.every((a) => world.damaged.has(a.key))
  return hopeless && isTold(world, newest) ? [] : [isTold(world, newest) ? 'failed and told' : 'failed, and nobody was told']
}

/** Of this failure, or of one before it with no ready version in between: the same is not told twice. */
function isTold(world: World, archive: ArchiveSeen): boolean {
  const versions = [...world.seen.archives.values()].filter((a) => a.purpose === archive.purpose)
  const older = versions.slice(versions.indexOf(archive))
  const ready = older.findIndex(isCurrent)
  const failures = new Set(older.slice(0, ready < 0 ? undefined : ready).map((a) => a.id))
  return world.seen.letters.some((l) => l.kind === 'archive_failed' && l.status === 'kept' && failures.has(l.archive))
}

/** The ready archive that holds exactly the living files. */
function currentOf(world: World): ArchiveSeen | undefined {
  const living = world.seen.assets.filter((a) => a.state !== 'deleted')
  const images = imagesHash(living.map((a) => a.id))
  return [...world.seen.archives.values()].find((a) => a.purpose === 'delivery' && isCurrent(a) && a.images === images)
}

export async function checkRest(world: World, wishes: Wishes): Promise<void> {
  const { seen } = world
  if (wishes.publish !== 'done' || seen.gallery !== 'active') return
  const current = currentOf(world)
  if (!current) return
  const entries = await world.lane.query<{ asset: string }>(
    'select asset_id as asset from archive_entries where archive_id = $1 and asset_id is not null order by asset_id',
    [current.id],
  )
  const living = seen.assets.filter((a) => a.state !== 'deleted').map((a) => a.id)
  if (entries.map((e) => e.asset).join() !== living.sort().join())
    throw new Violation('at rest the current archive holds exactly what lives', { entries, living })
  if (!seen.letters.some((l) => l.kind === 'archive_ready' && l.status === 'kept'))
    throw new Violation('who waits for a published gallery is told', { archives: [...seen.archives.values()] })
  for (const letter of seen.letters)
    if (letter.status === 'kept' && !world.letters.some((id) => id.startsWith(letter.id)))
      throw new Violation('a letter that is called sent was handed over', letter)
}

/** Days later: the storage holds what rows point at, and nothing else. */
export async function checkBroom(world: World): Promise<void> {
  const { seen } = world
  const needed = new Set([
    ...seen.assets.filter((a) => a.state !== 'deleted').map((a) => a.key),
    ...seen.purges,
    ...[...seen.archives.values()].filter((a) => a.status !== 'failed' && a.status !== 'deleted').map((a) => a.key),
  ])
  const orphans = [...seen.objects.keys()].filter((key) => !needed.has(key))
  if (orphans.length) throw new Violation('nothing unreferenced stays', { orphans })
}
