/** Threads that wait a while for the next work: starting one costs as much as copying 50 MB. */

import { Worker } from 'node:worker_threads'

/** An idle thread ends after this time, ms: a build and its verification follow each other. */
const patience = 10_000
const mostIdle = 4

export interface ThreadPool {
  take(): Worker
  /** Only a thread that is through with its job. */
  give(thread: Worker): void
}

export function threadPool(): ThreadPool {
  const idle = new Map<Worker, NodeJS.Timeout>()

  function forget(thread: Worker): boolean {
    clearTimeout(idle.get(thread))
    return idle.delete(thread)
  }

  return {
    take() {
      for (const thread of idle.keys()) {
        forget(thread)
        thread.ref()
        return thread
      }
      // Without the flags of the main thread: a loader or a debugger given there would slow every start.
      const thread = new Worker(new URL('./disk-thread.ts', import.meta.url), { execArgv: [] })
      thread.once('exit', () => forget(thread))
      return thread
    },

    give(thread) {
      if (idle.size >= mostIdle) {
        void thread.terminate()
        return
      }
      thread.unref()
      const timer = setTimeout(() => forget(thread) && thread.terminate(), patience)
      idle.set(thread, timer.unref())
    },
  }
}
