/** Questions about when stored bytes were read last. */
import { sql } from 'kysely'
import type { Archive } from '../domain/archive.ts'
import type { Asset } from '../domain/asset.ts'
import type { Database, Tx } from '../ports/database/port.ts'

export type Unread = Pick<Asset, 'id' | 'galleryId' | 'originalName' | 'size' | 'sha256' | 'storageKey'>

/** Originals under keys of their own that nobody has read since `before`, the longest unread first. */
export async function listUnreadAssets(db: Database, before: Date, limit: number): Promise<Unread[]> {
  return db
    .selectFrom('assets')
    .select(['id', 'galleryId', 'originalName', 'size', 'sha256', 'storageKey'])
    .where('state', '=', 'stored')
    .where('storageOffset', '=', 0)
    .where(sql<Date>`coalesce(scrubbed_at, created_at)`, '<', before)
    .orderBy(sql`coalesce(scrubbed_at, created_at)`)
    .limit(limit)
    .execute()
}

/** Ready archives that nobody has read since `before`, the longest unread first. */
export async function listUnreadArchives(db: Database, before: Date, limit: number): Promise<Archive[]> {
  return db
    .selectFrom('archives')
    .selectAll()
    .where('status', '=', 'ready')
    .where(sql<Date>`coalesce(scrubbed_at, verified_at)`, '<', before)
    .orderBy(sql`coalesce(scrubbed_at, verified_at)`)
    .limit(limit)
    .execute()
}

export async function noteRead(db: Database | Tx, table: 'assets' | 'archives', id: string, at: Date): Promise<void> {
  await db.updateTable(table).set({ scrubbedAt: at }).where('id', '=', id).execute()
}
