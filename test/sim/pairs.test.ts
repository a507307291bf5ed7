/** The story with two crashes. KEEPSAKE_SIM_RUNS of 100,000 (nightly) takes more of the pairs. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type TestDatabase, testDatabase } from '../postgres.ts'
import { runApart } from './apart.ts'

const nightly = Number(process.env.KEEPSAKE_SIM_RUNS ?? 5000) >= 100_000
let server: TestDatabase
before(async () => {
  server = await testDatabase()
})
after(() => server.close())

const cases = [
  { first: 'die', second: 'cut', near: nightly ? 20 : 1, sampled: nightly ? 4000 : 40 },
  { first: 'cut', second: 'die', near: nightly ? 20 : 0, sampled: nightly ? 4000 : 80 },
]
for (const { first, second, near, sampled } of cases)
  test(`a second crash (${second}) during the recovery from the first (${first}) changes nothing`, { timeout: 7_200_000 }, async (t) => {
    const { code, said } = await runApart('pairs.ts', [first, second, near, sampled], { KEEPSAKE_TEST_POSTGRES: server.url })
    t.diagnostic(said)
    assert.equal(code, 0, said)
  })
