/** The working half of the pg-boss queue: fetches jobs, runs their handlers, supervises the workers of every process. */
import { hostname } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { type JobWithMetadata, PgBoss } from 'pg-boss'
import { seconds } from '../../base/clock.ts'
import { AppError, isOutage } from '../../base/errors.ts'
import type { Job, JobName, JobRule, Payload } from '../../domain/jobs.ts'
import type { Log } from '../deps.ts'
import type { Handler, Handlers } from './port.ts'

export interface WorkersOptions {
  url: string
  schema: string
  log: Log
  rules: Record<JobName, JobRule>
  pollMs: number
  handlers: Handlers
  /** sends the same job once more */
  again: (job: Job, delayMs: number) => Promise<void>
}

/** A line to PostgreSQL that broke in silence is given up and made anew: what asks here asks again by itself. */
export const patience = {
  connectionTimeoutMillis: seconds(5),
  query_timeout: seconds(15),
  keepAlive: true,
  keepAliveInitialDelayMillis: seconds(10),
}

/** Until the world may be there again. */
const pause = seconds(10)

export interface Workers {
  /** Takes no new job, waits at most `graceMs`, gives what still runs back to the queue and aborts it. */
  stop(graceMs: number): Promise<void>
}

/**
 * One job at each tick for the whole cluster, in UTC. The rescue of every night (SCH-01) is sent by the queue itself, so it happens
 * also where the reconciler, which asks every minute whether something is due, has come to a stop.
 */
const schedules: Partial<Record<JobName, string>> = { reconcile: '* * * * *', 'rescue.run': '0 3 * * *' }

/** Starts `parallel` workers for every name, the supervision of lost workers, and the schedule. */
export async function startWorkers({ url, schema, log, rules, pollMs, handlers, again }: WorkersOptions): Promise<Workers> {
  const boss = new PgBoss({
    connectionString: url,
    schema,
    max: 4,
    application_name: 'keepsake worker',
    ...patience,
    migrate: false,
    useListenNotify: true,
    // every second, and one process of all for every queue: is a heartbeat lost?
    superviseIntervalSeconds: 1,
    monitorIntervalSeconds: 2,
    maintenanceIntervalSeconds: 3600,
  })
  let stopped = false
  const tell = rarely((reason: string) => log.warn({ reason }, 'the queue has trouble'))
  boss.on('error', (error) => stopped || tell(error.message))
  boss.on('warning', (warning) => tell(warning.message))
  await boss.start()
  const running = new Set<Promise<unknown>>()
  for (const name of Object.keys(rules) as JobName[]) {
    for (let n = 0; n < rules[name].parallel; n++)
      await workOne(boss, name, { handler: handlers[name] as Handler<JobName>, log, again, pollMs }, running)
  }
  for (const [name, cron] of Object.entries(schedules))
    await boss.schedule(name, cron, {}, { tz: 'UTC', singletonKey: name, group: { id: name } })
  return {
    async stop(graceMs) {
      // what an aborted job still reports meets a closed pool: it was given back before
      stopped = true
      await boss.stop({ graceful: graceMs > 0, timeout: graceMs })
      // the aborted ones: a moment to come to their end
      await Promise.race([Promise.allSettled(running), sleep(2000, undefined, { ref: false })])
    },
  }
}

interface Work extends Pick<WorkersOptions, 'log' | 'again' | 'pollMs'> {
  handler: Handler<JobName>
}

async function workOne(boss: PgBoss, name: JobName, work: Work, running: Set<Promise<unknown>>): Promise<void> {
  const options = {
    includeMetadata: true as const,
    perJobResults: true as const,
    groupConcurrency: 1,
    pollingIntervalSeconds: work.pollMs / 1000,
    // NOTIFY wakes us; retries and delayed jobs come due without one
    notifyPollingIntervalSeconds: work.pollMs / 1000,
  }
  let id = ''
  id = await boss.work(name, options, async ([job]: JobWithMetadata<Payload<JobName>>[]) => {
    if (!job) return []
    const run = runOne(job, work)
    running.add(run)
    try {
      return [{ id: job.id, ...(await run) }]
    } finally {
      running.delete(run)
      // else it sleeps until the next poll although more may wait: 20 instead of some 300 jobs a second
      boss.notifyWorker(id)
    }
  })
}

type Outcome = { status: 'completed' | 'failed' | 'deadletter'; output?: object }

async function runOne(job: JobWithMetadata<Payload<JobName>>, { handler, log, again }: Work): Promise<Outcome> {
  const attempt = job.retryCount + 1
  const last = job.retryCount >= job.retryLimit
  // every minute the same two lines would drown the others
  const say = job.name === 'reconcile' ? () => {} : log.info
  const worker = `${hostname()}:${process.pid}`
  say({ jobId: job.id, job: job.name, workerId: worker, attempt }, '[JobQueue] Acquired job')
  try {
    await handler(job.data, { signal: job.signal, attempt, last })
    say({ jobId: job.id, job: job.name }, '[JobQueue] Job completed successfully')
    return { status: 'completed' }
  } catch (error) {
    const final = error instanceof AppError && error.final
    const facts = { job: job.name, payload: job.data, attempt, again: !final && !last, err: error }
    log.warn(facts, 'a job failed')
    if (isOutage(error) && !job.signal.aborted) {
      try {
        // not a retry: however long the world is away, that costs the job no try, and it goes on soon after
        await again({ name: job.name, payload: job.data } as Job, pause)
        return { status: 'completed', output: briefly(error) }
      } catch {
        // the database is away, too: a lost heartbeat brings the job back
      }
    }
    // `deadletter` ends it whatever tries are left
    return { status: final ? 'deadletter' : 'failed', output: briefly(error) }
  }
}

/** What is kept in the queue's table: no stack, no facts that might hold more than they should. */
function briefly(error: unknown): { code?: string; message: string } {
  if (error instanceof AppError) return { code: error.code, message: error.message }
  return { message: error instanceof Error ? error.message : String(error) }
}

/** While PostgreSQL is away every worker says so every second: the same words once in 10 s are enough. */
function rarely(say: (words: string) => void): (words: string) => void {
  const said = new Map<string, number>()
  return (words) => {
    const key = words.replace(/ \(Queue: .*/, '')
    const now = performance.now()
    if (now - (said.get(key) ?? -Infinity) < 10_000) return
    said.set(key, now)
    say(key)
  }
}
