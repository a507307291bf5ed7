/** keepsake doctor on a machine that is well, and on ones that are not: each fault with its remedy. */
import assert from 'node:assert/strict'
import { renameSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { freshInstallation } from './service.ts'

test('doctor finds nothing on a sound machine, names what is wrong on another, and says what to do', { timeout: 300_000 }, async (t) => {
  const installation = await freshInstallation(t, {}, undefined, { bare: true })
  const examined = async () => {
    const { code, stdout } = await installation.command('doctor', '--json')
    const { ok, findings } = JSON.parse(stdout) as {
      ok: boolean
      findings: { check: string; ok: boolean; found: string; remedy: string | null }[]
    }
    assert.equal(ok, code === 0)
    return { code, findings, wrong: findings.filter((finding) => !finding.ok).map(({ check }) => check) }
  }
  const well = await examined()
  assert.deepEqual([well.code, well.wrong], [0, []])
  assert.deepEqual(
    well.findings.map(({ check }) => check),
    ['configuration', 'database', 'storage', 'disk', 'mail', 'clock', 'queue', 'media', 'maintenance'],
  )

  const marker = path.join(installation.dir, 'storage/marker.json')
  renameSync(marker, `${marker}.away`)
  const unmounted = await examined()
  assert.deepEqual([unmounted.code, unmounted.wrong], [1, ['storage']])
  assert.match(unmounted.findings.at(-1)!.remedy!, /mounted/)
  renameSync(`${marker}.away`, marker)

  await installation.start('web')
  await installation.sql(`update settings set value = '{"at":"2001-01-01T00:00:00.000Z","steady":0,"needed":0}' where key = 'clock'`)
  const jumped = await examined()
  assert.deepEqual([jumped.code, jumped.wrong], [1, ['clock']])
  assert.match(jumped.findings.find(({ check }) => check === 'clock')!.remedy!, /--trust-clock/)
  assert.equal((await installation.command('doctor', '--trust-clock')).code, 0)
  assert.deepEqual((await examined()).wrong, [])
})
