/** Holds a plan against the gallery when it is sealed, and the stored file against the plan when it becomes ready. */
import { checkStream } from '../../src/zip/check.ts'
import { readDirectory } from '../../src/zip/read.ts'
import type { ZipSource } from '../../src/zip/source.ts'
import { type ArchiveSeen, Violation } from './invariants.ts'
import type { World } from './world.ts'

interface EntryRow {
  asset: string | null
  path: string
  sha: string
  status: 'ok' | 'missing'
}

const entriesOf = (world: World, archive: ArchiveSeen): Promise<EntryRow[]> =>
  world.lane.query<EntryRow>(
    `select asset_id as asset, path, encode(sha256, 'hex') as sha, status from archive_entries where archive_id = $1 order by position`,
    [archive.id],
  )

/** Looked at in the same moment as the sealing: every living asset is in it, the missing ones by name, and nothing else is. */
export async function checkSealing(world: World, archive: ArchiveSeen): Promise<void> {
  const sealed = (await entriesOf(world, archive)).filter((entry) => entry.asset)
  const living = world.seen.assets.filter((asset) => asset.state !== 'deleted')
  const asText = (list: { id: string; sha: string; state: string }[]) => list.map((a) => `${a.id} ${a.sha} ${a.state}`).sort()
  const planned = asText(sealed.map((e) => ({ id: e.asset!, sha: e.sha, state: e.status === 'ok' ? 'stored' : 'missing' })))
  const expected = asText(living)
  if (planned.join() !== expected.join()) throw new Violation('a sealed plan holds exactly what lives', { planned, expected })
}

/** Reads the ZIP as anybody would, and holds every entry against the SHA-256 of what was sent. */
export async function checkZip(world: World, archive: ArchiveSeen): Promise<void> {
  const rule = 'a ready archive is complete and byte-exact'
  const sha = world.seen.objects.get(archive.key!)
  if (sha !== archive.checksum) throw new Violation(rule, { archive, sha: sha ?? 'no file' })
  const entries = (await entriesOf(world, archive)).filter((entry) => entry.status === 'ok')
  const foreign = entries.find((entry) => entry.asset && !world.truth.has(entry.sha))
  if (foreign) throw new Violation(rule, foreign)
  try {
    const source = await zipSource(world, archive)
    const found = await checkStream(source, await readDirectory(source), new Map(entries.map((e) => [e.path, e.sha])))
    if (found.bad.length + found.missing.length + found.extra.length) throw new Violation(rule, found)
  } catch (error) {
    throw error instanceof Violation ? error : new Violation(rule, { archive, error: String(error) })
  }
}

async function zipSource({ disk }: World, { key, size }: ArchiveSeen): Promise<ZipSource> {
  const source = await disk.open(key!, 0, size)
  const bytes = Buffer.alloc(size)
  await source.read(bytes)
  return { size, read: async (from, to) => bytes.subarray(from, to) }
}
