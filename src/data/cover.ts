/** The question which picture stands above a gallery. */
import { sql } from 'kysely'
import { mainRoles } from '../domain/asset.ts'
import type { Database, Tx } from '../ports/database/port.ts'

export interface CoverRow {
  assetId: string
  /** of the photo */
  width: number
  height: number
  hasMedium: boolean
}

/**
 * The picture of that item; of none (or of one that is gone or hidden) the first that lies flat among the first hundred that guests
 * see, or else the first one. Undefined while none is drawn.
 */
export async function findCover(db: Database | Tx, galleryId: string, itemId: string | null): Promise<CoverRow | undefined> {
  const chosen = itemId === null ? undefined : await firstFlat(db, galleryId, itemId)
  return chosen ?? firstFlat(db, galleryId, null)
}

async function firstFlat(db: Database | Tx, galleryId: string, itemId: string | null): Promise<CoverRow | undefined> {
  const first = db
    .selectFrom('items')
    .innerJoin('assets', (j) => j.onRef('assets.itemId', '=', 'items.id').on('assets.role', 'in', mainRoles))
    .select(['assets.id as assetId', 'assets.width', 'assets.height', 'items.position'])
    .where('items.galleryId', '=', galleryId)
    .$if(itemId !== null, (q) => q.where('items.id', '=', itemId!))
    .where('items.kind', '=', 'photo')
    .where('items.hidden', '=', false)
    .where('assets.state', '!=', 'deleted')
    .where('assets.renderState', '=', 'done')
    .orderBy('items.position')
    .orderBy('items.id')
    .limit(100)
  const row = await db
    .selectFrom(first.as('first'))
    .leftJoin('derivatives as middle', (j) => j.onRef('middle.assetId', '=', 'first.assetId').on('middle.kind', '=', 'medium'))
    .select(['first.assetId', 'first.width', 'first.height', sql<boolean>`middle.asset_id is not null`.as('hasMedium')])
    .orderBy(sql`first.width >= first.height`, 'desc')
    .orderBy('first.position')
    .limit(1)
    .executeTakeFirst()
  return row && { ...row, width: row.width ?? 3, height: row.height ?? 2 }
}
