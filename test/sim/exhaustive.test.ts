/** Two stories, each with a crash or an error at every single effect. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type TestDatabase, testDatabase } from '../postgres.ts'
import { runApart } from './apart.ts'
import type { Story } from './story.ts'
import type { Verdict } from './world.ts'

let server: TestDatabase
before(async () => {
  server = await testDatabase()
})
after(() => server.close())

const cases: [verdict: Verdict, name: string][] = [
  ['die', 'a process that dies before any effect leaves nothing that is not put right'],
  ['cut', 'a power cut before any effect takes nothing that was acknowledged'],
  ['fail', 'an error or a lost answer at any effect leaves nothing that is not put right'],
]
for (const story of ['delivered', 'retired'] satisfies Story[])
  for (const [verdict, name] of cases)
    test(`${story}: ${name}`, { timeout: 1_800_000 }, async (t) => {
      const { code, said } = await runApart('crashes.ts', [story, verdict], { KEEPSAKE_TEST_POSTGRES: server.url })
      t.diagnostic(said)
      assert.equal(code, 0, said)
    })
