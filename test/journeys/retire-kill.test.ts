/**
 * The service is killed again and again while galleries become their archives, while their originals go, and while they come back:
 * every photo is there in the end, and each gallery has one archive. KEEPSAKE_KILLS says how often in each (10 by default).
 */
import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ArchivedPage, Gallery, Reconciled, Restoring } from '../../sdk/src/wire.ts'
import { allArrived } from './ledger.ts'
import { createGallery, publish, readyArchive, setUp } from './people.ts'
import { type Photo, photos, sendPhotos, sha256 } from './sending.ts'
import { freshInstallation, until } from './service.ts'

const kills = Number(process.env.KEEPSAKE_KILLS ?? 10)
const each = 3
// what a killed worker held is handed out again when its heartbeat was missed, and with a pause before each further try
const patience = { ms: 300_000, every: 250 }

test(`killed ${kills} times each while galleries retire, are purged and come back, the service loses no photo`, {
  timeout: kills * 90_000 + 900_000,
}, async (t) => {
  const installation = await freshInstallation(t, { PURGE_GRACE_DAYS: '0' })
  let service = await installation.start()
  const ida = await setUp(installation, service)
  const made: { gallery: Gallery; sent: Photo[] }[] = []
  // one more, to see how long each takes
  for (let n = 0; n <= kills; n++) {
    const gallery = await createGallery(ida, { title: `Wedding ${n}` })
    const sent = await photos(each, 60_000, n * 100)
    await sendPhotos(installation, ida, gallery.id, sent)
    await publish(ida, gallery.id)
    made.push({ gallery, sent })
  }
  for (const { gallery } of made) await readyArchive(ida, gallery.id)
  const [first, ...rest] = made.map(({ gallery }) => gallery.id)
  const stateOf = async (id: string) => (await ida.ask<Gallery>(`/api/galleries/${id}`)).body.state
  const restoringOf = async (id: string) => (await ida.ask<Restoring>(`/api/galleries/${id}/restore`)).body.restoring
  const retire = (id: string) => ida.ask(`/api/galleries/${id}/retire`, { method: 'POST' })
  const restore = (id: string) => ida.ask(`/api/galleries/${id}/restore`, { method: 'POST', body: {} })
  const isArchived = async (id: string) => {
    // whoever got no answer asks again
    const state = await stateOf(id)
    if (state === 'active') await retire(id)
    return state === 'archived'
  }
  const isBack = async (id: string) => {
    const state = await stateOf(id)
    if (state === 'archived') await restore(id)
    return state === 'active' && !(await restoringOf(id))
  }
  const killAfter = async (ms: number) => {
    await sleep(ms)
    await service.kill()
    service = await installation.start()
  }
  /** Begins it with one gallery after the other, and kills the service ever later: from at once until it must have ended. */
  const killedAt = async (begin: (id: string) => Promise<unknown>, isDone: (id: string) => Promise<boolean>, what: string) => {
    const began = performance.now()
    await begin(first!)
    await until(() => isDone(first!), { what, ...patience })
    const takes = performance.now() - began
    for (const [n, id] of rest.entries()) {
      // the line breaks while it waits for the answer
      const asked = begin(id).catch(() => undefined)
      await killAfter((takes * 1.2 * n) / kills)
      await asked
    }
    for (const id of rest) await until(() => isDone(id), { what: `${what}, after a kill`, ...patience })
    t.diagnostic(`${what}: ${rest.length} kills within ${Math.round(takes * 1.2)} ms`)
  }

  await killedAt(retire, isArchived, 'archived')
  const { rows, totals } = (await ida.ask<ArchivedPage>('/api/admin/archives')).body
  assert.deepEqual(totals.galleries, made.length)
  assert.equal(totals.photos, made.length * each)
  assert.equal(new Set(rows.map((row) => row.gallery_id)).size, made.length)
  const archives = () =>
    installation.sql(`select gallery_id, status from archives where purpose = 'final' order by gallery_id`) as Promise<
      { gallery_id: string; status: string }[]
    >
  assert.deepEqual(
    await archives(),
    made.map(({ gallery }) => ({ gallery_id: gallery.id, status: 'ready' })).sort((a, b) => (a.gallery_id < b.gallery_id ? -1 : 1)),
  )

  // there is no grace: the reconciler, which runs when the service starts, lets the originals go
  for (let n = 0; n < kills; n++) await killAfter(n * 60)
  const originals = () =>
    made.flatMap(({ gallery }) => {
      const folder = path.join(installation.dir, 'storage/objects/galleries', gallery.id, 'assets')
      return readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
    })
  await until(() => originals().length === 0, { what: 'originals that have gone', ...patience })
  for (const row of rows) {
    const answer = await fetch(ida.address(`/api/archives/${row.id}/download`), { headers: ida.headers() })
    assert.equal(sha256(Buffer.from(await answer.arrayBuffer())), row.checksum)
  }

  await killedAt(restore, isBack, 'restored')
  for (const { gallery, sent } of made) await allArrived(ida, gallery.id, sent)
  const { body: fit } = await ida.ask<Reconciled>('/api/admin/reconcile', { method: 'POST', body: {} })
  assert.deepEqual([fit.missing.count, fit.unknown.count], [0, 0])
  assert.equal((await archives()).length, made.length)
  const letters = await installation.sql(
    `select gallery_id, kind from letters where kind in ('archive_complete', 'gallery_restored') group by 1, 2 having count(*) <> 1`,
  )
  assert.deepEqual(letters, [])
})
