/** The story with two crashes. KEEPSAKE_SIM_RUNS of 100,000 (nightly) takes more of the pairs. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type TestDatabase, testDatabase } from '../postgres.ts'
import { runApart } from './apart.ts'

const nightly = Number(process.env.KEEPSAKE_SIM_RUNS ?? 5000) >= 100_000
const [near, sampled] = nightly ? [20, 4000] : [1, 60]
let server: TestDatabase
before(async () => {
  server = await testDatabase()
})
after(() => server.close())

for (const [first, second] of [
  ['die', 'cut'],
  ['cut', 'die'],
] as const)
  test(`a second crash (${second}) during the recovery from the first (${first}) changes nothing`, { timeout: 7_200_000 }, async (t) => {
    const { code, said } = await runApart('pairs.ts', [first, second, near, sampled], { KEEPSAKE_TEST_POSTGRES: server.url })
    t.diagnostic(said)
    assert.equal(code, 0, said)
  })
