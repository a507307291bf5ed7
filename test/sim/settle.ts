/** Runs a world on, as processes, cron and people do, until it is at rest; and says what rest means. */
import { handlers } from '../../src/app/worker.ts'
import { days, hours, minutes, seconds } from '../../src/base/clock.ts'
import { AppError, isCode } from '../../src/base/errors.ts'
import { askArchive } from '../../src/features/archives/ask.ts'
import { publish } from '../../src/features/archives/publish.ts'
import { restore } from '../../src/features/archives/restore.ts'
import { retire } from '../../src/features/archives/retire.ts'
import type { Handlers } from '../../src/ports/queue/port.ts'
import { type File, remove, upload } from './gallery.ts'
import { check, isClosed, Violation } from './invariants.ts'
import { checkBroom, checkRest, restOf } from './rest.ts'
import type { Process, Task, World } from './world.ts'

/** What the photographer wants, and goes on asking for until it is answered. */
export interface Wishes {
  files: File[]
  remove: string[]
  publish: 'no' | 'wanted' | 'done'
  archive?: 'no' | 'wanted'
  restore?: 'no' | 'wanted'
}

/** Starts the job that is due next on this worker; undefined when there is none. */
export async function startJob(world: World, worker: Process, pick = 0): Promise<Task | undefined> {
  const job = world.queue.take(worker.name, pick)
  if (!job) return undefined
  const work = handlers(worker.deps)[job.name] as Handlers[keyof Handlers]
  async function run(): Promise<void> {
    let failure: unknown
    try {
      await work(job!.payload as never, { signal: new AbortController().signal, attempt: job!.attempt, last: job!.last })
    } catch (error) {
      failure = error
    }
    try {
      await world.point({ kind: 'queue', moment: 'before', what: `end of ${job!.name}`, changes: true })
    } catch (error) {
      // the queue never hears of the end: the job runs once more
      world.queue.lease(job!)
      throw error
    }
    world.queue.end(job!, failure)
    if (failure) throw failure
  }
  return world.spawn(worker, job.name, run, job)
}

/** Cron's minute: the reconciler, and what it sweeps. */
export const startReconcile = (world: World, worker: Process): Promise<Task> =>
  world.spawn(worker, 'reconcile', () =>
    handlers(worker.deps).reconcile({}, { signal: new AbortController().signal, attempt: 1, last: true }),
  )

export async function publishNow(world: World, { deps }: Process, wishes: Wishes): Promise<void> {
  try {
    await publish(deps, world.galleryId, { userId: world.ownerId, source: 'publish' })
    wishes.publish = 'done'
  } catch (error) {
    if (isCode(error, 'gallery_empty') || isCode(error, 'not_found')) wishes.publish = 'no'
    throw error
  }
}

export async function retireNow(world: World, { deps }: Process, wishes: Wishes): Promise<void> {
  await retire(deps, world.galleryId, { userId: world.ownerId, source: 'manual' }).catch(refused)
  wishes.archive = 'no'
}

export async function restoreNow(world: World, { deps }: Process, wishes: Wishes): Promise<void> {
  await restore(deps, world.galleryId, { expiresAt: null }).catch(refused)
  wishes.restore = 'no'
}

/** What cannot be is an answer as well. */
function refused(error: unknown): void {
  if (!(error instanceof AppError) || isCode(error, 'storage_unreachable')) throw error
}

export async function toTheEnd(world: World, task: Task): Promise<void> {
  while (!task.ended && task.process.alive) await world.step(task)
}

/** A living process; a new one when the last has died. */
async function anyone(world: World): Promise<Process> {
  await world.mourn()
  return world.processes[0] ?? world.boot('process')
}

/** Does what the photographer wants, whatever happens on the way: they ask again. */
export async function grant(world: World, wishes: Wishes): Promise<void> {
  for (let round = 0; ; round++) {
    const next = nextWish(world, wishes)
    if (!next) return
    if (round > 60) throw new Violation('what is asked for again and again is done', { wishes, at: 'grant' })
    const process = await anyone(world)
    const task = await world.spawn(process, 'photographer', () => next(process))
    await toTheEnd(world, task)
    // a lease of somebody who died ends by itself
    if (task.error || !process.alive) world.clock.advance(seconds(11))
  }
}

function nextWish(world: World, wishes: Wishes): ((process: Process) => Promise<unknown>) | undefined {
  if (wishes.restore === 'wanted' && world.seen.gallery === 'archived') return (process) => restoreNow(world, process, wishes)
  if (isClosed(world.seen)) return undefined
  const file = wishes.files.find((f) => !f.acknowledged)
  if (file) return (process) => upload(world, process, file)
  if (wishes.publish === 'wanted') return (process) => publishNow(world, process, wishes)
  const sha = wishes.remove[0]
  if (!sha) return wishes.archive === 'wanted' ? (process) => retireNow(world, process, wishes) : undefined
  const asset = world.seen.assets.find((a) => a.sha === sha && a.state !== 'deleted')
  if (asset) return (process) => remove(world, process, asset)
  wishes.remove.shift()
  return nextWish(world, wishes)
}

/** Works on until nothing waits and nothing is on its way; at most two simulated hours. */
export async function settle(world: World, wishes: Wishes): Promise<void> {
  for (const task of [...world.tasks]) await toTheEnd(world, task)
  await check(world, null)
  await grant(world, wishes)
  const until = world.clock.now().getTime() + hours(2)
  let reconciled = world.clock.now().getTime()
  let retried = false
  for (;;) {
    const now = world.clock.now().getTime()
    if (now > until) throw new Violation('when faults stop, everything comes to rest', restOf(world, wishes))
    const worker = await anyone(world)
    if (now - reconciled >= minutes(1)) {
      reconciled = now
      await toTheEnd(world, await startReconcile(world, worker))
      continue
    }
    const job = await startJob(world, worker)
    if (job) {
      await toTheEnd(world, job)
      continue
    }
    const next = Math.min(...world.queue.jobs().flatMap((job) => (job.worker ? [] : [job.at])))
    const jobless = next === Infinity
    const rest = restOf(world, wishes)
    if (jobless && rest.length === 0) break
    // nothing moves any more but by a person: they were told, and press Retry, once
    if (jobless && rest.join() === 'failed and told' && !retried) {
      retried = true
      await toTheEnd(world, await world.spawn(worker, 'retry', () => retry(world, worker)))
      continue
    }
    const dawn = Math.min(reconciled + minutes(1), next)
    world.clock.advance(Math.max(1, dawn - now))
  }
  await checkRest(world, wishes)
}

async function retry(world: World, { deps }: Process): Promise<void> {
  await askArchive(deps, world.galleryId, { userId: world.ownerId, force: false }).catch((error: unknown) => {
    if (!(error instanceof AppError)) throw error
  })
}

/** Days later: what was given up, replaced or removed is gone from the storage, and a last power cut shows what had been synced. */
export async function sweepUp(world: World): Promise<void> {
  for (const wait of [days(8), hours(25)]) {
    world.clock.advance(wait)
    // a later look does what a fault kept this one from doing: a key that could not be deleted is tried again in an hour
    for (let faults = -1; faults !== world.faults; world.clock.advance(hours(1))) {
      faults = world.faults
      await toTheEnd(world, await startReconcile(world, await anyone(world)))
      for (let job = await startJob(world, await anyone(world)); job; job = await startJob(world, await anyone(world)))
        await toTheEnd(world, job)
    }
  }
  world.cutPower()
  await check(world, null)
  await checkBroom(world)
}
