/**
 * The service and its PostgreSQL are killed again and again while photos come in: nothing that was acknowledged is lost, and
 * what was not goes on. KEEPSAKE_KILLS says how often (5 by default).
 */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Item } from '../../sdk/src/wire.ts'
import { allOf, createGallery, type Person, setUp } from './people.ts'
import { type Photo, photos, sendPhoto, sha256 } from './sending.ts'
import { freshInstallation, type Installation, until } from './service.ts'

const kills = Number(process.env.KEEPSAKE_KILLS ?? 5)
const least = kills * 20
const senders = 12

/** What the service has promised, and where it broke that. */
interface Ledger {
  /** acknowledged offset of each upload */
  offsets: Map<string, number>
  acknowledgements: number
  done: Photo[]
  broken: string[]
}

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

/** Sends photos without end while `trouble` is made, then lets everything arrive and looks for what was promised. */
async function underLoad(
  t: TestContext,
  trouble: (installation: Installation, service: Awaited<ReturnType<Installation['start']>>) => Promise<void>,
) {
  const installation = await freshInstallation(t)
  const service = await installation.start()
  const ida = await setUp(installation, service)
  const gallery = await createGallery(ida, { title: 'Under load' })
  const ledger: Ledger = { offsets: new Map(), acknowledgements: 0, done: [], broken: [] }
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

/** Writes down every acknowledgement, and that a later answer takes none of them back. */
function noting(ledger: Ledger): Parameters<typeof sendPhoto>[4] {
  const { offsets, broken } = ledger
  return {
    onAfterResponse(request, response) {
      const address = request.getURL()
      const status = response.getStatus()
      const offset = Number(response.getHeader('Upload-Offset'))
      if (status === 201 || status === 204) ledger.acknowledgements += 1
      if (request.getMethod() === 'PATCH' && status === 204) offsets.set(address, offset)
      if (request.getMethod() === 'POST' && status === 201) offsets.set(new URL(response.getHeader('Location')!, address).href, offset || 0)
      if (request.getMethod() !== 'HEAD' || status === 423 || status >= 500) return
      const promised = offsets.get(address) ?? 0
      if (status !== 200 || offset < promised)
        broken.push(`${address}: ${promised} bytes were acknowledged, now HEAD says ${status} ${offset}`)
    },
  }
}

/** Every photo is there once, with its bytes. */
async function allArrived(ida: Person, gallery: string, sent: Photo[]): Promise<void> {
  const items = new Map((await allOf<Item>(ida, `/api/galleries/${gallery}/items`)).map((item) => [item.name, item]))
  assert.deepEqual([...items.keys()].sort(), sent.map((photo) => photo.name).sort())
  const waiting = [...sent]
  const compare = async () => {
    for (let photo = waiting.pop(); photo; photo = waiting.pop()) {
      const answer = await fetch(originalOf(ida, items.get(photo.name)!))
      assert.equal(answer.status, 200, photo.name)
      assert.equal(sha256(Buffer.from(await answer.arrayBuffer())), photo.sha256, photo.name)
    }
  }
  await Promise.all(Array.from({ length: senders }, compare))
}

const originalOf = (ida: Person, { asset_id }: Item) => new Request(ida.address(`/media/${asset_id}/original`), { headers: ida.headers() })
