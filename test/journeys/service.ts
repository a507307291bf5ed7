/** The real service in processes of its own, on a data folder of its own: started, stopped, killed, and cleared away. */
import { type ChildProcessByStdio, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import type { Readable } from 'node:stream'
import type { TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { freePort } from '../port.ts'
import { temporaryFolder } from '../postgres.ts'

export const root = path.resolve(import.meta.dirname, '../..')
const bin = path.join(root, 'bin/keepsake.js')

export interface Service {
  pid: number
  /** the address that the service printed for the first account */
  setUpUrl: string | undefined
  /** what it wrote to its log until now */
  log(): string
  send(signal: NodeJS.Signals): void
  /** Tells it to stop; answers its exit code and how long that took. */
  stop(): Promise<{ code: number | null; ms: number }>
  /** kill -9, and waits until the process has gone. */
  kill(): Promise<void>
}

export interface Ran {
  code: number | null
  stdout: string
  stderr: string
}

export interface Installation {
  /** KEEPSAKE_DATA; below it `storage` and `postgres` */
  dir: string
  /** where its service listens, also after a restart */
  url: string
  start(role?: 'all' | 'web' | 'worker'): Promise<Service>
  /** Runs a command of `keepsake` to its end. */
  command(...args: string[]): Promise<Ran>
  /** Asks its database, or changes a row behind the service's back: for what only time would do. */
  sql(text: string, values?: unknown[]): Promise<Record<string, unknown>[]>
  /** The process of its PostgreSQL, 0 while there is none. */
  postgresPid(): number
}

type Child = ChildProcessByStdio<null, Readable, Readable>

/**
 * A machine without an account or a gallery, cleared away when the test ends, however it ends; `release` runs when its processes
 * have gone. Its PostgreSQL has tables already (`npm test` makes them once for all, see test/postgres.ts); with `bare` it has not.
 */
export async function freshInstallation(
  t: TestContext,
  more: Record<string, string> = {},
  release: () => void = () => {},
  { bare = false } = {},
): Promise<Installation> {
  const dir = temporaryFolder()
  const beginning = process.env.KEEPSAKE_TEST_BEGINNING
  if (beginning && !bare && !more.DATABASE_URL) {
    mkdirSync(path.join(dir, 'postgres'), { mode: 0o711 })
    // not by cpSync: the folder belongs to the user who runs PostgreSQL
    execFileSync('cp', ['-a', beginning, path.join(dir, 'postgres/pgdata')])
  }
  const port = await freePort()
  // nothing of our surroundings: what is set on this machine must not decide what is tested
  const env = { PATH: process.env.PATH, HOME: dir, KEEPSAKE_DATA: dir, PORT: String(port), HOST: '127.0.0.1', LOG_LEVEL: 'warn', ...more }
  const url = `http://127.0.0.1:${port}`
  const children = new Set<Child>()
  const clearUp = () => {
    for (const child of children) child.kill('SIGKILL')
  }
  process.once('exit', clearUp)
  t.after(async () => {
    process.off('exit', clearUp)
    clearUp()
    await ended(postgresPid)
    release()
    rmSync(dir, { recursive: true, force: true, maxRetries: 20, retryDelay: 200 })
  })

  function launch(args: string[]): Child {
    const child = spawn(process.execPath, args, { cwd: dir, env, stdio: ['ignore', 'pipe', 'pipe'] })
    children.add(child)
    child.once('exit', () => children.delete(child))
    return child
  }

  function postgresPid(): number {
    try {
      return Number(readFileSync(path.join(dir, 'postgres/pgdata/postmaster.pid'), 'utf8').split('\n')[0])
    } catch {
      return 0
    }
  }

  return {
    dir,
    url,
    postgresPid,
    async sql(text, values) {
      const client = new pg.Client({ host: path.join(dir, 'postgres/run'), user: 'keepsake', database: 'keepsake' })
      // a server that gives up in the middle (test/journeys/full.test.ts) says so outside of the question as well
      client.on('error', () => {})
      await client.connect()
      return (await client.query(text, values).finally(() => client.end())).rows
    },
    start: (role = 'all') => started(launch([bin, 'serve', '--role', role]), role === 'worker' ? undefined : url),
    async command(...args) {
      const child = launch([bin, ...args])
      const stdout = tailOf(child.stdout)
      const stderr = tailOf(child.stderr)
      const [code] = (await once(child, 'close')) as [number | null]
      return { code, stdout: stdout(), stderr: stderr() }
    },
  }
}

async function started(child: Child, url: string | undefined): Promise<Service> {
  const said = tailOf(child.stdout)
  const log = tailOf(child.stderr)
  const gone = once(child, 'exit') as Promise<[number | null]>
  const ready = async () => {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error(`the service has ended: ${said()}${log()}`)
    if (!/Keepsake (runs|works)/.test(said())) return false
    return url === undefined || (await fetch(`${url}/readyz`).then((answer) => answer.ok))
  }
  await until(ready, { what: 'the service', ms: 120_000 })
  return {
    pid: child.pid!,
    // printed right after the line that says it runs
    get setUpUrl() {
      return /first account here: (\S+)/.exec(said())?.[1]
    },
    log,
    send: (signal) => void child.kill(signal),
    async stop() {
      const begun = performance.now()
      child.kill('SIGTERM')
      const [code] = await gone
      return { code, ms: performance.now() - begun }
    },
    async kill() {
      child.kill('SIGKILL')
      await gone
    },
  }
}

/** Waits until `look` answers something true, and answers that. */
export async function until<T>(
  look: () => Promise<T | undefined | false | null> | T | undefined | false | null,
  { what, ms = 180_000, every = 20 }: { what: string; ms?: number; every?: number },
): Promise<T> {
  for (const end = performance.now() + ms; ; await sleep(every)) {
    const found = await look()
    if (found) return found
    if (performance.now() > end) throw new Error(`${what} did not come within ${ms / 1000} s`)
  }
}

function tailOf(stream: Readable): () => string {
  let text = ''
  stream.setEncoding('utf8').on('data', (part: string) => {
    text = (text + part).slice(-1_000_000)
  })
  return () => text
}

/** The watchdog of PostgreSQL stops it when its owner is gone. */
async function ended(postgresPid: () => number): Promise<void> {
  const gone = () => postgresPid() === 0
  await until(gone, { what: 'the end of PostgreSQL', ms: 30_000 }).catch(() => process.kill(postgresPid(), 'SIGQUIT'))
  await until(gone, { what: 'the end of PostgreSQL' })
}
