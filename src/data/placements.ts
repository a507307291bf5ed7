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
export async function findPlacement(db: Database | Tx, id: string): Promise<PlacementWithTracks | undefined> {
  const placement = await db.selectFrom('placements').selectAll().where('id', '=', id).executeTakeFirst()
  return placement && { ...placement, tracks: await listPlacementTracks(db, [id]) }
}

/** The last ones into this gallery, newest first. */
export async function listPlacements(db: Database | Tx, galleryId: string, limit: number): Promise<PlacementWithTracks[]> {
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

async function listPlacementTracks(db: Database | Tx, ids: string[]): Promise<PlacementTrack[]> {
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

/**
 * Nothing is left to do; `errorCode` says why when it could not be done to its end. Without one nothing happens while a track waits:
 * a worker that slept while all was tried again does not end what another one is at.
 */
export async function endPlacement(db: Database | Tx, id: string, endedAt: Date, errorCode: string | null): Promise<void> {
  await db
    .updateTable('placements')
    .set({
      endedAt,
      errorCode,
      leftOut: sql`exists (select from placement_tracks where placement_id = ${id} and (outcome is null or outcome = 'failed'))`,
    })
    .where('id', '=', id)
    .where('endedAt', 'is', null)
    .$if(errorCode === null, (update) =>
      update.where(({ not, exists, selectFrom }) =>
        not(exists(selectFrom('placementTracks').select('position').where('placementId', '=', id).where('outcome', 'is', null))),
      ),
    )
    .execute()
}

/** Opens one that has ended once more, for what is not in the gallery; tracks that were deleted meanwhile leave it. False: it is at work. */
export async function reopenPlacement(tx: Tx, id: string, now: Date): Promise<boolean> {
  const opened = await tx
    .updateTable('placements')
    .set({ endedAt: null, errorCode: null, leftOut: false, touchedAt: now })
    .where('id', '=', id)
    .where('endedAt', 'is not', null)
    .executeTakeFirst()
  if (!opened.numUpdatedRows) return false
  await sql`
    delete from placement_tracks t using rescues r where t.placement_id = ${id} and r.item_id = t.item_id
      and r.state = 'deleted' and (t.outcome is null or t.outcome = 'failed')`.execute(tx)
  await tx
    .updateTable('placementTracks')
    .set({ outcome: null, errorCode: null })
    .where('placementId', '=', id)
    .where('outcome', '=', 'failed')
    .execute()
  return true
}

/** A placement with its gallery and numbers, for whoever watches it. */
export interface PlacementNumbers {
  id: string
  galleryId: string
  slug: string
  galleryTitle: string
  createdAt: Date
  endedAt: Date | null
  errorCode: string | null
  total: number
  added: number
  duplicates: number
  /** of an ended one: all that it left out */
  failed: number
}

/**
 * One owner's: those at work, those that left something out, and those that ended after `since`; newest first. Whoever watches asks
 * every second: tracks are counted of these alone, and of all that ended well long ago none is looked at.
 */
export async function listWatched(db: Database | Tx, ownerId: string, since: Date, limit: number): Promise<PlacementNumbers[]> {
  const { rows } = await sql<PlacementNumbers>`
    with known as (
      (select p.*, g.slug, g.title as gallery_title from placements p join galleries g on g.id = p.gallery_id and g.state <> 'deleted'
        where p.owner_id = ${ownerId} and (p.ended_at is null or p.left_out) order by p.created_at desc, p.id desc limit ${limit})
      union
      select p.*, g.slug, g.title as gallery_title from placements p join galleries g on g.id = p.gallery_id and g.state <> 'deleted'
        where p.owner_id = ${ownerId} and p.ended_at > ${since}),
    newest as (select * from known order by created_at desc, id desc limit ${limit})
    select p.id, p.gallery_id, p.slug, p.gallery_title, p.created_at, p.ended_at, p.error_code, n.* from newest p cross join lateral (
      select count(*) as total, count(*) filter (where t.outcome = 'added') as added, count(*) filter (where t.outcome = 'duplicate') as duplicates,
        count(*) filter (where t.outcome = 'failed' or (p.ended_at is not null and t.outcome is null)) as failed
      from placement_tracks t where t.placement_id = p.id) n
    where p.ended_at is null or p.ended_at > ${since} or n.failed > 0 order by p.created_at desc, p.id desc`.execute(db)
  return rows
}

/** The first tracks that an ended placement left out, by name; `errorCode` null: it never came to them. */
export async function listLeftOut(
  db: Database | Tx,
  placementId: string,
  limit: number,
): Promise<{ itemId: string; title: string; errorCode: string | null }[]> {
  return db
    .selectFrom('placementTracks as t')
    .innerJoin('items', 'items.id', 't.itemId')
    .select(['t.itemId', 'items.title', 't.errorCode'])
    .where('t.placementId', '=', placementId)
    .where(({ or, eb }) => or([eb('t.outcome', 'is', null), eb('t.outcome', '=', 'failed')]))
    .orderBy('t.position')
    .limit(limit)
    .execute()
}

/** Those with work left of which nobody has shown a sign since then. */
export async function listIdlePlacements(db: Database | Tx, before: Date, limit: number): Promise<string[]> {
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
export async function sweepPlacements(db: Database | Tx, before: Date): Promise<number> {
  const done = await db.deleteFrom('placements').where('endedAt', '<', before).executeTakeFirst()
  return Number(done.numDeletedRows)
}
