/** keepsake get: fetches an archive by its link, goes on after every break, and proves every photo. */
import { parseArgs } from 'node:util'
import { type GetEvent, type Got, get } from '../../sdk/src/get/get.ts'
import { KeepsakeError } from '../../sdk/src/problem.ts'
import { bar, bytesText, type Output, progressLine, UsageError } from './output.ts'

export async function getCommand(args: string[], out: Output): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { out: { type: 'string', default: '.' }, jobs: { type: 'string', default: '4' } },
  })
  const [link, more] = positionals
  if (!link || more) throw new UsageError('get takes exactly one link')
  if (!/^https?:$/.test(URL.parse(link)?.protocol ?? '')) throw new UsageError(`This is not a link: ${link}`)
  if (!/^([1-9]|1[0-6])$/.test(values.jobs)) throw new UsageError(`--jobs is a number from 1 to 16, not ${values.jobs}`)
  const stop = new AbortController()
  const stopNow = () => stop.abort()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stopNow)
  const shown = show(out)
  try {
    const got = await get(link, { out: values.out, jobs: Number(values.jobs), signal: stop.signal, on: shown.event })
    shown.end()
    out.result(got)
    tell(got, out)
    return got.missing.length ? 3 : 0
  } catch (error) {
    shown.end()
    return failed(error, stop.signal.aborted, out, shown.part())
  } finally {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, stopNow)
  }
}

function tell(got: Got, out: Output): void {
  const by = got.proof === 'sha256' ? 'its SHA-256' : 'its CRC-32'
  out.say(`File      ${got.file}${got.already ? ' (was here already)' : ''}`)
  out.say(`Proven    ${got.entries} files, each by ${by}; ${bytesText(got.bytes)}`)
  out.say(`SHA-256   ${got.sha256}`)
  if (got.repaired.length) out.say(`Repaired  ${got.repaired.length} arrived damaged and were fetched again: ${got.repaired.join(', ')}`)
  for (const name of got.missing) out.say(`Missing   ${name}: the archive could not hold it, ask the photographer`)
}

function failed(error: unknown, stopped: boolean, out: Output, part: string | null): number {
  const known = error instanceof KeepsakeError
  const system = (error as NodeJS.ErrnoException).code
  if (!known && !stopped && !system) throw error
  const message = stopped ? 'Stopped.' : (error as Error).message
  const code = stopped ? 'stopped' : known ? error.code : system
  out.result({ error: { code, message, part } })
  out.note(`${message}${stopped ? '' : ` (${code})`}`)
  if (part) out.note(`Kept      ${part}: the same command, or one with a newer link, goes on from there.`)
  return 1
}

/** What happens, on one line of a terminal; elsewhere a line every few seconds. */
function show(out: Output) {
  const line = progressLine()
  const speed = speedometer()
  let part: string | null = null
  let noted = 0
  const note = (text: string) => {
    line.end()
    out.note(text)
  }
  const progress = ({ phase, done, total }: Extract<GetEvent, { kind: 'progress' }>) => {
    const rate = phase === 'fetching' ? speed(done) : null
    const left = rate ? `, ${bytesText(rate)}/s, ${duration((total - done) / rate)} left` : ''
    const text = `${phase === 'fetching' ? 'Fetching' : 'Proving '}  ${bar(done / total)} ${bytesText(done)} of ${bytesText(total)}${left}`
    line.show(text)
    if (process.stderr.isTTY || performance.now() - noted < 5000) return
    noted = performance.now()
    out.note(text)
  }
  const event = (event: GetEvent): void => {
    if (event.kind === 'progress') progress(event)
    else if (event.kind === 'begun') {
      part = event.part
      noted = performance.now()
      const resumed = event.resumed ? `, ${bytesText(event.resumed)} of it are here` : ''
      note(`Fetching  ${event.name}: ${bytesText(event.bytes)}${resumed}`)
    } else if (event.kind === 'waiting' && event.seconds >= 1) note(`Waiting   ${event.seconds.toFixed(0)} s: ${event.reason}`)
    else if (event.kind === 'changed') note('Changed   The archive is another one than before: it is fetched from its beginning.')
    else if (event.kind === 'repairing') note(`Damaged   ${event.entries.join(', ')}: ${bytesText(event.bytes)} are fetched again`)
  }
  return { event, end: () => line.end(), part: () => part }
}

/** Bytes a second over the last 10 seconds; null until something can be said. */
function speedometer(): (done: number) => number | null {
  const marks: { at: number; done: number }[] = []
  return (done) => {
    const at = performance.now()
    marks.push({ at, done })
    while (marks.length > 2 && at - marks[0]!.at > 10_000) marks.shift()
    const first = marks[0]!
    return at - first.at < 900 || done <= first.done ? null : ((done - first.done) / (at - first.at)) * 1000
  }
}

function duration(seconds: number): string {
  const s = Math.ceil(seconds)
  if (s < 60) return `${s} s`
  if (s < 3600) return `${Math.floor(s / 60)} min ${s % 60} s`
  return `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`
}
