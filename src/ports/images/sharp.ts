/** Images by sharp (libvips) in helper processes: a few at a time, the rest wait. */
import { randomUUID } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { AppError } from '../../base/errors.ts'
import { dimensions } from './dimensions.ts'
import { type Helper, startHelper } from './helper.ts'
import { headBytes, type Images, maxPixels } from './port.ts'
import type { Ask, Made } from './sharp-child.ts'
import { renderable, sniff } from './sniff.ts'

export interface SharpOptions {
  /** helper processes, each with one picture at a time */
  processes?: number
  /** longest time for one picture, from the moment a helper has it */
  timeLimitMs?: number
  /** a helper is replaced after so many pictures: what leaks, leaks into a process that ends */
  picturesPerHelper?: number
  /** and when it keeps more memory than this, bytes */
  helperMemory?: number
}

export interface SharpImages extends Images {
  /** the helper processes alive now, for operators and tests */
  pids(): number[]
}

// a logo that is larger is a photograph by mistake, or a bomb
const maxMarkPixels = 25_000_000
// what can be transparent
const marks = ['image/png', 'image/webp']

/** The Images port on sharp. Nothing is started before the first picture. */
export function sharpImages(options: SharpOptions = {}): SharpImages {
  const { processes = 2, timeLimitMs = 60_000, picturesPerHelper = 200, helperMemory = 500_000_000 } = options
  const turns = queue(processes)
  const helpers = new Set<Helper>()
  const idle: Helper[] = []
  let directory: Promise<string> | undefined
  let closed = false
  const refuseWhenClosed = () => {
    if (closed) throw new AppError('unavailable', { reason: 'closing' })
  }

  async function take(home: string): Promise<Helper> {
    for (let helper = idle.pop(); helper; helper = idle.pop()) {
      if (!helper.ended) return helper
      helpers.delete(helper)
    }
    const helper = await startHelper(home)
    helpers.add(helper)
    if (closed) await helper.end()
    return helper
  }

  async function giveBack(helper: Helper): Promise<void> {
    const tired = helper.done >= picturesPerHelper || helper.rss > helperMemory
    if (tired) await helper.end()
    if (helper.ended) helpers.delete(helper)
    else idle.push(helper)
  }

  /** Has a helper work on this picture, which is saved for it; `prepare` is given its first bytes and says what is asked. */
  async function work<A extends Ask>(
    picture: AsyncIterable<Uint8Array>,
    prepare: (file: string, head: Uint8Array) => Promise<A>,
    signal?: AbortSignal,
  ): Promise<Made[A['make']]> {
    refuseWhenClosed()
    await turns.enter(signal)
    try {
      refuseWhenClosed()
      directory ??= mkdtemp(join(tmpdir(), 'keepsake-pictures-'))
      const home = await directory
      const file = join(home, randomUUID())
      try {
        const ask = await prepare(file, await save(picture, file, signal))
        const helper = await take(home)
        try {
          return await helper.make(ask, timeLimitMs, signal)
        } finally {
          await giveBack(helper)
        }
      } catch (error) {
        refuseWhenClosed()
        throw error
      } finally {
        await rm(file, { force: true })
        await rm(`${file}.mark`, { force: true })
      }
    } finally {
      turns.leave()
    }
  }

  return {
    identify: sniff,
    dimensions,
    renderable,
    pids: () => [...helpers].filter((helper) => !helper.ended).map((helper) => helper.pid),

    async draw(svg) {
      // loaded for this alone: pictures of others are decoded in the helpers
      const { default: sharp } = await import('sharp')
      return sharp(Buffer.from(svg)).jpeg({ quality: 90 }).toBuffer()
    },

    render: (original, signal) =>
      work(
        original,
        async (file, head) => {
          const what = await sniff(head)
          if (!what || !renderable(what.mime)) throw new AppError('media_type', { mime: what?.mime }, { final: true })
          return { make: 'rendered', file, maxPixels }
        },
        signal,
      ),

    mark: (preview, { image, ...stamp }, signal) =>
      work(
        preview,
        async (file) => {
          await save(Readable.from([image]), `${file}.mark`, signal)
          return { make: 'marked', file, maxPixels, stamp: { ...stamp, file: `${file}.mark` } }
        },
        signal,
      ),

    asMark: (picture) =>
      work(Readable.from([picture]), async (file, head) => {
        const what = await sniff(head)
        if (!what || !marks.includes(what.mime)) throw new AppError('media_type', { mime: what?.mime }, { final: true })
        return { make: 'mark', file, maxPixels: maxMarkPixels }
      }),

    async close() {
      closed = true
      await Promise.all([...helpers].map((helper) => helper.end()))
      helpers.clear()
      if (directory) await rm(await directory, { recursive: true, force: true, maxRetries: 3 })
    },
  }
}

/** Writes the picture where the helper can read it, and returns its first bytes. Errors of the source pass as they are. */
async function save(original: AsyncIterable<Uint8Array>, file: string, signal?: AbortSignal): Promise<Uint8Array> {
  const head: Uint8Array[] = []
  let seen = 0
  const tap = async function* (source: AsyncIterable<Uint8Array>) {
    for await (const chunk of source) {
      if (seen < headBytes) head.push(chunk.slice(0, headBytes - seen))
      seen += chunk.byteLength
      yield chunk
    }
  }
  try {
    await pipeline(original, tap, createWriteStream(file, { mode: 0o600, flags: 'wx' }), { signal })
  } catch (error) {
    if (signal?.aborted) throw signal.reason
    if ((error as NodeJS.ErrnoException).code === 'ENOSPC') throw new AppError('storage_full', { at: 'temporary files' }, { cause: error })
    throw error
  }
  return Buffer.concat(head)
}

/** Lets `places` callers in at once; the others wait in their order. */
function queue(places: number): { enter(signal?: AbortSignal): Promise<void>; leave(): void } {
  let free = places
  const waiting: (() => void)[] = []
  return {
    async enter(signal) {
      signal?.throwIfAborted()
      if (free > 0) {
        free -= 1
        return
      }
      await new Promise<void>((resolve, reject) => {
        const enter = () => {
          signal?.removeEventListener('abort', giveUp)
          resolve()
        }
        const giveUp = () => {
          waiting.splice(waiting.indexOf(enter), 1)
          reject(signal?.reason)
        }
        signal?.addEventListener('abort', giveUp, { once: true })
        waiting.push(enter)
      })
    },
    leave() {
      const next = waiting.shift()
      if (next) next()
      else free += 1
    },
  }
}
