/**
 * Power cuts (P1): whatever was acknowledged before the power went has its row and its bytes afterwards. The controls show that
 * the test would see a missing sync. KEEPSAKE_POWER_CUTS says how many cuts (4 by default).
 */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Break } from './break.ts'
import { type Disk, makeDisk } from './disk.ts'
import { lost, type Said } from './survivors.ts'

const cuts = Number(process.env.KEEPSAKE_POWER_CUTS ?? 4)
const controlCuts = 15
const here = import.meta.dirname
const skipped = 'A disk whose power can be cut needs root, loop devices and mkfs.ext4, so no power was cut.'

interface Victim {
  said: Said
  /** resolves at the next acknowledgement */
  acknowledges(): Promise<unknown>
  /** Stops it, and its PostgreSQL, where they are; `wake` lets them go on. */
  freeze(): void
  wake(): void
  end(): Promise<void>
}

interface Wish {
  breaks?: Break[]
  postgres?: Record<string, string>
  /** rest after each photo, milliseconds */
  pause?: number
}

async function startVictim(dir: string, { breaks = [], postgres = {}, pause = 0 }: Wish): Promise<Victim> {
  const args = ['--import', path.join(here, 'break.ts'), path.join(here, 'victim.ts'), dir, JSON.stringify(postgres), String(pause)]
  const env = { PATH: process.env.PATH, KEEPSAKE_BREAK: JSON.stringify(breaks) }
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'], env })
  const said: Said = { done: new Map(), at: new Map() }
  const lines = createInterface(child.stdout)
  const ready = Promise.withResolvers<number>()
  lines.on('line', (line) => {
    const [what, name, number, sha256] = line.split(' ') as [string, string, string, string]
    if (what === 'postgres') ready.resolve(Number(name))
    if (what === 'done') said.done.set(name, Number(number))
    if (what === 'at') said.at.set(name, { offset: Number(number), sha256 })
  })
  child.once('exit', () => ready.reject(new Error('the program to be cut has ended')))
  const postmaster = await ready.promise
  const all = () => [child.pid!, postmaster, ...childrenOf(postmaster)]
  const tell = (signal: NodeJS.Signals) => {
    for (const pid of all()) signalTo(pid, signal)
  }
  return {
    said,
    acknowledges: () => once(lines, 'line'),
    freeze: () => tell('SIGSTOP'),
    wake: () => tell('SIGCONT'),
    end: () => ended(child, postmaster),
  }
}

/** Cuts the power `times` times; answers what was lost, and how much had been acknowledged. */
async function cutPower(disk: Disk, times: number, wish: Wish, until: (found: string[]) => boolean = () => false) {
  const victim = await startVictim(disk.dir, wish)
  const found: string[] = []
  try {
    for (let n = 0; n < times && !until(found); n++) {
      // in the middle of the work, and right after an acknowledgement, in turn
      for (let more = 1 + Math.random() * 5; more > 0; more--) await victim.acknowledges()
      if (n % 2) await sleep(Math.random() * 50)
      victim.freeze()
      // what it has said until now is in the pipe
      await sleep(20)
      const after = await disk.cut()
      try {
        found.push(...(await lost(after.dir, victim.said)))
      } finally {
        after.clear()
      }
      victim.wake()
    }
    return { found, acknowledged: victim.said.done.size + victim.said.at.size }
  } finally {
    await victim.end()
  }
}

test(`the power cut ${cuts} times, nothing acknowledged is lost`, { timeout: 120_000 + cuts * 20_000 }, async (t) => {
  await onDisk(t, async (disk) => {
    const { found, acknowledged } = await cutPower(disk, cuts, {})
    assert.deepEqual(found, [])
    assert.ok(acknowledged > cuts)
    t.diagnostic(`${cuts} cuts, ${acknowledged} photos and parts acknowledged, 0 lost`)
  })
})

const uploads = 'src/ports/storage/disk-uploads.ts'
const controls: Record<string, Wish> = {
  'the bytes are not synced': {
    breaks: [
      { file: uploads, find: 'await file.datasync()', replace: '' },
      { file: uploads, find: 'await file?.datasync()', replace: '' },
    ],
  },
  'the folder is not synced': {
    breaks: [{ file: 'src/ports/storage/disk-folders.ts', find: 'await handle.sync()', replace: '' }],
    pause: 40,
  },
  'the database does not sync': { postgres: { fsync: 'off', synchronous_commit: 'off' } },
}
for (const [what, wish] of Object.entries(controls))
  test(`control: where ${what}, the cut is seen`, { timeout: 300_000 }, async (t) => {
    await onDisk(t, async (disk) => {
      const { found } = await cutPower(disk, controlCuts, wish, (so) => so.length > 0)
      assert.notEqual(found.length, 0, `${controlCuts} cuts and nothing was lost: this test would not see it`)
    })
  })

async function onDisk(t: TestContext, use: (disk: Disk) => Promise<void>): Promise<void> {
  const disk = makeDisk()
  if (!disk) return t.skip(skipped)
  try {
    await use(disk)
  } finally {
    disk.clear()
  }
}

/** Ends the program and its PostgreSQL at once, also when they stand still. */
async function ended(child: ChildProcess, postmaster: number): Promise<void> {
  const pids = [child.pid!, ...childrenOf(postmaster), postmaster]
  for (const pid of pids) signalTo(pid, 'SIGKILL')
  for (let n = 0; n < 200 && pids.some(isAlive); n++) await sleep(20)
}

const childrenOf = (parent: number): number[] =>
  globSync('/proc/[0-9]*/stat').flatMap((file) => {
    try {
      // field 4 of proc(5), after the name in brackets
      const stat = readFileSync(file, 'utf8')
      return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) === parent ? [Number(file.split('/')[2])] : []
    } catch {
      return []
    }
  })

function signalTo(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch {
    // it has ended
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}
