/**
 * The service and its PostgreSQL are killed again and again while photos come in: nothing that was acknowledged is lost, and
 * what was not goes on. KEEPSAKE_KILLS says how often (5 by default).
 */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { testServer } from '../s3/server.ts'
import { freshCluster } from './cluster.ts'
import { allArrived, freshLedger, noting } from './ledger.ts'
import { createGallery, setUp } from './people.ts'
import { photos, sendPhoto } from './sending.ts'
import { freshInstallation, type Installation, until } from './service.ts'

const kills = Number(process.env.KEEPSAKE_KILLS ?? 5)
const least = kills * 20
const senders = 12

const server = await testServer()
const skip = typeof server === 'string' ? server : false

test(`killed ${kills} times while photos come in, the service loses no acknowledged one`, { timeout: kills * 30_000 + 300_000 }, (t) =>
  underLoad(t, async (installation, service) => {
    for (let n = 0; n < kills; n++) {
      await sleep(200 + Math.random() * 1500)
      await service.kill()
      service = await installation.start()
    }
  }),
)

test(`its PostgreSQL killed ${kills} times, the service goes on by itself`, { timeout: kills * 30_000 + 300_000 }, (t) =>
  underLoad(t, async (installation, service) => {
    for (let n = 0; n < kills; n++) {
      await sleep(200 + Math.random() * 1500)
      const pid = installation.postgresPid()
      process.kill(pid, 'SIGKILL')
      const back = async () => {
        const now = installation.postgresPid()
        return now !== 0 && now !== pid && (await fetch(`${installation.url}/readyz`)).ok
      }
      await until(back, { what: 'PostgreSQL', ms: 120_000, every: 50 })
    }
    // stop() would throw if it had gone meanwhile
    process.kill(service.pid, 0)
  }),
)

test('killed while photos come into a bucket, the service loses no acknowledged one', { timeout: kills * 30_000 + 300_000, skip }, (t) =>
  underLoad(
    t,
    async (installation, service) => {
      for (let n = 0; n < kills; n++) {
        await sleep(500 + Math.random() * 2500)
        await service.kill()
        service = await installation.start()
      }
    },
    async () => (typeof server === 'string' ? assert.fail(server) : (await freshCluster(t, server, 1)).machines[0]!),
  ),
)

/** Sends photos without end while `trouble` is made, then lets everything arrive and looks for what was promised. */
async function underLoad(
  t: TestContext,
  trouble: (installation: Installation, service: Awaited<ReturnType<Installation['start']>>) => Promise<void>,
  place: () => Promise<Installation> = () => freshInstallation(t),
) {
  const installation = await place()
  const service = await installation.start()
  const ida = await setUp(installation, service)
  const gallery = await createGallery(ida, { title: 'Under load' })
  const ledger = freshLedger()
  let over = false
  let begun = 0
  const send = async () => {
    while (!over || begun < least) {
      begun += 1
      // every eighth comes in many pieces, so that each is acknowledged by itself
      const [photo] = await photos(1, begun % 8 ? 60_000 : 900_000, begun)
      const address = await sendPhoto(installation, ida, gallery.id, photo!, { chunkSize: 128 * 1024, ...noting(ledger) })
      assert.ok(address)
      ledger.done.push(photo!)
    }
  }
  const sent = Promise.all(Array.from({ length: senders }, send))
  // a sender that fails ends the trouble too
  await Promise.race([sent, trouble(installation, service).finally(() => (over = true))])
  over = true
  await sent
  assert.deepEqual(ledger.broken, [])
  assert.equal(ledger.done.length, begun)
  await allArrived(ida, gallery.id, ledger.done)
  t.diagnostic(`${kills} kills, ${ledger.acknowledgements} acknowledgements, ${ledger.done.length} photos complete, 0 lost`)
}
