/** What keepsake doctor asks of an installation that has started: each question with what was found and how to put it right. */

import type { MaintenanceResult } from '../../../sdk/src/wire.ts'
import { seconds } from '../../base/clock.ts'
import { AppError, errorTable, isCode } from '../../base/errors.ts'
import { newToken } from '../../base/id.ts'
import { databaseNow } from '../../data/moment.ts'
import { databaseVersion } from '../../data/settings.ts'
import type { Deps } from '../../ports/deps.ts'
import { readiness } from './ready.ts'
import { findLastRun, type LastRun } from './schedule.ts'

export interface Finding {
  check: 'configuration' | 'database' | 'storage' | 'bucket' | 'disk' | 'mail' | 'clock' | 'queue' | 'media' | 'maintenance'
  ok: boolean
  found: string
  /** what to do; null when all is well */
  remedy: string | null
}

type Needs = Pick<Deps, 'db' | 'storage' | 'mail' | 'probe' | 'clock' | 'calendar' | 'settings'>

export async function examine(deps: Needs): Promise<Finding[]> {
  return [
    await look('database', () => database(deps)),
    await look('storage', () => storage(deps)),
    await look('disk', () => disk(deps)),
    await look('mail', () => mail(deps)),
    await look('clock', () => clock(deps)),
    await look('queue', () => queue(deps)),
    await look('media', () => media(deps)),
    await look('maintenance', () => maintenance(deps)),
  ]
}

/** The storage alone, as somebody who has just set it up asks. */
export const examineStorage = (deps: Pick<Needs, 'storage'>): Promise<Finding> => look('storage', () => storage(deps))

/** A finding of an error: the sentence of our table is the remedy; other errors are named by kind alone. */
export function failed(check: Finding['check'], error: unknown): Finding {
  if (!(error instanceof AppError)) return { check, ok: false, found: 'it failed', remedy: errorTable.internal[1] }
  const { name, problem, reason } = error.facts
  const why = [name, problem, reason].filter((fact) => typeof fact === 'string').join(' ')
  return { check, ok: false, found: why ? `${error.code}: ${why}` : error.code, remedy: error.message }
}

type Seen = string | { found: string; remedy: string }

async function look(check: Finding['check'], work: () => Promise<Seen>): Promise<Finding> {
  try {
    const seen = await work()
    return typeof seen === 'string' ? { check, ok: true, found: seen, remedy: null } : { check, ok: false, ...seen }
  } catch (error) {
    return failed(check, error)
  }
}

async function database({ db }: Needs): Promise<Seen> {
  return `PostgreSQL ${await databaseVersion(db)}`
}

/** Written, read back and deleted, as every photo is. */
async function storage({ storage }: Pick<Needs, 'storage'>): Promise<Seen> {
  await storage.ready()
  const key = `doctor/${newToken(12)}`
  const bytes = Buffer.from(newToken(48))
  await storage.put(key, bytes)
  const back = Buffer.alloc(bytes.length)
  const source = await storage.open(key, 0, bytes.length)
  await source.read(back)
  await source.close()
  await storage.delete(key)
  if (!back.equals(bytes))
    return { found: 'what was written came back as something else', remedy: 'Replace the disk or the store: it loses data.' }
  if ((await storage.size(key)) !== null)
    return { found: 'what was deleted is still there', remedy: 'Allow Keepsake to delete objects in its store.' }
  return 'writes, reads back and deletes; the marker is there'
}

async function disk({ storage, settings }: Needs): Promise<Seen> {
  const room = await storage.room()
  if (!room) return 'the store does not say how much is free'
  const { free } = room
  const found = `${(free / 1e9).toFixed(1)} GB free`
  // an archive needs about as much as its originals
  if (free > settings.reserveBytes * 2) return found
  return { found, remedy: 'Free some space or attach a larger disk: uploads stop at MIN_FREE_BYTES, and archives need room as well.' }
}

async function mail({ mail }: Needs): Promise<Seen> {
  if (!mail.check) return 'no mail server: letters stay in the outbox (SMTP_URL sends them)'
  await mail.check()
  return 'the mail server answers and lets us in'
}

async function clock(deps: Needs): Promise<Seen> {
  const apart = Math.abs((await databaseNow(deps.db)).getTime() - deps.clock.now().getTime()) / seconds(1)
  try {
    await deps.calendar.now()
    return `ours and the database's are ${apart.toFixed(1)} s apart`
  } catch (error) {
    if (!isCode(error, 'clock_unsure')) throw error
    return error.facts.reason === 'clocks_differ'
      ? {
          found: `ours and the database's are ${Math.round(apart)} s apart`,
          remedy: 'Set both clocks (NTP): until then nothing is deleted.',
        }
      : {
          found: 'the clock has jumped, or nothing ran for a while: nothing is deleted until it has run steadily',
          remedy: 'Wait, or look at the clock and run `keepsake doctor --trust-clock` when it is right.',
        }
  }
}

async function queue(deps: Needs): Promise<Seen> {
  const { checks, queue_age_seconds } = await readiness(deps)
  if (checks.queue === 'queue_stands_still')
    return { found: `work has waited for ${queue_age_seconds} s and nobody does it`, remedy: 'Start `keepsake serve` (or --role worker).' }
  return queue_age_seconds ? `the oldest job has waited for ${queue_age_seconds} s` : 'no job waits'
}

/** A second opinion is welcome and not needed: without one all is well. */
async function media({ probe }: Needs): Promise<Seen> {
  const program = await probe?.version()
  return program ? `our own checks, and ${program}` : 'our own checks alone: a second opinion comes with ffmpeg (its ffprobe)'
}

async function maintenance({ db }: Needs): Promise<Seen> {
  const last = (await findLastRun(db)) as LastRun<MaintenanceResult> | undefined
  if (!last) return 'has not run yet: it begins by itself after 03:00 UTC'
  const { stale_zips_queued, stuck_jobs_reset, errors } = last.result
  const found = `${last.finished_at.slice(0, 16).replace('T', ' ')} UTC: ${stale_zips_queued} archives asked for again, ${stuck_jobs_reset} taken from stuck workers`
  if (!errors.length) return found
  const named = errors.slice(0, 3).map((e) => ('album_id' in e ? `${e.album_id}: ${e.error}` : e.general))
  return {
    found: `${found}, ${errors.length} errors (${named.join('; ')})`,
    remedy: 'See the log of that time, then put right what it names.',
  }
}
