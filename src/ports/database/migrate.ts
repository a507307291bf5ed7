/** Brings the tables of a database up to what this program knows. Repeatable after a kill at any statement. */
import { type Kysely, sql } from 'kysely'
import { type Migration, Migrator } from 'kysely/migration'
import { AppError } from '../../base/errors.ts'
import * as spine from './migrations/001-spine.ts'
import * as links from './migrations/003-links.ts'
import * as letters from './migrations/004-letters.ts'
import * as exportTables from './migrations/005-exports.ts'
import * as downloads from './migrations/007-downloads.ts'
import * as instore from './migrations/008-instore.ts'
import * as bucket from './migrations/009-bucket.ts'
import * as scale from './migrations/011-scale.ts'
import * as retireTables from './migrations/012-retire.ts'
import * as webhooks from './migrations/013-webhooks.ts'
import * as feedback from './migrations/014-feedback.ts'
import * as expiry from './migrations/015-expiry.ts'
import * as lastingLinks from './migrations/016-lasting-links.ts'
import * as sources from './migrations/017-sources.ts'
import * as rescue from './migrations/018-rescue.ts'
import * as editor from './migrations/020-editor.ts'
import * as accounts from './migrations/021-accounts.ts'
import * as accountLetters from './migrations/022-account-letters.ts'
import * as medium from './migrations/024-medium.ts'
import * as salvages from './migrations/025-salvages.ts'
import * as placements from './migrations/026-placements.ts'
import * as watermark from './migrations/027-watermark.ts'
import * as passkeys from './migrations/029-passkeys.ts'
import * as orders from './migrations/031-orders.ts'
import * as archivedIndexes from './migrations/032-archived.ts'
import * as watchedPlacements from './migrations/034-watched.ts'
import * as waits from './migrations/035-waits.ts'
import type { Database } from './port.ts'

/** Every migration by its file name, in order; a new one is added here. */
export const migrations: Record<string, Migration> = {
  '001-spine': spine,
  '003-links': links,
  '004-letters': letters,
  '005-exports': exportTables,
  '007-downloads': downloads,
  '008-instore': instore,
  '009-bucket': bucket,
  '011-scale': scale,
  '012-retire': retireTables,
  '013-webhooks': webhooks,
  '014-feedback': feedback,
  '015-expiry': expiry,
  '016-lasting-links': lastingLinks,
  '017-sources': sources,
  '018-rescue': rescue,
  '020-editor': editor,
  '021-accounts': accounts,
  '022-account-letters': accountLetters,
  '024-medium': medium,
  '025-salvages': salvages,
  '026-placements': placements,
  '027-watermark': watermark,
  '029-passkeys': passkeys,
  '031-orders': orders,
  '032-archived': archivedIndexes,
  '034-watched': watchedPlacements,
  '035-waits': waits,
}

/**
 * Runs what is missing, all of it in one transaction: a process killed at any statement leaves the database as it was. Of two
 * processes that start at once the second waits, then finds nothing to do. Returns the names of what was run.
 * Throws schema_newer when a newer program has been here; what a migration threw is passed on.
 */
export async function migrate(db: Database, known: Record<string, Migration> = migrations): Promise<string[]> {
  return db.connection().execute((connection) => alone(connection.withoutPlugins() as unknown as Kysely<unknown>, known))
}

async function alone(db: Kysely<unknown>, known: Record<string, Migration>): Promise<string[]> {
  // a large table may take its time, and the second process waits for the first
  await sql`set statement_timeout = 0`.execute(db)
  await sql`select pg_advisory_lock(hashtext('keepsake migrate'))`.execute(db)
  try {
    await refuseNewer(db, known)
    const { error, results } = await new Migrator({ db, provider: { getMigrations: async () => known } }).migrateToLatest()
    if (error) throw error
    return (results ?? []).map((result) => result.migrationName)
  } finally {
    // fails only when the connection is lost, and then the server has done both
    await sql`select pg_advisory_unlock(hashtext('keepsake migrate'))`.execute(db).catch(() => {})
    await sql`reset statement_timeout`.execute(db).catch(() => {})
  }
}

async function refuseNewer(db: Kysely<unknown>, known: Record<string, Migration>): Promise<void> {
  const { rows } = await sql<{ table: string | null }>`select to_regclass('kysely_migration')::text as table`.execute(db)
  if (!rows[0]?.table) return
  const run = await sql<{ name: string }>`select name from kysely_migration order by name`.execute(db)
  const unknown = run.rows.map((row) => row.name).filter((name) => !(name in known))
  if (unknown.length > 0) throw new AppError('schema_newer', { migrations: unknown })
}
