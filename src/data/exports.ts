/** Questions to the tables exports and export_parts: who asked for which archives. */
import { type Selectable, sql } from 'kysely'
import type { Archive } from '../domain/archive.ts'
import type { Database, ExportsTable, Tx } from '../ports/database/port.ts'

export type Export = Selectable<ExportsTable>

/** Adds an export with its files in their order. */
export async function insertExport(tx: Tx, row: Export, archiveIds: string[]): Promise<void> {
  await tx.insertInto('exports').values(row).execute()
  const parts = archiveIds.map((archiveId, i) => ({ exportId: row.id, part: i + 1, archiveId }))
  await tx.insertInto('exportParts').values(parts).execute()
}

export async function findExport(db: Database | Tx, galleryId: string, id: string): Promise<Export | undefined> {
  return db.selectFrom('exports').selectAll().where('id', '=', id).where('galleryId', '=', galleryId).executeTakeFirst()
}

/** The same by its id alone, locked until the transaction ends. */
export async function lockExport(tx: Tx, id: string): Promise<Export | undefined> {
  return tx.selectFrom('exports').selectAll().where('id', '=', id).forUpdate().executeTakeFirst()
}

/** What this asker has open or ready already of exactly these files. */
export async function findSameExport(tx: Tx, requester: string, archiveIds: string[]): Promise<Export | undefined> {
  return tx
    .selectFrom('exports')
    .selectAll()
    .where('requester', '=', requester)
    .where('status', 'in', ['open', 'ready'])
    .where(
      sql<boolean>`(select array_agg(archive_id order by part) from export_parts where export_id = exports.id) = ${archiveIds}::uuid[]`,
    )
    .executeTakeFirst()
}

/** Exports of a gallery, newest first. */
export async function listExports(db: Database, galleryId: string, limit: number): Promise<Export[]> {
  return db
    .selectFrom('exports')
    .selectAll()
    .where('galleryId', '=', galleryId)
    .orderBy('createdAt', 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
    .execute()
}

/** The files of an export, in their order. */
export async function listParts(db: Database | Tx, exportId: string): Promise<Archive[]> {
  return db
    .selectFrom('exportParts')
    .innerJoin('archives', 'archives.id', 'exportParts.archiveId')
    .selectAll('archives')
    .where('exportId', '=', exportId)
    .orderBy('part')
    .execute()
}

/** Exports in one of these states that have this file. */
export async function listExportsOf(tx: Tx, archiveId: string, states: Export['status'][]): Promise<Export[]> {
  return tx
    .selectFrom('exports')
    .selectAll()
    .where('status', 'in', states)
    .where((eb) =>
      eb.exists(eb.selectFrom('exportParts').select('part').whereRef('exportId', '=', 'exports.id').where('archiveId', '=', archiveId)),
    )
    .orderBy('id')
    .forUpdate()
    .execute()
}

export async function changeExport(tx: Tx, id: string, from: Export['status'], change: Partial<Export>): Promise<boolean> {
  const done = await tx.updateTable('exports').set(change).where('id', '=', id).where('status', '=', from).executeTakeFirst()
  return done.numUpdatedRows > 0n
}

/** Files that somebody waits for or may fetch, and in which something is missing. */
export async function listPartial(tx: Tx, galleryId: string): Promise<Archive[]> {
  return tx
    .selectFrom('archives')
    .selectAll()
    .where('galleryId', '=', galleryId)
    .where('purpose', '=', 'selection')
    .where('status', '=', 'ready')
    .where('missingCount', '>', 0)
    .where(
      sql<boolean>`exists (select 1 from export_parts p join exports on exports.id = p.export_id
        where p.archive_id = archives.id and exports.status in ('open', 'ready'))`,
    )
    .execute()
}

/** This export has the other file in place of the one. */
export async function putPart(tx: Tx, exportId: string, oldId: string, newId: string): Promise<void> {
  await tx.updateTable('exportParts').set({ archiveId: newId }).where('exportId', '=', exportId).where('archiveId', '=', oldId).execute()
}

/** Whoever wanted the one file gets the other: their exports are open again until it is ready. */
export async function replacePart(tx: Tx, oldId: string, newId: string): Promise<void> {
  await sql`
    with wanted as (
      update exports set status = 'open', ready_at = null, expires_at = null where status in ('open', 'ready')
        and id in (select export_id from export_parts where archive_id = ${oldId}) returning id)
    update export_parts set archive_id = ${newId} where archive_id = ${oldId} and export_id in (select id from wanted)`.execute(tx)
}

/**
 * Ends cancelled files: the one whose builder (with this fence) has let go, or all that show no sign of life since `before`. With
 * its last file an export is cancelled. Answers the rows that ended, with the keys whose bytes nobody needs.
 */
export async function settleCancelled(
  tx: Tx,
  which: { held: Pick<Archive, 'id' | 'fence'> } | { before: Date },
): Promise<Pick<Archive, 'id' | 'storageKey'>[]> {
  const mine =
    'held' in which ? sql`id = ${which.held.id} and fence = ${which.held.fence}` : sql`coalesce(progress_at, created_at) < ${which.before}`
  const { rows } = await sql<Pick<Archive, 'id' | 'storageKey'>>`
    update archives set status = 'cancelled' where status = 'cancelling' and ${mine} returning id, storage_key`.execute(tx)
  if (rows.length)
    await sql`
      update exports set status = 'cancelled' where status = 'cancelling'
        and id in (select export_id from export_parts where archive_id = any(${rows.map((r) => r.id)}::uuid[]))
        and not exists (
          select 1 from export_parts p join archives a on a.id = p.archive_id where p.export_id = exports.id and a.status = 'cancelling')
      `.execute(tx)
  return rows
}

/** Guests may take less from now on: what they have asked for ends, and may be asked for anew. */
export async function endGuestExports(tx: Tx, galleryId: string, now: Date): Promise<void> {
  await tx
    .updateTable('exports')
    .set({ status: 'expired', expiresAt: now, endedAt: now })
    .where('galleryId', '=', galleryId)
    .where('requester', 'not like', 'user %')
    .where('status', 'in', ['open', 'ready'])
    .execute()
}

/** Exports whose time is over; their files go when nobody needs them. */
export async function expireExports(db: Database, now: Date): Promise<void> {
  await db
    .updateTable('exports')
    .set({ status: 'expired', endedAt: now })
    .where('status', '=', 'ready')
    .where('expiresAt', '<=', now)
    .execute()
}

/**
 * Forgets exports that ended before, and what their files were made of. Those that a letter was written about
 * stay, so that the letter can be shown; the rows of the files stay, as proof of what was handed out. What stays is marked, so
 * that no later night looks at it again. Answers how many rows went, and whether there may be more of them.
 */
export async function forgetExports(tx: Tx, before: Date, limit: number): Promise<{ gone: number; more: boolean }> {
  // as arrays: of a join the planner may expect so much that it reads all entries there are
  const { rows: ended } = await sql<{ gone: number; seen: number }>`
    with over as (
      select id, exists (select 1 from letters where letters.export_id = exports.id) as told from exports
      where ended_at < ${before} and not kept order by ended_at limit ${limit} for update),
    gone as (delete from exports where id = any(array(select id from over where not told)) returning id),
    kept as (update exports set kept = true where id = any(array(select id from over where told)))
    select (select count(*) from over) as seen, (select count(*) from gone) as gone`.execute(tx)
  const { rows: files } = await sql<{ gone: number; seen: number }>`
    with over as (
      select id from archives where purpose = 'selection' and status in ('failed', 'cancelled', 'expired')
      and coalesce(progress_at, created_at) < ${before} and not entries_gone
      order by coalesce(progress_at, created_at) limit ${limit} for update),
    gone as (delete from archive_entries where archive_id = any(array(select id from over)) returning archive_id),
    marked as (update archives set entries_gone = true where id = any(array(select id from over)))
    select (select count(*) from over) as seen, (select count(*) from gone) as gone`.execute(tx)
  const seen = [ended[0]!.seen, files[0]!.seen]
  return { gone: ended[0]!.gone + files[0]!.gone, more: seen.some((n) => n === limit) }
}
