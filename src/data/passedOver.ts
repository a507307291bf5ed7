/** Questions to the table passed_over: what a provider made and we do not save, and why. */
import { type Selectable, sql } from 'kysely'
import type { Database, PassedOverTable } from '../ports/database/port.ts'

export type PassedOver = Selectable<PassedOverTable>

/** Notes them, each once; answers those that are new. */
export async function notePassedOver(
  db: Database,
  ownerId: string,
  provider: string,
  rows: Pick<PassedOver, 'providerRef' | 'reason'>[],
  seenAt: Date,
): Promise<number> {
  if (!rows.length) return 0
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('passedOver')
    .values(rows.map((row) => ({ ...row, ownerId, provider, seenAt })))
    .onConflict((c) => c.doNothing())
    .executeTakeFirst()
  return Number(numInsertedOrUpdatedRows ?? 0)
}

/** Of one owner, or with null of all, since then: how many, and the newest. */
export async function findPassedOver(
  db: Database,
  ownerId: string | null,
  since: Date,
  limit: number,
): Promise<{ total: number; latest: PassedOver[] }> {
  const { rows } = await sql<PassedOver & { total: number }>`
    select *, count(*) over () as total from passed_over
    where (${ownerId}::uuid is null or owner_id = ${ownerId}) and seen_at >= ${since}
    order by seen_at desc, provider_ref limit ${limit}`.execute(db)
  return { total: rows[0]?.total ?? 0, latest: rows.map(({ total: _, ...row }) => row) }
}

/** What was seen before; answers how many. */
export async function sweepPassedOver(db: Database, before: Date): Promise<number> {
  const done = await db.deleteFrom('passedOver').where('seenAt', '<', before).executeTakeFirst()
  return Number(done.numDeletedRows)
}
