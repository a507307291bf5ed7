/**
 * A queue in a table of the same database: a job exists exactly when the transaction that sent it committed.
 * It delivers at least once: what a dead (or only stalled) worker held is handed out again, and a late end counts for nothing.
 */
import { sql } from 'kysely'
import { AppError } from '../../src/base/errors.ts'
import { type Job, type JobName, jobKey, jobRules } from '../../src/domain/jobs.ts'
import type { Queue } from '../../src/ports/queue/port.ts'
import type { Lane } from './database.ts'

export interface Taken {
  id: number
  name: JobName
  key: string
  payload: Job['payload']
  attempt: number
  last: boolean
}

// a heartbeat is missed after so long (pgboss.ts)
const heartbeat = 10_000

export function simQueue(lane: Lane, now: () => Date) {
  /** keys of jobs that used up their tries: only the reconciler can wake what they left behind */
  const droppedKeys = new Set<string>()
  const port: Queue = {
    async send(tx, job, { delayMs = 0 } = {}) {
      const runAt = new Date(now().getTime() + delayMs)
      const key = jobKey(job)
      await sql`insert into sim_jobs (name, key, payload, run_at)
        select ${job.name}::text, ${key}::text, ${JSON.stringify(job.payload)}::jsonb, ${runAt}::timestamptz
        where not exists (select from sim_jobs where name = ${job.name} and key = ${key} and state = 'waiting')`.execute(tx)
    },
    async sendAll(tx, jobs) {
      for (const { job, delayMs } of jobs) await port.send(tx, job, { delayMs })
    },
    work: async () => {},
    stop: async () => {},
    depth: async () => ({}),
  }

  return {
    port,
    droppedKeys,
    /** Hands out the `pick`-th job that is due and whose twin does not run. */
    async take(worker: string, pick = 0): Promise<Taken | undefined> {
      const [job] = await lane.query<Omit<Taken, 'last'>>(
        `update sim_jobs set state = 'running', attempt = attempt + 1, worker = $1 where id = (
           select id from sim_jobs j where state = 'waiting' and run_at <= $2 and not exists (
             select from sim_jobs twin where twin.name = j.name and twin.key = j.key and twin.state = 'running')
           order by id offset $3 limit 1)
         returning id, name, key, payload, attempt`,
        [worker, now(), pick],
      )
      return job && { ...job, last: job.attempt > jobRules[job.name].retries }
    },
    /** The worker says how it went; it is believed only while the job is still its own. */
    async end(job: Taken, error: unknown): Promise<void> {
      const final = error instanceof AppError && error.final
      if (error !== undefined && !final && !job.last) {
        const runAt = new Date(now().getTime() + jobRules[job.name].retryDelay * 2 ** (job.attempt - 1))
        await lane.query(`update sim_jobs set state = 'waiting', run_at = $3 where id = $1 and attempt = $2 and state = 'running'`, [
          job.id,
          job.attempt,
          runAt,
        ])
        return
      }
      const mine = await lane.query(`delete from sim_jobs where id = $1 and attempt = $2 and state = 'running' returning id`, [
        job.id,
        job.attempt,
      ])
      if (mine.length && error !== undefined && !final) droppedKeys.add(job.key)
    },
    /** The workers' heartbeats are missed: their jobs are due again, or dropped when no try is left. */
    async lost(workers: string[]): Promise<void> {
      const runAt = new Date(now().getTime() + heartbeat)
      const jobs = await lane.query<{ id: number; name: JobName; key: string; attempt: number }>(
        `update sim_jobs set state = 'waiting', run_at = $2 where state = 'running' and worker = any($1) returning id, name, key, attempt`,
        [workers, runAt],
      )
      for (const job of jobs) {
        if (job.attempt <= jobRules[job.name].retries) continue
        droppedKeys.add(job.key)
        await lane.query('delete from sim_jobs where id = $1', [job.id])
      }
    },
    /** One worker is only stalled: its job is handed out again at once, and it does not know. */
    async lease(job: Taken): Promise<void> {
      await lane.query(`update sim_jobs set state = 'waiting', run_at = $3 where id = $1 and attempt = $2 and state = 'running'`, [
        job.id,
        job.attempt,
        now(),
      ])
    },
  }
}

export type SimQueue = ReturnType<typeof simQueue>
