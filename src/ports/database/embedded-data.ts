/** The data folder of the private PostgreSQL before a start: made if missing, freed from what a crash left. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { AppError } from '../../base/errors.ts'
import { syncPath } from './embedded-binaries.ts'
import { isAlive } from './embedded-owner.ts'
import { answers, databaseName, type Place, pidOf, plainEnvironment } from './embedded-place.ts'

/** initdb into a folder that gets its name when it is complete and durable. */
export async function createData({ dir, pgdata, user }: Place, binaries: string): Promise<void> {
  const unfinished = `${pgdata}.init`
  fs.rmSync(unfinished, { recursive: true, force: true })
  fs.mkdirSync(unfinished, { mode: 0o700 })
  if (user.uid !== undefined) fs.chownSync(unfinished, user.uid, user.gid)
  const access = ['-U', databaseName, '--auth-local=trust', '--auth-host=reject']
  const text = ['-E', 'UTF8', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C']
  const child = spawn(path.join(binaries, 'initdb'), ['-D', unfinished, ...access, ...text, '--data-checksums'], {
    ...user,
    env: plainEnvironment,
    cwd: '/',
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const tail = tailOf(child)
  const [code] = (await once(child, 'close')) as [number | null]
  if (code !== 0) throw new AppError('database_unreachable', { reason: 'initdb failed', dir, output: tail() })
  fs.renameSync(unfinished, pgdata)
  syncPath(dir)
}

/** A server whose owner died is stopped (its watchdog is at it already); a pid file that means somebody else is removed. */
export async function clearLeftOvers(place: Place, until: number): Promise<void> {
  for (let pid = pidOf(place), n = 0; pid; pid = pidOf(place), n++) {
    // a dead pid: PostgreSQL itself checks the shared memory named in the file and replaces it
    if (!isAlive(pid)) break
    if (!isServerOf(pid, place.pgdata)) {
      fs.rmSync(path.join(place.pgdata, 'postmaster.pid'), { force: true })
      break
    }
    if (n === 20) signal(pid, 'SIGINT')
    if (n === 200) signal(pid, 'SIGQUIT')
    if (performance.now() > until) throw new AppError('database_unreachable', { reason: 'an earlier PostgreSQL does not stop', pid })
    await sleep(50)
  }
  // one that we cannot see, in another container, whose owner was silent for too long: two on one folder would destroy it
  if (await answers(place, 'postgres'))
    throw new AppError('database_unreachable', { reason: 'another PostgreSQL runs here', dir: place.dir })
  // no server runs, so these are left-overs whose pid may belong to somebody else by now
  for (const name of ['.s.PGSQL.5432', '.s.PGSQL.5432.lock']) fs.rmSync(path.join(place.socketDir, name), { force: true })
}

function isServerOf(pid: number, pgdata: string): boolean {
  try {
    const words = execFileSync('ps', ['-ww', '-o', 'command=', '-p', String(pid)], { encoding: 'utf8' })
    return /postgres/.test(words) && words.includes(pgdata)
  } catch {
    // no ps, or gone: /proc knows, and a process that cannot be looked at is left alone
    try {
      return fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(pgdata)
    } catch {
      return isAlive(pid)
    }
  }
}

/** Sends a signal; a process that has gone is no fault. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch {
    // gone
  }
}

/** What a process says on stderr, the last 8,000 characters. */
export function tailOf(child: ChildProcess): () => string {
  let text = ''
  child.stderr!.on('data', (bytes: Buffer) => {
    text = (text + bytes.toString()).slice(-8000)
  })
  child.on('error', (error) => {
    text += String(error)
  })
  return () => text
}
