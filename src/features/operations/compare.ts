/**
 * Store and database held against each other, both ways: objects that no row names, rows whose bytes are gone, originals that were
 * noted as missing and are there. A report first; repaired on request. What no row names is never deleted here: the nightly look
 * (orphans.ts) gives it its time. While the store is away nothing is missing.
 */
import type { MissingBytes, Reconciled } from '../../../sdk/src/wire.ts'
import { isCode } from '../../base/errors.ts'
import { findArchive } from '../../data/archives.ts'
import { findAsset, setFound } from '../../data/assets.ts'
import { noteDamaged } from '../../data/damage.ts'
import { drawAgain } from '../../data/derivatives.ts'
import { bumpContent, lockGalleryOfAnyState } from '../../data/galleries.ts'
import { unknownKeys } from '../../data/garbage.ts'
import { type Seen, type Suspect, withSeen } from '../../data/seen.ts'
import { hashOf } from '../../ports/bytes.ts'
import type { Deps } from '../../ports/deps.ts'
import { noteIfLost } from './maintain.ts'

type Needs = Pick<Deps, 'db' | 'storage' | 'queue' | 'clock' | 'log'>

const batch = 1000
/** so many rows are told */
const told = 1000

export async function compareStore(deps: Needs, { repair = false } = {}): Promise<Reconciled> {
  await deps.storage.ready()
  const result: Reconciled = {
    objects: 0,
    bytes: 0,
    unknown: { count: 0, bytes: 0, rows: [] },
    missing: { count: 0, rows: [] },
    back: { count: 0, rows: [] },
    repaired: repair,
  }
  await withSeen(deps.db, async (seen) => {
    await listAll(deps, seen, result)
    for (const suspect of await seen.missing()) {
      // put there or deleted while the list was read
      const found = await deps.storage.size(suspect.key)
      if (!(await isMissing(deps, suspect, found))) continue
      add(result.missing, { ...suspect, found })
      if (repair) await noteMissing(deps, suspect)
    }
    for (const suspect of await seen.back()) {
      if (!(await isThere(deps, suspect))) continue
      add(result.back, suspect)
      if (repair) await noteFound(deps, suspect)
    }
  })
  // a mount that went away while we looked: then all of it looked missing, and the numbers are no report
  await deps.storage.ready()
  const { unknown, missing, back } = result
  deps.log.info(
    { objects: result.objects, unknown: unknown.count, missing: missing.count, back: back.count, repair },
    'store and database compared',
  )
  return result
}

async function listAll(deps: Needs, seen: Seen, result: Reconciled): Promise<void> {
  let some: { key: string; size: number }[] = []
  const ask = async () => {
    if (!some.length) return
    await seen.add(some)
    const unknown = new Set(
      await unknownKeys(
        deps.db,
        some.map(({ key }) => key),
      ),
    )
    for (const { key, size } of some) {
      if (!unknown.has(key)) continue
      result.unknown.count++
      result.unknown.bytes += size
      if (result.unknown.rows.length < told) result.unknown.rows.push({ key, bytes: size })
    }
    some = []
  }
  for await (const { key, size } of deps.storage.list('galleries/')) {
    result.objects++
    result.bytes += size
    if (some.push({ key, size }) === batch) await ask()
  }
  await ask()
}

function add(list: { count: number; rows: MissingBytes[] }, { kind, id, galleryId, slug, name, key, size, found }: Suspect): void {
  list.count++
  if (list.rows.length < told) list.rows.push({ kind, id, gallery_id: galleryId, gallery_slug: slug, name, key, bytes: size, found })
}

const isEnough = (found: number | null, { offset, size }: Suspect): boolean =>
  found !== null && (offset ? found >= offset + size : found === size)

/** Still so, and still where the row points? */
async function isMissing(deps: Needs, suspect: Suspect, found: number | null): Promise<boolean> {
  if (isEnough(found, suspect)) return false
  if (suspect.kind === 'preview') return true
  const row = suspect.kind === 'archive' ? await findArchive(deps.db, suspect.id) : await findAsset(deps.db, suspect.id)
  return row?.storageKey === suspect.key
}

/** As long as it should be is not yet whole. */
async function isThere(deps: Needs, { id, key, offset, size }: Suspect): Promise<boolean> {
  const asset = await findAsset(deps.db, id)
  if (asset?.state !== 'missing' || asset.storageKey !== key) return false
  try {
    return (await hashOf(await deps.storage.open(key, offset, offset + size))).equals(asset.sha256)
  } catch (error) {
    if (isCode(error, 'source_changed')) return false
    throw error
  }
}

async function noteMissing(deps: Needs, { kind, id, galleryId, name, key, offset }: Suspect): Promise<void> {
  // a mount that went away looks the same: then nothing is noted
  await deps.storage.ready()
  if (kind === 'original') return noteDamaged(deps, { id, galleryId, storageKey: key, storageOffset: offset, originalName: name })
  if (kind === 'archive') {
    const archive = await findArchive(deps.db, id)
    if (archive?.status === 'ready') await noteIfLost(deps, archive)
    return
  }
  await deps.db.transaction().execute((tx) => drawAgain(deps, tx, id))
}

async function noteFound(deps: Needs, { id, galleryId, key }: Suspect): Promise<void> {
  await deps.db.transaction().execute(async (tx) => {
    const gallery = await lockGalleryOfAnyState(tx, galleryId)
    if (!(await setFound(tx, id, key))) return
    await bumpContent(tx, galleryId)
    if (gallery.state === 'active') await deps.queue.send(tx, { name: 'gallery.rebuild', payload: { galleryId } })
  })
}
