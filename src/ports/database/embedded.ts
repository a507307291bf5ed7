/**
 * Runs a private PostgreSQL for one folder and keeps it running: a unix socket only, durable settings, no set-up.
 *
 * - The first process on a folder owns the server; others share it and take over when the owner has gone (embedded-owner.ts).
 * - A server that died is started again on the same socket, so pools simply connect anew.
 * - A watchdog stops the server when its owner ends, even by kill -9.
 */
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { seconds } from '../../base/clock.ts'
import { AppError } from '../../base/errors.ts'
import type { Log } from '../deps.ts'
import { binariesFor, chooseUser, type RunAs, reachable } from './embedded-binaries.ts'
import { type Claim, claim, livingOwner } from './embedded-owner.ts'
import { answers, databaseName, type Place } from './embedded-place.ts'
import { type Server, startServer } from './embedded-server.ts'

export interface EmbeddedOptions {
  /** holds everything: data, socket, who owns it */
  dir: string
  log: Log
  /** settings of PostgreSQL over ours; tests switch fsync off */
  settings?: Record<string, string>
  /** how long a start may take, recovery included */
  patienceMs?: number
}

export interface Embedded {
  url: string
  /** does this process run the server? May become true later. */
  readonly owned: boolean
  /** the server's process, 0 while it is down or another process owns it */
  readonly pid: number
  /** Stops the server if this process owns it: fast shutdown, immediate after 20 s. */
  stop(): Promise<void>
}

/** Resolves when the database can be used. Throws database_unreachable, or config_invalid for a folder that cannot be used. */
export async function startEmbedded(options: EmbeddedOptions): Promise<Embedded> {
  const { log } = options
  const place = preparePlace(options)
  const stopping = new AbortController()
  let held: Claim | undefined
  let server: Server | undefined

  /** Owns and runs the server, or shares one that answers. */
  async function enter(): Promise<void> {
    const until = performance.now() + place.patienceMs
    while (!stopping.signal.aborted) {
      held ??= claim(place.dir)
      if (held) {
        server = await startServer(place, binariesFor(place.user, place.dir))
        return
      }
      if (await answers(place)) return
      if (performance.now() > until) throw new AppError('database_unreachable', { reason: 'its owner does not run it', dir: place.dir })
      await sleep(50)
    }
  }

  function leave(): void {
    held?.giveBack()
    held = undefined
    server = undefined
  }

  const pauseFor = (ms: number) => sleep(ms, undefined, { ref: false, signal: stopping.signal }).catch(() => {})

  /** Waits until the server or the owner is gone. */
  async function trouble(): Promise<void> {
    if (server) {
      const stopped = new Promise<void>((resolve) => stopping.signal.addEventListener('abort', () => resolve(), { once: true }))
      return Promise.race([server.exited, stopped])
    }
    while (!held && !stopping.signal.aborted && livingOwner(place.dir)) await pauseFor(300)
  }

  async function supervise(): Promise<void> {
    let pause = 100
    while (!stopping.signal.aborted) {
      try {
        await trouble()
        if (stopping.signal.aborted) return
        log.warn({ dir: place.dir, output: server?.tail().slice(-1000) }, 'PostgreSQL is gone: starting it again')
        server = undefined
        await enter()
        pause = 100
      } catch (error) {
        log.error({ err: error, pause }, 'PostgreSQL did not start again')
        await pauseFor(pause)
        pause = Math.min(pause * 2, seconds(5))
      }
    }
  }

  try {
    await enter()
  } catch (error) {
    leave()
    throw error
  }
  const supervised = supervise()
  return {
    url: `postgresql://${databaseName}@/${databaseName}?host=${encodeURIComponent(place.socketDir)}`,
    get owned() {
      return held !== undefined
    },
    get pid() {
      return server?.pid ?? 0
    },
    async stop() {
      stopping.abort()
      await supervised
      await server?.stop(seconds(20))
      leave()
    },
  }
}

function preparePlace(options: EmbeddedOptions): Place {
  const dir = path.resolve(options.dir)
  const user = chooseUser()
  fs.mkdirSync(dir, { recursive: true, mode: 0o711 })
  const pgdata = path.join(dir, 'pgdata')
  if (!reachable(pgdata, user)) {
    const reason = `the user who runs PostgreSQL (uid ${user.uid}) may not enter this folder: choose one such as /var/lib/keepsake`
    throw new AppError('config_invalid', { dir, reason })
  }
  const { settings = {}, patienceMs = seconds(120) } = options
  return { dir, pgdata, socketDir: prepareSocketFolder(dir, user), user, settings, patienceMs }
}

/** A private folder for the socket; in /tmp when the path would not fit into a socket's address (108 bytes, unix(7)). */
function prepareSocketFolder(dir: string, user: RunAs): string {
  const near = path.join(dir, 'run')
  const tag = createHash('sha256').update(dir).digest('hex').slice(0, 12)
  const folder = Buffer.byteLength(near) > 80 ? `/tmp/keepsake-${tag}` : near
  fs.mkdirSync(folder, { recursive: true, mode: 0o700 })
  if (user.uid !== undefined) fs.chownSync(folder, user.uid, user.gid)
  const { mode, uid } = fs.lstatSync(folder)
  if (mode & 0o077 || uid !== (user.uid ?? process.getuid?.())) {
    throw new AppError('config_invalid', { dir: folder, reason: 'the folder of the database socket is not private' })
  }
  return folder
}
