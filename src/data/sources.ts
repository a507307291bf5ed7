/** Questions to the tables gallery_sources and source_notes: galleries that read their photos from a prefix of the bucket. */
import { type Selectable, sql } from 'kysely'
import { after, hours, minutes } from '../base/clock.ts'
import { AppError } from '../base/errors.ts'
import { foldersOf } from '../domain/foreign.ts'
import type { Database, SourcesTable, Tx } from '../ports/database/port.ts'

export type Source = Selectable<SourcesTable>

/** Events may be lost: every prefix is looked at once an hour. */
export const lookEvery = hours(1)
/** A look that shows no progress for so long has died, or its job was lost. */
export const lookAgain = minutes(1)

export async function findSource(db: Database | Tx, galleryId: string): Promise<Source | undefined> {
  return db.selectFrom('gallerySources').selectAll().where('galleryId', '=', galleryId).executeTakeFirst()
}

/**
 * The gallery reads this prefix from now on; again it is the same source, and `publish` is remembered. `prefix_taken` when a
 * living gallery (this one included) reads another one that is equal, above or below: one object is one photo of one gallery.
 */
export async function keepSource(
  tx: Tx,
  source: { galleryId: string; prefix: string; copy: boolean; publish: boolean; now: Date },
): Promise<void> {
  const { galleryId, prefix, copy, publish, now } = source
  // two registrations at once must see each other
  await sql`select pg_advisory_xact_lock(hashtext('keepsake sources'))`.execute(tx)
  // every prefix ends in `/`, and the next sign after that is `0`
  const touching = sql`(s.prefix = any(${foldersOf(prefix)}::text[]) or (s.prefix >= ${prefix} and s.prefix < ${`${prefix.slice(0, -1)}0`}))`
  // a deleted gallery frees its folder
  await sql`delete from gallery_sources s using galleries g where g.id = s.gallery_id and g.state = 'deleted' and ${touching}`.execute(tx)
  const { rows } = await sql`
    select 1 from gallery_sources s where ${touching} and not (s.gallery_id = ${galleryId} and s.prefix = ${prefix})
    union all select 1 from gallery_sources s where s.gallery_id = ${galleryId} and s.prefix <> ${prefix}`.execute(tx)
  if (rows.length) throw new AppError('prefix_taken', { prefix })
  await sql`
    insert into gallery_sources (gallery_id, prefix, copy, publish, state, created_at, due_at)
    values (${galleryId}, ${prefix}, ${copy}, ${publish}, 'waiting', ${now}, ${after(now, lookAgain)})
    on conflict (gallery_id) do update set copy = excluded.copy, publish = gallery_sources.publish or excluded.publish, state = 'waiting',
      error = null, due_at = excluded.due_at`.execute(tx)
}

/** Galleries that read a prefix in which one of these paths lies. */
export async function sourcesOf(db: Database | Tx, paths: string[]): Promise<string[]> {
  const prefixes = [...new Set(paths.flatMap(foldersOf))]
  if (!prefixes.length) return []
  const { rows } = await sql<{ galleryId: string }>`
    select gallery_id from gallery_sources where prefix = any(${prefixes}::text[])`.execute(db)
  return rows.map((row) => row.galleryId)
}

/**
 * Open galleries whose prefix is due for a look, at most `limit`, the longest wait first. Each is handed out again after a minute
 * unless a look of it goes on or has ended; those that are closed come to the end of the line for an hour. A date that no look can have
 * is that of a clock that had jumped ahead.
 */
export async function takeDueSources(db: Database, now: Date, limit: number): Promise<string[]> {
  const [again, later] = [after(now, lookAgain), after(now, lookEvery)]
  // as an array: to join them the planner would read all sources
  const { rows } = await sql<{ galleryId: string; open: boolean }>`
    update gallery_sources s set due_at =
      case when (select state in ('draft', 'active') from galleries g where g.id = s.gallery_id) then ${again}::timestamptz else ${later}::timestamptz end
    where gallery_id = any(array(
        select gallery_id from gallery_sources where due_at <= ${now} order by due_at limit ${limit} for update skip locked)
      || array(select gallery_id from gallery_sources where due_at > ${after(later, lookEvery)} limit ${limit} for update skip locked))
    returning gallery_id, due_at = ${again} as open`.execute(db)
  return rows.flatMap(({ galleryId, open }) => (open ? galleryId : []))
}

export type SourceChange = Partial<
  Pick<Source, 'state' | 'error' | 'seen' | 'seenBytes' | 'done' | 'doneBytes' | 'lookedAt' | 'finishedAt' | 'dueAt' | 'publish'>
>

export async function changeSource(db: Database | Tx, galleryId: string, change: SourceChange): Promise<void> {
  await db.updateTable('gallerySources').set(change).where('galleryId', '=', galleryId).execute()
}

/** An original that this gallery has, or had, under a foreign key. */
export interface ForeignAsset {
  id: string
  itemId: string
  storageKey: string
  storageOffset: number
  size: number
  sha256: Buffer
  state: 'stored' | 'missing' | 'deleted'
}

export async function listForeign(db: Database | Tx, galleryId: string): Promise<ForeignAsset[]> {
  return db
    .selectFrom('assets')
    .select(['id', 'itemId', 'storageKey', 'storageOffset', 'size', 'sha256', 'state'])
    .where('galleryId', '=', galleryId)
    .where(sql<boolean>`position('#' in storage_key) > 0`)
    .orderBy('id')
    .execute()
}

/** Its object is there again, and is the same. */
export async function markFound(tx: Tx, id: string): Promise<boolean> {
  const done = await tx
    .updateTable('assets')
    .set({ state: 'stored' })
    .where('id', '=', id)
    .where('state', '=', 'missing')
    .executeTakeFirst()
  return done.numUpdatedRows > 0n
}

/** Keys that were looked at and became no asset under their own key. */
export async function listNoted(db: Database | Tx, galleryId: string): Promise<Set<string>> {
  const rows = await db.selectFrom('sourceNotes').select('key').where('galleryId', '=', galleryId).execute()
  return new Set(rows.map((row) => row.key))
}

export async function noteObject(
  db: Database | Tx,
  note: { galleryId: string; key: string; outcome: 'copied' | 'duplicate' | 'skipped'; reason: string | null },
): Promise<void> {
  await db
    .insertInto('sourceNotes')
    .values(note)
    .onConflict((c) => c.columns(['galleryId', 'key']).doNothing())
    .execute()
}

/** What was a duplicate may be the only copy now: it is looked at again. */
export async function forgetDuplicates(tx: Tx, galleryId: string): Promise<void> {
  await tx.deleteFrom('sourceNotes').where('galleryId', '=', galleryId).where('outcome', '=', 'duplicate').execute()
}

/** The living asset that was read from this path of the bucket, whatever its bytes were, locked. */
export async function lockAtPath(tx: Tx, galleryId: string, path: string): Promise<ForeignAsset | undefined> {
  return tx
    .selectFrom('assets')
    .select(['id', 'itemId', 'storageKey', 'storageOffset', 'size', 'sha256', 'state'])
    .where('galleryId', '=', galleryId)
    .where('state', '!=', 'deleted')
    .where(
      sql<boolean>`left(storage_key, length(storage_key) - position('#' in reverse(storage_key))) = ${path} and position('#' in storage_key) > 0`,
    )
    .forUpdate()
    .executeTakeFirst()
}

/** What was passed over for a reason, at most `limit`. */
export async function listSkipped(db: Database | Tx, galleryId: string, limit: number): Promise<{ key: string; reason: string }[]> {
  const rows = await db
    .selectFrom('sourceNotes')
    .select(['key', 'reason'])
    .where('galleryId', '=', galleryId)
    .where('outcome', '=', 'skipped')
    .orderBy('key')
    .limit(limit)
    .execute()
  return rows.map(({ key, reason }) => ({ key, reason: reason ?? '' }))
}
