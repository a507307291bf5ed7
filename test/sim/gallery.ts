/** The gallery of a world: what stands in it at the beginning, what the photographer wants, and how they go about it. */
import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { isCode } from '../../src/base/errors.ts'
import { newId } from '../../src/base/id.ts'
import { findGallery } from '../../src/data/galleries.ts'
import { receive, standing } from '../../src/features/uploads/accept.ts'
import { begin } from '../../src/features/uploads/begin.ts'
import { removeItem } from '../../src/features/uploads/remove.ts'
import type { Process, World } from './world.ts'

/** A file the photographer sends until it is acknowledged. */
export interface File {
  name: string
  bytes: Buffer
  sha: string
  upload: string | null
  /** when that upload was begun */
  begun: number
  acknowledged: boolean
}

export const shaOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/** A file of a few bytes that is like no other; equal numbers give equal bytes. */
export function makeFile(n: number): File {
  const bytes = Buffer.from(`picture ${n} `.repeat(2 + (n % 7)))
  return { name: `photo ${n}.jpg`, bytes, sha: shaOf(bytes), upload: null, begun: 0, acknowledged: false }
}

/** Owner, gallery, one client who wants to be told, and files that were acknowledged long ago. */
export async function furnish(world: World, files: File[] = []): Promise<void> {
  const { lane, clock, ownerId, galleryId, clientId } = world
  const now = clock.now()
  await lane.query(
    `with u as (insert into users (id, name, email, role) values ($1, 'Mara', $2, 'owner')),
       g as (insert into galleries (id, owner_id, slug, title, state, created_at) values ($3, $1, $4, 'Mara & Jonas', 'draft', $5))
     insert into gallery_clients (id, gallery_id, email, created_at) values ($6, $3, 'anna@example.com', $5)`,
    [ownerId, `${ownerId}@example.com`, galleryId, `g-${galleryId}`, now, clientId],
  )
  for (const { name, bytes, sha } of files) {
    const [item, asset] = [newId(clock.now()), newId(clock.now())]
    const key = `galleries/${galleryId}/assets/${asset}.jpg`
    await world.disk.put(key, bytes)
    await lane.query(
      `with i as (insert into items (id, gallery_id, kind, title, position, created_at) values ($1, $2, 'photo', $3, $4, $5))
       insert into assets (id, gallery_id, item_id, role, original_name, mime, size, crc32, sha256, state, storage_key, modified_at,
         render_state, created_at)
       values ($6, $2, $1, 'original', $3, 'image/jpeg', $7, $8, $9, 'stored', $10, $5, 'none', $5)`,
      [item, galleryId, name, now.getTime() * 1000, now, asset, bytes.length, crc32(bytes), Buffer.from(sha, 'hex'), key],
    )
    world.truth.add(sha)
    world.owed.add(sha)
  }
  world.moved = true
}

/** Sends a file, from wherever it stands. Done again until it returns, as tus clients do. */
export async function upload(world: World, { deps }: Process, file: File): Promise<void> {
  world.truth.add(file.sha)
  if (!file.upload) {
    const gallery = await findGallery(deps.db, world.galleryId)
    if (!gallery) return
    const begun = world.clock.now()
    const about = { name: file.name, size: file.bytes.length, modifiedAt: begun, sha256: Buffer.from(file.sha, 'hex') }
    const { id } = await begin(deps, gallery, about)
    file.upload = id
    file.begun = begun.getTime()
  }
  try {
    let { offset, result } = await standing(deps, file.upload)
    const half = Math.ceil(file.bytes.length / 2)
    while (result === null)
      ({ offset, result } = await receive(deps, file.upload, offset, one(file.bytes.subarray(offset, offset < half ? half : undefined))))
    acknowledge(world, file)
  } catch (error) {
    if (isCode(error, 'upload_unknown') || isCode(error, 'upload_gone')) file.upload = null
    throw error
  }
}

/** From here on the file must live, unless somebody asked for its removal since its upload began. */
function acknowledge(world: World, file: File): void {
  file.acknowledged = true
  // asked for at this moment: it may come before or after
  if (world.tasks.some((task) => task.name === removalOf(file))) return
  if ((world.removed.get(file.sha) ?? 0) < file.begun) world.owed.add(file.sha)
}

export const removalOf = ({ sha }: { sha: string }): string => `remove ${sha}`

/** The photographer takes out a living file; what was acknowledged is not owed any more from the moment they ask. */
export async function remove(world: World, { deps }: Process, asset: { item: string; sha: string }): Promise<void> {
  world.owed.delete(asset.sha)
  world.removed.set(asset.sha, world.clock.now().getTime())
  try {
    await removeItem(deps, world.galleryId, asset.item)
  } catch (error) {
    if (!isCode(error, 'not_found')) throw error
  } finally {
    // an upload that ends while we ask may come before or after it
    world.removed.set(asset.sha, world.clock.now().getTime())
  }
}

async function* one(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}
