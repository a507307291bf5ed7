/**
 * The collector beside eight people who upload and take out, on a disk and in a bucket: nothing that a row needs is ever deleted, also
 * when it was called garbage, and afterwards nothing lies there that no row needs (P7). A day of grace is six seconds here.
 * KEEPSAKE_COLLECT_SECONDS says how long (15).
 */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { globSync } from 'node:fs'
import http from 'node:http'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { paginateListObjectsV2 } from '@aws-sdk/client-s3'
import { sql } from 'kysely'
import type { CleanupResult, Item } from '../../sdk/src/wire.ts'
import type { Database } from '../../src/ports/database/port.ts'
import { testDatabase } from '../postgres.ts'
import { behind, freshBucket, testServer } from '../s3/server.ts'
import { allArrived } from './ledger.ts'
import { allOf, createGallery, type Person, setUp } from './people.ts'
import { type Photo, photos, sendPhoto } from './sending.ts'
import { freshInstallation, type Installation, until } from './service.ts'

const server = await testServer()
// the clean-up may be asked for 30 times a minute from one address, and only Linux answers to all of 127.0.0.0/8
const elsewhere = process.platform === 'linux' ? false : 'it asks from many addresses of this machine, as only Linux has them'
const skip = elsewhere || (typeof server === 'string' ? server : false)
const seconds = Number(process.env.KEEPSAKE_COLLECT_SECONDS ?? 15)
const grace = 6
const uploaders = 8
const secret = 'Zr4kW9sT1xVbN6mQ8yLc3dHf5gJp2aEu'

test('on a disk', { timeout: 300_000 + seconds * 1000, skip: elsewhere }, async (t) => {
  await collectBeside(t, {}, async ({ dir }) => {
    const objects = path.join(dir, 'storage/objects')
    const found = globSync('galleries/**', { cwd: objects, withFileTypes: true }).filter((file) => file.isFile())
    return found.map(({ parentPath, name }) => path.relative(objects, path.join(parentPath, name)))
  })
})

test('in a bucket', { timeout: 300_000 + seconds * 1000, skip }, async (t) => {
  if (typeof server === 'string') return
  const bucket = await freshBucket(server)
  const operator = behind(bucket)
  t.after(() => operator.destroy())
  const { bucket: Bucket, endpoint, accessKeyId, secretAccessKey } = bucket
  const env = { S3_ENDPOINT: endpoint!, S3_BUCKET: Bucket, S3_ACCESS_KEY_ID: accessKeyId, S3_SECRET_ACCESS_KEY: secretAccessKey }
  await collectBeside(t, env, async () => {
    const keys: string[] = []
    for await (const { Contents = [] } of paginateListObjectsV2({ client: operator }, { Bucket, Prefix: 'objects/galleries/' }))
      keys.push(...Contents.map(({ Key }) => Key!.slice('objects/'.length)))
    return keys
  })
})

async function collectBeside(t: TestContext, env: Record<string, string>, stored: (at: Installation) => Promise<string[]>): Promise<void> {
  const database = await testDatabase()
  const shared = { DATABASE_URL: database.url.replace('@/', '@localhost/'), GALLERY_TOKEN_SECRET: 'k3Jx9vQ2mZ8pL5tR7wY1nB4cD6fG0hSa' }
  const installation = await freshInstallation(t, { ...shared, CRON_SECRET: secret, ...env }, () => void database.close())
  const ida = await setUp(installation, await installation.start())
  const galleries = [await createGallery(ida, { title: 'One' }), await createGallery(ida, { title: 'Two' })]

  const end = performance.now() + seconds * 1000
  const people = Array.from({ length: uploaders }, (_, n) => busy(installation, ida, galleries[n % galleries.length]!.id, n, end))
  const total = { objects: 0, orphans: 0, rounds: 0 }
  const cleaned = async () => {
    await accuse(database.db)
    await hurry(database.db)
    const result = await cleanUp(installation, total.rounds++)
    assert.deepEqual(result.errors, [])
    total.objects += result.objects_deleted
    total.orphans += result.orphans_noted
  }
  let over = false
  const cleaning = (async () => {
    while (!over) await cleaned()
  })()
  const kept = await Promise.all(people).finally(() => {
    over = true
  })
  await cleaning

  for (const [n, { id }] of galleries.entries()) {
    const mine = kept.filter((_, k) => k % galleries.length === n)
    await allArrived(
      ida,
      id,
      mine.flatMap(({ there }) => there),
    )
  }
  const idle = async () => {
    const { rows } = await sql<{ n: number }>`
      select (select count(*) from queue.job where name = 'asset.render' and state < 'completed')
        + (select count(*) from assets where render_state = 'waiting' and state = 'stored') as n`.execute(database.db)
    return Number(rows[0]!.n) === 0
  }
  await until(idle, { what: 'the small pictures', ms: 120_000, every: 200 })
  const needed = async () => {
    const { rows } = await sql<{ key: string }>`
      select storage_key as key from assets where state <> 'deleted' union all select storage_key from derivatives`.execute(database.db)
    return rows.map(({ key }) => key)
  }
  await sleep(grace * 1000)
  await cleaned()
  const [there, rows] = [new Set(await stored(installation)), new Set(await needed())]
  const differences = { lost: [...rows.difference(there)], left: [...there.difference(rows)] }
  assert.deepEqual(differences, { lost: [], left: [] }, 'a day after the last one went')
  const bad = await sql`
    select state, render_state from assets where state = 'missing' or (state = 'stored' and render_state <> 'done')`.execute(database.db)
  assert.deepEqual(bad.rows, [])
  const sums = kept.reduce((sum, { sent, removed }) => ({ sent: sum.sent + sent, removed: sum.removed + removed }), { sent: 0, removed: 0 })
  t.diagnostic(`${sums.sent} sent, ${sums.removed} taken out, ${total.objects} objects deleted in ${total.rounds} rounds`)
  assert.ok(sums.removed > 0 && total.objects >= sums.removed)
}

/** Uploads and takes out its own photos, in an order of its own; the same bytes come again. Answers which are there at the end. */
async function busy(installation: Installation, ida: Person, gallery: string, n: number, end: number) {
  const pool = await photos(4, 60_000, 1000 * (n + 1))
  const there = new Set<Photo>()
  const count = { sent: 0, removed: 0 }
  let state = n + 1
  const any = (below: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return (state >>> 16) % below
  }
  // a slow machine does enough as well
  while (performance.now() < end || count.removed < 2) {
    const photo = pool[any(pool.length)]!
    if (!there.has(photo)) {
      await sendPhoto(installation, ida, gallery, photo)
      there.add(photo)
      count.sent++
      continue
    }
    const item = (await allOf<Item>(ida, `/api/galleries/${gallery}/items`)).find(({ name }) => name === photo.name)
    assert.ok(item, `${photo.name} was acknowledged`)
    assert.equal((await ida.ask(`/api/galleries/${gallery}/items/${item.id}`, { method: 'DELETE' })).status, 204)
    there.delete(photo)
    count.removed++
  }
  return { there: [...there], ...count }
}

/** As a mistake somewhere else would: what living rows need is called garbage, and due. */
async function accuse(db: Database): Promise<void> {
  await sql`
    insert into garbage (key, reason, not_before) select key, 'a mistake', now() from (
      select storage_key as key from assets where state = 'stored' union all select storage_key from derivatives) needed
    on conflict (key) do nothing`.execute(db)
}

/** What was noted a day ago in this test's time is due. */
async function hurry(db: Database): Promise<void> {
  await sql`update garbage set not_before = now() where created_at < now() - make_interval(secs => ${grace}) and not_before > now()`.execute(
    db,
  )
}

/** As a cron asks for it, each time from another address: one may ask 30 times a minute. */
async function cleanUp({ url }: Installation, n: number): Promise<CleanupResult> {
  const localAddress = `127.0.${1 + (n >> 7)}.${1 + (n % 128)}`
  const request = http.request(`${url}/api/cron/cleanup`, { method: 'POST', localAddress, headers: { authorization: `Bearer ${secret}` } })
  request.end()
  const [answer] = (await once(request, 'response')) as [http.IncomingMessage]
  const parts: Buffer[] = []
  for await (const part of answer) parts.push(part)
  const text = Buffer.concat(parts).toString()
  assert.equal(answer.statusCode, 200, text)
  return JSON.parse(text) as CleanupResult
}
