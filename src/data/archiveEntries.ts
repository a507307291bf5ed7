/** Questions to the table archive_entries: the sealed plan of every archive. */
import { sql } from 'kysely'
import type { Missing, PlanEntry } from '../domain/plan.ts'
import type { Database, Tx } from '../ports/database/port.ts'

/** An entry with the key its bytes come from; null for generated text. */
export interface SealedEntry extends PlanEntry {
  storageKey: string | null
  /** where they begin under that key */
  storageOffset: number
}

/** Seals the plan of an archive; what was sealed for it before is replaced. One statement, whatever the count. */
export async function sealEntries(tx: Tx, archiveId: string, entries: PlanEntry[], missing: Missing[]): Promise<void> {
  await tx.deleteFrom('archiveEntries').where('archiveId', '=', archiveId).execute()
  const gone = missing.map((m) => ({
    ...m,
    previewKey: null,
    size: m.asset.size,
    crc32: m.asset.crc32,
    sha256: m.asset.sha256,
    mtime: m.asset.modifiedAt,
    content: null,
  }))
  const all = [...entries, ...gone]
  const hex = (bytes: Buffer | null) => (bytes ? `\\x${bytes.toString('hex')}` : null)
  await sql`
    insert into archive_entries (archive_id, position, asset_id, preview_key, path, size, crc32, sha256, mtime, content, status)
    select ${archiveId}::uuid, t.* from unnest(
      ${all.map((_, i) => i)}::integer[], ${all.map((e) => e.assetId)}::uuid[], ${all.map((e) => e.previewKey)}::text[], ${all.map((e) => e.path)}::text[],
      ${all.map((e) => e.size)}::bigint[], ${all.map((e) => e.crc32)}::bigint[], ${all.map((e) => hex(e.sha256))}::bytea[],
      ${all.map((e) => e.mtime.toISOString())}::timestamptz[], ${all.map((e) => hex(e.content))}::bytea[],
      ${all.map((_, i) => (i < entries.length ? 'ok' : 'missing'))}::text[]) as t`.execute(tx)
}

/** The sealed plan in its order, without the missing. */
export async function listSealed(db: Database | Tx, archiveId: string): Promise<SealedEntry[]> {
  return db
    .selectFrom('archiveEntries')
    .leftJoin('assets', 'assets.id', 'archiveEntries.assetId')
    .select([
      'archiveEntries.path',
      'archiveEntries.assetId',
      'archiveEntries.size',
      'archiveEntries.crc32',
      'archiveEntries.sha256',
      'archiveEntries.mtime',
      'archiveEntries.content',
      'archiveEntries.previewKey',
      sql<string | null>`coalesce(archive_entries.preview_key, assets.storage_key)`.as('storageKey'),
      sql<number>`case when archive_entries.preview_key is null then coalesce(assets.storage_offset, 0) else 0 end`.as('storageOffset'),
    ])
    .where('archiveId', '=', archiveId)
    .where('status', '=', 'ok')
    .orderBy('archiveEntries.position')
    .execute()
}

/** Paths of what could not be packed. */
export async function listMissing(db: Database | Tx, archiveId: string): Promise<string[]> {
  const rows = await db
    .selectFrom('archiveEntries')
    .select('path')
    .where('archiveId', '=', archiveId)
    .where('status', '=', 'missing')
    .orderBy('position')
    .execute()
  return rows.map((r) => r.path)
}

/** Does each of these assets stand in the archive under this path? Entries without an asset are not asked about. */
export async function isNamed(db: Database | Tx, archiveId: string, entries: { assetId: string | null; path: string }[]): Promise<boolean> {
  const wanted = entries.flatMap(({ assetId, path }) => (assetId ? { assetId, path } : []))
  const { rows } = await sql<{ count: number }>`
    select count(*) as count from archive_entries e
    join unnest(${wanted.map(({ assetId }) => assetId)}::uuid[], ${wanted.map(({ path }) => path)}::text[]) as t (id, path)
      on e.asset_id = t.id and e.path = t.path where e.archive_id = ${archiveId}`.execute(db)
  return rows[0]!.count === wanted.length
}

/** The items that were planned, packed or missing, each with its path. */
export async function listPlannedItems(db: Database | Tx, archiveId: string): Promise<Map<string, string>> {
  const rows = await db
    .selectFrom('archiveEntries')
    .innerJoin('assets', 'assets.id', 'archiveEntries.assetId')
    .select(['assets.itemId', 'archiveEntries.path'])
    .where('archiveId', '=', archiveId)
    .execute()
  return new Map(rows.map((r) => [r.itemId, r.path]))
}
