/** What must be true after every effect, whoever did it and whatever failed. */
import type { ArchiveState } from '../../src/domain/archive.ts'
import { checkSealing, checkZip } from './proof.ts'
import type { Task, World } from './world.ts'

/** The promise that was broken, and where. */
export class Violation extends Error {
  readonly rule: string
  constructor(rule: string, facts: unknown) {
    super(`${rule}: ${JSON.stringify(facts)}`)
    this.rule = rule
  }
}

export interface ArchiveSeen {
  id: string
  version: number
  purpose: 'delivery' | 'selection' | 'final'
  status: ArchiveState
  fence: number
  key: string | null
  checksum: string | null
  plan: string
  images: string
  recipe: string
  by: string | null
  size: number
  announce: boolean
}

export interface AssetSeen {
  id: string
  item: string
  state: 'stored' | 'missing' | 'deleted'
  sha: string
  key: string
  /** where its bytes begin under the key: not 0 inside an archive */
  offset: number
  size: number
}

/** The rows as they were when they were last looked at, and what the objects hold. */
export interface Seen {
  gallery: string
  /** the final archive of an archived gallery */
  final: string | null
  hydrating: boolean
  /** keys of originals that lie inside an archive, and wait for their end */
  purges: string[]
  archives: Map<string, ArchiveSeen>
  assets: AssetSeen[]
  /** key → SHA-256 of what lies there now */
  objects: Map<string, string>
  /** key → SHA-256 of what ever lay there */
  contents: Map<string, string>
  letters: { id: string; archive: string; status: string; kind: string }[]
}

export const nothingSeen = (): Seen => ({
  gallery: '',
  final: null,
  hydrating: false,
  purges: [],
  archives: new Map(),
  assets: [],
  objects: new Map(),
  contents: new Map(),
  letters: [],
})

export const atWork = ({ status }: ArchiveSeen): boolean => status === 'queued' || status === 'processing' || status === 'verifying'
export const isClosed = ({ gallery }: Seen): boolean => !['', 'draft', 'active'].includes(gallery)
export const isCurrent = ({ status, by }: ArchiveSeen): boolean => status === 'ready' && !by
const ways: Record<ArchiveState, ArchiveState[]> = {
  queued: ['processing'],
  processing: ['verifying', 'queued', 'failed'],
  verifying: ['ready', 'queued', 'failed'],
  ready: ['deleted', 'failed'],
  failed: [],
  deleted: [],
  // of selections, which nobody asks for here
  cancelling: [],
  cancelled: [],
  expired: [],
}

/** Looks at everything after an effect of `task`, or of the harness itself (null). */
export async function check(world: World, task: Task | null): Promise<void> {
  const before = world.seen
  world.seen = await look(world, before)
  await checkAssets(world)
  checkGallery(world, before)
  for (const archive of world.seen.archives.values()) checkChange(world, before.archives.get(archive.id), archive, task)
  for (const archive of world.seen.archives.values()) await checkArchive(world, before.archives.get(archive.id), archive)
  checkCounts(world)
  checkJobs(world)
  if (isClosed(before) && world.seen.assets.length > before.assets.length)
    throw new Violation('no file comes into a gallery that is closed', world.seen.assets.at(-1))
}

const question = `select
  (select case when state = 'active' and expires_at <= $2 then 'expired' else state end from galleries where id = $1) as gallery,
  (select final_archive_id from galleries where id = $1) as final, (select hydrating from galleries where id = $1) as hydrating,
  (select coalesce(json_agg(key), '[]') from purges where gallery_id = $1) as purges,
  (select coalesce(json_agg(json_build_object('id', id, 'version', version, 'purpose', purpose, 'status', status, 'fence', fence, 'key', storage_key,
    'checksum', checksum, 'plan', plan_hash, 'images', images_hash, 'recipe', recipe_hash, 'by', superseded_by,
    'size', file_size_bytes, 'announce', announce) order by version desc), '[]') from archives where gallery_id = $1) as archives,
  (select coalesce(json_agg(json_build_object('id', id, 'item', item_id, 'state', state, 'sha', encode(sha256, 'hex'),
    'key', storage_key, 'offset', storage_offset, 'size', size) order by id), '[]') from assets where gallery_id = $1) as assets,
  (select coalesce(json_agg(json_build_object('id', id, 'archive', archive_id, 'status', status, 'kind', kind)), '[]')
    from letters where gallery_id = $1) as letters`

async function look(world: World, before: Seen): Promise<Seen> {
  const [row] = await world.lane.query<Omit<Seen, 'archives'> & { archives: ArchiveSeen[] }>(question, [world.galleryId, world.clock.now()])
  const archives = new Map(row!.archives.map((archive) => [archive.id, archive]))
  const { objects, contents } = world.stirred ? await lookAtObjects(world, before) : before
  return { ...row!, archives, objects, contents }
}

async function lookAtObjects(world: World, before: Seen): Promise<Pick<Seen, 'objects' | 'contents'>> {
  world.stirred = false
  const objects = new Map<string, string>()
  for await (const { key, size } of world.disk.list('galleries/')) {
    const { sha256 } = await world.disk.digest(key, Float64Array.of(size))
    objects.set(key, sha256)
    const old = before.contents.get(key)
    if (world.damaged.has(key) || world.altered.has(key)) continue
    if (old !== undefined && old !== sha256) throw new Violation('no key is ever written twice', { key })
    before.contents.set(key, sha256)
  }
  return { objects, contents: before.contents }
}

async function checkAssets(world: World): Promise<void> {
  const { assets } = world.seen
  for (const asset of assets) {
    if (!world.truth.has(asset.sha)) throw new Violation('an asset holds what somebody sent', asset)
    if (asset.state === 'stored' && !world.damaged.has(asset.key) && (await bytesOf(world, asset)) !== asset.sha)
      throw new Violation('a stored asset has its bytes', asset)
    if (asset.state === 'missing' && !world.damaged.has(asset.key)) throw new Violation('only what was destroyed is called missing', asset)
  }
  for (const sha of world.owed)
    if (!assets.some((asset) => asset.sha === sha && asset.state !== 'deleted'))
      throw new Violation('every acknowledged upload has an asset', { sha })
}

/** SHA-256 of what lies where the asset points. */
export async function bytesOf(world: World, { key, offset, size }: AssetSeen): Promise<string | undefined> {
  const whole = world.seen.objects.get(key)
  if (!offset || whole === undefined) return whole
  const place = `${whole} ${offset} ${size}`
  const known = world.ranges.get(place)
  if (known) return known
  const total = (await world.disk.size(key))!
  const cuts = Float64Array.from(new Set([offset, Math.min(total, offset + size), total]))
  const found = Buffer.from((await world.disk.digest(key, cuts)).sha256s).toString('hex', 32, 64)
  world.ranges.set(place, found)
  return found
}

const gates: Record<string, string[]> = {
  draft: ['active', 'deleted'],
  active: ['expired', 'archiving', 'deleted'],
  expired: ['active', 'archiving', 'deleted'],
  archiving: ['archived', 'active', 'expired', 'deleted'],
  // expired and active: restored, or its archive rotted while the originals were still there
  archived: ['active', 'expired', 'deleted'],
  deleted: [],
}

function checkGallery({ seen }: World, before: Seen): void {
  if (before.gallery && seen.gallery !== before.gallery && !gates[before.gallery]!.includes(seen.gallery))
    throw new Violation('a gallery takes no step its states do not know', { from: before.gallery, to: seen.gallery })
  if (seen.gallery !== 'archived') return
  const final = seen.archives.get(seen.final!)
  const out = seen.assets.find((asset) => asset.state !== 'deleted' && (asset.state !== 'stored' || asset.key !== final?.key))
  if (out || final?.status !== 'ready') throw new Violation('archived means that a proven archive holds every original', { final, out })
}

/** The change of one archive: allowed, and by somebody who may. */
function checkChange(world: World, old: ArchiveSeen | undefined, archive: ArchiveSeen, task: Task | null): void {
  if (!old) return
  if (archive.status !== old.status && !ways[old.status].includes(archive.status))
    throw new Violation('an archive takes no step its states do not know', { from: old.status, to: archive.status })
  const job = task?.job?.name
  if (archive.fence !== old.fence) {
    // the maintenance takes work away that stands still: who held it finds the fence raised
    const may = job === 'archive.build' || job === 'archive.verify' || job === 'maintenance'
    if (archive.fence !== old.fence + 1 || !task || !may)
      throw new Violation('only a claim raises the fence, by one', { id: archive.id, by: task?.name })
    if (job !== 'maintenance') task.held.set(archive.id, archive.fence)
  }
  const touched = archive.status !== old.status || archive.key !== old.key || archive.checksum !== old.checksum
  const working = job === 'archive.build' || job === 'archive.verify'
  if (touched && working && task!.held.get(archive.id) !== archive.fence)
    throw new Violation('a stale attempt changes nothing', { archive, task: task!.name, held: task!.held.get(archive.id) })
  // a file that was destroyed is let go
  const kept = archive.key === old.key || (archive.status === 'failed' && archive.key === null)
  const stays = kept && archive.checksum === old.checksum && archive.plan === old.plan && archive.size === old.size
  if (old.status === 'ready' && !stays) throw new Violation('a ready archive is never rewritten', { old, archive })
  if (archive.status === 'ready' && archive.plan !== old.plan)
    throw new Violation('what was verified is what is ready', { old: old.plan, now: archive.plan })
  if (old.status === 'ready' && archive.status === 'failed' && !world.damaged.has(old.key!))
    throw new Violation('a ready archive fails only when its file was destroyed', archive)
}

async function checkArchive(world: World, old: ArchiveSeen | undefined, archive: ArchiveSeen): Promise<void> {
  const { objects } = world.seen
  if (!old || old.plan !== archive.plan) await checkSealing(world, archive)
  if (archive.status !== 'ready') return
  if (old?.status !== 'ready') await checkZip(world, archive)
  else if (objects.get(archive.key!) !== archive.checksum && !world.damaged.has(archive.key!))
    throw new Violation('the file of a ready archive stays as it is', archive)
}

function checkCounts(world: World): void {
  const archives = [...world.seen.archives.values()]
  const twice = (names: string[]) => names.find((name, i) => names.indexOf(name) < i)
  const work = twice(archives.filter(atWork).map((a) => a.recipe))
  if (work) throw new Violation('one archive at work for each recipe', { recipe: work })
  const current = twice(archives.filter(isCurrent).map((a) => `${a.images} ${a.recipe}`))
  if (current) throw new Violation('one current archive for each content', { current })
  const letter = twice(world.seen.letters.filter((l) => l.kind === 'archive_failed').map((l) => l.archive))
  if (letter) throw new Violation('the same fact is told once', { archive: letter })
}

/** In the transaction that makes it wait, what waits gets its job. Only a job that used up its tries may leave it alone. */
export function checkJobs(world: World): void {
  const jobs = new Set(world.queue.jobs().map((job) => `${job.name} ${job.key}`))
  const alone = (name: string, key: string) => !jobs.has(`${name} ${key}`) && !world.queue.droppedKeys.has(key)
  for (const archive of world.seen.archives.values())
    if (atWork(archive) && alone(archive.status === 'verifying' ? 'archive.verify' : 'archive.build', archive.id))
      throw new Violation('whatever waits has its job', archive)
  for (const letter of world.seen.letters)
    if (letter.status === 'queued' && alone('delivery.send', letter.id)) throw new Violation('whatever waits has its job', letter)
}
