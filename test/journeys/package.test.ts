/** What is published of the SDK works in projects that know nothing of ours: installed from its tarball, in JavaScript and in TypeScript. */
import assert from 'node:assert/strict'
import { readdirSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { temporaryFolder } from '../postgres.ts'
import { type Ended, run } from './programs.ts'
import { root } from './service.ts'

const script = `
import { createClient, KeepsakeError, webResumeStore } from '@keepsake/sdk'
import { get, openFile, fileResumeStore } from '@keepsake/sdk/node'
const { createArchive, uploadFile } = createClient({ url: 'http://127.0.0.1:9' })
const result = await createArchive('mara')
if (!(result.cause instanceof KeepsakeError)) throw new Error('not its error')
for (const f of [get, openFile, fileResumeStore, uploadFile, webResumeStore]) if (typeof f !== 'function') throw new Error('a function is missing')
console.log(result.cause.code)
`

const program = `
import { type Archive, createClient, type Keepsake, KeepsakeError, type Uploaded } from '@keepsake/sdk'
import { type Got, get, openFile } from '@keepsake/sdk/node'
const keepsake: Keepsake = createClient({ url: 'https://photos.example.com', key: 'ks_x' })
const result = await keepsake.createArchive('mara')
const text: string = result.error === undefined ? result.message : result.error
for await (const { status, archive } of keepsake.watchArchive('mara')) {
  const version: number | undefined = (archive satisfies Archive | null)?.version
  console.log(status, version, text)
}
const uploaded: Uploaded = await keepsake.uploadFile('mara', await openFile('a.jpg'), { sha256: true })
const got: Got = await get('https://photos.example.com/d/x', { on: (event) => console.log(event.kind) })
console.log(uploaded.result, got.sha256, KeepsakeError.name)
// @ts-expect-error: the types are really there
keepsake.createArchive(42)
`

test('the packed SDK is installed and used by strangers', { timeout: 300_000 }, async (t) => {
  const dir = temporaryFolder()
  t.after(() => rmSync(dir, { recursive: true, force: true }))
  // as root npm runs scripts as the owner of the folder, which here is us
  await good(run('npm', ['pack', '-w', 'sdk', '--pack-destination', dir], { cwd: root }))
  const tarball = readdirSync(dir).find((name) => name.endsWith('.tgz'))!
  writeFileSync(path.join(dir, 'package.json'), '{ "type": "module", "private": true }')
  await good(run('npm', ['install', '--offline', '--no-audit', '--no-fund', `./${tarball}`], { cwd: dir }))

  await t.test('by a script', async () => {
    writeFileSync(path.join(dir, 'script.js'), script)
    assert.equal((await good(run(process.execPath, ['script.js'], { cwd: dir }))).output.trim(), 'unreachable')
  })

  await t.test('by a program in TypeScript, whichever way it looks for modules', async () => {
    writeFileSync(path.join(dir, 'program.ts'), program)
    const tsc = path.join(root, 'node_modules/.bin/tsc')
    for (const how of [
      ['--module', 'nodenext'],
      ['--module', 'esnext', '--moduleResolution', 'bundler'],
    ])
      await good(
        run(tsc, ['--noEmit', '--strict', '--target', 'es2024', '--types', '', '--lib', 'es2024,dom', ...how, 'program.ts'], { cwd: dir }),
      )
  })

  await t.test('browsers are given nothing of Node', async () => {
    const dist = path.join(dir, 'node_modules/@keepsake/sdk/dist')
    const found = readdirSync(dist, { recursive: true, encoding: 'utf8' }).filter((name) => /\.test\./.test(name))
    assert.deepEqual(found, [], 'no tests are published')
    const vite = await import('vite')
    writeFileSync(path.join(dir, 'page.js'), `export { createClient } from '@keepsake/sdk'\n`)
    const built = await vite.build({
      root: dir,
      configFile: false,
      logLevel: 'silent',
      build: { write: false, lib: { entry: path.join(dir, 'page.js'), formats: ['es'] } },
    })
    const [bundle] = [built].flat() as { output: { code?: string; imports?: string[] }[] }[]
    assert.deepEqual(
      bundle!.output.flatMap((chunk) => chunk.imports ?? []),
      [],
    )
    const bytes = bundle!.output.reduce((sum, { code }) => sum + (code?.length ?? 0), 0)
    assert.ok(bytes > 2000 && bytes < 20_000, `${bytes} bytes`)
  })
})

async function good(running: Promise<Ended>): Promise<Ended> {
  const ended = await running
  assert.equal(ended.code, 0, ended.output)
  return ended
}
