/** Thousands of random worlds. KEEPSAKE_SIM_RUNS says how many; a failing one is kept in seeds.json and replayed for ever. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type TestDatabase, testDatabase } from '../postgres.ts'
import { runApart } from './apart.ts'
import { openLane } from './database.ts'
import { playTape } from './random.ts'
import { keep, readKept } from './seeds.ts'

const runs = Number(process.env.KEEPSAKE_SIM_RUNS ?? 5000)
// The same worlds at every run of the tests, so that a red one is the fault of the change at hand; other seeds look for more.
const first = Number(process.env.KEEPSAKE_SIM_SEED ?? 1)
let server: TestDatabase
before(async () => {
  server = await testDatabase()
})
after(() => server.close())

test('what failed once holds', async (t) => {
  const lane = await openLane()
  try {
    for (const { tape, rule, seed, path } of readKept())
      await t.test(`${rule} (seed ${seed}, path ${path.slice(0, 20)})`, () => playTape(lane, tape))
  } finally {
    await lane.close()
  }
})

// A test each, so that none takes longer than a test may.
const rounds = Math.ceil(runs / 2500)
for (let round = 0; round < rounds; round++)
  test(`nothing that happens in any order breaks a promise (${round + 1} of ${rounds})`, { timeout: 1_800_000 }, async (t) => {
    const env = { KEEPSAKE_TEST_POSTGRES: server.url }
    const { code, said } = await runApart('worlds.ts', [Math.ceil(runs / rounds), first + round * 100], env)
    t.diagnostic(said)
    const kept = /^kept (\{.*\})$/m.exec(said)
    if (kept) keep(JSON.parse(kept[1]!))
    assert.equal(code, 0, said)
  })
