/** `node test/scale/make.ts FOLDER [GALLERIES]`: makes a PostgreSQL of that size in the folder, where measure.ts finds it. */
import { startEmbedded } from '../../src/ports/database/embedded.ts'
import { migrate } from '../../src/ports/database/migrate.ts'
import { openDatabase } from '../../src/ports/database/postgres.ts'
import { pgbossQueue } from '../../src/ports/queue/pgboss.ts'
import { careless, quiet } from '../postgres.ts'
import { fill } from './fill.ts'

const [dir, galleries = '100000'] = process.argv.slice(2)
if (!dir) throw new Error('which folder?')
// minimal: what is made in one transaction with its table needs no log of its own
const settings = { ...careless, wal_level: 'minimal', shared_buffers: '1GB', work_mem: '64MB', max_wal_size: '4GB', autovacuum: 'off' }
const server = await startEmbedded({ dir, log: quiet, settings })
const { db, close } = await openDatabase({ url: server.url })
try {
  await migrate(db)
  const queue = await pgbossQueue({ db, url: server.url, log: quiet })
  const count = Number(galleries)
  const begun = performance.now()
  await fill(db, { galleries: count, photos: 100, bigGallery: Math.min(20_000, count), endedJobs: count * 5 }, console.log)
  console.log(`all of it: ${((performance.now() - begun) / 1000).toFixed(0)} s`)
  await queue.stop(0)
} finally {
  await close()
  await server.stop()
}
