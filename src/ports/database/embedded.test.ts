import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, beforeEach, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import { quiet, temporaryFolder } from '../../../test/postgres.ts'
import { isCode } from '../../base/errors.ts'
import { type Embedded, startEmbedded } from './embedded.ts'
import { isAlive } from './embedded-owner.ts'
import type { Database } from './port.ts'
import { openDatabase } from './postgres.ts'

const log = quiet
const pidFile = (dir: string) => path.join(dir, 'pgdata/postmaster.pid')
const serverPid = (dir: string) => Number(readFileSync(pidFile(dir), 'utf8').split('\n')[0])

describe('the private PostgreSQL', () => {
  let dir: string
  const servers: Embedded[] = []
  const children: ChildProcess[] = []
  const start = async (at = dir) => {
    const server = await startEmbedded({ dir: at, log })
    servers.push(server)
    return server
  }
  before(() => {
    dir = temporaryFolder()
  })
  // one data folder for all: every test begins with what the one before left, as in life
  beforeEach(async () => {
    for (const child of children.splice(0)) child.kill('SIGKILL')
    for (const server of servers.splice(0)) await server.stop()
  })
  after(async () => {
    for (const child of children) child.kill('SIGKILL')
    for (const server of servers) await server.stop()
    rmSync(dir, { recursive: true, force: true })
  })

  test('what was written is there after a stop and a start, and settings are durable', async () => {
    const first = await start()
    await withDb(first.url, async (db) => {
      await sql`create table acknowledged (n integer primary key)`.execute(db)
      await sql`insert into acknowledged values (0)`.execute(db)
      const { rows } = await sql<{ fsync: string; sums: string }>`
        select current_setting('fsync') as fsync, current_setting('data_checksums') as sums`.execute(db)
      assert.deepEqual(rows, [{ fsync: 'on', sums: 'on' }])
    })
    const pid = first.pid
    await first.stop()
    assert.equal(isAlive(pid), false)
    await withDb((await start()).url, async (db) => assert.deepEqual(await numbers(db), [0]))
  })

  test('kill -9 of the server under load: it comes back by itself and no acknowledged row is lost', async () => {
    const server = await start()
    await withDb(server.url, async (db) => {
      const acknowledged = await numbers(db)
      let next = 1
      let writing = true
      const write = async () => {
        while (writing) {
          const n = next++
          const good = await sql`insert into acknowledged values (${n})`.execute(db).then(
            () => true,
            () => false,
          )
          if (good) acknowledged.push(n)
          else await sleep(5)
        }
      }
      const writers = [write(), write(), write(), write()]
      for (let kill = 0; kill < 3; kill++) {
        const seen = acknowledged.length
        await until(() => acknowledged.length > seen + 50)
        const pid = server.pid
        process.kill(pid, 'SIGKILL')
        await until(() => server.pid !== pid && server.pid !== 0)
      }
      const seen = acknowledged.length
      await until(() => acknowledged.length > seen + 50)
      writing = false
      await Promise.all(writers)
      const stored = new Set(await numbers(db))
      assert.deepEqual(
        acknowledged.filter((n) => !stored.has(n)),
        [],
      )
    })
  })

  test('kill -9 of the owning process: the server stops, and the next start works', async () => {
    const owner = await ownerProcess(dir)
    const pid = serverPid(dir)
    owner.kill('SIGKILL')
    await until(() => !isAlive(pid))
    const server = await start()
    assert.equal(server.owned, true)
    await withDb(server.url, async (db) => assert.ok((await numbers(db)).length > 0))
  })

  test('a start right after kill -9 of the owner waits for the old server to end', async () => {
    const owner = await ownerProcess(dir)
    owner.kill('SIGKILL')
    await once(owner, 'exit')
    assert.equal((await start()).owned, true)
  })

  test('two processes share one server; when the owner is killed the other takes over and goes on', async () => {
    const owner = await ownerProcess(dir)
    const guest = await start()
    assert.equal(guest.owned, false)
    await withDb(guest.url, async (db) => {
      await numbers(db)
      owner.kill('SIGKILL')
      await until(() => guest.owned && guest.pid !== 0)
      await until(() =>
        numbers(db).then(
          () => true,
          () => false,
        ),
      )
    })
  })

  test('when the owner stops in order the guest takes over; a guest that stops leaves the server alone', async () => {
    const owner = await start()
    const [guest, other] = [await start(), await start()]
    await other.stop()
    assert.equal(isAlive(owner.pid), true)
    await owner.stop()
    await until(() => guest.owned && guest.pid !== 0)
    await withDb(guest.url, async (db) => assert.ok((await numbers(db)).length > 0))
  })

  test('of many that start at once on a new folder one becomes the owner', async () => {
    const fresh = temporaryFolder()
    const all = await Promise.all(Array.from({ length: 5 }, () => start(fresh)))
    assert.equal(all.filter((server) => server.owned).length, 1)
    for (const server of all) await server.stop()
    rmSync(fresh, { recursive: true, force: true })
  })

  test('a left-over pid file whose number belongs to somebody else by now is no obstacle', async () => {
    const server = await start()
    const stale = readFileSync(pidFile(dir), 'utf8')
    await server.stop()
    writeFileSync(pidFile(dir), stale.replace(/^\d+/, String(process.pid)))
    assert.ok((await start()).pid)
  })

  test('an owner in another container counts as long as it gives a sign', async () => {
    const n = 1 + Math.max(...readdirSync(dir).map((name) => Number(/^owner\.(\d+)$/.exec(name)?.[1] ?? 0)))
    const file = path.join(dir, `owner.${n}`)
    writeFileSync(file, JSON.stringify({ pid: process.pid, start: '1', place: 'elsewhere' }))
    await assert.rejects(startEmbedded({ dir, log, patienceMs: 300 }), (error) => isCode(error, 'database_unreachable'))
    const silentSince = Date.now() / 1000 - 9.5
    utimesSync(file, silentSince, silentSince)
    assert.equal((await start()).owned, true)
  })

  test('a folder that the user of the server cannot enter is refused in words', { skip: process.getuid?.() !== 0 }, async () => {
    const closed = path.join(dir, 'closed')
    mkdirSync(closed)
    chmodSync(closed, 0o700)
    await assert.rejects(start(path.join(closed, 'data')), (error) => isCode(error, 'config_invalid'))
  })

  async function ownerProcess(at: string): Promise<ChildProcess> {
    const program = `
      import { startEmbedded } from ${JSON.stringify(import.meta.resolve('./embedded.ts'))}
      const log = { info() {}, warn() {}, error() {} }
      const server = await startEmbedded({ dir: ${JSON.stringify(at)}, log })
      process.stdout.write(String(server.owned))
      setInterval(() => {}, 1000)`
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: ['ignore', 'pipe', 'inherit'] })
    children.push(child)
    const [said] = (await once(child.stdout!, 'data')) as [Buffer]
    assert.equal(said.toString(), 'true')
    return child
  }
})

async function withDb(url: string, work: (db: Database) => Promise<void>): Promise<void> {
  const { db, close } = await openDatabase({ url, log })
  try {
    await work(db)
  } finally {
    await close()
  }
}

async function numbers(db: Database): Promise<number[]> {
  const { rows } = await sql<{ n: number }>`select n from acknowledged`.execute(db)
  return rows.map((row) => row.n)
}

async function until(done: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + 120_000
  while (!(await done())) {
    if (performance.now() > end) assert.fail(`not within two minutes: ${done}`)
    await sleep(20)
  }
}
