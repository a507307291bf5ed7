/** Prints what was measured: one table a section, and every target with its value. */
import { readFileSync } from 'node:fs'
import os from 'node:os'
import { median, type Run, type Runs, ratio } from './measure.ts'

export interface Target {
  what: string
  /** the largest value that is good; with `atLeast` the smallest */
  limit: number
  value: number
  atLeast?: boolean
  /** a word for the value: seconds, MiB … ; none for a ratio */
  unit?: string
  /** what helps to judge the value, such as the same ratio in processor time */
  note?: string
}

const targets: Target[] = []

export function target(made: Target): void {
  targets.push(made)
}

export const isMet = ({ value, limit, atLeast }: Target): boolean => (atLeast ? value >= limit : value <= limit)

/** Everybody beside ours: medians, and ours / theirs of each pair. */
export function printRuns(title: string, found: Runs): void {
  const [ours] = found.values()
  const rows = [...found].map(([name, runs]) => [
    name,
    figure(median(runs.map((r) => r.wall))),
    figure(median(runs.map((r) => r.sync))),
    figure(median(runs.map((r) => r.whole))),
    figure(median(runs.map((r) => r.cpu))),
    median(runs.map((r) => r.peak)).toFixed(0),
    median(runs.map((r) => r.others)).toFixed(1),
    figure(ratio(ours!, runs, wallOf)),
    figure(ratio(ours!, runs, syncedOf)),
    figure(ratio(ours!, runs, cpuOf)),
    String(runs.length),
  ])
  const head = [
    '',
    'wall s',
    'sync after s',
    'with start s',
    'CPU s',
    'peak MiB',
    'others busy',
    'ours / it: wall',
    'both synced',
    'CPU',
    'runs',
  ]
  printTable(title, head, rows)
}

export const wallOf = (run: Run): number => run.wall
export const cpuOf = (run: Run): number => run.cpu
/** with the bytes on the disk: ours syncs by itself, the others afterwards */
export const syncedOf = (run: Run): number => run.wall + run.sync

/** The target on the ratio of one pair, with the ratios that explain it. */
export function targetOn(what: string, limit: number, found: Runs, peer: string): void {
  const [ours] = found.values()
  const theirs = found.get(peer)!
  const synced = figure(ratio(ours!, theirs, syncedOf))
  target({
    what,
    limit,
    value: ratio(ours!, theirs, wallOf),
    note: `CPU ${figure(ratio(ours!, theirs, cpuOf))}, both synced ${synced}`,
  })
}

export function printTable(title: string, head: string[], rows: string[][]): void {
  console.log(`\n### ${title}\n`)
  console.log(`| ${head.join(' | ')} |\n|${head.map((_, i) => (i ? '---:' : '---')).join('|')}|`)
  for (const row of rows) console.log(`| ${row.join(' | ')} |`)
}

export function printTargets(): void {
  if (!targets.length) return
  const rows = targets.map((made) => {
    const { what, limit, value, atLeast, unit = '', note = '' } = made
    return [
      what,
      `${atLeast ? '≥' : '≤'} ${limit}${unit && ` ${unit}`}`,
      `${figure(value)}${unit && ` ${unit}`}`,
      isMet(made) ? 'yes' : 'NO',
      note,
    ]
  })
  printTable('Targets', ['', 'target', 'measured', 'reached', 'beside it'], rows)
  if (!targets.every(isMet)) process.exitCode = 1
}

/** Three digits that count. */
export function figure(value: number): string {
  if (value >= 100) return value.toFixed(0)
  return value >= 10 ? value.toFixed(1) : value >= 1 ? value.toFixed(2) : value.toFixed(3)
}

export function printMachine(): void {
  const system = /PRETTY_NAME="(.*)"/.exec(readFileSync('/etc/os-release', 'utf8'))?.[1]
  const memory = (os.totalmem() / 1024 ** 3).toFixed(0)
  console.log(
    `${new Date().toISOString().slice(0, 10)}: ${os.availableParallelism()} cores (${os.cpus()[0]?.model.trim()}), ${memory} GiB, ${system}, Linux ${os.release()}, Node ${process.version}`,
  )
  printLoad('at the start')
}

export function printLoad(when: string): void {
  console.log(
    `Load ${when}: ${os
      .loadavg()
      .map((n) => n.toFixed(1))
      .join(', ')}`,
  )
}
