/**
 * Sends files over tus, three at a time, and counts.
 *
 * A file: waiting -> sending -> stored | duplicate | failed; pause, and a lost network, put sending back to waiting;
 * retry puts failed back to waiting. The offset of a file cut off lies on the server and is asked for when it goes on.
 */
import { DetailedError, Upload, type UploadOptions } from 'tus-js-client'
import type { Problem } from '../../../sdk/src/wire.ts'
import { ownProblem, readProblem } from '../ui/refusal.ts'
import type { UploadMemory } from './upload-memory.ts'
import { speedometer } from './upload-speed.ts'

export interface Source {
  /** with its folders, as chosen */
  path: string
  name: string
  size: number
  type: string
  modified: number
  /** the heading its photo comes under */
  chapter?: string | undefined
  /** the item whose file it takes the place of */
  replaces?: string | undefined
  body: Blob
}

/** One look at the whole queue: every number comes from the same count. */
export interface Count {
  state: 'idle' | 'sending' | 'paused' | 'offline' | 'done'
  files: number
  stored: number
  duplicates: number
  failed: Failure[]
  /** chosen again and sent in an earlier visit */
  already: number
  bytes: number
  sent: number
  /** 100 only when the server has answered the last byte */
  percent: number
  seconds: number | null
}
export interface Failure {
  path: string
  problem: Problem
}

export interface QueueOptions {
  endpoint: string
  gallery: string
  memory: UploadMemory
  now: () => number
  online: () => boolean
  /** can the bytes still be had? A file may change on the disk while it waits for its turn */
  readable?: (body: Blob) => Promise<boolean>
  /** a file was refused because nobody is signed in any more */
  signedOut?: () => void
  /** more for tus: how a test replaces stores and retries */
  tus?: Partial<UploadOptions>
}
export type Queue = ReturnType<typeof uploadQueue>

interface Entry extends Source {
  key: string
  state: 'waiting' | 'sending' | 'stored' | 'duplicate' | 'failed'
  sent: number
  problem?: Problem
  upload?: Upload
}

const atOnce = 3

export function uploadQueue(options: QueueOptions) {
  const { gallery, memory } = options
  const entries = new Map<string, Entry>()
  const waiting: Entry[] = []
  const sending = new Set<Entry>()
  const listeners = new Set<() => void>()
  const speed = speedometer(options.now)
  const sum = { bytes: 0, sent: 0, stored: 0, duplicates: 0, already: 0 }
  const failed = new Set<Entry>()
  /** its upload is being begun: the gallery shows photos in the order in which that happens, so it is one at a time */
  let opening: Entry | null = null
  let paused = false
  let offline = false
  /** paused by us, because the session has ended */
  let locked = false
  let count = look()
  let timer: ReturnType<typeof setTimeout> | undefined

  /** `sizes`: of the files now in the gallery; one sent before and removed since is sent again. */
  function add(sources: readonly Source[], sizes: ReadonlySet<number>): void {
    for (const source of sources) {
      const key = `keepsake:${gallery}:${source.path}:${source.size}:${source.modified}`
      const old = entries.get(key)
      if (old?.state === 'failed') again(old)
      if (old) continue
      if (memory.has(key) && sizes.has(source.size)) {
        sum.already++
        continue
      }
      // the same file as it is now takes the place of the one that could not be read
      for (const lost of failed) if (lost.path === source.path && lost.problem?.code === 'unreadable') forget(lost)
      const entry: Entry = { ...source, key, state: 'waiting', sent: 0 }
      entries.set(key, entry)
      waiting.push(entry)
      sum.bytes += source.size
    }
    begin()
  }

  function begin(): void {
    while (!paused && !offline && !opening && sending.size < atOnce && waiting.length) send(waiting.shift()!)
    if (!sending.size) memory.flush()
    memory.setLeft(waiting.length + sending.size + [...failed].filter(mayComeYet).length)
    tell()
  }

  function send(entry: Entry): void {
    entry.state = 'sending'
    sending.add(entry)
    opening = entry
    const upload = new Upload(entry.body as File, {
      endpoint: options.endpoint,
      metadata: { gallery, filename: entry.name, filetype: entry.type, modified: String(entry.modified), ...wishes(entry) },
      chunkSize: Number.POSITIVE_INFINITY,
      retryDelays: [0, 1000, 3000, 5000, 10_000, 20_000],
      fingerprint: async () => entry.key,
      removeFingerprintOnSuccess: true,
      ...options.tus,
      onUploadUrlAvailable: () => {
        if (opening !== entry) return
        opening = null
        begin()
      },
      onProgress: (sent) => progress(entry, sent),
      onSuccess: ({ lastResponse }) => finish(entry, lastResponse.getHeader('Upload-Result')),
      onError: (error) => fail(entry, error),
    })
    entry.upload = upload
    Promise.all([upload.findPreviousUploads(), options.readable?.(entry.body) ?? true]).then(([earlier, readable]) => {
      // Paused in between: it is waiting again, or another try has it.
      if (entry.upload !== upload) return
      if (!readable) {
        refuse(entry, ownProblem('unreadable', 0))
        begin()
        return
      }
      if (earlier[0]) upload.resumeFromPreviousUpload(earlier[0])
      upload.start()
    })
  }

  function progress(entry: Entry, sent: number): void {
    if (entry.state !== 'sending') return
    sum.sent += sent - entry.sent
    entry.sent = sent
    speed.note(sum.sent)
    tell()
  }

  function finish(entry: Entry, result: string | undefined): void {
    progress(entry, entry.size)
    putAway(entry, result === 'duplicate' ? 'duplicate' : 'stored')
    if (entry.state === 'duplicate') sum.duplicates++
    else sum.stored++
    memory.add(entry.key)
    begin()
  }

  function fail(entry: Entry, error: Error | DetailedError): void {
    const answer = error instanceof DetailedError ? error.originalResponse : null
    progress(entry, 0)
    if (!answer && !options.online()) {
      putAway(entry, 'waiting')
      waiting.unshift(entry)
      offline = true
      stop()
      return
    }
    const problem = answer ? readProblem(answer.getStatus(), answer.getBody() ?? '') : ownProblem('unreachable', 0)
    refuse(entry, problem)
    // It may have been the file and not the line.
    if (!answer)
      void options.readable?.(entry.body).then((readable) => {
        if (readable || entry.problem !== problem) return
        entry.problem = ownProblem('unreadable', 0)
        tell()
      })
    // Signed out: every other file would fail the same way.
    if (problem.status === 401) {
      locked = true
      pause()
      options.signedOut?.()
    } else begin()
  }

  function refuse(entry: Entry, problem: Problem): void {
    entry.problem = problem
    putAway(entry, 'failed')
    failed.add(entry)
  }

  function putAway(entry: Entry, state: Entry['state']): void {
    entry.state = state
    entry.upload = undefined
    sending.delete(entry)
    if (opening === entry) opening = null
  }

  /** Cuts what is under way; its offset stays on the server. */
  function stop(): void {
    for (const entry of [...sending].reverse()) {
      void entry.upload?.abort()
      progress(entry, 0)
      putAway(entry, 'waiting')
      waiting.unshift(entry)
    }
    speed.reset()
    begin()
  }

  function pause(): void {
    paused = true
    stop()
  }

  function resume(): void {
    paused = false
    begin()
  }

  function network(on: boolean): void {
    if (on === !offline) return
    offline = !on
    stop()
  }

  function again(entry: Entry): void {
    failed.delete(entry)
    entry.state = 'waiting'
    entry.problem = undefined
    waiting.push(entry)
  }

  function forget(entry: Entry): void {
    failed.delete(entry)
    entries.delete(entry.key)
    sum.bytes -= entry.size
  }

  function retry(): void {
    for (const entry of [...failed]) again(entry)
    resume()
  }

  /** Somebody is signed in again: what the end of the session has cut off goes on. */
  function signedIn(): void {
    if (!locked) return
    locked = false
    for (const entry of [...failed]) if (entry.problem?.status === 401) again(entry)
    resume()
  }

  /** Forgets an upload that has ended, with what failed in it. */
  function clear(): void {
    if (waiting.length + sending.size) return
    entries.clear()
    failed.clear()
    Object.assign(sum, { bytes: 0, sent: 0, stored: 0, duplicates: 0, already: 0 })
    begin()
  }

  function look(): Count {
    const open = waiting.length + sending.size
    const done = sum.stored + sum.duplicates
    const files = entries.size
    const share = sum.bytes ? (sum.sent / sum.bytes) * 100 : 0
    return {
      state: !files ? (sum.already ? 'done' : 'idle') : !open ? 'done' : paused ? 'paused' : offline ? 'offline' : 'sending',
      files,
      stored: sum.stored,
      duplicates: sum.duplicates,
      already: sum.already,
      failed: [...failed].map((entry) => ({ path: entry.path, problem: entry.problem! })),
      bytes: sum.bytes,
      sent: sum.sent,
      percent: files && done === files ? 100 : Math.min(99, Math.floor(share)),
      seconds: sending.size ? speed.secondsFor(sum.bytes - sum.sent) : null,
    }
  }

  /** At most ten times a second, however many files report. */
  function tell(): void {
    if (timer) return
    timer = setTimeout(() => {
      timer = undefined
      count = look()
      for (const listener of listeners) listener()
    }, 100)
  }

  return {
    add,
    pause,
    resume,
    retry,
    signedIn,
    clear,
    network,
    /** the page may end now: what was sent is written down */
    leave: memory.flush,
    count: () => count,
    listen(listener: () => void) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}

/** What the server is told besides; an empty value would be sent as one. */
function wishes({ chapter, replaces }: Source): Record<string, string> {
  return { ...(chapter && { chapter }), ...(replaces && { replaces }) }
}

/** A file the server has refused will be refused tomorrow; one that found no server will not. */
function mayComeYet({ problem }: Entry): boolean {
  return !problem || problem.status === 0 || problem.status === 401 || problem.status >= 500
}
