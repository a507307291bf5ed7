/**
 * The queue in PostgreSQL, by pg-boss in its own schema `queue`.
 *
 * Who waits and who runs, for one name and key:
 * - `send` takes a share lock on a job that waits already, so nobody fetches that one before the sender commits: a dropped
 *   `send` is never followed by a run that could not see what the sender wrote.
 * - `groupConcurrency` lets a waiting job stand back while its twin runs, and an index of ours refuses two at once. pg-boss has
 *   policies `stately` and `singleton` for that, but they remember who runs for a minute: waiting jobs would start late.
 * - pg-boss fences every end by the attempt it fetched: a worker that woke up too late ends nothing.
 */
import { type Kysely, sql } from 'kysely'
import { fromKysely, PgBoss, type QueueResult } from 'pg-boss'
import { days, hours, seconds } from '../../base/clock.ts'
import { AppError } from '../../base/errors.ts'
import { type Job, type JobName, type JobRule, jobKey, jobRules } from '../../domain/jobs.ts'
import type { Database, Tx } from '../database/port.ts'
import type { Log } from '../deps.ts'
import { patience, startWorkers, type Workers } from './pgboss-workers.ts'
import type { Handlers, Queue } from './port.ts'

export interface PgbossOptions {
  db: Database
  /** the same database: pg-boss has connections of its own, one to send and five to work */
  url: string
  log: Log
  rules?: Record<JobName, JobRule>
  /** how often workers look for jobs whose time has come, milliseconds; new ones are told of at once. 500 or more */
  pollMs?: number
}

export const schema = 'queue'
type Plain = Kysely<Record<string, never>>

/** Makes the schema and every queue if missing. Neither supervises nor runs anything before `work`. */
export async function pgbossQueue({ db, url, log, rules = jobRules, pollMs = seconds(1) }: PgbossOptions): Promise<Queue> {
  const sender = new PgBoss({
    connectionString: url,
    schema,
    max: 1,
    supervise: false,
    schedule: false,
    application_name: 'keepsake queue',
    ...patience,
  })
  sender.on('error', (error) => log.warn({ reason: error.message }, 'the queue has trouble'))
  await sender.start()
  await makeQueues(sender, rules)
  await makeIndexes(plain(db))
  let workers: Workers | undefined

  async function send(tx: Tx | Database, job: Job, { delayMs = 0, priority = 0 } = {}): Promise<void> {
    if (!tx.isTransaction) return db.transaction().execute((own) => send(own, job, { delayMs, priority }))
    const key = jobKey(job)
    const options = { singletonKey: key, group: { id: key }, priority, startAfter: delayMs / 1000, db: fromKysely(plain(tx)) }
    // a second round only when the one that waited was fetched between our two statements
    for (let round = 0; round < 20; round++) {
      if (await holdWaiting(plain(tx), job.name, key)) return
      if (await sender.send(job.name, job.payload, delayMs > 0 ? options : { ...options, startAfter: undefined })) return
    }
    throw new AppError('unavailable', { job: job.name, key })
  }

  async function sendAll(tx: Tx, jobs: { job: Job; delayMs?: number }[]): Promise<void> {
    for (const [name, some] of Map.groupBy(jobs, ({ job }) => job.name)) {
      const byKey = new Map(some.map((one) => [jobKey(one.job), one]))
      for (const key of await holdAllWaiting(plain(tx), name, [...byKey.keys()])) byKey.delete(key)
      const fresh = [...byKey].map(([key, { job, delayMs = 0 }]) => {
        const when = delayMs > 0 ? { startAfter: delayMs / 1000 } : {}
        return { data: job.payload, singletonKey: key, group: { id: key }, ...when }
      })
      if (!fresh.length) continue
      const sent = await sender.insert(name, fresh, { db: fromKysely(plain(tx)), returnId: true })
      // some twin began to wait between our two statements: `send` tells those that are there from those that are not
      if ((sent?.length ?? 0) < fresh.length) for (const { job, delayMs } of byKey.values()) await send(tx, job, { delayMs })
    }
  }

  return {
    send,
    sendAll,
    async work(handlers: Handlers) {
      workers ??= await startWorkers({ url, schema, log, rules, pollMs, handlers, again: (job, delayMs) => send(db, job, { delayMs }) })
      // what a crash left behind shall not wait for the full minute
      await send(db, { name: 'reconcile', payload: {} })
    },
    async stop(graceMs: number) {
      await workers?.stop(graceMs)
      await sender.stop({ graceful: false })
    },
    async depth() {
      const { rows } = await sql<{ name: JobName; waiting: number }>`
        select name, count(*)::int as waiting from queue.job where state < 'active' and name = any(${Object.keys(rules)}) group by name`.execute(
        plain(db),
      )
      return Object.fromEntries(rows.map((row) => [row.name, row.waiting]))
    },
  }
}

/** Without CamelCasePlugin: pg-boss names its columns itself. */
const plain = (db: Tx | Database): Plain => db.withoutPlugins() as unknown as Plain

/** Is one waiting? Then nobody starts it before our transaction ends. */
const holdWaiting = async (tx: Plain, name: JobName, key: string): Promise<boolean> => (await holdAllWaiting(tx, name, [key])).length > 0

/** Which of these wait? Nobody starts those before our transaction ends. */
async function holdAllWaiting(tx: Plain, name: JobName, keys: string[]): Promise<string[]> {
  const { rows } = await sql<{ id: string; key: string; far: boolean }>`
    select id, singleton_key as key, start_after > now() + interval '1 day' as far from queue.job
    where name = ${name} and singleton_key = any(${keys}) and state < 'active' for share`.execute(tx)
  // nothing waits so long: the clock had jumped ahead, and for as long as that every send would be dropped
  const far = rows.flatMap(({ id, far }) => (far ? id : []))
  if (far.length) await sql`update queue.job set start_after = now() where name = ${name} and id = any(${far}::uuid[])`.execute(tx)
  return rows.map((row) => row.key)
}

async function makeQueues(boss: PgBoss, rules: Record<JobName, JobRule>): Promise<void> {
  const present = new Map((await boss.getQueues(Object.keys(rules))).map((queue) => [queue.name, queue]))
  for (const [name, rule] of Object.entries(rules)) {
    const wanted = {
      retryLimit: rule.retries,
      retryDelay: rule.retryDelay / 1000,
      retryBackoff: true,
      expireInSeconds: rule.expire / 1000,
      heartbeatSeconds: 10,
      // what waits is never thrown away; what has ended is only history
      retentionSeconds: days(3650) / 1000,
      deleteAfterSeconds: hours(24) / 1000,
      notify: true,
    }
    const found: QueueResult | undefined = present.get(name)
    if (!found) await boss.createQueue(name, { ...wanted, policy: 'short' })
    else if (Object.entries(wanted).some(([key, value]) => found[key as keyof typeof wanted] !== value))
      await boss.updateQueue(name, wanted)
  }
}

/** One job of a name and key runs at a time; a waiting one is found at once among thousands. */
async function makeIndexes(db: Plain): Promise<void> {
  await db.transaction().execute(async (tx) => {
    await sql`select pg_advisory_xact_lock(hashtext('keepsake queue'))`.execute(tx)
    await sql`
      create unique index if not exists keepsake_one_runs on queue.job_common (name, singleton_key) where state = 'active'`.execute(tx)
    await sql`
      create index if not exists keepsake_waits on queue.job_common (name, singleton_key) include (start_after) where state < 'active'`.execute(
      tx,
    )
    // of an earlier version: without the time, readiness reads all jobs that ended to count those that wait
    await sql`drop index if exists queue.keepsake_waiting`.execute(tx)
  })
}
