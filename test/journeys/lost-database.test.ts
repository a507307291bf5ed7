/** The database of an installation is gone for good: the store alone brings its galleries back, and a ZIP brings one to another machine. */
import assert from 'node:assert/strict'
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import type { Gallery, ImportedZip, Revived } from '../../sdk/src/wire.ts'
import { makePhotos } from '../pictures.ts'
import { judgeZip, run, sha256Of, soundForAll } from './programs.ts'
import { freshInstallation } from './service.ts'

test('the store alone is enough', { timeout: 300_000 }, async (t) => {
  const installation = await freshInstallation(t)
  const folder = path.join(installation.dir, 'wedding')
  const made = await makePhotos(folder, { count: 6, minBytes: 50_000, maxBytes: 200_000 })
  const sums = made.map(({ sha256 }) => sha256).sort()
  const first = await installation.command('deliver', folder, '--title', 'Mara & Jonas', '--json')
  assert.equal(first.code, 0, first.stderr)

  rmSync(path.join(installation.dir, 'postgres'), { recursive: true })
  // a service that finds this store with a new database refuses to start; nothing of it is written
  assert.notEqual((await installation.command('gallery', 'list')).code, 0)
  const ran = await installation.command('import', '--from-store', '--json')
  assert.equal(ran.code, 0, ran.stderr)
  const revived = JSON.parse(ran.stdout) as Revived
  assert.deepEqual(
    revived.galleries.map(({ slug, state, photos, missing }) => [slug, state, photos, missing]),
    [['mara-and-jonas', 'draft', 6, []]],
  )
  assert.match(ran.stderr, /^Draft +mara-and-jonas: /m)
  assert.match(ran.stderr, /^Closed .*passwords, clients/m)
  const again = JSON.parse((await installation.command('import', '--from-store', '--json')).stdout) as Revived
  assert.deepEqual([again.galleries.length, again.known], [0, 1])

  const zips = readdirSync(path.join(installation.dir, 'storage/objects'), { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.zip'),
  )
  assert.equal(zips.length, 1)
  const zip = path.join(installation.dir, 'mara.zip')
  cpSync(path.join(installation.dir, 'storage/objects', zips[0]!), zip)
  assert.deepEqual(await judgeZip(zip), soundForAll)
  const out = path.join(installation.dir, 'out')
  assert.equal((await run('unzip', ['-q', zip, '-d', out])).code, 0)
  assert.equal((await run('sha256sum', ['-c', 'checksums.sha256'], { cwd: path.join(out, 'mara-and-jonas') })).code, 0)

  // another machine takes that ZIP, twice; then a damaged one
  const other = await freshInstallation(t)
  const imported = await other.command('import', zip, '--json')
  assert.equal(imported.code, 0, imported.stderr)
  const result = JSON.parse(imported.stdout) as ImportedZip & { gallery: string }
  assert.deepEqual([result.gallery, result.imported, result.skipped], ['mara-and-jonas', 6, []])
  const twice = JSON.parse((await other.command('import', zip, '--json')).stdout) as ImportedZip
  assert.deepEqual([twice.imported, twice.duplicates.length], [0, 6])
  const shown = JSON.parse((await other.command('gallery', 'list', '--json')).stdout) as Gallery[]
  assert.deepEqual(
    shown.map(({ title, photos }) => [title, photos]),
    [['Mara & Jonas', 6]],
  )
  const stored = readdirSync(path.join(other.dir, 'storage/objects'), { recursive: true, encoding: 'utf8' }).filter((name) =>
    /assets.*\.jpg$/.test(name),
  )
  assert.deepEqual((await Promise.all(stored.map((name) => sha256Of(path.join(other.dir, 'storage/objects', name))))).sort(), sums)

  // the gallery is deleted there: its name stays taken, and its ZIP makes it anew, once
  assert.equal((await other.command('gallery', 'delete', 'mara-and-jonas')).code, 0)
  for (const wanted of [6, 0]) {
    const back = await other.command('import', zip, '--json')
    assert.equal(back.code, 0, back.stderr)
    const { gallery, imported } = JSON.parse(back.stdout) as ImportedZip & { gallery: string }
    assert.deepEqual([gallery, imported], ['mara-and-jonas-2', wanted])
  }

  const third = await freshInstallation(t)
  const damaged = readFileSync(zip)
  damaged[damaged.indexOf(Buffer.from('photos/')) + 5_000]! ^= 1
  const file = path.join(third.dir, 'damaged.zip')
  writeFileSync(file, damaged)
  const partly = await third.command('import', file, '--json')
  assert.equal(partly.code, 3)
  const rest = JSON.parse(partly.stdout) as ImportedZip
  assert.deepEqual([rest.imported, rest.skipped.length], [5, 1])
  assert.equal((await third.command('import', path.join(third.dir, 'none.zip'))).code, 1)
})
