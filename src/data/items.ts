/** Questions to the table items, with the original and the small pictures of each. */
import { sql } from 'kysely'
import type { Asset, Kind } from '../domain/asset.ts'
import type { Database, ItemsTable, Tx } from '../ports/database/port.ts'

/** An item as pages show it. */
export interface ItemRow extends Pick<Asset, 'mime' | 'size' | 'width' | 'height' | 'renderState'> {
  id: string
  assetId: string
  kind: Kind
  /** the file's name as it was written */
  name: string
  position: number
  state: 'stored' | 'missing'
  hasThumbnail: boolean
  /** bytes; null without one */
  previewSize: number | null
}

/** Where a page of items ends: the next one begins behind it. */
export interface ItemCursor {
  position: number
  id: string
}

/** A page of the gallery's living items in their order. */
export async function pageItems(
  db: Database | Tx,
  galleryId: string,
  { limit, after }: { limit: number; after?: ItemCursor },
): Promise<ItemRow[]> {
  return (
    db
      .selectFrom('items')
      .innerJoin('assets', 'assets.itemId', 'items.id')
      // joined and not asked for as `exists`: that may be answered by reading the small pictures of all galleries
      .leftJoin('derivatives as small', (j) => j.onRef('small.assetId', '=', 'assets.id').on('small.kind', '=', 'thumbnail'))
      .leftJoin('derivatives as large', (j) => j.onRef('large.assetId', '=', 'assets.id').on('large.kind', '=', 'preview'))
      .select([
        'items.id',
        'assets.id as assetId',
        'items.kind',
        'items.position',
        'assets.originalName as name',
        'assets.mime',
        'assets.size',
        'assets.width',
        'assets.height',
        'assets.renderState',
        sql<'stored' | 'missing'>`assets.state`.as('state'),
        sql<boolean>`small.asset_id is not null`.as('hasThumbnail'),
        'large.size as previewSize',
      ])
      .where('items.galleryId', '=', galleryId)
      .where('assets.state', '!=', 'deleted')
      .$if(after !== undefined, (q) => q.where(sql<boolean>`(items.position, items.id) > (${after!.position}, ${after!.id})`))
      .orderBy('items.position')
      .orderBy('items.id')
      .limit(limit)
      .execute()
  )
}

/** Is there such an item in this gallery, with a living file? */
export async function findItem(db: Database | Tx, galleryId: string, itemId: string): Promise<{ id: string } | undefined> {
  return db
    .selectFrom('items')
    .innerJoin('assets', 'assets.itemId', 'items.id')
    .select('items.id')
    .where('items.id', '=', itemId)
    .where('items.galleryId', '=', galleryId)
    .where('assets.state', '!=', 'deleted')
    .executeTakeFirst()
}

export async function insertItem(tx: Tx, item: ItemsTable): Promise<void> {
  await tx.insertInto('items').values(item).execute()
}

/** The living asset of an item of this gallery, locked until the transaction ends. */
export async function lockItemAsset(
  tx: Tx,
  galleryId: string,
  itemId: string,
): Promise<{ assetId: string; storageKey: string; storageOffset: number } | undefined> {
  return tx
    .selectFrom('assets')
    .select(['id as assetId', 'storageKey', 'storageOffset'])
    .where('itemId', '=', itemId)
    .where('galleryId', '=', galleryId)
    .where('state', '!=', 'deleted')
    .forUpdate()
    .executeTakeFirst()
}
