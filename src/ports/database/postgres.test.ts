import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { sql } from 'kysely'
import { quiet, type TestDatabase, testDatabase } from '../../../test/postgres.ts'
import { isCode } from '../../base/errors.ts'
import { openDatabase } from './postgres.ts'

let own: TestDatabase
before(async () => {
  own = await testDatabase()
})
after(() => own.close())

test('8-byte integers are numbers, dates are text, times are Dates, bytea is a Buffer', async () => {
  const { rows } = await sql`
    select 2^40::bigint as big, count(*) as many, date '2026-02-28' as day, timestamptz '2026-02-28T12:00:00Z' as moment,
      '\\x00ff'::bytea as bytes`.execute(own.db)
  const expected = { big: 2 ** 40, many: 1, day: '2026-02-28', moment: new Date('2026-02-28T12:00:00Z'), bytes: Buffer.from([0, 255]) }
  assert.deepEqual(rows, [expected])
})

test('columns are camelCase, keys inside stored JSON stay as they are', async () => {
  await own.db
    .insertInto('settings')
    .values({ key: 'site', value: JSON.stringify({ snake_key: 1 }) })
    .execute()
  assert.deepEqual(await own.db.selectFrom('settings').selectAll().execute(), [{ key: 'site', value: { snake_key: 1 } }])
  const { rows } = await sql`select 1 as two_words`.execute(own.db)
  assert.deepEqual(rows, [{ twoWords: 1 }])
})

test('a lost connection rejects the query at hand; the next one connects anew', async () => {
  const asleep = sql`from pg_stat_activity where datname = current_database() and state = 'active' and query like 'select pg_sleep%'`
  // a connection that is put back although it is lost is met by the next query only when that one is quick
  for (let round = 0; round < 20; round++) {
    const hanging = sql`select pg_sleep(30)`.execute(own.db)
    const inTransaction = own.db.transaction().execute((tx) => sql`select pg_sleep(30)`.execute(tx))
    const lost = Promise.all([assert.rejects(hanging), assert.rejects(inTransaction)])
    const countAsleep = sql<{ many: number }>`select count(*) as many ${asleep}`
    while ((await countAsleep.execute(own.db)).rows[0]!.many < 2);
    await sql`select pg_terminate_backend(pid) ${asleep}`.execute(own.db)
    await lost
    assert.deepEqual((await sql`select 1 as one`.execute(own.db)).rows, [{ one: 1 }])
  }
})

test('a server that does not answer is database_unreachable, an address that is none is config_invalid', async () => {
  for (const url of ['postgresql://nobody@127.0.0.1:1/none', 'postgresql://x@/x?host=/nowhere/at/all']) {
    await assert.rejects(
      openDatabase({ url, log: quiet }),
      (error) => isCode(error, 'database_unreachable') && error.cause instanceof Error,
    )
  }
  await assert.rejects(openDatabase({ url: 'postgresql://[', log: quiet }), (error) => isCode(error, 'config_invalid'))
})

test('closing twice, or destroying Kysely as well, is no fault', async () => {
  const { db, close } = await openDatabase({ url: own.url, log: quiet })
  await close()
  await db.destroy()
  await close()
})
