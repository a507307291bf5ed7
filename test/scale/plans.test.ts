import assert from 'node:assert/strict'
import { globSync } from 'node:fs'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { sql } from 'kysely'
import { pgbossQueue } from '../../src/ports/queue/pgboss.ts'
import { quiet, type TestDatabase, testDatabase } from '../postgres.ts'
import { fill } from './fill.ts'
import { type Watched, watch } from './postgres.ts'
import { asked, besides, questions, silent, small } from './questions.ts'
import { askAll, faultsOf, type Measured } from './run.ts'

// 2,000 galleries of ten photos: a question that reads a whole table touches far more rows than one that reads a page of it
const size = { galleries: 2000, photos: 10, bigGallery: 500, endedJobs: 10_000 }
let database: TestDatabase
let watched: Watched
let answers: Measured[]

before(async () => {
  database = await testDatabase()
  const queue = await pgbossQueue({ db: database.db, url: database.url, log: quiet })
  await queue.stop(0)
  await fill(database.db, size)
  // tables this small the planner would rather read whole, or sort to join them; jit is for what takes long
  watched = watch(database.url, { enable_seqscan: 'off', enable_mergejoin: 'off', enable_hashjoin: 'off', jit: 'off' })
  answers = await askAll(watched)
})
after(async () => {
  await watched?.close()
  await database?.close()
})

test('every question of src/data is asked here', () => {
  const modules = globSync('src/data/*.ts').map((file) => path.basename(file, '.ts'))
  assert.deepEqual(
    modules.filter((name) => !(name in asked) && !small.includes(name) && !besides.includes(name)),
    [],
  )
  const all = Object.entries(asked).flatMap(([module, functions]) => Object.keys(functions).map((name) => `${module}.${name}`))
  const here = new Set(Object.keys(questions).map((name) => name.replace(/:.*/, '')))
  assert.deepEqual(
    all.filter((name) => !here.has(name) && !silent.includes(name)),
    [],
  )
})

test('every question is answered by an index, from no more rows than its answer needs', () => {
  assert.deepEqual(answers.flatMap(faultsOf), [])
})

test('what a filled database points at is there', async () => {
  const { rows } = await sql<{ name: string; child: string; parent: string; own: string; other: string }>`
    select conname as name, conrelid::regclass::text as child, confrelid::regclass::text as parent,
      (select attname from pg_attribute where attrelid = conrelid and attnum = conkey[1]) as own,
      (select attname from pg_attribute where attrelid = confrelid and attnum = confkey[1]) as other
    from pg_constraint where contype = 'f' and connamespace = 'public'::regnamespace`.execute(database.db)
  assert.ok(rows.length > 20)
  for (const { name, child, parent, own, other } of rows) {
    const lost = await sql<{ n: number }>`
      select count(*)::int as n from ${sql.table(child)} c where ${sql.ref(`c.${own}`)} is not null
        and not exists (select 1 from ${sql.table(parent)} p where ${sql.ref(`p.${other}`)} = ${sql.ref(`c.${own}`)})`.execute(database.db)
    assert.equal(lost.rows[0]!.n, 0, name)
  }
})

test('a question whose index is missing is found out', async () => {
  await sql`drop index galleries_expiring`.execute(database.db)
  const found = await askAll(watched, (name) => name === 'galleries.listEnded')
  assert.deepEqual(found.flatMap(faultsOf), ['galleries.listEnded reads all of galleries', 'galleries.listEnded looks at 2001 rows'])
})
