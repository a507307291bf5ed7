/** Questions to the tables placements and placement_tracks: tracks of a library that are put into a gallery, one after the other. */
import { type Selectable, sql } from 'kysely'
import type { Database, PlacementsTable, PlacementTracksTable, Tx } from '../ports/database/port.ts'

export type Placement = Selectable<PlacementsTable>
export type PlacementTrack = Selectable<PlacementTracksTable>
export type PlacementWithTracks = Placement & { tracks: PlacementTrack[] }

export async function insertPlacement(
  tx: Tx,
  placement: Pick<Placement, 'id' | 'galleryId' | 'ownerId' | 'createdAt'>,
  itemIds: string[],
): Promise<void> {
  await tx
    .insertInto('placements')
    .values({ ...placement, touchedAt: placement.createdAt })
    .execute()
  await sql`
    insert into placement_tracks (placement_id, position, item_id)
    select ${placement.id}, t.position, t.id from unnest(${itemIds}::uuid[]) with ordinality as t (id, position)`.execute(tx)
}

/** With its tracks in their order. */
export async function findPlacement(db: Database, id: string): Promise<PlacementWithTracks | undefined> {
  const placement = await db.selectFrom('placements').selectAll().where('id', '=', id).executeTakeFirst()
  return placement && { ...placement, tracks: await listPlacementTracks(db, [id]) }
}

/** The last ones into this gallery, newest first. */
export async function listPlacements(db: Database, galleryId: string, limit: number): Promise<PlacementWithTracks[]> {
  const rows = await db
    .selectFrom('placements')
    .selectAll()
    .where('galleryId', '=', galleryId)
    .orderBy('createdAt', 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
    .execute()
  const of = Map.groupBy(
    await listPlacementTracks(
      db,
      rows.map(({ id }) => id),
    ),
    (track) => track.placementId,
  )
  return rows.map((row) => ({ ...row, tracks: of.get(row.id) ?? [] }))
}

async function listPlacementTracks(db: Database, ids: string[]): Promise<PlacementTrack[]> {
  if (!ids.length) return []
  return db.selectFrom('placementTracks').selectAll().where('placementId', 'in', ids).orderBy('placementId').orderBy('position').execute()
}

/** What became of one track. False when somebody else has said that already: then nothing has changed. */
export async function notePlaced(
  tx: Tx,
  { placementId, position }: Pick<PlacementTrack, 'placementId' | 'position'>,
  said: { outcome: 'added' | 'duplicate' | 'failed'; errorCode?: string; now: Date },
): Promise<boolean> {
  const done = await tx
    .updateTable('placementTracks')
    .set({ outcome: said.outcome, errorCode: said.errorCode ?? null })
    .where('placementId', '=', placementId)
    .where('position', '=', position)
    .where('outcome', 'is', null)
    .executeTakeFirst()
  await tx.updateTable('placements').set({ touchedAt: said.now }).where('id', '=', placementId).execute()
  return done.numUpdatedRows > 0n
}

/** Nothing is left to do; `errorCode` says why when it could not be done to its end. */
export async function endPlacement(db: Database | Tx, id: string, endedAt: Date, errorCode: string | null): Promise<void> {
  await db.updateTable('placements').set({ endedAt, errorCode }).where('id', '=', id).where('endedAt', 'is', null).execute()
}

/** Those with work left of which nobody has shown a sign since then. */
export async function listIdlePlacements(db: Database, before: Date, limit: number): Promise<string[]> {
  const rows = await db
    .selectFrom('placements')
    .select('id')
    .where('endedAt', 'is', null)
    .where('touchedAt', '<', before)
    .orderBy('touchedAt')
    .limit(limit)
    .execute()
  return rows.map(({ id }) => id)
}

/** What ended before; answers how many. */
export async function sweepPlacements(db: Database, before: Date): Promise<number> {
  const done = await db.deleteFrom('placements').where('endedAt', '<', before).executeTakeFirst()
  return Number(done.numDeletedRows)
}
