import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { rmSync } from 'node:fs'
import { describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import { careless, quiet, type TestDatabase, temporaryFolder, testDatabase } from '../../../test/postgres.ts'
import { AppError } from '../../base/errors.ts'
import { startEmbedded } from '../database/embedded.ts'
import { openDatabase } from '../database/postgres.ts'
import { pgbossQueue } from './pgboss.ts'
import type { Queue } from './port.ts'
import { build, handle, testRules, until } from './suite.ts'

const log = quiet

// they wait for lost heartbeats, so side by side
describe('pg-boss: when things break', { concurrency: true }, () => {
  test('kill -9 of a worker: another runs its job within a minute (20 s where nothing else is done)', async () => {
    await inWorld(async ({ db, url }, queue) => {
      const child = await childWorker(url)
      await queue.send(db, build('a'))
      await child.said('begins 1')
      const attempts: number[] = []
      await queue.work(handle({ 'archive.build': async (_, { attempt }) => void attempts.push(attempt) }))
      child.process.kill('SIGKILL')
      const begun = performance.now()
      await until(() => attempts.length > 0)
      console.log(`a killed worker's job ran again after ${((performance.now() - begun) / 1000).toFixed(1)} s`)
      assert.deepEqual(attempts, [2])
    })
  })

  test('a worker that was stopped (SIGSTOP) and wakes up ends nothing of the new attempt', async () => {
    await inWorld(async ({ db, url }, queue) => {
      const child = await childWorker(url)
      await queue.send(db, build('a'))
      await child.said('begins 1')
      child.process.kill('SIGSTOP')
      let finish = () => {}
      const attempts: number[] = []
      const slowly = async (_: unknown, { attempt }: { attempt: number }) => {
        attempts.push(attempt)
        await new Promise<void>((resolve) => {
          finish = resolve
        })
      }
      await queue.work(handle({ 'archive.build': slowly }))
      await until(() => attempts.length > 0)
      child.process.kill('SIGCONT')
      // it hears that its claim is gone, ends all the same, and reports success
      await child.said('aborted')
      await child.said('ends')
      await sleep(500)
      const state = () => sql<{ state: string; retryCount: number }>`select state, retry_count from queue.job where name = 'archive.build'`
      assert.deepEqual((await state().execute(db)).rows, [{ state: 'active', retryCount: 1 }])
      finish()
      await until(async () => (await state().execute(db)).rows[0]?.state === 'completed')
      assert.deepEqual(attempts, [2])
      child.process.kill('SIGKILL')
    })
  })

  test('PostgreSQL stops and comes back: running jobs end well, later ones run', async () => {
    const dir = temporaryFolder()
    let server = await startEmbedded({ dir, log, settings: careless })
    const { db, close } = await openDatabase({ url: server.url, log })
    const queue = await pgbossQueue({ db, url: server.url, log, rules: testRules })
    const runs: string[] = []
    const back = Promise.withResolvers<void>()
    const act = async ({ archiveId }: { archiveId: string }) => {
      runs.push(archiveId)
      if (archiveId === 'long') await back.promise
    }
    await queue.work(handle({ 'archive.build': act }))
    await queue.send(db, build('long'))
    await until(() => runs.length === 1)
    await server.stop()
    await sleep(2000)
    server = await startEmbedded({ dir, log, settings: careless })
    await queue.send(db, build('after'))
    await until(() => runs.includes('after'))
    back.resolve()
    await until(async () => Object.keys(await queue.depth()).length === 0)
    await sleep(3000)
    const { rows } = await sql`select state, retry_count as tries from queue.job where name = 'archive.build'`.execute(db)
    assert.deepEqual(rows, Array(2).fill({ state: 'completed', tries: 0 }))
    await queue.stop(1000)
    await close()
    await server.stop()
    rmSync(dir, { recursive: true, force: true })
  })

  test('work that meets an outage is done soon after it, and no outage costs it a try', async () => {
    await inWorld(async ({ db }, queue) => {
      const attempts: number[] = []
      const act = async (_: unknown, { attempt }: { attempt: number }) => {
        attempts.push(attempt)
        if (attempts.length === 1) throw new AppError('storage_unreachable')
      }
      await queue.work(handle({ 'archive.build': act }))
      await queue.send(db, build('a'))
      await until(() => attempts.length === 2)
      assert.deepEqual(attempts, [1, 1])
      await until(async () => Object.keys(await queue.depth()).length === 0)
    })
  })

  test('of many galleries whose work meets an outage for the same reason none is forgotten', async () => {
    await inWorld(async ({ db }, queue) => {
      const runs: string[] = []
      const retire = async ({ galleryId }: { galleryId: string }) => {
        runs.push(galleryId)
        if (runs.filter((id) => id === galleryId).length === 1) throw new AppError('storage_unreachable')
      }
      await queue.work(handle({ 'gallery.retire': retire }))
      for (const galleryId of ['a', 'b', 'c']) await queue.send(db, { name: 'gallery.retire', payload: { galleryId, source: 'expiry' } })
      await until(() => runs.length === 6)
      assert.deepEqual(runs.toSorted(), ['a', 'a', 'b', 'b', 'c', 'c'])
    })
  })

  test('the reconciler runs at the start of work and is scheduled once a minute for all processes, the rescue at 03:00 UTC', async () => {
    await inWorld(async (own, queue) => {
      const other = await pgbossQueue({ ...own, log, rules: testRules })
      let runs = 0
      const count = async () => {
        runs += 1
      }
      const handlers = handle({ reconcile: count })
      await Promise.all([queue.work(handlers), other.work(handlers)])
      await until(() => runs > 0)
      const { rows } = await sql`select name, cron, timezone from queue.schedule order by name`.execute(own.db)
      assert.deepEqual(rows, [
        { name: 'reconcile', cron: '* * * * *', timezone: 'UTC' },
        { name: 'rescue.run', cron: '0 3 * * *', timezone: 'UTC' },
      ])
      await other.stop(0)
    })
  })
})

async function inWorld(work: (own: TestDatabase, queue: Queue) => Promise<void>): Promise<void> {
  const own = await testDatabase()
  const queue = await pgbossQueue({ ...own, log, rules: testRules })
  try {
    await work(own, queue)
  } finally {
    await queue.stop(0)
    await own.close()
  }
}

/** Another process that works archive.build: it says `begins <attempt>`, `aborted`, and `ends` soon after that. */
async function childWorker(url: string): Promise<{ process: ChildProcess; said(line: string): Promise<void> }> {
  const from = (file: string) => JSON.stringify(import.meta.resolve(file))
  const program = `
    import { setTimeout as sleep } from 'node:timers/promises'
    import { openDatabase } from ${from('../database/postgres.ts')}
    import { pgbossQueue } from ${from('./pgboss.ts')}
    import { handle, testRules } from ${from('./suite.ts')}
    const log = { info() {}, warn() {}, error() {} }
    const url = ${JSON.stringify(url)}
    const { db } = await openDatabase({ url, log })
    const queue = await pgbossQueue({ db, url, log, rules: testRules })
    await queue.work(handle({ 'archive.build': async (_, { attempt, signal }) => {
      console.log('begins ' + attempt)
      signal.addEventListener('abort', () => console.log('aborted'))
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
      await sleep(200)
      console.log('ends')
    } }))
    console.log('works')`
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: ['ignore', 'pipe', 'inherit'] })
  const lines: string[] = []
  child.stdout!.on('data', (bytes: Buffer) => lines.push(...bytes.toString().trim().split('\n')))
  const said = (line: string) => until(() => lines.includes(line), 30_000)
  await said('works')
  return { process: child, said }
}
