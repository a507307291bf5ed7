/**
 * What `npm test` runs: types, lint, then every test against one PostgreSQL and one S3 server. `npm test -- src/zip` runs only
 * the tests under that path. A failing step does not keep the next ones from running; the exit code tells.
 */
import { spawn } from 'node:child_process'
import { existsSync, globSync, readFileSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'
import { run as runTests } from 'node:test'
import { spec } from 'node:test/reporters'
import { startEmbedded } from '../src/ports/database/embedded.ts'
import { careless, makeBeginning, quiet, temporaryFolder } from './postgres.ts'
import { named, obstacle, type Server, startServer } from './s3/server.ts'

const root = path.resolve(import.meta.dirname, '..')
const bin = path.join(root, 'node_modules/.bin')
const patterns = ['src/**/*.test.ts', 'sdk/**/*.test.ts', 'test/**/*.test.ts', 'web/**/*.test.ts']
// These begin first, so that no core waits for the last file. (node --test would sort them by name.)
const longest = ['test/sim/random', 'test/sim/', 'test/journeys/', 'test/browser/', 'test/power/', 'src/ports/storage/s3', 'src/zip/']
// What these look for may show once in twenty runs: red once is red. Any other file may have met a busy machine.
const oneTry = [
  'test/sim/',
  'test/power/',
  ...['kill', 'retire-kill', 'losses', 'collect', 'full', 'stalled'].map((name) => `test/journeys/${name}.`),
]
const interrupted = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => interrupted.abort())

const chosen = process.argv.slice(2).map((name) => path.relative(root, path.resolve(name)))
const failed: string[] = []
if (chosen.length === 0) {
  await step('types', () => run('tsc', ['--noEmit']))
  if (existsSync(path.join(root, 'web/tsconfig.json'))) await step('types of web', () => run('tsc', ['--noEmit', '-p', 'web']))
  await step('lint', () => run('biome', ['check', '.']))
}
await step('tests', testAll)
if (failed.length > 0) console.log(`\nfailed: ${failed.join(', ')}`)
process.exitCode = failed.length > 0 ? 1 : 0

async function testAll(): Promise<boolean> {
  const files = testFiles()
  if (files.length === 0) {
    console.log(`no test under ${chosen.join(' ')}`)
    return false
  }
  const dir = temporaryFolder()
  const postgres = await startEmbedded({ dir, log: quiet, settings: careless })
  // none, unless a test asks for it: it takes a while
  const s3 = files.some((file) => readFileSync(path.join(root, file), 'utf8').includes('s3/server.ts')) ? await startS3() : undefined
  try {
    process.env.KEEPSAKE_TEST_POSTGRES = postgres.url
    process.env.KEEPSAKE_TEST_BEGINNING = await makeBeginning(path.join(dir, 'beginning'))
    const good = await runFiles(files)
    return good && s3 !== 'failed'
  } finally {
    if (typeof s3 === 'object') await s3.stop()
    await postgres.stop()
    rmSync(dir, { recursive: true, force: true })
  }
}

/** Tells the tests where the S3 server is, or why there is none. */
async function startS3(): Promise<Server | 'failed' | undefined> {
  const reason = obstacle()
  if (reason) {
    console.log(`The tests against a real S3 server are skipped: ${reason}.`)
    process.env.KEEPSAKE_TEST_S3 = reason
    return undefined
  }
  try {
    const server = await startServer()
    process.env.KEEPSAKE_TEST_S3 = named(server)
    return server
  } catch (error) {
    console.error(String(error))
    process.env.KEEPSAKE_TEST_S3 = 'it did not start'
    return 'failed'
  }
}

/**
 * Two files more at a time than there are cores: much of a journey is waiting. Up to three red files get a second try, alone; one
 * that is green then is named, so that somebody looks why.
 */
async function runFiles(files: string[]): Promise<boolean> {
  const seconds = new Map<string, number>()
  const red = await runSome(files, os.availableParallelism() + 2, seconds)
  const slowest = [...seconds].sort((a, b) => b[1] - a[1]).slice(0, 15)
  if (files.length > 15) for (const [file, spent] of slowest) console.log(`${spent.toFixed(1).padStart(7)} s  ${path.relative(root, file)}`)
  if (!red.length || red.length > 3 || red.some((file) => oneTry.some((name) => file.startsWith(name)))) return red.length === 0
  console.log(`\n— once more, alone: ${red.join(', ')}`)
  const still = await runSome(red, 1, seconds)
  for (const file of red) if (!still.includes(file)) console.log(`UNSTEADY: ${file} was red among the others and green alone`)
  return still.length === 0
}

/** Each file in a process of its own; what they report goes to stdout as it comes. Answers which were red. */
async function runSome(files: string[], concurrency: number, seconds: Map<string, number>): Promise<string[]> {
  const red = new Set<string>()
  const stream = runTests({ files, cwd: root, concurrency, timeout: 1_800_000, signal: interrupted.signal })
  stream.on('test:fail', ({ file }) => red.add(path.relative(root, file ?? '')))
  stream.on('test:complete', ({ nesting, file, details }) => {
    if (nesting === 0 && file) seconds.set(file, (seconds.get(file) ?? 0) + details.duration_ms / 1000)
  })
  await pipeline(stream, new spec(), process.stdout, { end: false })
  return [...red]
}

/** Where a file stands in the order: those of the folders that take longest begin first. */
function place(file: string): number {
  const at = longest.findIndex((folder) => file.startsWith(folder))
  return at === -1 ? longest.length : at
}

function testFiles(): string[] {
  const all = globSync(patterns, { cwd: root, exclude: ['**/node_modules/**', '**/dist/**'] })
    .sort()
    .sort((a, b) => place(a) - place(b))
  if (chosen.length === 0) return all
  return all.filter((file) => chosen.some((name) => file === name || file.startsWith(name)))
}

async function step(name: string, work: () => Promise<boolean>): Promise<void> {
  if (interrupted.signal.aborted) return
  console.log(`\n— ${name}`)
  const begun = performance.now()
  const good = await work()
  console.log(`${good ? '✔' : '✖'} ${name}: ${((performance.now() - begun) / 1000).toFixed(1)} s`)
  if (!good) failed.push(name)
}

/** Runs a program of node_modules/.bin, or one given with its path, with our output. */
function run(program: string, args: string[], environment: Record<string, string> = {}): Promise<boolean> {
  const file = path.isAbsolute(program) ? program : path.join(bin, program)
  const env = { ...process.env, PATH: `${bin}${path.delimiter}${process.env.PATH}`, ...environment }
  return new Promise((resolve) => {
    const child = spawn(file, args, { cwd: root, env, stdio: 'inherit', signal: interrupted.signal, killSignal: 'SIGTERM' })
    child.once('error', (error) => {
      console.error(error.message)
      resolve(false)
    })
    child.once('close', (code) => resolve(code === 0))
  })
}
