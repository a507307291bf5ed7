/**
 * Fetches an archive by its link: several ranges at once into a part file with a journal, gone on with after any break, then proven
 * file by file; what arrived damaged is fetched again, and only that. The name is given last.
 */
import { createHash } from 'node:crypto'
import { mkdir, readdir } from 'node:fs/promises'
import path from 'node:path'
import { patience } from '../patience.ts'
import { KeepsakeError, ownError, passes } from '../problem.ts'
import { hashOf } from './hash.ts'
import { forgetPart, readJournal } from './journal.ts'
import { openPart, type Part } from './part.ts'
import { place } from './place.ts'
import { type Proof, prove } from './prove.ts'
import { Changed, fileAddress, lookAt, type Remote } from './remote.ts'
import { bytesOf, type Span } from './spans.ts'
import { transfer } from './transfer.ts'
import { type Whole, wholeAlready } from './whole.ts'

/** What happens meanwhile. */
export type GetEvent =
  | { kind: 'begun'; name: string; bytes: number; resumed: number; part: string }
  | { kind: 'progress'; phase: 'fetching' | 'proving'; done: number; total: number }
  | { kind: 'waiting'; reason: string; seconds: number }
  | { kind: 'changed' }
  | { kind: 'repairing'; entries: string[]; bytes: number }

export interface GetOptions {
  /** folder to put the file into, made when it is not there (the current one) */
  out?: string
  /** ranges at once, 1 to 16 (4) */
  jobs?: number
  /** API key, for addresses below /api */
  key?: string
  signal?: AbortSignal
  /** how long not a byte may come before it throws, ms (5 minutes) */
  patienceMs?: number
  on?: (event: GetEvent) => void
}

export interface Got extends Whole {
  /** bytes fetched now, and those that an earlier try had fetched */
  fetched: number
  resumed: number
  /** names of what had arrived damaged and was fetched again */
  repaired: string[]
  /** the file was here and whole: nothing was fetched */
  already: boolean
}

/** One run of `get`. */
interface Run {
  remote: Remote
  part: Part
  jobs: number
  patienceMs: number
  signal?: AbortSignal
  say: (event: GetEvent) => void
  /** bytes fetched in this run */
  count: (bytes: number) => void
}

const mostChanges = 5
const mostRepairs = 6

/**
 * Fetches what a link gives (`/d/…`, a gallery's page `/g/…`, or its download address) and proves it. The same call after a kill, a
 * cut line or an error goes on where it stopped, also with a newer link to the same archive. Throws KeepsakeError: `link_expired`,
 * `unreachable` (nothing came for `patienceMs`), `disk_full`, `damaged_at_source` …; what was fetched is kept.
 */
export async function get(link: string, options: GetOptions = {}): Promise<Got> {
  const { out = '.', jobs = 4, key, signal, patienceMs = 300_000, on = () => {} } = options
  if (!Number.isInteger(jobs) || jobs < 1 || jobs > 16) throw new RangeError('jobs is a number from 1 to 16')
  await mkdir(out, { recursive: true })
  const from = createHash('sha256').update(link).digest('hex').slice(0, 16)
  for (let changes = 0; ; changes++) {
    const remote = await look(link, key, { signal, patienceMs, say: on })
    const file = path.join(out, `${remote.name}.${createHash('sha256').update(remote.etag).digest('hex').slice(0, 8)}.part`)
    // what the same link gave before is of no use now
    if (await forgetOlder(out, from, file)) on({ kind: 'changed' })
    const known = (await readJournal(file)) !== null
    const whole = known ? null : await wholeAlready(path.join(out, remote.name), remote, signal)
    if (whole) return { ...whole, fetched: 0, resumed: 0, repaired: [], already: true }
    try {
      return await fetchAndProve(file, remote, from, { jobs, patienceMs, signal, say: on })
    } catch (error) {
      if (!(error instanceof Changed)) throw error
      if (changes >= mostChanges) throw ownError('changes_again')
    }
  }
}

/** A service that is just being started is waited for, but not for as long as in the middle of a file: the address may be wrong. */
async function look(
  link: string,
  key: string | undefined,
  { signal, patienceMs, say }: Pick<Run, 'signal' | 'patienceMs' | 'say'>,
): Promise<Remote> {
  const waiting = patience(Math.min(patienceMs, 30_000), signal, (error, seconds) =>
    say({ kind: 'waiting', reason: (error as Error).message, seconds }),
  )
  for (;;) {
    try {
      return await lookAt(await fileAddress(link, { key }, signal), { key }, signal)
    } catch (error) {
      if (!(error instanceof KeepsakeError && passes(error))) throw error
      await waiting.wait(error, error.retryAfter)
    }
  }
}

async function fetchAndProve(file: string, remote: Remote, link: string, how: Omit<Run, 'remote' | 'part' | 'count'>): Promise<Got> {
  const part = await openPart(file, remote, link)
  let fetched = 0
  const run: Run = {
    ...how,
    remote,
    part,
    count(bytes) {
      fetched += bytes
    },
  }
  try {
    how.say({ kind: 'begun', name: remote.name, bytes: remote.size, resumed: part.resumed, part: file })
    await fetchMissing(run)
    const { proof, repaired } = await proveAndRepair(run)
    const sha256 = await hashOf(part.handle)
    await part.handle.sync()
    const { entries, missing } = proof
    const named = await place(file, remote.name)
    const got = { bytes: remote.size, sha256, entries, proof: proof.proof, missing, fetched, resumed: part.resumed, repaired }
    return { file: named, ...got, already: false }
  } finally {
    await part.close()
  }
}

async function fetchMissing({ remote, part, jobs, patienceMs, signal, say, count }: Run): Promise<void> {
  const beat = setInterval(() => {
    say({ kind: 'progress', phase: 'fetching', done: part.have(), total: remote.size })
    // a disk that fails says so at the next write as well
    part.checkpoint().catch(() => undefined)
  }, 500)
  try {
    const take = async (at: number, bytes: Uint8Array) => {
      await part.write(at, bytes)
      count(bytes.length)
    }
    const onWait = (reason: string, seconds: number) => say({ kind: 'waiting', reason, seconds })
    await transfer({ remote, spans: part.missing(), jobs, take, signal, patienceMs, onWait })
    await part.checkpoint()
  } catch (error) {
    await part.checkpoint().catch(() => undefined)
    throw error
  } finally {
    clearInterval(beat)
  }
}

/** Until every file in the ZIP is what its list says. */
async function proveAndRepair(run: Run): Promise<{ proof: Proof; repaired: string[] }> {
  const { remote, part, say, signal } = run
  const repaired = new Set<string>()
  for (let round = 0; ; round++) {
    let done = 0
    let told = 0
    const onRead = (bytes: number) => {
      signal?.throwIfAborted()
      done += bytes
      if (done - told < 32e6) return
      told = done
      say({ kind: 'progress', phase: 'proving', done: Math.min(done, remote.size), total: remote.size })
    }
    const proof = await prove(part.handle, remote.size, { widen: round, onRead })
    if (proof.sound) return { proof, repaired: [...repaired].sort() }
    if (round >= mostRepairs) throw damaged(proof.bad)
    say({ kind: 'repairing', entries: proof.bad, bytes: bytesOf(proof.doubtful) })
    if (!(await fetchAgain(run, proof.doubtful))) throw damaged(proof.bad)
    for (const entry of proof.bad) repaired.add(entry)
  }
}

/** Replaces these bytes; answers whether any of them came differently than before. */
async function fetchAgain({ remote, part, jobs, patienceMs, signal, say, count }: Run, spans: Span[]): Promise<boolean> {
  let differs = false
  const take = async (at: number, bytes: Uint8Array) => {
    const old = Buffer.allocUnsafe(bytes.length)
    await part.handle.read(old, 0, old.length, at)
    count(bytes.length)
    if (old.equals(bytes)) return
    differs = true
    await part.handle.write(bytes, 0, bytes.length, at)
  }
  const onWait = (reason: string, seconds: number) => say({ kind: 'waiting', reason, seconds })
  await transfer({ remote, spans, jobs, take, signal, patienceMs, onWait })
  return differs
}

const damaged = (names: string[]) =>
  ownError('damaged_at_source', { detail: `Damaged: ${names.slice(0, 10).join(', ')}${names.length > 10 ? ' …' : ''}` })

/** Takes away what an earlier state of the same link left behind; parts of other links stay. */
async function forgetOlder(folder: string, link: string, file: string): Promise<boolean> {
  let any = false
  for (const name of await readdir(folder)) {
    const part = path.join(folder, name.replace(/\.json$/, ''))
    if (!/\.[0-9a-f]{8}\.part\.json$/.test(name) || part === file) continue
    if ((await readJournal(part))?.link !== link) continue
    await forgetPart(part)
    any = true
  }
  return any
}
