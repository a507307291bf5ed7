/** Runs one long work in its threads, watches over them and sees every one through. */

import type { Worker } from 'node:worker_threads'
import { AppError } from '../../base/errors.ts'
import { storageError } from './disk-errors.ts'
import type { ThreadPool } from './disk-pool.ts'
import type { Ring } from './disk-ring.ts'
import { announceBatch, bytesDone, stop } from './disk-ring.ts'
import type { Batch, Failure, Findings, Job, Message } from './disk-work.ts'
import type { LongWork } from './port.ts'

/** How often the watch looks at the work, and how often progress is told, ms. */
const glance = 100
const second = 1000
/** Batches a thread has not yet taken: enough to keep it busy, little to hold. */
const ahead = 3

export interface LongThreads {
  /** of the object, for errors */
  key: string
  work: LongWork
  /** called at every glance with the bytes done so far; what it throws ends the work */
  watch?: (bytes: number) => void
  /** for the first thread */
  batches?: Iterable<Batch>
}

/** All threads' findings in one, when every thread is through. Any failure, or an abort, stops them all. */
export async function runThreads(pool: ThreadPool, ring: Ring, jobs: Job[], { key, work, watch, batches }: LongThreads): Promise<Findings> {
  work.signal?.throwIfAborted()
  const findings: Findings = {}
  const failures: unknown[] = []
  let untaken = 0
  let wake = (): void => {}

  function fail(error: unknown): void {
    failures.push(error)
    stop(ring)
    wake()
  }

  function hear(message: Message): void {
    if (message.kind === 'taken') untaken--
    else if (message.kind === 'found') Object.assign(findings, message.findings)
    else if (message.failure.kind !== 'stopped') fail(errorOf(message.failure, key))
    wake()
  }

  async function feed([thread]: Worker[], batches: Iterable<Batch>): Promise<void> {
    for (const batch of batches) {
      while (untaken >= ahead && failures.length === 0) {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
      if (failures.length > 0) return
      untaken++
      thread!.postMessage(batch, [batch.rows.buffer, batch.literals.buffer])
      announceBatch(ring)
      // Making pieces is the caller's work on the event loop: others get their turn between batches.
      await new Promise((resolve) => setImmediate(resolve))
    }
  }

  const abort = (): void => fail(work.signal?.reason)
  work.signal?.addEventListener('abort', abort, { once: true })
  const tell = teller(work.progress)
  const timer = setInterval(() => {
    try {
      watch?.(bytesDone(ring))
      tell(bytesDone(ring))
    } catch (error) {
      fail(error)
    }
  }, glance).unref()
  try {
    const threads = jobs.map(() => pool.take())
    const ends = threads.map((thread, i) => through(pool, thread, jobs[i]!, hear).catch(fail))
    if (batches) await feed(threads, batches).catch(fail)
    await Promise.all(ends)
  } finally {
    clearInterval(timer)
    work.signal?.removeEventListener('abort', abort)
  }
  if (failures.length > 0) throw failures[0]
  return findings
}

/** Gives the thread its job; resolves when it has answered and waits for the next. */
function through(pool: ThreadPool, thread: Worker, job: Job, hear: (message: Message) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    function settle(): void {
      thread.off('message', onMessage).off('error', onError).off('exit', onExit)
    }
    function onMessage(message: Message): void {
      hear(message)
      if (message.kind === 'taken') return
      settle()
      pool.give(thread)
      resolve()
    }
    function onError(error: unknown): void {
      settle()
      reject(error)
    }
    function onExit(code: number): void {
      settle()
      reject(new Error(`a storage thread ended with ${code} and no answer`))
    }
    thread.on('message', onMessage).on('error', onError).on('exit', onExit)
    thread.postMessage(job)
  })
}

/** Passes on what it hears once a second. */
function teller(progress: LongWork['progress']): (bytes: number) => void {
  let told = performance.now()
  return (bytes) => {
    if (performance.now() - told < second) return
    told = performance.now()
    progress?.(bytes)
  }
}

function errorOf(failure: Failure, key: string): unknown {
  if (failure.kind === 'source') return new AppError('source_changed', { key: failure.key || key, reason: failure.reason })
  const error = new Error(failure.message)
  return failure.kind === 'system' ? storageError(Object.assign(error, { code: failure.code }), { key }) : error
}
