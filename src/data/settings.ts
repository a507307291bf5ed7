/** Questions to the table settings: small facts of this installation, each under its key. */
import { sql } from 'kysely'
import type { Database, Tx } from '../ports/database/port.ts'

/** The value under `key`, or undefined. */
export async function findSetting(db: Database | Tx, key: string): Promise<unknown> {
  const row = await db.selectFrom('settings').select('value').where('key', '=', key).executeTakeFirst()
  return row?.value
}

/** Sets the value, whatever stood there. */
export async function keepSetting(db: Database | Tx, key: string, value: unknown): Promise<void> {
  const text = JSON.stringify(value)
  await db
    .insertInto('settings')
    .values({ key, value: text })
    .onConflict((conflict) => conflict.column('key').doUpdateSet({ value: text }))
    .execute()
}

/** Sets the value if there is none yet; answers the one that stands, so that two who begin at once agree. */
export async function settleSetting(db: Database, key: string, value: unknown): Promise<unknown> {
  await db
    .insertInto('settings')
    .values({ key, value: JSON.stringify(value) })
    .onConflict((conflict) => conflict.column('key').doNothing())
    .execute()
  return findSetting(db, key)
}

/** The id of this installation: `fresh` when it has none yet. */
export async function installationId(db: Database, fresh: string): Promise<string> {
  return (await settleSetting(db, 'installation', fresh)) as string
}

/** Resolves while the database answers. */
export async function pingDatabase(db: Database): Promise<void> {
  await sql`select 1`.execute(db)
}

/** The server's version, such as 18.4. */
export async function databaseVersion(db: Database): Promise<string> {
  const { rows } = await sql<{ version: string }>`select current_setting('server_version') as version`.execute(db)
  return rows[0]!.version
}
