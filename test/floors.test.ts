import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { test } from 'node:test'

// Who may import whom. A folder may import itself and what stands in its list, nothing else.
const may: Record<string, string[]> = {
  'src/base': [],
  'src/zip': ['src/base'],
  // streamed, cut and proven by the means of zip
  'src/tar': ['src/zip', 'src/base'],
  'src/domain': ['src/base'],
  'src/ports': ['src/domain', 'src/base'],
  'src/data': ['src/ports', 'src/domain', 'src/base'],
  'src/http': ['src/data', 'src/ports', 'src/domain', 'src/base'],
  'src/features': ['src/http', 'src/data', 'src/ports', 'src/domain', 'src/tar', 'src/zip', 'src/base', 'sdk/src'],
  'src/app': ['src/features', 'src/http', 'src/data', 'src/ports', 'src/domain', 'src/base'],
  // the top floor: commands call the verbs of features directly, as routes and jobs do
  'src/cli': ['src/app', 'src/features', 'src/data', 'src/ports', 'src/domain', 'src/tar', 'src/zip', 'src/base', 'sdk/src'],
  // the bytes of the format are read by one code: what is published carries a copy
  'sdk/src': ['src/zip', 'src/base'],
  'web/src': ['sdk/src'],
}
const room = (file: string) => file.split('/').slice(0, 2).join('/')
const feature = (file: string) => file.split('/')[2]
const programOf = (file: string) => /^web\/src\/(guest|studio)\//.exec(file)?.[1]
const files = globSync('{src,sdk/src,web/src}/**/*.{ts,tsx}').filter((f) => !/\.test\./.test(f))
const arrows = files.flatMap((from) =>
  [...readFileSync(from, 'utf8').matchAll(/(?:from|import)\s*\(?'(\.[^']+)'/g)].map((m) => ({
    from,
    to: normalize(join(dirname(from), m[1]!)),
  })),
)

test('imports run down, never up', () => {
  const up = arrows.filter((a) => room(a.from) !== room(a.to) && !may[room(a.from)]?.includes(room(a.to)))
  assert.deepEqual(up, [])
})
test('a feature never imports another feature', () => {
  const across = arrows.filter((a) => room(a.from) === 'src/features' && room(a.to) === 'src/features' && feature(a.from) !== feature(a.to))
  assert.deepEqual(across, [])
})
test('only app picks an implementation of a port', () => {
  const picks = arrows.filter((a) => /^src\/ports\/\w+\/(?!port\.ts)/.test(a.to) && !/^src\/(app|ports)\//.test(a.from))
  assert.deepEqual(picks, [])
})
test('the pages of guests and of the studio do not know each other', () => {
  const mixed = arrows.filter((a) => programOf(a.from) && programOf(a.to) && programOf(a.from) !== programOf(a.to))
  assert.deepEqual(mixed, [])
})
test('domain, zip and tar are pure, and only app/config.ts reads the environment', () => {
  const impure = files.filter((f) => {
    const text = readFileSync(f, 'utf8')
    const pure = /^src\/(domain|zip|tar)\//.test(f)
    const reaches = /from 'node:(?!crypto|zlib|stream|buffer)|\bnew Date\(\)|\bDate\.now\(/.test(text)
    return (pure && reaches) || (/\bprocess\.env\b/.test(text) && f !== 'src/app/config.ts')
  })
  assert.deepEqual(impure, [])
})
test('a build and a verification are sent with their priority, which one function knows', () => {
  const besides = files.filter((f) => !/^src\/(domain\/jobs|ports\/queue\/suite)\.ts$/.test(f))
  const own = besides.flatMap((f) =>
    readFileSync(f, 'utf8')
      .split('\n')
      .filter((line) => /'archive\.(build|verify)'.*payload/.test(line))
      .map((line) => `${f}: ${line.trim()}`),
  )
  assert.deepEqual(own, [])
})
test('what browsers load of the sdk knows no Node and nothing outside the sdk', () => {
  const loaded = new Set(['sdk/src/index.ts'])
  for (const file of loaded) for (const a of arrows) if (a.from === file) loaded.add(a.to)
  const foreign = [...loaded].filter((file) => !file.startsWith('sdk/src/') || /from 'node:/.test(readFileSync(file, 'utf8')))
  assert.deepEqual(foreign, [])
  assert.ok(loaded.size > 5)
})
const docs = globSync(['README.md', '{docs,sdk,web,bench}/*.md'])
const named = (pattern: RegExp) => docs.flatMap((doc) => [...readFileSync(doc, 'utf8').matchAll(pattern)].map((m) => ({ doc, m })))

test('files that the docs name are there', () => {
  const all = globSync(['*', '{bench,bin,deploy,docs,sdk,src,test,web}/**/*.*'], { exclude: ['**/node_modules/**'] })
  const there = (file: string) => all.some((one) => one === file || one.endsWith(`/${file}`))
  // `<page>/<Page>Page.tsx` names no file
  const files = named(/(?<![\w<>/.*}-])(?:\.{0,2}\/)?([\w-][\w./-]*\.(?:tsx?|md|sh|tf|js))\b/g)
  assert.ok(files.length > 50)
  const gone = files.filter(({ m }) => !there(m[1]!))
  assert.deepEqual(
    gone.map(({ doc, m }) => `${doc}: ${m[1]}`),
    [],
  )
})

test('what the docs say that the tests try by themselves is what they try', () => {
  const tests = globSync('{src,test}/**/*.test.ts').map((file) => readFileSync(file, 'utf8'))
  const counts = named(/\| `(KEEPSAKE_\w+)` \| ([\d.]+) \|/g)
  assert.ok(counts.length > 10)
  for (const { m } of counts)
    assert.ok(
      tests.some((text) => text.includes(`process.env.${m[1]} ?? ${m[2]})`)),
      m[0],
    )
})

test('no circles', () => {
  const state = new Map<string, 'open' | 'done'>()
  const walk = (file: string, path: string[]): void => {
    if (state.get(file) === 'open') assert.fail(`circle: ${[...path, file].join(' -> ')}`)
    if (state.has(file)) return
    state.set(file, 'open')
    for (const a of arrows) if (a.from === file) walk(a.to, [...path, file])
    state.set(file, 'done')
  }
  for (const file of files) walk(file, [])
})
