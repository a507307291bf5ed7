/** The threads of long work on disk: one reads (and writes) with synchronous calls, one follows with SHA-256. */

import { createHash } from 'node:crypto'
import { parentPort, receiveMessageOnPort } from 'node:worker_threads'
import { Changed } from './disk-changed.ts'
import { copyPieces } from './disk-copy.ts'
import type { Ring } from './disk-ring.ts'
import { awaitBatch, follow, Stopped, stop } from './disk-ring.ts'
import { digestStretches, stretchSums } from './disk-stretches.ts'
import type { Batch, Failure, Findings, Job, Message } from './disk-work.ts'

// A batch that comes here belongs to work that was stopped before it was taken.
parentPort?.on('message', (message: Job | Batch) => {
  if ('role' in message) work(message)
})

function work(job: Job): void {
  try {
    say({ kind: 'found', findings: findingsOf(job) })
  } catch (error) {
    // The other thread shall not wait for this one; the first failure is the one that counts.
    stop(job.ring)
    say({ kind: 'failed', failure: failureOf(error) })
  }
}

function say(message: Message): void {
  parentPort!.postMessage(message)
}

function findingsOf(job: Job): Findings {
  if (job.role === 'assemble') return copyPieces(job.ring, job.objects, job.fd, batchesFor(job.ring))
  if (job.role === 'digest') return digestStretches(job.ring, job.fd, job.cuts)
  const hash = createHash('sha256')
  const sums = job.role === 'sums' ? stretchSums(job.cuts) : null
  follow(job.ring, (bytes) => {
    hash.update(bytes)
    sums?.take(bytes)
  })
  return { sha256: hash.digest('hex'), ...sums?.found() }
}

function* batchesFor(ring: Ring): Generator<Batch> {
  for (let known = 0; ; known++) {
    awaitBatch(ring, known)
    const received: { message: Batch } | undefined = receiveMessageOnPort(parentPort!)
    if (!received) throw new Error('a batch was announced and did not come')
    say({ kind: 'taken' })
    yield received.message
    if (received.message.last) return
  }
}

function failureOf(error: unknown): Failure {
  if (error instanceof Stopped) return { kind: 'stopped', message: '' }
  if (error instanceof Changed) return { kind: 'source', message: error.message, key: error.key, reason: error.reason }
  if (!(error instanceof Error)) return { kind: 'fault', message: String(error) }
  const code = 'code' in error && 'syscall' in error ? String(error.code) : undefined
  return code ? { kind: 'system', message: error.message, code } : { kind: 'fault', message: error.stack ?? error.message }
}
