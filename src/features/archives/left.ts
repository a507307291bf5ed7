/** What lies in a store whose database is lost: of each gallery its archives, the one that says best what was in it, and originals. */
import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import type { Revived } from '../../../sdk/src/wire.ts'
import { readArchiveKey } from '../../domain/archive.ts'
import { type Kind, readAssetKey } from '../../domain/asset.ts'
import { readAll } from '../../ports/bytes.ts'
import type { Deps } from '../../ports/deps.ts'
import { headBytes } from '../../ports/images/port.ts'
import { type Found, proveFound, readFound } from './found.ts'

interface Stored {
  key: string
  size: number
}

/** What lies below `galleries/{id}/`. */
export interface Left {
  archives: Stored[]
  originals: Map<string, Stored>
}

/** By the ids of galleries. */
export async function survey(deps: Pick<Deps, 'storage'>): Promise<Map<string, Left>> {
  const galleries = new Map<string, Left>()
  const of = (id: string) => galleries.get(id) ?? galleries.set(id, { archives: [], originals: new Map() }).get(id)!
  for await (const stored of deps.storage.list('galleries/')) {
    const archive = readArchiveKey(stored.key)
    const asset = readAssetKey(stored.key)
    if (archive) of(archive.galleryId).archives.push(stored)
    else if (asset) of(asset.galleryId).originals.set(asset.assetId, stored)
  }
  return galleries
}

export interface Chosen {
  found: Found
  checksum: string
  /** ids of assets that are damaged in it */
  bad: Set<string>
}

/** The newest sound archive; where none is sound, the one that has most that is whole. Photos came after a final one when originals lie there that it has not. */
export async function choose(
  deps: Pick<Deps, 'storage'>,
  id: string,
  left: Left,
  skipped: Revived['skipped'],
  signal?: AbortSignal,
): Promise<Chosen | undefined> {
  const candidates: Found[] = []
  for (const { key, size } of left.archives) {
    const found = await readFound(deps, key, size)
    if (typeof found === 'string') skipped.push({ path: key, reason: found })
    else if (found.manifest.gallery.id !== id) skipped.push({ path: key, reason: 'it is the archive of another gallery' })
    else candidates.push(found)
  }
  const names = ({ manifest }: Found) => new Set(manifest.photos.map(({ asset }) => asset))
  const holdsAll = (found: Found) => [...left.originals.keys()].every((assetId) => names(found).has(assetId))
  const rank = (found: Found) => {
    const { purpose, version, fence } = readArchiveKey(found.key)!
    return [Number(purpose === 'final' && holdsAll(found)), Number(purpose === 'delivery'), version, fence]
  }
  candidates.sort((a, b) => {
    const [ours, theirs] = [rank(a), rank(b)]
    const at = ours.findIndex((n, i) => n !== theirs[i])
    return at < 0 ? 0 : theirs[at]! - ours[at]!
  })
  let best: Chosen | undefined
  for (const found of candidates) {
    const { checksum, bad } = await proveFound(deps, found, signal)
    if (bad && !bad.size) return { found, checksum, bad }
    skipped.push({ path: found.key, reason: bad ? `${bad.size} photos in it are damaged` : 'it is damaged' })
    if (bad && (!best || bad.size < best.bad.size)) best = { found, checksum, bad }
  }
  return best
}

export interface Loose extends Stored {
  assetId: string
  crc32: number
  sha256: Buffer
  mime: string
  kind: Kind
}

/** Its name is lost with the database; its bytes are all there is. */
export async function readLoose(
  deps: Pick<Deps, 'storage' | 'images'>,
  assetId: string,
  { key, size }: Stored,
): Promise<Loose | undefined> {
  const sum = createHash('sha256')
  let crc = 0
  let head = Buffer.alloc(0)
  for await (const part of readAll(await deps.storage.open(key, 0, size))) {
    sum.update(part)
    crc = crc32(part, crc)
    if (head.length < headBytes) head = Buffer.concat([head, part])
  }
  const type = size ? await deps.images.identify(head.subarray(0, headBytes)) : null
  return type ? { assetId, key, size, crc32: crc, sha256: sum.digest(), mime: type.mime, kind: type.kind } : undefined
}
