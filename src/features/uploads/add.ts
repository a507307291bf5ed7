/** Makes stored bytes an asset of its gallery: item, asset and what follows from them, in the caller's transaction. */
import { after, hours } from '../../base/clock.ts'
import { newId } from '../../base/id.ts'
import { insertAsset, lockLost, markDeleted, ownKeys } from '../../data/assets.ts'
import { deleteDerivatives } from '../../data/derivatives.ts'
import { bumpContent } from '../../data/galleries.ts'
import { discard } from '../../data/garbage.ts'
import { insertItem } from '../../data/items.ts'
import type { Role } from '../../domain/asset.ts'
import { debounce } from '../../domain/content.ts'
import type { Gallery } from '../../domain/gallery.ts'
import type { Tx } from '../../ports/database/port.ts'
import type { Deps } from '../../ports/deps.ts'
import type { Identified } from '../../ports/images/port.ts'

export interface Digest {
  crc32: number
  /** 32 bytes */
  sha256: Buffer
}

export interface NewAsset {
  id: string
  /** as its sender wrote it */
  name: string
  /** bytes */
  size: number
  modifiedAt: Date
  digest: Digest
  type: Identified
  key: string
  /** where its item stands in the gallery */
  position: number
  /** the heading its item stands under */
  chapter?: string | null
}

/** An asset whose place another one takes. */
export interface Replaced {
  id: string
  itemId: string
  /** of a rescued track */
  role?: Role
  storageKey: string
  storageOffset: number
}

/** The gallery is locked by the caller. With `replaced` the new asset takes its place in the same item. */
export async function addAsset(
  { queue, images, clock }: Pick<Deps, 'queue' | 'images' | 'clock'>,
  tx: Tx,
  gallery: Gallery,
  asset: NewAsset,
  replaced?: Replaced,
): Promise<void> {
  const now = clock.now()
  const drawn = images.renderable(asset.type.mime)
  // these bytes were here and were lost: they are healed
  const before = replaced ?? (await lockLost(tx, gallery.id, asset.digest.sha256, asset.size))
  await insertAsset(tx, {
    id: asset.id,
    galleryId: gallery.id,
    itemId: before ? await takePlace(tx, before, now) : await addItem(tx, gallery, asset, now),
    role: before?.role ?? 'original',
    originalName: asset.name,
    mime: asset.type.mime,
    size: asset.size,
    crc32: asset.digest.crc32,
    sha256: asset.digest.sha256,
    state: 'stored',
    storageKey: asset.key,
    storageOffset: 0,
    width: null,
    height: null,
    capturedAt: asset.type.capturedAt ?? null,
    modifiedAt: asset.modifiedAt,
    renderState: drawn ? 'waiting' : 'none',
    createdAt: now,
  })
  if (drawn) await queue.send(tx, { name: 'asset.render', payload: { assetId: asset.id } })
  await contentChanged({ queue }, tx, gallery)
}

/** Other photos than before: a published gallery wants a new archive, when it has been quiet for a moment. */
export async function contentChanged({ queue }: Pick<Deps, 'queue'>, tx: Tx, gallery: Pick<Gallery, 'id' | 'state'>): Promise<void> {
  await bumpContent(tx, gallery.id)
  if (gallery.state === 'active')
    await queue.send(tx, { name: 'gallery.rebuild', payload: { galleryId: gallery.id } }, { delayMs: debounce })
}

async function addItem(tx: Tx, gallery: Gallery, { name, type, position, chapter }: NewAsset, now: Date): Promise<string> {
  const id = newId(now)
  await insertItem(tx, { id, galleryId: gallery.id, kind: type.kind, title: name, position, chapter: chapter ?? null, createdAt: now })
  return id
}

/** Answers the item that is to be kept. */
async function takePlace(tx: Tx, before: Replaced, now: Date): Promise<string> {
  await markDeleted(tx, before.id)
  const keys = [...ownKeys([before]), ...(await deleteDerivatives(tx, before.id))]
  await discard(tx, keys, 'replaced by a new upload', after(now, hours(24)))
  return before.itemId
}

/** Items stand in the order in which their uploads began; the thousand between two milliseconds is for imports. */
export const positionAt = (time: Date): number => time.getTime() * 1000
