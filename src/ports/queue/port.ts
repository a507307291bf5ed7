/**
 * Queue: jobs that are sent inside the transaction of the fact they follow from.
 *
 * - `send` inside a transaction is visible exactly when that transaction commits.
 * - A job runs at least once. It runs again after an error (retries and delays stand in domain/jobs.ts), after its process
 *   died (heartbeat lost), never after it threw an AppError marked `final`.
 * - Two jobs of one name and `key` never run side by side; a second `send` is dropped while the first waits, and waits while it
 *   runs. Only when a job fails while its twin waits do both wait: they run one after the other.
 * - `send` on a name nobody works yet is kept.
 */
import type { Job, JobName, Payload } from '../../domain/jobs.ts'
import type { Database, Tx } from '../database/port.ts'

export interface JobContext {
  /** aborted when the process drains or the job's time is up: stop at the next safe point */
  signal: AbortSignal
  /** 1 for the first try */
  attempt: number
  /** true: no further try follows, so tell somebody now */
  last: boolean
}

export type Handler<N extends JobName> = (payload: Payload<N>, context: JobContext) => Promise<void>
export type Handlers = { [N in JobName]: Handler<N> }

export interface Queue {
  /**
   * Sends inside the given transaction, or on its own when given the database. Of what waits and is due a higher `priority` begins
   * first (0 unless given), then what was sent first.
   */
  send(tx: Tx | Database, job: Job, options?: { delayMs?: number; priority?: number }): Promise<void>
  /** The same for many jobs at once, in a few statements; `delayMs` of each. */
  sendAll(tx: Tx, jobs: { job: Job; delayMs?: number }[]): Promise<void>
  /** Starts to work on every job with its handler. */
  work(handlers: Handlers): Promise<void>
  /** Takes no new job, lets running ones end for at most `graceMs`, then aborts their signals. */
  stop(graceMs: number): Promise<void>
  /** Waiting jobs by name. */
  depth(): Promise<Record<string, number>>
}
