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
  /** the watermark that its pictures bear */
  mark: string | null
}

/**
 * The picture of that item; of none (or of one that is gone or hidden) the first that lies flat among the first hundred that guests
 * see, or else the first one. Undefined while none is drawn. `marked`: with the watermark.
 */
export async function findCover(
  db: Database | Tx,
  galleryId: string,
  itemId: string | null,
  marked = false,
): Promise<CoverRow | undefined> {
  const chosen = itemId === null ? undefined : await firstFlat(db, galleryId, itemId, marked)
  return chosen ?? firstFlat(db, galleryId, null, marked)
}

async function firstFlat(db: Database | Tx, galleryId: string, itemId: string | null, marked: boolean): Promise<CoverRow | undefined> {
  const [medium, large] = marked ? (['marked_medium', 'marked_preview'] as const) : (['medium', 'preview'] as const)
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
    .innerJoin('derivatives as large', (j) => j.onRef('large.assetId', '=', 'first.assetId').on('large.kind', '=', large))
    .leftJoin('derivatives as middle', (j) => j.onRef('middle.assetId', '=', 'first.assetId').on('middle.kind', '=', medium))
    .select(['first.assetId', 'first.width', 'first.height', 'large.mark', sql<boolean>`middle.asset_id is not null`.as('hasMedium')])
    .orderBy(sql`first.width >= first.height`, 'desc')
    .orderBy('first.position')
    .limit(1)
    .executeTakeFirst()
  return row && { ...row, width: row.width ?? 3, height: row.height ?? 2 }
}
