/**
 * A queue in memory that follows the transactions of its database: a job exists exactly when the transaction that sent it
 * committed. It delivers at least once: what a dead (or only stalled) worker held is handed out again, and a late end counts
 * for nothing.
 */
import { AppError } from '../../src/base/errors.ts'
import { type Job, type JobName, jobKey, jobRules } from '../../src/domain/jobs.ts'
import type { Queue } from '../../src/ports/queue/port.ts'

export interface Taken {
  id: number
  name: JobName
  key: string
  payload: Job['payload']
  attempt: number
  last: boolean
}

interface Kept {
  id: number
  name: JobName
  key: string
  payload: string
  /** when it is due, ms */
  at: number
  attempt: number
  /** who runs it; null: it waits */
  worker: string | null
}

// a heartbeat is missed after so long (pgboss.ts)
const heartbeat = 10_000

/**
 * `effect` stands still before and after a job is sent outside of a transaction, as for any other statement; `changed` hears of
 * every change.
 */
export function simQueue(now: () => Date, effect: (moment: 'before' | 'after') => Promise<void>, changed: () => void) {
  let jobs: Kept[] = []
  let ids = 0
  let begun = Number.POSITIVE_INFINITY
  /** keys of jobs that used up their tries: only the reconciler can wake what they left behind */
  const droppedKeys = new Set<string>()
  const waits = (name: string, key: string) => jobs.some((job) => job.name === name && job.key === key && !job.worker)
  const runs = (name: string, key: string) => jobs.some((job) => job.name === name && job.key === key && job.worker)
  const held = ({ id, attempt }: Taken) => jobs.find((job) => job.id === id && job.attempt === attempt && job.worker)
  const drop = (gone: Kept) => {
    jobs = jobs.filter((job) => job !== gone)
  }

  const port: Queue = {
    async send(_tx, job, { delayMs = 0 } = {}) {
      await effect('before')
      changed()
      const [name, key] = [job.name, jobKey(job)]
      const at = now().getTime() + delayMs
      if (!waits(name, key)) jobs.push({ id: ++ids, name, key, payload: JSON.stringify(job.payload), at, attempt: 0, worker: null })
      await effect('after')
    },
    async sendAll(tx, list) {
      for (const { job, delayMs } of list) await port.send(tx, job, { delayMs })
    },
    work: async () => {},
    stop: async () => {},
    depth: async () => ({}),
  }

  return {
    port,
    droppedKeys,
    jobs: (): readonly Readonly<Kept>[] => jobs,
    /** A transaction begins: what is sent from here on is not there if it is undone. */
    begin(): void {
      begun = ids
    },
    commit(): void {
      begun = Number.POSITIVE_INFINITY
    },
    undo(): void {
      jobs = jobs.filter(({ id }) => id <= begun)
    },
    /** Hands out the `pick`-th job that is due and whose twin does not run. */
    take(worker: string, pick = 0): Taken | undefined {
      const time = now().getTime()
      const due = jobs.filter((job) => !job.worker && job.at <= time && !runs(job.name, job.key))
      const job = due[pick]
      if (!job) return undefined
      changed()
      job.worker = worker
      job.attempt++
      const { id, name, key, attempt } = job
      return { id, name, key, payload: JSON.parse(job.payload), attempt, last: attempt > jobRules[name].retries }
    },
    /** The worker says how it went; it is believed only while the job is still its own. */
    end(taken: Taken, error: unknown): void {
      const job = held(taken)
      if (!job) return
      changed()
      const final = error instanceof AppError && error.final
      if (error !== undefined && !final && !taken.last) {
        job.worker = null
        job.at = now().getTime() + jobRules[job.name].retryDelay * 2 ** (job.attempt - 1)
        return
      }
      drop(job)
      if (error !== undefined && !final) droppedKeys.add(job.key)
    },
    /** The workers' heartbeats are missed: their jobs are due again, or dropped when no try is left. */
    lost(workers: string[]): void {
      changed()
      for (const job of jobs.filter(({ worker }) => worker && workers.includes(worker))) {
        job.worker = null
        job.at = now().getTime() + heartbeat
        if (job.attempt <= jobRules[job.name].retries) continue
        droppedKeys.add(job.key)
        drop(job)
      }
    },
    /** One worker is only stalled: its job is handed out again at once, and it does not know. */
    lease(taken: Taken): void {
      const job = held(taken)
      if (!job) return
      changed()
      job.worker = null
      job.at = now().getTime()
    },
  }
}

export type SimQueue = ReturnType<typeof simQueue>
