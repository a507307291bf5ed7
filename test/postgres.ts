/**
 * A fresh, migrated database for a test. `npm test` (test/run.ts) starts one PostgreSQL for all files and names it in
 * KEEPSAKE_TEST_POSTGRES; a single file run by hand starts its own.
 */
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import path from 'node:path'
import { sql } from 'kysely'
import pg from 'pg'
import { newToken } from '../src/base/id.ts'
import { type Embedded, startEmbedded } from '../src/ports/database/embedded.ts'
import { migrate } from '../src/ports/database/migrate.ts'
import type { Database } from '../src/ports/database/port.ts'
import { openDatabase } from '../src/ports/database/postgres.ts'
import type { Log } from '../src/ports/deps.ts'

export interface TestDatabase {
  db: Database
  url: string
  /** Closes the connections and drops the database. */
  close(): Promise<void>
}

export const quiet: Log = { info: () => {}, warn: () => {}, error: () => {} }
/** Fast, and nothing survives a power cut: for tests only. */
export const careless = { fsync: 'off', full_page_writes: 'off', synchronous_commit: 'off', max_connections: '200' }
const template = 'keepsake_template'

/** A database of its own, with every table and no row, and the queues. */
export async function testDatabase(): Promise<TestDatabase> {
  const admin = await adminUrl()
  const name = `test_${newToken(9).toLowerCase().replace(/\W/g, '_')}`
  await asAdmin(admin, async (client) => {
    // two files may be the first at the same moment
    await client.query('select pg_advisory_lock(20040229)')
    if (!(await has(client, template))) await makeTemplate(client, admin)
    await client.query('select pg_advisory_unlock(20040229)')
    await client.query(`create database ${name} template ${template} strategy file_copy`)
  })
  const url = withDatabase(admin, name)
  const { db, close } = await openDatabase({ url, log: quiet })
  return {
    db,
    url,
    async close() {
      await close()
      await asAdmin(admin, (client) => client.query(`drop database if exists ${name} with (force)`))
    },
  }
}

/** A folder that the user of a PostgreSQL started by root can enter. */
export function temporaryFolder(): string {
  const dir = mkdtempSync('/tmp/keepsake-test-')
  chmodSync(dir, 0o711)
  return dir
}

async function makeTemplate(client: pg.Client, admin: string): Promise<void> {
  await client.query(`drop database if exists ${template}_draft with (force)`)
  await client.query(`create database ${template}_draft`)
  await furnish(withDatabase(admin, `${template}_draft`))
  await client.query(`alter database ${template}_draft rename to ${template}`)
}

/** Every table and every queue, as the first start of a service makes them. */
async function furnish(url: string): Promise<void> {
  // loaded only by the one process that does it
  const { pgbossQueue } = await import('../src/ports/queue/pgboss.ts')
  const { db, close } = await openDatabase({ url, log: quiet })
  await migrate(db)
  const queue = await pgbossQueue({ db, url, log: quiet })
  await queue.stop(0)
  // so that a copy finds everything on disk already
  await sql`checkpoint`.execute(db)
  await close()
}

/**
 * The data folder of a PostgreSQL that an installation has been started on once: services of tests begin on a copy of it, because
 * making one costs more processor time than all else of a start. Answers its path below `dir`.
 */
export async function makeBeginning(dir: string): Promise<string> {
  const server = await startEmbedded({ dir, log: quiet, settings: careless })
  await furnish(server.url)
  await server.stop()
  return path.join(dir, 'pgdata')
}

async function has(client: pg.Client, name: string): Promise<boolean> {
  return (await client.query('select 1 from pg_database where datname = $1', [name])).rowCount === 1
}

async function asAdmin(url: string, work: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => {})
  await client.connect()
  try {
    await work(client)
  } finally {
    await client.end()
  }
}

/** The address with another database name: `…/keepsake?host=…` becomes `…/name?host=…`. */
const withDatabase = (url: string, name: string): string => url.replace(/\/[^/?]*(?=\?|$)/, `/${name}`)

let own: Promise<Embedded> | undefined
async function adminUrl(): Promise<string> {
  const given = process.env.KEEPSAKE_TEST_POSTGRES
  if (given) return given
  own ??= startOwn()
  return (await own).url
}

async function startOwn(): Promise<Embedded> {
  const dir = temporaryFolder()
  const server = await startEmbedded({ dir, log: quiet, settings: careless })
  process.once('exit', () => {
    // nothing asynchronous happens any more: stop at once, wait, clear away
    const file = path.join(dir, 'pgdata/postmaster.pid')
    const wait = `kill -QUIT ${server.pid}; n=0; while [ -e ${file} ] && [ $n -lt 50 ]; do sleep 0.1; n=$((n+1)); done`
    if (server.pid) execFileSync('/bin/sh', ['-c', `${wait}; true`], { stdio: 'ignore' })
    rmSync(dir, { recursive: true, force: true })
  })
  return server
}
