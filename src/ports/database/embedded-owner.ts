/**
 * Who runs the PostgreSQL of a folder: the one process that holds its newest `owner.<n>` file.
 *
 * - A claim makes `owner.<n+1>` by a hard link (complete or not there), when `n` is given back or its process is dead. Numbers
 *   only rise and the newest file always stays, so of two processes that see the same dead owner exactly one wins.
 * - Another machine or container cannot see our processes: there an owner counts as alive while its file is touched.
 */
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { systemClock } from '../../base/clock.ts'
import { newToken } from '../../base/id.ts'

const touchEvery = 2_000
const silentAfter = 10_000

interface Owner {
  pid: number
  /** changes when the pid is used again */
  start: string
  /** machine and pid namespace that `pid` belongs to */
  place: string
  givenBack?: boolean
}

export interface Claim {
  /** To be called when the server has ended: the next process may take over. */
  giveBack(): void
}

/** Takes the folder, or undefined while a living process has it. */
export function claim(dir: string): Claim | undefined {
  const newest = numbers(dir).at(-1) ?? 0
  if (newest && livingOwner(dir)) return undefined
  const me: Owner = { pid: process.pid, start: startOf(process.pid), place: placeHere() }
  const mine = fileOf(dir, newest + 1)
  if (!linkNew(dir, mine, me)) return undefined
  if (numbers(dir).at(-1) !== newest + 1) {
    // we were slow: somebody holds a higher number already
    fs.rmSync(mine, { force: true })
    return undefined
  }
  for (const n of numbers(dir)) if (n <= newest) fs.rmSync(fileOf(dir, n), { force: true })
  const touch = setInterval(() => fs.utimes(mine, systemClock.now(), systemClock.now(), () => {}), touchEvery)
  touch.unref()
  return {
    giveBack() {
      clearInterval(touch)
      const note = path.join(dir, `.${newToken(9)}`)
      fs.writeFileSync(note, JSON.stringify({ ...me, givenBack: true }))
      fs.renameSync(note, mine)
    },
  }
}

/** The process that has the folder, if it lives. */
export function livingOwner(dir: string): { pid: number } | undefined {
  const newest = numbers(dir).at(-1)
  if (newest === undefined) return undefined
  const file = fileOf(dir, newest)
  try {
    const owner = JSON.parse(fs.readFileSync(file, 'utf8')) as Owner
    if (owner.givenBack) return undefined
    if (owner.place !== placeHere()) return systemClock.now().getTime() - fs.statSync(file).mtimeMs < silentAfter ? owner : undefined
    return isAlive(owner.pid) && startOf(owner.pid) === owner.start ? owner : undefined
  } catch (error) {
    // a newer owner has just removed it: whoever asks again sees that one
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { pid: 0 }
    throw error
  }
}

/** Is there a process with that number? */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

const fileOf = (dir: string, n: number) => path.join(dir, `owner.${n}`)

const numbers = (dir: string): number[] =>
  fs
    .readdirSync(dir)
    .flatMap((name) => (/^owner\.\d+$/.test(name) ? [Number(name.slice(6))] : []))
    .sort((a, b) => a - b)

function linkNew(dir: string, file: string, owner: Owner): boolean {
  const note = path.join(dir, `.${newToken(9)}`)
  fs.writeFileSync(note, JSON.stringify(owner))
  try {
    fs.linkSync(note, file)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  } finally {
    fs.rmSync(note, { force: true })
  }
}

/** Field 22 of /proc/<pid>/stat (proc(5)); elsewhere only the pid counts. */
function startOf(pid: number): string {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]!
  } catch {
    return ''
  }
}

function placeHere(): string {
  try {
    return `${os.hostname()} ${fs.readlinkSync('/proc/self/ns/pid')}`
  } catch {
    return os.hostname()
  }
}
