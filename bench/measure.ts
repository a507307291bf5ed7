/** Runs programs in turn and measures them: wall time, processor time, peak memory, and what others did meanwhile. */
import { spawn } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

export interface Contender {
  name: string
  /** program and arguments */
  command: string[]
  cwd?: string
  /** what it writes: removed before and after each run, and synced apart from the measured time */
  output?: string
  /** less often than the others: it is slow enough to be certain */
  runs?: number
}

export interface Run {
  /** seconds; of a Node program, Keepsake's and the packages' alike, without loading its modules: a service has them loaded */
  wall: number
  /** user + system, seconds, of the same */
  cpu: number
  /** seconds of the whole process */
  whole: number
  /** peak resident memory of its largest process, MiB */
  peak: number
  /** how long `sync` of the output took afterwards, seconds */
  sync: number
  /** processors that other programs kept busy meanwhile */
  others: number
  stdout: string
}

export interface Place {
  /** folder for everything that is written */
  scratch: string
  /** how often a disturbed run is done at most */
  tries: number
}

export type Runs = Map<string, Run[]>

// a run beside which others kept more than this share of the machine busy is done again
const quiet = 0.25

/** Every contender in turn, `runs` times, so that all of them meet the same weather. */
export async function inTurn(contenders: Contender[], runs: number, { scratch, tries }: Place): Promise<Runs> {
  const found: Runs = new Map(contenders.map(({ name }) => [name, []]))
  for (let round = 0; round < runs; round++)
    for (const contender of contenders)
      if (round < (contender.runs ?? runs)) {
        found.get(contender.name)!.push(await calm(contender, scratch, tries))
        process.stderr.write('.')
      }
  process.stderr.write('\n')
  return found
}

/** The quietest of some tries; the first one that is quiet enough ends them. */
async function calm(contender: Contender, scratch: string, tries: number): Promise<Run> {
  let best: Run | undefined
  for (let n = 0; n < tries; n++) {
    const run = await once(contender, scratch)
    if (!best || run.others < best.others) best = run
    if (run.others <= quiet * os.availableParallelism()) break
    await sleep(500)
  }
  return best!
}

export async function once({ command, cwd, output }: Contender, scratch: string): Promise<Run> {
  if (output) await discard(output)
  const facts = path.join(scratch, 'time.txt')
  const before = machine()
  const began = performance.now()
  const { code, stdout, stderr } = await capture(['/usr/bin/time', '-q', '-f', '%U %S %M', '-o', facts, ...command], cwd)
  const wall = (performance.now() - began) / 1000
  const busy = machine() - before
  if (code !== 0) throw new Error(`${command.join(' ')} ended with ${code}: ${stderr}`)
  const [user, system, peak] = readFileSync(facts, 'utf8').trim().split(' ').map(Number)
  const cpu = user! + system!
  const began2 = performance.now()
  if (output) await capture(['sync', output])
  const sync = (performance.now() - began2) / 1000
  if (output) await discard(output)
  const others = Math.max(0, (busy - cpu) / wall)
  return { wall, cpu, ...inside(stdout), whole: wall, peak: peak! / 1024, sync, others, stdout }
}

/** What a Node program says of itself: see watch.ts. */
function inside(stdout: string): { wall?: number; cpu?: number } {
  if (!stdout.startsWith('{')) return {}
  const { wall, cpu } = JSON.parse(stdout)
  return { wall, cpu }
}

/** Removes a file and waits until the disk has forgotten it: the next run shall not pay for it. */
async function discard(output: string): Promise<void> {
  rmSync(output, { force: true, recursive: true })
  await capture(['sync', '-f', path.dirname(output)])
}

export function capture(command: string[], cwd?: string): Promise<{ code: number | null; stdout: string; stderr: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(command[0]!, command.slice(1), { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
    let stdout = ''
    let stderr = ''
    child.stdout.on('data', (text) => (stdout += text))
    child.stderr.on('data', (text) => (stderr += text))
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, stdout, stderr }))
  })
}

/** Seconds that all processors together were busy since the start of the machine. */
export function machine(): number {
  const times = os.cpus().map(({ times }) => times.user + times.nice + times.sys + times.irq)
  return times.reduce((a, b) => a + b, 0) / 1000
}

/** Busy seconds and peak memory (MiB) of a process that runs, as Linux tells them. */
export function look(pid: number): { cpu: number; peak: number } {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
  const peak = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return { cpu: (Number(fields[11]) + Number(fields[12])) / 100, peak: Number(peak) / 1024 }
}

export function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

/** Median over rounds of ours / theirs, each pair from one round. */
export function ratio(ours: Run[], theirs: Run[], of: (run: Run) => number): number {
  return median(theirs.map((run, i) => of(ours[i]!) / of(run)))
}
