/** One run of the private PostgreSQL: its process, watchdog and database. Only the owner of the folder does this. */
import { spawn } from 'node:child_process'
import fs from 'node:fs'
import type net from 'node:net'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { AppError } from '../../base/errors.ts'
import type { RunAs } from './embedded-binaries.ts'
import { clearLeftOvers, createData, signal, tailOf } from './embedded-data.ts'
import { clientFor, databaseName, type Place, pidOf, plainEnvironment } from './embedded-place.ts'

export interface Server {
  pid: number
  /** what PostgreSQL said last */
  tail(): string
  exited: Promise<void>
  /** Fast shutdown; immediate after `graceMs`. */
  stop(graceMs: number): Promise<void>
}

/** Starts PostgreSQL and resolves when the database can be used. Throws database_unreachable with what the server said. */
export async function startServer(place: Place, binaries: string): Promise<Server> {
  const until = performance.now() + place.patienceMs
  if (!fs.existsSync(path.join(place.pgdata, 'PG_VERSION'))) await createData(place, binaries)
  await clearLeftOvers(place, until)
  for (;;) {
    const server = launch(place, binaries)
    if (await becomesReady(server, place, until)) {
      await createDatabase(place)
      return server
    }
    // after a kill -9 of the server its children need a moment to leave the shared memory
    if (!/shared memory block|lock file/.test(server.tail()) || performance.now() > until) {
      throw new AppError('database_unreachable', { reason: 'PostgreSQL did not start', dir: place.dir, output: server.tail() })
    }
    await sleep(100)
  }
}

function launch(place: Place, binaries: string): Server {
  const { pgdata, user } = place
  const flags = Object.entries(settingsOf(place)).flatMap(([key, value]) => ['-c', `${key}=${value}`])
  const child = spawn(path.join(binaries, 'postgres'), ['-D', pgdata, ...flags], {
    ...user,
    env: plainEnvironment,
    cwd: '/',
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const tail = tailOf(child)
  // 'exit', not 'close': after a kill -9 the server's children keep the pipe open for a while
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => resolve())
    child.once('error', () => resolve())
  })
  if (child.pid) void exited.then(watchdog(child.pid, user))
  child.unref()
  ;(child.stderr as unknown as net.Socket).unref()
  const stop = async (graceMs: number) => {
    child.ref()
    child.kill('SIGINT')
    const hard = setTimeout(() => child.kill('SIGQUIT'), graceMs)
    await exited
    clearTimeout(hard)
  }
  return { pid: child.pid ?? 0, tail, exited, stop }
}

const settingsOf = ({ socketDir, settings }: Place): Record<string, string> => ({
  listen_addresses: '',
  unix_socket_directories: socketDir,
  unix_socket_permissions: '0700',
  port: '5432',
  shared_buffers: '64MB',
  // of a disk without a moving head: with 4 (the default) a list of 100,000 rows was counted from the table, not from its index
  random_page_cost: '1.1',
  max_connections: '60',
  max_wal_senders: '0',
  max_wal_size: '512MB',
  log_min_messages: 'warning',
  timezone: 'UTC',
  ...settings,
})

/** Stops the server when our end of the pipe closes, for whatever reason: kill -9 too. */
function watchdog(pid: number, user: RunAs): () => void {
  const stdio: ['pipe', 'ignore', 'ignore'] = ['pipe', 'ignore', 'ignore']
  const script = `cat >/dev/null; kill -INT ${pid} 2>/dev/null`
  const dog = spawn('/bin/sh', ['-c', script], { ...user, env: plainEnvironment, cwd: '/', detached: true, stdio })
  dog.on('error', () => {})
  dog.unref()
  ;(dog.stdin as unknown as net.Socket).unref()
  return () => {
    // the whole group: a `cat` left alone would wait for ever
    if (dog.pid) signal(-dog.pid, 'SIGKILL')
  }
}

/** True when the pid file says `ready` (its 8th line), false when the server has ended. */
async function becomesReady(server: Server, place: Place, until: number): Promise<boolean> {
  let ended = false
  void server.exited.then(() => {
    ended = true
  })
  const file = path.join(place.pgdata, 'postmaster.pid')
  const isReady = () => pidOf(place) === server.pid && /^ready/.test(fs.readFileSync(file, 'utf8').split('\n')[7] ?? '')
  while (!ended) {
    if (isReady()) return true
    if (performance.now() > until) {
      await server.stop(1000)
      break
    }
    await sleep(10)
  }
  return false
}

async function createDatabase(place: Place): Promise<void> {
  const client = clientFor(place, 'postgres')
  await client.connect()
  try {
    const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [databaseName])
    if (!rowCount) await client.query(`create database ${databaseName}`)
  } finally {
    await client.end()
  }
}
