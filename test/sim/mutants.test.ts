/** The simulator is only worth its time if it sees faults: every mutant dies, and the code as it is lives. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { type TestDatabase, testDatabase } from '../postgres.ts'
import { runApart } from './apart.ts'
import { mutants } from './mutants.ts'

const root = path.resolve(import.meta.dirname, '../..')
let database: TestDatabase
before(async () => {
  database = await testDatabase()
})
after(() => database.close())

/** Answers the exit code of a short run, and its last words. */
const shortRun = (mutant: string) =>
  runApart('short.ts', [], { KEEPSAKE_TEST_POSTGRES: database.url, KEEPSAKE_SIM_MUTANT: mutant }, 'mutant-hook.ts')

test('the code as it is lives', async (t) => {
  const { code, said } = await shortRun('')
  t.diagnostic(said)
  assert.equal(code, 0, said)
})

for (const { name, patches } of mutants)
  test(`a mutant dies: ${name}`, async (t) => {
    for (const { file, find } of patches)
      assert.equal(readFileSync(path.join(root, file), 'utf8').split(find).length - 1, 1, `${file} holds once: ${find}`)
    const { code, said } = await shortRun(name)
    t.diagnostic(said)
    assert.equal(code, 1, said)
    assert.match(said, /^after \d+ runs: /, 'it died of a broken promise, not of a broken patch')
  })
