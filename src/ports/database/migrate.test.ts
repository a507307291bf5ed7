import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
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

test('an installation in use is brought up from its first version, also when that is cut off, and every row says what it said (P22)', async () => {
  const [first] = all as [string]
  await migrate(own.db, { [first]: migrations[first]! })
  for (const statement of inUse) await sql.raw(statement).execute(own.db)
  const before = await everything(own.db)
  for (const { table, rows } of before)
    assert.ok(rows.length > 0 || table.startsWith('kysely_'), `${table} is empty: this test would not see it`)
  for (const cut of [30, 60, 90]) {
    const { db, close } = fragile(own.url, cut)
    await assert.rejects(migrate(db))
    await close()
    assert.deepEqual(await everything(own.db), before, `after a cut at statement ${cut}`)
  }
  await migrate(own.db)
  assert.deepEqual(await shape(own.db), whole)
  const now = new Map((await everything(own.db)).map(({ table, rows }) => [table, rows]))
  for (const { table, rows } of before) {
    if (table.startsWith('kysely_')) continue
    const found = now.get(table)!
    assert.equal(found.length, rows.length, table)
    // columns have come; what was there is there
    for (const row of rows)
      assert.ok(
        found.some((one) => Object.keys(row).every((name) => isDeepStrictEqual(one[name], row[name]))),
        `${table} ${JSON.stringify(row)}`,
      )
  }
})

const id = (n: number) => `'00000000-0000-7000-8000-${String(n).padStart(12, '0')}'`
const states = ['draft', 'active', 'expired', 'archiving', 'archived', 'deleted']
/** A row of every table, and of galleries and archives one in each state, as the first version wrote them. */
const inUse = [
  `insert into settings values ('installation', '"x"')`,
  `insert into users (id, name, email, role) values (${id(1)}, 'Ida', 'ida@example.com', 'admin'), (${id(2)}, 'Jo', 'jo@example.com', 'owner')`,
  `insert into sessions (id, user_id, token, expires_at) values (${id(3)}, ${id(1)}, 'token', '2030-01-01')`,
  `insert into accounts (id, user_id, account_id, provider_id, password) values (${id(4)}, ${id(1)}, ${id(1)}, 'credential', 'hash')`,
  `insert into verifications (id, identifier, value, expires_at) values (${id(5)}, 'a', 'b', '2030-01-01')`,
  `insert into throttles values ('10.0.0.1', 3, null, '2026-01-01')`,
  `insert into api_keys (id, owner_id, name, hash, scopes) values (${id(6)}, ${id(1)}, 'k', 'h', array['galleries:read'])`,
  ...states.flatMap((state, n) => {
    const gallery = id(100 + n)
    const ended = state === 'deleted' ? `'2026-03-01'` : 'null'
    return [
      `insert into galleries (id, owner_id, slug, title, state, expires_at, deleted_at, content_version, created_at)
        values (${gallery}, ${id(1)}, 'g-${n}', 'G ${n}', '${state === 'archived' ? 'active' : state}', '2027-01-01', ${ended}, 2, '2026-01-0${n + 1}')`,
      `insert into gallery_clients (id, gallery_id, email, created_at) values (${id(200 + n)}, ${gallery}, 'mia@example.com', '2026-01-01')`,
      ...['stored', 'missing', 'deleted'].flatMap((kept, k) => {
        const n3 = n * 3 + k
        return [
          `insert into items values (${id(300 + n3)}, ${gallery}, 'photo', 'IMG ${k}', ${k}, '2026-01-01')`,
          `insert into assets (id, gallery_id, item_id, role, original_name, mime, size, crc32, sha256, state, storage_key, modified_at, render_state, created_at)
            values (${id(400 + n3)}, ${gallery}, ${id(300 + n3)}, 'original', 'a.jpg', 'image/jpeg', 5, 1, decode(repeat('ab', 32), 'hex'), '${kept}', 'key ${n3}',
              '2026-01-01', 'done', '2026-01-01')`,
          `insert into derivatives values (${id(400 + n3)}, 'preview', 'small ${n3}', 'image/jpeg', 5, 1, 1)`,
        ]
      }),
      `insert into uploads (id, gallery_id, owner_id, asset_id, name, size, modified_at, created_at, touched_at)
        values (${id(500 + n)}, ${gallery}, ${id(1)}, ${id(600 + n)}, 'b.jpg', 9, '2026-01-01', '2026-01-01', '2026-01-01')`,
      ...['ready', 'failed', 'queued', 'deleted'].flatMap((status, k) => [
        `insert into archives (id, gallery_id, version, purpose, status, recipe, recipe_hash, images_hash, plan_hash, content_version, storage_key, file_size_bytes,
            checksum, image_count, source, created_at, verified_at)
          values (${id(700 + n * 4 + k)}, ${gallery}, ${k + 1}, 'delivery', '${status}', '{}', 'r', 'i', 'p', 2, 'zip ${n * 4 + k}', 9, 'c', 1, 'publish', '2026-01-01', '2026-01-01')`,
        `insert into archive_entries values (${id(700 + n * 4 + k)}, 0, ${id(400 + n * 3)}, 'g/photos/a.jpg', 5, 1, 's', '2026-01-01', null, 'ok', null)`,
      ]),
      `insert into links (id, kind, gallery_id, archive_id, client_id, issued_at, expires_at)
        values (${id(800 + n)}, 'email', ${gallery}, ${id(700 + n * 4)}, ${id(200 + n)}, '2026-01-01', '2026-01-08')`,
      `insert into letters (id, dedupe_key, kind, gallery_id, archive_id, link_id, recipient, locale, status, created_at)
        values (${id(900 + n)}, 'one ${n}', 'archive_ready', ${gallery}, ${id(700 + n * 4)}, ${id(800 + n)}, 'mia@example.com', 'en', 'sent', '2026-01-01')`,
    ]
  }),
  `insert into garbage values ('old', 'test', '2026-01-01')`,
]

/** Every row of every table. */
async function everything(db: Database): Promise<{ table: string; rows: Record<string, unknown>[] }[]> {
  const tables = await sql<{ name: string }>`select tablename as name from pg_tables where schemaname = 'public' order by 1`.execute(db)
  const all = []
  for (const { name } of tables.rows) {
    const { rows } = await sql<{
      row: Record<string, unknown>
    }>`select to_jsonb(t) as row from ${sql.table(name)} t order by t::text`.execute(db)
    all.push({ table: name, rows: rows.map(({ row }) => row) })
  }
  return all
}

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
