/**
 * PostgreSQL or the bucket goes away, refused or silent, while photos come in and archives are built: the pages say so in time,
 * nothing is called failed or missing, and everything goes on by itself. KEEPSAKE_AWAY_SECONDS says for how long (12).
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import type { Item, Readiness } from '../../sdk/src/wire.ts'
import { type Line, lineTo } from '../line.ts'
import { testServer } from '../s3/server.ts'
import { type Cluster, freshCluster, socketOf } from './cluster.ts'
import { createGallery, type Person, publish, readyArchive, setUp } from './people.ts'
import { type Photo, photos, sendPhoto, sendPhotos, sha256 } from './sending.ts'
import { type Installation, until } from './service.ts'

const server = await testServer()
const skip = typeof server === 'string' ? server : false
const lasting = Number(process.env.KEEPSAKE_AWAY_SECONDS ?? 12) * 1000

test('what everybody shares goes away and comes back', { timeout: 600_000 + 8 * lasting, skip }, async (t) => {
  if (typeof server === 'string') return
  const s3 = await lineTo({ host: '127.0.0.1', port: Number(new URL(server.endpoint).port) })
  let postgres: Line | undefined
  const cluster = await freshCluster(t, server, 2, {
    lines: async ({ url }) => {
      postgres = await lineTo({ path: socketOf(url) })
      return { postgres: postgres.port, s3: s3.port }
    },
  })
  t.after(() => Promise.all([postgres!.close(), s3.close()]))
  const [web, worker] = cluster.machines as [Installation, Installation]
  const [page, builder] = [await web.start('web'), await worker.start('worker')]
  const ida = await setUp(web, page)
  const lines = { database: postgres!, storage: s3 }

  for (const [n, [part, how]] of (
    [
      ['database', 'refused'],
      ['database', 'silent'],
      ['storage', 'refused'],
      ['storage', 'silent'],
    ] as const
  ).entries()) {
    await t.test(`${part}: ${how}`, async (t) => {
      const { id } = await createGallery(ida, { title: `${part} ${how}` })
      await sendPhotos(web, ida, id, await photos(4, 3_000_000, n * 100))
      const original = await anOriginal(ida, id)
      await publish(ida, id)
      const [photo] = await photos(1, 3_000_000, n * 100 + 50)
      const uploading = slowly(web, ida, id, photo!)
      t.after(uploading.giveUp)
      await uploading.halfway
      t.after(() => lines[part].comeBack())
      await lines[part].goAway(how)
      const gone = performance.now()
      const waits: number[] = []
      const look = async (path: string, expected: number | undefined = 503) => {
        const from = performance.now()
        const answer = await fetch(ida.address(path), { headers: ida.headers() })
        await answer.arrayBuffer().catch(() => {})
        waits.push(performance.now() - from)
        if (expected) assert.equal(answer.status, expected, `${path}\n${page.log().slice(-3000)}`)
        if (answer.status === 503) assert.ok(Number(answer.headers.get('retry-after')) > 0, path)
        return answer
      }
      while (performance.now() - gone < lasting) {
        const asked = part === 'database' ? [`/api/galleries/${id}`, '/api/galleries', original] : [original, original]
        await Promise.all([...asked.map((path) => look(path)), says(ida, part)])
        await sleep(500)
      }
      if (part === 'storage') await look(`/api/galleries/${id}`, 200)
      await lines[part].comeBack()
      const back = performance.now()
      await until(async () => (await fetch(`${web.url}/readyz`)).ok, { what: 'readyz', every: 100 })
      await uploading.done
      const uploaded = performance.now() - back
      await until(async () => (await standing(cluster, id)).ready > 0, { what: 'the archive', ms: 60_000, every: 100 })
      const ready = performance.now() - back
      assert.deepEqual((await standing(cluster, id)).bad, [])
      const sum = await fetch(ida.address(await anOriginal(ida, id, photo!.name)), { headers: ida.headers() })
      assert.equal(sha256(Buffer.from(await sum.arrayBuffer())), photo!.sha256)
      await readyArchive(ida, id)
      // both processes are those from before
      for (const { pid } of [page, builder]) process.kill(pid, 0)
      const s = (ms: number) => (ms / 1000).toFixed(1)
      t.diagnostic(`longest answer ${s(Math.max(...waits))} s; after the return: upload ${s(uploaded)} s, archive ${s(ready)} s`)
      // what is silent is known after 9 s (ports/vigil.ts) and all goes on at once; the rest is what a busy machine adds
      assert.ok(Math.max(...waits) < 20_000, `an answer took ${s(Math.max(...waits))} s`)
      assert.ok(Math.max(uploaded, ready) < 60_000, `healed after ${s(Math.max(uploaded, ready))} s`)
    })
  }
})

/** /readyz names what is away. */
async function says(ida: Person, part: 'database' | 'storage'): Promise<void> {
  const { status, body } = await ida.ask<Readiness>('/readyz')
  assert.equal(status, 503)
  assert.notEqual(body.checks[part], 'ok')
  if (part === 'storage') assert.equal(body.checks.database, 'ok')
}

async function anOriginal(ida: Person, gallery: string, name?: string): Promise<string> {
  const { body } = await ida.ask<{ rows: Item[] }>(`/api/galleries/${gallery}/items?limit=200`)
  const item = body.rows.find((row) => !name || row.name === name)
  return `/media/${item!.asset_id}/original`
}

/** Sends a photo in small pieces; `halfway` when some of them were acknowledged. */
function slowly(
  web: Installation,
  ida: Person,
  gallery: string,
  photo: Photo,
): { halfway: Promise<void>; done: Promise<string>; giveUp: () => void } {
  let over = false
  const halfway = Promise.withResolvers<void>()
  const done = sendPhoto(web, ida, gallery, photo, {
    chunkSize: 128 * 1024,
    onShouldRetry: () => !over,
    onChunkComplete: (_size, sent) => sent >= 512 * 1024 && halfway.resolve(),
  })
  done.catch(() => {})
  const giveUp = () => {
    over = true
  }
  return { halfway: halfway.promise, done, giveUp }
}

/** The archives that are ready, and whatever was called failed or missing. */
async function standing({ database }: Cluster, gallery: string): Promise<{ ready: number; bad: unknown[] }> {
  const { rows } = await sql<{ ready: number }>`
    select count(*)::int as ready from archives where gallery_id = ${gallery} and status = 'ready' and missing_count = 0`.execute(
    database.db,
  )
  const bad = await sql`
    select 'archive' as what, status::text from archives where gallery_id = ${gallery} and (status = 'failed' or missing_count > 0)
    union all select 'asset', state::text from assets where gallery_id = ${gallery} and state <> 'stored'
    union all select 'picture', render_state::text from assets where gallery_id = ${gallery} and render_state = 'failed'`.execute(
    database.db,
  )
  return { ready: rows[0]!.ready, bad: bad.rows }
}
