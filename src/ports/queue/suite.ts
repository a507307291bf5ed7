/** What every queue must do; a test file of an adapter calls it. Rules here: build has 2 retries after 1 s, parallel 4. */
import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { AppError } from '../../base/errors.ts'
import { type Job, type JobName, type JobRule, jobKey, jobRules } from '../../domain/jobs.ts'
import type { Database } from '../database/port.ts'
import type { Handlers, JobContext, Queue } from './port.ts'

export interface QueueWorld {
  db: Database
  /** A queue of another process on the same database, as far as it can be told. */
  open(rules: Record<JobName, JobRule>): Promise<Queue>
  close(): Promise<void>
}

export const testRules: Record<JobName, JobRule> = {
  ...jobRules,
  'archive.build': { ...jobRules['archive.build'], retries: 2, retryDelay: 1000, parallel: 4 },
}
export const build = (archiveId: string): Job => ({ name: 'archive.build', payload: { archiveId } })

/** Handlers that do nothing but what is given. */
export function handle(some: Partial<Handlers>): Handlers {
  const names = Object.keys(jobRules) as JobName[]
  return { ...(Object.fromEntries(names.map((name) => [name, async () => {}])) as unknown as Handlers), ...some }
}

/** Waits for what another process or a worker brings about. */
export async function until(done: () => boolean | Promise<boolean>, ms = 60_000): Promise<void> {
  const end = performance.now() + ms
  while (!(await done())) {
    if (performance.now() > end) assert.fail(`not within ${ms} ms: ${done}`)
    await sleep(10)
  }
}

export function queueSuite(name: string, make: () => Promise<QueueWorld>): void {
  describe(`queue: ${name}`, () => {
    let world: QueueWorld
    let queue: Queue
    let opened: Queue[] = []
    const open = async () => {
      const one = await world.open(testRules)
      opened.push(one)
      return one
    }
    // a world for each test: what a stopped queue gave back would run again in the next one
    beforeEach(async () => {
      world = await make()
      queue = await open()
    })
    afterEach(async () => {
      for (const one of opened) await one.stop(0)
      opened = []
      await world.close()
    })

    /** Every run of archive.build: who, and which attempt; `act` may throw or wait. */
    async function working(act: (id: string, context: JobContext) => Promise<void> = async () => {}, on = queue) {
      const runs: { id: string; attempt: number; last: boolean }[] = []
      const buildOne = async ({ archiveId }: { archiveId: string }, context: JobContext) => {
        runs.push({ id: archiveId, attempt: context.attempt, last: context.last })
        await act(archiveId, context)
      }
      await on.work(handle({ 'archive.build': buildOne }))
      return runs
    }
    const none = async () => (await queue.depth())['archive.build'] === undefined

    test('a job sent in a transaction is there when it commits, and never after a rollback', async () => {
      const runs = await working()
      await world.db.transaction().execute(async (tx) => {
        await queue.send(tx, build('committed'))
        await sleep(300)
        assert.deepEqual(runs, [])
      })
      const rolledBack = world.db.transaction().execute(async (tx) => {
        await queue.send(tx, build('rolled back'))
        throw new Error('no')
      })
      await assert.rejects(rolledBack, /no/)
      await until(() => runs.length > 0)
      await sleep(300)
      assert.deepEqual(runs, [{ id: 'committed', attempt: 1, last: false }])
    })

    test('a job nobody works yet is kept, and sent to by one process is done by another', async () => {
      await queue.send(world.db, build('early'))
      assert.equal((await queue.depth())['archive.build'], 1)
      const runs = await working(undefined, await open())
      await until(() => runs.length === 1)
      await until(none)
    })

    test('while one waits a second of the same name and key is dropped', async () => {
      for (const id of ['a', 'a', 'b', 'a']) await queue.send(world.db, build(id))
      await Promise.all(Array.from({ length: 8 }, () => queue.send(world.db, build('c'))))
      assert.equal((await queue.depth())['archive.build'], 3)
      const runs = await working()
      await until(none)
      assert.deepEqual(runs.map((run) => run.id).sort(), ['a', 'b', 'c'])
    })

    test('many jobs sent at once come with their transaction, each once, and later ones in their time', async () => {
      await queue.send(world.db, build('m1'))
      const many = Array.from({ length: 500 }, (_, n) => ({ job: build(`m${n}`) }))
      const sending = (fail: boolean) =>
        world.db.transaction().execute(async (tx) => {
          await queue.sendAll(tx, [...many, { job: build('m2') }, { job: build('late'), delayMs: 2500 }])
          if (fail) throw new Error('no')
        })
      await assert.rejects(sending(true), /no/)
      assert.equal((await queue.depth())['archive.build'], 1)
      const from = performance.now()
      let late = 0
      await sending(false)
      await Promise.all([sending(false), sending(false)])
      assert.equal((await queue.depth())['archive.build'], 501)
      const runs = await working(async (id) => {
        if (id === 'late') late = performance.now() - from
      })
      await until(none)
      assert.deepEqual(runs.map((run) => run.id).sort(), [...many.map(({ job }) => jobKey(job)), 'late'].sort())
      assert.ok(late > 2400, `${late} ms`)
    })

    test('a dropped send is still followed by a run that sees what the sender wrote', async () => {
      await queue.send(world.db, build('a'))
      const seen: boolean[] = []
      let committed = false
      await world.db.transaction().execute(async (tx) => {
        await queue.send(tx, build('a'))
        await working(async () => void seen.push(committed))
        await sleep(500)
        committed = true
      })
      await until(none)
      assert.deepEqual(seen, [true])
    })

    test('while one runs a second is kept and runs after it, never beside it; other keys pass by', async () => {
      const order: string[] = []
      const passedBy = Promise.withResolvers<void>()
      const act = async (id: string) => {
        order.push(`${id} begins`)
        if (id === 'a') await passedBy.promise
        order.push(`${id} ends`)
        if (id === 'b') passedBy.resolve()
      }
      await working(act)
      await queue.send(world.db, build('a'))
      await until(() => order.length === 1)
      await queue.send(world.db, build('a'))
      await queue.send(world.db, build('a'))
      await queue.send(world.db, build('b'))
      await until(() => order.length >= 6 && none())
      assert.deepEqual(order, ['a begins', 'b begins', 'b ends', 'a ends', 'a begins', 'a ends'])
    })

    test('jobs of one key never run side by side, over two processes and many sends', async () => {
      let beside = 0
      const busy = new Set<string>()
      let runs = 0
      const act = async (id: string) => {
        if (busy.has(id)) beside += 1
        busy.add(id)
        await sleep(5)
        busy.delete(id)
        runs += 1
      }
      await working(act)
      await working(act, await open())
      for (let round = 0; round < 60 || runs <= 10; round++) await Promise.all(['x', 'y', 'z'].map((id) => queue.send(world.db, build(id))))
      await until(none)
      assert.equal(beside, 0)
    })

    test('an error is tried again until the tries are used up, and the last try knows', async () => {
      const runs = await working(async () => {
        throw new Error('broken')
      })
      await queue.send(world.db, build('a'))
      await until(() => runs.length === 3)
      assert.deepEqual(
        runs.map((run) => [run.attempt, run.last]),
        [
          [1, false],
          [2, false],
          [3, true],
        ],
      )
      await until(none)
      await sleep(2000)
      assert.equal(runs.length, 3)
    })

    test('while one waits for its retry a second send is dropped', async () => {
      const runs = await working(async (_, { attempt }) => {
        if (attempt === 1) throw new Error('once')
      })
      // a second is all there is: on a busy machine another one is tried
      for (let n = 0; ; n++) {
        const of = () => runs.filter((run) => run.id === `a${n}`).map((run) => run.attempt)
        await queue.send(world.db, build(`a${n}`))
        await until(() => of().length === 1)
        await until(async () => (await queue.depth())['archive.build'] === 1)
        await queue.send(world.db, build(`a${n}`))
        const inTime = of().length === 1
        await until(none)
        await until(() => of().length > 1)
        if (!inTime && n < 10) continue
        assert.deepEqual(of(), [1, 2])
        break
      }
    })

    test('when one fails while its twin waits, the twin runs first and then the retry', async () => {
      let beside = 0
      let busy = 0
      const twin = Promise.withResolvers<void>()
      const runs = await working(async (_, { attempt }) => {
        busy += 1
        if (busy > 1) beside += 1
        await twin.promise
        busy -= 1
        if (attempt === 1 && runs.length === 1) throw new Error('once')
      })
      await queue.send(world.db, build('twin'))
      await until(() => runs.length === 1)
      await queue.send(world.db, build('twin'))
      twin.resolve()
      await until(none)
      await until(() => busy === 0)
      assert.deepEqual([runs.map((run) => run.attempt), beside], [[1, 1, 2], 0])
    })

    test('a final error is not tried again', async () => {
      const runs = await working(async () => {
        throw new AppError('original_missing', {}, { final: true })
      })
      await queue.send(world.db, build('a'))
      await until(async () => runs.length === 1 && (await none()))
      await sleep(2500)
      assert.equal(runs.length, 1)
    })

    test('what has a higher priority begins first, and what is alike in the order it was sent', async () => {
      for (const id of ['a', 'b']) await queue.send(world.db, build(id))
      for (const id of ['urgent 1', 'urgent 2']) await queue.send(world.db, build(id), { priority: 1 })
      const one = await world.open({ ...testRules, 'archive.build': { ...testRules['archive.build'], parallel: 1 } })
      opened.push(one)
      const runs = await working(undefined, one)
      await until(() => runs.length === 4)
      assert.deepEqual(
        runs.map((run) => run.id),
        ['urgent 1', 'urgent 2', 'a', 'b'],
      )
    })

    test('a delayed job waits', async () => {
      const runs = await working()
      const begun = performance.now()
      await queue.send(world.db, build('later'), { delayMs: 1500 })
      await until(() => runs.length === 1)
      const waited = performance.now() - begun
      assert.ok(waited >= 1400, `${waited} ms`)
    })

    test('stop lets running jobs end and takes no new one', async () => {
      const ended: string[] = []
      const begun = await working(async (id) => {
        await sleep(600)
        ended.push(id)
      })
      await queue.send(world.db, build('running'))
      await until(() => begun.length === 1)
      const stopped = queue.stop(5000)
      const other = await open()
      await other.send(world.db, build('after'))
      await stopped
      assert.deepEqual(ended, ['running'])
      assert.deepEqual(await other.depth(), { 'archive.build': 1 })
      const runs = await working(undefined, other)
      await until(() => runs.length === 1)
      assert.equal(runs[0]?.id, 'after')
    })

    test('what outlasts the grace is aborted and given back', async () => {
      const aborted: string[] = []
      const begun = await working(async (id, { signal }) => {
        await sleep(30_000, undefined, { signal }).catch(() => {
          aborted.push(id)
          throw new Error('aborted')
        })
      })
      await queue.send(world.db, build('long'))
      await until(() => begun.length === 1)
      await queue.stop(1000)
      assert.deepEqual(aborted, ['long'])
      const other = await open()
      const runs = await working(undefined, other)
      await until(() => runs.length === 1)
      assert.equal(runs[0]?.attempt, 2)
    })
  })
}
