/**
 * A simulated world: the production steps as they are, on a real database and a storage in memory, in processes that can be
 * stopped, killed or failed at every effect.
 *
 * A task (one run of a step) stands still before each effect until somebody lets it go on. One task moves at a time, from one
 * effect to the next, so a schedule is nothing but the order in which tasks are let go; a transaction is one effect. An effect
 * has up to three moments: before; commit (what fails here is rolled back); after (it has happened, and the one who asked for
 * it never learns of it). Production's clock, mail and images are the world's.
 */

import { AsyncLocalStorage } from 'node:async_hooks'
import { randomUUID } from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'
import timers from 'node:timers/promises'
import { AppError } from '../../src/base/errors.ts'
import { newId } from '../../src/base/id.ts'
import { linkLife } from '../../src/domain/link.ts'
import { type Hashes, recentHashes } from '../../src/features/uploads/hashes.ts'
import type { Deps } from '../../src/ports/deps.ts'
import { safeHttp } from '../../src/ports/http/safe.ts'
import type { Images } from '../../src/ports/images/port.ts'
import { outboxMail } from '../../src/ports/mail/outbox.ts'
import type { Mail } from '../../src/ports/mail/port.ts'
import { providersInTurn } from '../../src/ports/providers/turns.ts'
import { type MemoryStorage, memoryStorage } from '../../src/ports/storage/memory.ts'
import type { Piece, Storage } from '../../src/ports/storage/port.ts'
import { quiet } from '../postgres.ts'
import { changing, type Lane } from './database.ts'
import { check, checkJobs, nothingSeen, type Seen, Violation } from './invariants.ts'
import { type SimQueue, simQueue, type Taken } from './queue.ts'

export interface Effect {
  kind: 'database' | 'storage' | 'mail' | 'queue' | 'sleep'
  moment: 'before' | 'commit' | 'after'
  what: string
  /** false: a question, after which the world is as before */
  changes: boolean
}
/** die: its process ends. cut: the power fails for all. fail: the one who asked gets an error (after: though it has happened). */
export type Verdict = 'go' | 'die' | 'cut' | 'fail'

export interface Process {
  name: string
  deps: Deps & { hashes: Hashes }
  alive: boolean
}

export interface Task {
  name: string
  process: Process
  job: Taken | null
  /** what it will do when it is let go */
  at: Effect | null
  ended: boolean
  error: unknown
  /** archives it claimed, with the fence it got */
  held: Map<string, number>
  go: () => void
  idle: PromiseWithResolvers<void>
}

/** What a step sees when its connection breaks. */
class Broken extends Error {}

export interface World {
  galleryId: string
  ownerId: string
  clientId: string
  clock: { now(): Date; advance(ms: number): void }
  lane: Lane
  /** the disk as the harness sees it */
  disk: MemoryStorage
  queue: SimQueue
  /** tasks under way, the oldest first */
  tasks: Task[]
  /** living processes */
  processes: Process[]
  seen: Seen
  /** keys whose bytes the harness destroyed, and nobody can be blamed for what follows */
  damaged: Set<string>
  /** keys of archives at work whose bytes it changed: to be noticed before they are ready */
  altered: Set<string>
  /** rows have changed since they were last looked at */
  moved: boolean
  /** so have objects */
  stirred: boolean
  /** anything has changed since the last effect that a story counted: one before the next leaves what one before that left */
  touched: boolean
  /** SHA-256 of every file anybody ever sent */
  truth: Set<string>
  /** SHA-256 of what was acknowledged and never asked to be removed since */
  owed: Set<string>
  /** by SHA-256: when its removal was asked for */
  removed: Map<string, number>
  /** SHA-256 of stretches of objects that were looked at */
  ranges: Map<string, string>
  /** faults so far */
  faults: number
  decide(effect: Effect, by: Task): Verdict
  /** the next archive assembled has a wrong byte that its writer does not notice */
  slip: boolean
  boot(name: string): Promise<Process>
  spawn(process: Process, name: string, work: () => Promise<unknown>, job?: Taken): Promise<Task>
  /** Lets the task go to its next effect, then looks at everything. */
  step(task: Task): Promise<void>
  /** A point at which the running task can be stopped. */
  point(effect: Effect): Promise<void>
  kill(process: Process): void
  cutPower(): void
  /** Jobs of processes that died since the last call are due again. */
  mourn(): Promise<void>
  letters: string[]
}

const installation = '00000000-0000-7000-8000-000000000001'
const begin = Date.UTC(2026, 5, 1)

export async function openWorld(lane: Lane): Promise<World> {
  await lane.begin()
  let time = begin
  const clock = {
    // no two moments are the same, so ids made one after the other are in order
    now: () => new Date(time++),
    advance(ms: number): void {
      time += ms
    },
  }
  let current: Task | null = null
  let inside = false
  const dead = new Set<string>()
  const disk = memoryStorage({ clock })
  await disk.identify(installation, false)
  const queue = simQueue(
    clock.now,
    (moment) => world.point({ kind: 'queue', moment, what: 'send', changes: true }),
    () => {
      world.touched = true
    },
  )

  function spare(task: Task): never {
    throw new Violation('a task moves when it is let go', { task: task.name, process: task.process.name })
  }
  const never = () => {
    current?.idle.resolve()
    return new Promise<never>(() => {})
  }
  function judge(effect: Effect): (() => Promise<never>) | undefined {
    const verdict = world.decide(effect, current!)
    if (verdict === 'go') return undefined
    world.faults++
    if (verdict === 'fail')
      return async () => {
        throw effect.kind === 'storage'
          ? new AppError('storage_unreachable', { reason: 'simulated' })
          : new Broken(`lost at ${effect.what}`)
      }
    if (verdict === 'cut') world.cutPower()
    else world.kill(current!.process)
    return never
  }

  const world: World = {
    galleryId: newId(clock.now()),
    ownerId: newId(clock.now()),
    clientId: newId(clock.now()),
    clock,
    lane,
    disk,
    queue,
    tasks: [],
    processes: [],
    seen: nothingSeen(),
    damaged: new Set(),
    altered: new Set(),
    moved: true,
    stirred: true,
    touched: true,
    truth: new Set(),
    owed: new Set(),
    removed: new Map(),
    ranges: new Map(),
    faults: 0,
    decide: () => 'go',
    slip: false,
    letters: [],

    async boot(name) {
      const storage = disk.reopen()
      await storage.identify(installation, true)
      const process: Process = { name: `${name} ${randomUUID().slice(0, 8)}`, alive: true, deps: null as never }
      process.deps = { ...ports, storage: slipping(storage, world), hashes: recentHashes() }
      world.processes.push(process)
      return process
    },

    async spawn(process, name, work, job) {
      const task: Task = {
        name,
        process,
        job: job ?? null,
        at: null,
        ended: false,
        error: undefined,
        held: new Map(),
        go: () => spare(task),
        idle: Promise.withResolvers(),
      }
      world.tasks.push(task)
      current = task
      simulated
        .run(world, work)
        .catch((error: unknown) => {
          task.error = error
        })
        .finally(() => {
          if (!process.alive) return
          end(task)
          task.idle.resolve()
        })
      await rest(task)
      return task
    },

    async step(task) {
      if (task.ended || !task.process.alive) return
      task.idle = Promise.withResolvers()
      current = task
      task.at = null
      task.go()
      await rest(task)
    },

    async point(effect) {
      const task = current!
      // nobody else moves while a transaction is open
      if (effect.moment === 'before' && !inside) {
        task.at = effect
        await new Promise<void>((go) => {
          task.go = go
          task.idle.resolve()
        })
      }
      const fault = inside ? undefined : judge(effect)
      if (fault) await fault()
    },

    kill(process) {
      process.alive = false
      dead.add(process.name)
      world.processes = world.processes.filter((p) => p !== process)
      for (const task of world.tasks.filter((t) => t.process === process)) {
        // a removal that dies may have come before or after whatever ended while it was asked for
        const [, sha] = /^remove (\w+)$/.exec(task.name) ?? []
        if (sha) world.removed.set(sha, clock.now().getTime())
        end(task)
      }
    },

    cutPower() {
      for (const process of world.processes) world.kill(process)
      disk.powerCut()
      world.stirred = true
    },

    async mourn() {
      if (!dead.size) return
      queue.lost([...dead])
      dead.clear()
      checkJobs(world)
    },
  }

  function end(task: Task): void {
    task.ended = true
    world.tasks = world.tasks.filter((t) => t !== task)
  }
  async function rest(task: Task): Promise<void> {
    await task.idle.promise
    current = null
    if (task.error && !isExpected(task.error)) throw task.error
    if (!world.moved && !world.stirred) return checkJobs(world)
    world.moved = false
    await check(world, task)
  }

  const db = lane.open({
    async before(text) {
      if (text === 'begin') {
        await world.point({ kind: 'database', moment: 'before', what: text, changes: true })
        inside = true
        queue.begin()
      } else await world.point({ kind: 'database', moment: 'before', what: text, changes: changing(text) })
    },
    commit() {
      inside = false
      const fault = judge({ kind: 'database', moment: 'commit', what: 'commit', changes: true })
      if (fault) queue.undo()
      else queue.commit()
      return fault ?? 'go'
    },
    async after(text, done) {
      if (done.length) world.touched = true
      if (done.some(isSeen)) world.moved = true
      if (changing(text)) await world.point({ kind: 'database', moment: 'after', what: text, changes: done.length > 0 })
    },
    refused(error) {
      throw new Violation('PostgreSQL takes every single statement', String(error))
    },
    undone() {
      inside = false
      queue.undo()
    },
  })
  disk.faults.before = async (op, key) => {
    if (!current) return
    await world.point({ kind: 'storage', moment: 'before', what: `${op} ${key}`, changes: true })
    world.touched = true
    if ((op === 'link' || op === 'unlink') && key.includes('/')) world.stirred = true
  }
  const kept = outboxMail((letter) => world.letters.push(letter.messageId))
  const mail: Mail = {
    async deliver(letter) {
      await world.point({ kind: 'mail', moment: 'before', what: 'deliver', changes: true })
      const answer = await kept.deliver(letter)
      world.touched = true
      await world.point({ kind: 'mail', moment: 'after', what: 'deliver', changes: true })
      return answer
    },
  }
  const calendar = { now: async () => clock.now() }
  const ports = {
    db,
    queue: queue.port,
    mail,
    http: safeHttp(),
    providers: providersInTurn({ clock }),
    images,
    clock,
    calendar,
    log: quiet,
    settings,
    storage: disk,
  }
  return world
}

/** It changed what is looked at; how far an upload is and who holds it says nothing to anybody else. */
const isSeen = (text: string): boolean =>
  /\b(galleries|archives|assets|purges|letters)\b/.test(text) && !/^(update|insert into|delete from) "uploads"/.test(text)

/** Errors that steps are meant to meet. Anything else is a fault of the program or of this simulator. */
const isExpected = (error: unknown): boolean => error instanceof AppError || error instanceof Broken

const settings: Deps['settings'] = {
  publicUrl: 'https://photos.example.com',
  tokenSecrets: ['a secret of at least 32 characters, for tests'],
  emailFrom: 'Keepsake <keepsake@example.com>',
  oidc: null,
  jwt: null,
  resendWebhookSecret: null,
  replicateWebhookSecret: null,
  rescueWebhookSecret: null,
  rescueOwner: null,
  maxUploadBytes: 1_000_000,
  reserveBytes: 0,
  retentionDays: 730,
  supersededDays: 1,
  providerRetentionDays: 15,
  rescueLeadDays: 13,
  purgeGraceDays: 7,
  scrubBytesPerSecond: 1e12,
  linkLife,
  cronSecret: null,
  eventsSecret: null,
  bucket: null,
  detailedLogs: false,
  importDir: null,
}

/** Every file is a photo that nobody draws. */
const images: Images = {
  identify: async () => ({ mime: 'image/jpeg', kind: 'photo', ext: 'jpg' }),
  dimensions: () => null,
  renderable: () => false,
  draw: async () => new Uint8Array(),
  render: () => Promise.reject(new AppError('media_type', {}, { final: true })),
  mark: () => Promise.reject(new AppError('media_type', {}, { final: true })),
  asMark: () => Promise.reject(new AppError('media_type', {}, { final: true })),
  close: async () => {},
}

/** A storage whose writer can slip: a wrong byte between reading and writing, summed as if it were right. */
function slipping(storage: Storage, world: World): Storage {
  return {
    ...storage,
    async assemble(key, pieces, work) {
      if (!world.slip) return storage.assemble(key, pieces, work)
      world.slip = false
      const list = [...pieces]
      const at = list.findIndex((piece) => piece.kind === 'copy')
      const piece = list[at]
      if (piece?.kind === 'copy') list[at] = { kind: 'bytes', bytes: await wrong(storage, piece) }
      return storage.assemble(key, list, work)
    },
  }
}

async function wrong(storage: Storage, { key, from, to }: Extract<Piece, { kind: 'copy' }>): Promise<Uint8Array> {
  const bytes = Buffer.alloc(to - from)
  const source = await storage.open(key, from, to)
  await source.read(bytes)
  await source.close()
  bytes[0] = bytes[0]! ^ 1
  return bytes
}

const simulated = new AsyncLocalStorage<World>()
const sleep = timers.setTimeout
// A step that sleeps stands still as at any other effect, and takes no real time.
timers.setTimeout = (async (ms?: number, ...rest: unknown[]) => {
  const world = simulated.getStore()
  if (!world) return sleep(ms, ...(rest as []))
  await world.point({ kind: 'sleep', moment: 'before', what: `sleep ${ms}`, changes: false })
  world.clock.advance(ms ?? 0)
}) as typeof timers.setTimeout
syncBuiltinESMExports()
