/** Questions to the table watermarks: the mark of an owner, and the galleries whose pictures are to bear it. */
import type { Watermark } from '../domain/watermark.ts'
import type { Database, Tx } from '../ports/database/port.ts'

const columns = ['id', 'width', 'height', 'text', 'position', 'opacity', 'scale'] as const

/** The owner's watermark, without its picture. */
export async function findWatermark(db: Database | Tx, ownerId: string): Promise<Watermark | undefined> {
  return db.selectFrom('watermarks').select(columns).where('ownerId', '=', ownerId).executeTakeFirst()
}

/** Its picture (PNG) as it is now, with the id it has as long as it stays so. */
export async function findImage(db: Database | Tx, ownerId: string): Promise<(Watermark & { image: Buffer }) | undefined> {
  return db
    .selectFrom('watermarks')
    .select([...columns, 'image'])
    .where('ownerId', '=', ownerId)
    .executeTakeFirst()
}

/** The same, held until the transaction ends: nobody changes or deletes it meanwhile. */
export async function holdWatermark(tx: Tx, ownerId: string): Promise<Watermark | undefined> {
  return tx.selectFrom('watermarks').select(columns).where('ownerId', '=', ownerId).forShare().executeTakeFirst()
}

/** Gives the owner this watermark in place of the one they had. */
export async function putWatermark(tx: Tx, ownerId: string, watermark: Watermark & { image: Buffer }): Promise<void> {
  await tx
    .insertInto('watermarks')
    .values({ ownerId, ...watermark })
    .onConflict((c) => c.column('ownerId').doUpdateSet(watermark))
    .execute()
}

/** Changes the owner's watermark; undefined when there is none. */
export async function changeWatermark(tx: Tx, ownerId: string, change: Partial<Watermark>): Promise<Watermark | undefined> {
  return tx.updateTable('watermarks').set(change).where('ownerId', '=', ownerId).returning(columns).executeTakeFirst()
}

export async function deleteWatermark(tx: Tx, ownerId: string): Promise<void> {
  await tx.deleteFrom('watermarks').where('ownerId', '=', ownerId).execute()
}

/** Does a gallery of theirs show it? Not one that was deleted. */
export async function isShown(db: Database | Tx, ownerId: string): Promise<boolean> {
  const one = db.selectFrom('galleries').select('id').where('ownerId', '=', ownerId).where('watermark', '!=', 'off')
  return !!(await one.where('state', '!=', 'deleted').limit(1).executeTakeFirst())
}

/** The watermark is another one: the galleries that show it, noted as such whose pictures are to be drawn. */
export async function markAllOf(tx: Tx, ownerId: string): Promise<string[]> {
  const rows = await tx
    .updateTable('galleries')
    .set({ marking: true })
    .where('ownerId', '=', ownerId)
    .where('watermark', '!=', 'off')
    .where('state', '!=', 'deleted')
    .returning('id')
    .execute()
  return rows.map((row) => row.id)
}

/** Galleries with pictures that do not bear the watermark yet. */
export async function listMarking(db: Database, limit: number): Promise<string[]> {
  const rows = await db.selectFrom('galleries').select('id').where('marking', '=', true).orderBy('id').limit(limit).execute()
  return rows.map((row) => row.id)
}
