/** The simulator is only worth its time if it sees faults: every mutant dies, and the code as it is lives. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { type TestDatabase, testDatabase } from '../postgres.ts'
import { mutants } from './mutants.ts'

const root = path.resolve(import.meta.dirname, '../..')
let database: TestDatabase
before(async () => {
  database = await testDatabase()
})
after(() => database.close())

/** Answers the exit code of a short run, and its last words. */
function shortRun(mutant: string): Promise<{ code: number; said: string }> {
  const args = ['--import', path.join(import.meta.dirname, 'mutant-hook.ts'), path.join(import.meta.dirname, 'short.ts')]
  const env = { ...process.env, KEEPSAKE_TEST_POSTGRES: database.url, KEEPSAKE_SIM_MUTANT: mutant, NODE_TEST_CONTEXT: undefined }
  return new Promise((resolve) => {
    execFile(process.execPath, args, { cwd: root, env, timeout: 110_000 }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code ?? -1) : 0, said: (stdout.trim() || stderr).trim() }),
    )
  })
}

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
