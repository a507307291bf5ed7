/** One helper process seen from the service: started, asked for one picture at a time, ended. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { AppError } from '../../base/errors.ts'
import type { Answer, Ask, Made, Refusal } from './sharp-child.ts'

export interface Helper {
  readonly pid: number
  /** pictures rendered or refused so far */
  readonly done: number
  /** its memory after the last picture, bytes */
  readonly rss: number
  readonly ended: boolean
  make<A extends Ask>(ask: A, timeLimitMs: number, signal?: AbortSignal): Promise<Made[A['make']]>
  end(): Promise<void>
}

// Loading the decoder takes a fraction of a second; a machine that needs longer than this is in trouble.
const startLimitMs = 30_000

/** Starts a helper process; `directory` is where its pictures lie and what it removes should the service die. */
export async function startHelper(directory: string): Promise<Helper> {
  const child = fork(fileURLToPath(new URL('./sharp-child.ts', import.meta.url)), [directory], {
    serialization: 'advanced',
    // No inherited environment: secrets do not belong where hostile bytes are decoded. Two arenas keep its memory small.
    env: { MALLOC_ARENA_MAX: '2' },
    execArgv: ['--max-old-space-size=128'],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  })
  // Nobody else may hear of a failed kill or send; what matters shows as its exit.
  child.on('error', () => {})
  let done = 0
  let rss = 0
  let ending = false
  const end = async (): Promise<void> => {
    ending = true
    if (gone(child)) return
    hold(child, true)
    const exit = once(child, 'exit')
    child.kill('SIGKILL')
    await exit
  }

  await untilReady(child).catch(async (error) => {
    if (child.pid !== undefined) await end()
    throw error
  })
  hold(child, false)

  return {
    pid: child.pid!,
    get done() {
      return done
    },
    get rss() {
      return rss
    },
    get ended() {
      return ending || gone(child)
    },
    end,
    make<A extends Ask>(ask: A, timeLimitMs: number, signal?: AbortSignal) {
      // Only a picture it had begun can be what ended or stopped it.
      let started = false
      return new Promise<Made[A['make']]>((resolve, reject) => {
        const failed = (reason: string) => (started ? refusal(reason) : new AppError('internal', { reason }))
        const timer = setTimeout(() => cut(failed(`it took longer than ${timeLimitMs} ms`)), timeLimitMs)
        const onAbort = () => cut(signal?.reason)
        const onExit = (code: number | null, killedBy: string | null) => {
          if (ending) settle(() => reject(new AppError('unavailable', { reason: 'closing' })))
          else settle(() => reject(failed(`the helper process ended (${killedBy ?? code})`)))
        }
        const onMessage = (message: unknown) => {
          const answer = parseAnswer(message)
          if (!answer) return cut(refusal('the helper process talks nonsense'))
          if ('started' in answer) started = true
          if (!('rss' in answer)) return
          done += 1
          rss = answer.rss
          if ('refused' in answer) settle(() => reject(new AppError(answer.refused, { reason: answer.reason }, { final: true })))
          else if (ask.make in answer) settle(() => resolve(answer[ask.make] as Made[A['make']]))
          else cut(refusal('the helper process made something else'))
        }
        const settle = (how: () => void) => {
          clearTimeout(timer)
          signal?.removeEventListener('abort', onAbort)
          child.off('exit', onExit).off('message', onMessage)
          hold(child, false)
          how()
        }
        // What is no longer wanted cannot be called back from the decoder: its process ends.
        const cut = (error: unknown) => settle(() => void end().then(() => reject(error)))

        hold(child, true)
        child.on('exit', onExit).on('message', onMessage)
        signal?.addEventListener('abort', onAbort, { once: true })
        if (signal?.aborted) onAbort()
        // A process that died just now answers with its exit, not here.
        else if (gone(child)) onExit(child.exitCode, child.signalCode)
        else child.send(ask, () => {})
      })
    },
  }
}

const refusal = (reason: string): AppError => new AppError('media_type', { reason }, { final: true })

/** What comes from a process that hostile bytes may have taken over is looked at like a stranger's request. */
function parseAnswer(message: unknown): Answer | undefined {
  const has = (value: unknown, wanted: Record<string, (field: unknown) => boolean>): boolean =>
    typeof value === 'object' &&
    value !== null &&
    Object.entries(wanted).every(([name, is]) => is((value as Record<string, unknown>)[name]))
  const number = (field: unknown) => typeof field === 'number' && Number.isFinite(field) && field >= 0
  const flag = (field: unknown) => field === true
  const bytes = (field: unknown) => field instanceof Uint8Array
  const size = (field: unknown) => has(field, { width: number, height: number })
  const marked = { preview: bytes, previewSize: size, medium: bytes, mediumSize: size }
  const rendered = { width: number, height: number, ...marked, thumbnail: bytes, thumbnailSize: size }
  const mark = { image: bytes, width: number, height: number }
  const refusals: Refusal[] = ['media_type', 'picture_too_large', 'watermark_empty']
  const known =
    has(message, { ready: flag }) ||
    has(message, { started: flag }) ||
    has(message, { rss: number, rendered: (field) => has(field, rendered) }) ||
    has(message, { rss: number, marked: (field) => has(field, marked) }) ||
    has(message, { rss: number, mark: (field) => has(field, mark) }) ||
    has(message, { rss: number, refused: (field) => refusals.includes(field as Refusal), reason: (field) => typeof field === 'string' })
  return known ? (message as Answer) : undefined
}

const gone = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null

/** An idle helper does not keep the service's process alive; a working one does. */
function hold(child: ChildProcess, working: boolean): void {
  if (working) {
    child.ref()
    child.channel?.ref()
  } else {
    child.unref()
    child.channel?.unref()
  }
}

async function untilReady(child: ChildProcess): Promise<void> {
  const over = new AbortController()
  const signal = AbortSignal.any([over.signal, AbortSignal.timeout(startLimitMs)])
  try {
    // once() rejects on 'error', which is what a process that cannot be made says
    const ended = once(child, 'exit', { signal }).then(([code, killedBy]) => Promise.reject(new Error(`it ended (${killedBy ?? code})`)))
    await Promise.race([once(child, 'message', { signal }), ended])
  } catch (cause) {
    throw new AppError('internal', { reason: 'the helper process for pictures does not start' }, { cause })
  } finally {
    over.abort()
  }
}
