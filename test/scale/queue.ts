/** `node test/scale/queue.ts`: how many jobs a second the queue hands out and ends when the jobs themselves do nothing. */
import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import { jobRules } from '../../src/domain/jobs.ts'
import { pgbossQueue } from '../../src/ports/queue/pgboss.ts'
import type { Handlers } from '../../src/ports/queue/port.ts'
import { quiet, testDatabase } from '../postgres.ts'

const jobs = 2000
const database = await testDatabase()
const queue = await pgbossQueue({ db: database.db, url: database.url, log: quiet })
const seconds = async (work: () => Promise<unknown>) => {
  const begun = performance.now()
  await work()
  return (performance.now() - begun) / 1000
}
const renders = Array.from({ length: jobs }, (_, n) => ({ name: 'asset.render' as const, payload: { assetId: `asset-${n}` } }))
const oneByOne = await seconds(async () => {
  for (const job of renders.slice(0, 300)) await queue.send(database.db, job)
})
const together = await seconds(() =>
  database.db.transaction().execute((tx) =>
    queue.sendAll(
      tx,
      renders.slice(300).map((job) => ({ job })),
    ),
  ),
)
let done = 0
const count = async () => {
  done++
}
const worked = await seconds(async () => {
  await queue.work(Object.fromEntries(Object.keys(jobRules).map((name) => [name, count])) as unknown as Handlers)
  while (done < jobs) await sleep(20)
})
const { rows } = await sql<{ n: number }>`select count(*)::int as n from pg_stat_activity where datname = current_database()`.execute(
  database.db,
)
console.log(`sent one by one: ${(300 / oneByOne).toFixed(0)} jobs/s; in one transaction: ${((jobs - 300) / together).toFixed(0)} jobs/s`)
console.log(
  `worked by ${jobRules['asset.render'].parallel} workers: ${(jobs / worked).toFixed(0)} jobs/s; connections of the process: ${rows[0]!.n}`,
)
await queue.stop(1000)
await database.close()
