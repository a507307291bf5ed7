import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { Kysely, PostgresDialect, sql } from 'kysely'
import pg from 'pg'
import { type TestDatabase, testDatabase } from '../../../test/postgres.ts'
import { isCode } from '../../base/errors.ts'
import { migrate, migrations } from './migrate.ts'
import type { Database, Tables } from './port.ts'

const all = Object.keys(migrations)
let own: TestDatabase
let whole: Column[]
before(async () => {
  own = await testDatabase()
  whole = await shape(own.db)
})
beforeEach(async () => {
  await sql.raw('drop schema public cascade').execute(own.db)
  await sql.raw('create schema public').execute(own.db)
})
after(() => own.close())

test('an empty database gets every table, a second run does nothing', async () => {
  assert.deepEqual(await migrate(own.db), all)
  assert.deepEqual(await migrate(own.db), [])
  assert.deepEqual(await shape(own.db), whole)
})

test('two processes that start at once: one does it, both go on', async () => {
  const runs = await Promise.all([migrate(own.db), migrate(own.db), migrate(own.db)])
  assert.deepEqual(runs.flat(), all)
  assert.deepEqual(await shape(own.db), whole)
})

test('cut off at any statement, nothing is half done and the next run goes through (P22)', async () => {
  let cut = 1
  for (; ; cut++) {
    const { db, close } = fragile(own.url, cut)
    const reached = await migrate(db).then(
      () => true,
      () => false,
    )
    await close()
    if (reached) break
    const ours = (columns: Column[]) => columns.filter((column) => !column.table.startsWith('kysely_'))
    const found = ours(await shape(own.db))
    // the cut may have hit the commit itself, or what follows
    if (found.length > 0) assert.deepEqual(found, ours(whole), `after a cut at statement ${cut}`)
  }
  assert.ok(cut > 40, `only ${cut} statements were tried`)
  assert.deepEqual(await migrate(own.db), [])
  assert.deepEqual(await shape(own.db), whole)
})

test('a migration that fails leaves nothing of itself', async () => {
  const failing = {
    ...migrations,
    '999-broken': {
      async up(db: Kysely<unknown>) {
        await sql`create table half_done ()`.execute(db)
        await sql`select 1 / 0`.execute(db)
      },
    },
  }
  await assert.rejects(migrate(own.db, failing), /division by zero/)
  assert.deepEqual(await migrate(own.db), all)
  assert.deepEqual(await shape(own.db), whole)
})

test('a database of a newer program is refused untouched', async () => {
  const newer = { ...migrations, '999-future': { up: async (db: Kysely<unknown>) => void (await sql`create table future ()`.execute(db)) } }
  await migrate(own.db, newer)
  await assert.rejects(migrate(own.db), (error) => isCode(error, 'schema_newer') && String(error.facts.migrations) === '999-future')
})

interface Column {
  table: string
  column: string
  type: string
}

/** Every column of every table, and every index. */
async function shape(db: Database): Promise<Column[]> {
  const { rows } = await sql<Column>`
    select table_name as table, column_name as column, data_type as type from information_schema.columns where table_schema = 'public'
    union all select tablename, indexname, indexdef from pg_indexes where schemaname = 'public'
    order by 1, 2, 3`.execute(db)
  return rows
}

/** A database whose connection breaks when the given statement is about to be sent. */
function fragile(url: string, cutAt: number): { db: Database; close(): Promise<void> } {
  const pool = new pg.Pool({ connectionString: url, max: 1 })
  let sent = 0
  pool.on('error', () => {})
  pool.on('connect', (client) => {
    client.on('error', () => {})
    const query = client.query.bind(client) as (...args: unknown[]) => Promise<unknown>
    const cutting = (...args: unknown[]) => {
      sent += 1
      const socket = (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream
      const running = query(...args)
      if (sent === cutAt) socket.destroy()
      return running
    }
    Object.assign(client, { query: cutting })
  })
  return { db: new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) }), close: () => pool.end() }
}
